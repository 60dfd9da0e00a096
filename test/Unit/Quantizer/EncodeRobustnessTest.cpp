//===- EncodeRobustnessTest.cpp - every scheme on every bad input ---------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Codec/Decode.h"
#include "ccq/Quantizer/Encode.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <random>
#include <string>

using namespace ccq;
using namespace ccq::quantizer;

static const char *const schemeNames[] = {"w2",
                                          "w2.5",
                                          "w2.75",
                                          "i4",
                                          "i4:channel",
                                          "i8",
                                          "i8:channel",
                                          "t2.5:L=12",
                                          "t3:L=12,rotate=none,scale=tensor",
                                          "t2:L=12,scale=channel4",
                                          "t2.5:code=hash,L=12",
                                          "t2:code=hash,L=12,scale=channel4"};

namespace {
struct Input {
  std::string name;
  MatrixShape shape;
  std::vector<float> weights;
};
} // namespace

static std::vector<Input> createInputs() {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  MatrixShape shape = {70, 3};
  std::mt19937 random(1);
  std::normal_distribution<float> gauss;
  std::vector<float> usual(size_t(shape.k * shape.n));
  for (float &weight : usual)
    weight = gauss(random);
  std::vector<Input> inputs;
  auto add = [&](const char *name, auto change) {
    inputs.push_back({name, shape, usual});
    change(inputs.back());
  };
  add("nan", [](Input &i) { i.weights[5] = std::nanf(""); });
  add("infinity", [=](Input &i) { i.weights[7] = -infinity; });
  add("outlier", [](Input &i) { i.weights[9] = 1e30f; });
  add("zeros", [](Input &i) { i.weights.assign(i.weights.size(), 0.0f); });
  add("zero rows", [](Input &i) {
    std::fill(i.weights.begin(), i.weights.begin() + 90, 0.0f);
  });
  add("denormals", [](Input &i) {
    for (float &weight : i.weights)
      weight *= 1e-42f;
  });
  add("K = 1", [](Input &i) { i.shape = {1, 210}; });
  add("N = 1", [](Input &i) { i.shape = {210, 1}; });
  add("one weight", [](Input &i) {
    i.shape = {1, 1};
    i.weights.resize(1);
  });
  return inputs;
}

/// Whether the result is finite numbers, or an error that says where.
static void expectDefined(const Input &input, const char *scheme,
                          const EncodeOptions &options) {
  SCOPED_TRACE(std::string(scheme) + ", " + input.name);
  Result<EncodeResult> result =
      encodeMatrix({input.weights.data(), input.shape},
                   **codec::parseSchemeName(scheme), options);
  if (!result) {
    EXPECT_EQ(result.error().message.substr(0, 14), "weight at k = ");
    return;
  }
  EXPECT_NE(input.name, "nan");
  EXPECT_NE(input.name, "infinity");
  for (float value : codec::decodeMatrix(result->matrix.view()))
    EXPECT_TRUE(std::isfinite(value));
  EXPECT_TRUE(std::isfinite(result->statistics.relativeMse()));
}

TEST(EncodeRobustnessTest, EveryInputIsCodedOrLocated) {
  for (const Input &input : createInputs())
    for (const char *scheme : schemeNames)
      expectDefined(input, scheme, {});
}

TEST(EncodeRobustnessTest, WithAHessianToo) {
  for (const Input &input : createInputs()) {
    int64_t depth = input.shape.k;
    std::vector<double> hessian(size_t(depth * depth), 0.5);
    for (int64_t k = 0; k < depth; ++k)
      hessian[size_t(k * depth + k)] = 1;
    EncodeOptions options;
    options.hessian = MatrixView<const double>(hessian.data(), {depth, depth});
    for (const char *scheme : schemeNames)
      expectDefined(input, scheme, options);
  }
}
