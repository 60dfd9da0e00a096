//===- ExecutionTest.cpp - emitted PTX against the reference decode -*- C++
//-*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelRun.h"

#include <gtest/gtest.h>

using namespace ccq;
using namespace ccq::cuda_test;

namespace {

struct ShapeCase {
  std::string scheme;
  MatrixShape shape;
};

std::string printCase(const testing::TestParamInfo<ShapeCase> &info) {
  std::string name = info.param.scheme + "_K" +
                     std::to_string(info.param.shape.k) + "_N" +
                     std::to_string(info.param.shape.n);
  for (char &c : name)
    if (!std::isalnum(c))
      c = '_';
  return name;
}

class Shapes : public testing::TestWithParam<ShapeCase> {};

/// Every shape class for every scheme: K below, at and off multiples of the
/// group; N below a load, prime, around a block, several blocks.
std::vector<ShapeCase> getShapeCases() {
  std::vector<ShapeCase> cases;
  for (const char *scheme : {"w2.5", "w2.75", "i8", "i8:channel"})
    for (MatrixShape shape :
         {MatrixShape{1, 1}, MatrixShape{17, 7}, MatrixShape{64, 8},
          MatrixShape{100, 61}, MatrixShape{192, 67}, MatrixShape{320, 131},
          MatrixShape{777, 13}, MatrixShape{1088, 32}})
      cases.push_back({scheme, shape});
  return cases;
}

} // namespace

TEST_P(Shapes, AnyNumberOfTokens) {
  KernelSpec spec{GetParam().scheme, GetParam().shape, std::nullopt, "", ""};
  CompiledKernel kernel = compileKernel(spec);
  ASSERT_FALSE(kernel.text.empty());
  for (int64_t tokens : {1, 2, 3, 5, 7, 8, 9, 12, 15, 16, 17, 33}) {
    KernelData data = createKernelData(spec, tokens, 1000 + tokens);
    std::vector<float> got = runKernel(kernel, data);
    ASSERT_FALSE(got.empty()) << tokens << " tokens";
    EXPECT_LE(getLargestRatio(got, computeExpectation(data)), 1.0)
        << tokens << " tokens";
  }
}

INSTANTIATE_TEST_SUITE_P(All, Shapes, testing::ValuesIn(getShapeCases()),
                         printCase);
