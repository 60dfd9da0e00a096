//===- SupportedOpsTest.cpp - tests of ccq/Importer/ONNX/SupportedOps.h ---===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Importer/ONNX/SupportedOps.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <tuple>

using namespace mlir::ccq;

static const SupportedOp *findOp(const std::vector<SupportedOp> &ops,
                                 std::string_view name) {
  auto match = std::find_if(ops.begin(), ops.end(),
                            [&](const auto &op) { return op.name == name; });
  return match == ops.end() ? nullptr : &*match;
}

TEST(SupportedOpsTest, EveryOperatorIsListedOnceInOrder) {
  std::vector<SupportedOp> ops = getSupportedOps();
  auto getKey = [](const SupportedOp &op) {
    return std::tie(op.domain, op.name);
  };
  for (size_t i = 1; i < ops.size(); ++i)
    EXPECT_LT(getKey(ops[i - 1]), getKey(ops[i])) << ops[i].name;
}

TEST(SupportedOpsTest, RangesOfOneOperatorAreMerged) {
  std::vector<SupportedOp> ops = getSupportedOps();
  // Clip changed in opset 11.
  const SupportedOp *clip = findOp(ops, "Clip");
  ASSERT_NE(clip, nullptr);
  EXPECT_EQ(clip->domain, "ai.onnx");
  EXPECT_EQ(clip->sinceOpset, 6);
  EXPECT_GE(clip->untilOpset, 21);
}

TEST(SupportedOpsTest, LaterOperatorsStartWhereTheyWereAdded) {
  std::vector<SupportedOp> ops = getSupportedOps();
  const SupportedOp *gelu = findOp(ops, "Gelu");
  ASSERT_NE(gelu, nullptr);
  EXPECT_EQ(gelu->sinceOpset, 20);
  EXPECT_EQ(findOp(ops, "Foo"), nullptr);
}
