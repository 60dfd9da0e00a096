//===- ExecutionTest.cpp - emitted PTX against the reference decode -------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelRun.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

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
  for (const char *scheme : {"i4", "i4:channel", "w2"})
    for (MatrixShape shape :
         {MatrixShape{1, 1}, MatrixShape{17, 7}, MatrixShape{44, 16},
          MatrixShape{172, 61}, MatrixShape{320, 131}, MatrixShape{1057, 13}})
      cases.push_back({scheme, shape});
  return cases;
}

/// Every number of tokens around one and two tiles, and one of several blocks.
std::vector<int64_t> getTokenCounts() {
  std::vector<int64_t> counts(17);
  std::iota(counts.begin(), counts.end(), 1);
  counts.push_back(33);
  return counts;
}

} // namespace

TEST_P(Shapes, AnyNumberOfTokens) {
  KernelSpec spec{GetParam().scheme, GetParam().shape, std::nullopt, "", ""};
  CompiledKernel kernel = compileKernel(spec);
  ASSERT_FALSE(kernel.text.empty());
  for (int64_t tokens : getTokenCounts()) {
    KernelData data = createKernelData(spec, tokens, 1000 + tokens);
    std::vector<float> got = runKernel(kernel, data);
    ASSERT_FALSE(got.empty()) << tokens << " tokens";
    EXPECT_LE(getLargestRatio(got, computeExpectation(data)), 1.0)
        << tokens << " tokens";
  }
}

INSTANTIATE_TEST_SUITE_P(All, Shapes, testing::ValuesIn(getShapeCases()),
                         printCase);

TEST(Execution, CompiledForOneNumberOfTokens) {
  for (int64_t tokens : {1, 4, 8, 9, 20}) {
    KernelSpec spec{"w2.75", {130, 70}, tokens, "", ""};
    KernelData data = createKernelData(spec, tokens, 7);
    std::vector<float> got = runKernel(compileKernel(spec), data);
    ASSERT_FALSE(got.empty());
    EXPECT_LE(getLargestRatio(got, computeExpectation(data)), 1.0)
        << tokens << " tokens";
  }
}

// The tile choice changes neither what is computed nor, for the same number of
// warps, a bit of it.
TEST(Execution, EveryStrategy) {
  std::vector<float> oneTile;
  for (int warps : {1, 2, 4, 8})
    for (int tiles : {1, 2}) {
      KernelSpec spec{"w2.5",
                      {576, 40},
                      std::nullopt,
                      "",
                      "#ccq.mma_strategy<warps = " + std::to_string(warps) +
                          ", token_tiles = " + std::to_string(tiles) + ">"};
      KernelData data = createKernelData(spec, 19, 11);
      std::vector<float> got = runKernel(compileKernel(spec), data);
      ASSERT_FALSE(got.empty());
      EXPECT_LE(getLargestRatio(got, computeExpectation(data)), 1.0);
      if (tiles == 1)
        oneTile = got;
      else
        EXPECT_EQ(got, oneTile);
    }
}

TEST(Execution, BiasAndRelu) {
  for (const char *scheme : {"w2.5", "w2.75", "i8", "i8:channel"}) {
    KernelSpec spec{scheme,
                    {96, 75},
                    std::nullopt,
                    "    %s = arith.addf %p, %b : f32\n"
                    "    %r = arith.maximumf %s, %zero : f32",
                    ""};
    KernelData data = createKernelData(spec, 11, 3);
    Expectation expected = computeExpectation(data);
    for (size_t i = 0; i < expected.values.size(); ++i) {
      double sum = expected.values[i] + data.bias[i % 75];
      expected.bounds[i] += std::fabs(sum) * 0x1p-24;
      expected.values[i] = std::max(sum, 0.0);
    }
    std::vector<float> got = runKernel(compileKernel(spec), data);
    ASSERT_FALSE(got.empty());
    EXPECT_LE(getLargestRatio(got, expected), 1.0) << scheme;
  }
}

// An infinity or a NaN among a token's activations makes all its outputs NaN;
// the other tokens do not notice.
TEST(Execution, SpecialActivationsStayInTheirToken) {
  for (float special : {INFINITY, -INFINITY, NAN}) {
    KernelSpec spec{"w2.5", {128, 24}, std::nullopt, "", ""};
    KernelData data = createKernelData(spec, 10, 5);
    CompiledKernel kernel = compileKernel(spec);
    std::vector<float> clean = runKernel(kernel, data);
    data.activations[3 * 128 + 77] = special;
    std::vector<float> got = runKernel(kernel, data);
    ASSERT_EQ(got.size(), clean.size());
    for (size_t i = 0; i < got.size(); ++i)
      if (i / 24 == 3)
        EXPECT_TRUE(std::isnan(got[i])) << i;
      else
        EXPECT_EQ(got[i], clean[i]) << i;
  }
}

// Zeros, denormals and the largest floats have their own scale per group.
TEST(Execution, ExtremeActivations) {
  KernelSpec spec{"i8:channel", {192, 16}, std::nullopt, "", ""};
  KernelData data = createKernelData(spec, 6, 9);
  for (size_t i = 0; i < data.activations.size(); ++i) {
    const float scales[] = {0, 0x1p-140f, 0x1p-126f, 1, 0x1p100f, 0x1p20f};
    float value = float(int(i * 7919 % 201) - 100) / 64;
    data.activations[i] = value * scales[i / 192];
  }
  std::vector<float> got = runKernel(compileKernel(spec), data);
  ASSERT_FALSE(got.empty());
  EXPECT_LE(getLargestRatio(got, computeExpectation(data)), 1.0);
}
