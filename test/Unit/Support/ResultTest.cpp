//===- ResultTest.cpp - tests of ccq/Support/Result.h ---------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Support/Result.h"

#include <gtest/gtest.h>
#include <memory>

using namespace ccq;

TEST(ResultTest, HoldsAValueOrAnError) {
  Result<std::string> value = std::string("text");
  ASSERT_TRUE(value);
  EXPECT_EQ(*value, "text");
  EXPECT_EQ(value->size(), 4u);

  Result<std::string> error = Error{ErrorKind::Budget, "too much"};
  ASSERT_FALSE(error);
  EXPECT_EQ(error.error().kind, ErrorKind::Budget);
  EXPECT_EQ(error.takeError().message, "too much");
}

TEST(ResultTest, HoldsTypesThatOnlyMove) {
  Result<std::unique_ptr<int>> value = std::make_unique<int>(7);
  std::unique_ptr<int> taken = *std::move(value);
  EXPECT_EQ(*taken, 7);
}

TEST(ResultTest, VoidIsSuccessUnlessAnErrorIsGiven) {
  EXPECT_TRUE(Result<void>());
  EXPECT_FALSE(Result<void>(Error{ErrorKind::Usage, ""}));
}

TEST(ResultTest, ExitCodesAreTheDocumentedOnes) {
  EXPECT_EQ(getExitCode(ErrorKind::CompileError), 1);
  EXPECT_EQ(getExitCode(ErrorKind::Usage), 2);
  EXPECT_EQ(getExitCode(ErrorKind::MalformedInput), 3);
  EXPECT_EQ(getExitCode(ErrorKind::Unsupported), 4);
  EXPECT_EQ(getExitCode(ErrorKind::Budget), 5);
  EXPECT_EQ(getExitCode(ErrorKind::QualityGate), 6);
  EXPECT_EQ(getExitCode(ErrorKind::Mismatch), 7);
  EXPECT_EQ(getExitCode(ErrorKind::MissingTool), 8);
  EXPECT_EQ(getExitCode(ErrorKind::Output), 9);
  EXPECT_EQ(getExitCode(ErrorKind::Internal), 70);
}
