//===- ElementaryTest.cpp - accuracy of expanded functions -*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelRun.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>

using namespace ccq;
using namespace ccq::cuda_test;

namespace {

struct Function {
  const char *name;
  double (*reference)(double);
  /// Inputs are spread over [low, high].
  float low, high;
  /// Largest error in units in the last place of the result, and below
  /// 2^-126 absolute.
  double ulps;
};

/// `count` floats between two, evenly spaced, and their negatives' neighbours.
std::vector<float> spread(float low, float high, size_t count) {
  std::vector<float> values;
  for (size_t i = 0; i < count; ++i)
    values.push_back(low + (high - low) * float(i) / float(count - 1));
  return values;
}

/// The function of every value, computed by an epilogue that ignores the
/// product.
std::vector<float> evaluate(const std::string &name,
                            const std::vector<float> &values) {
  KernelSpec spec{"w2.5",
                  {64, int64_t(values.size())},
                  1,
                  "    %r = math." + name + " %b : f32",
                  ""};
  KernelData data = createKernelData(spec, 1, 2);
  data.bias = values;
  return runKernel(compileKernel(spec), data);
}

} // namespace

TEST(Elementary, ErrorInUlps) {
  for (const Function &function :
       {Function{"exp", std::exp, -87.0f, 88.0f, 3},
        Function{"tanh", std::tanh, -10.0f, 10.0f, 6},
        Function{"erf", std::erf, -5.0f, 5.0f, 8},
        Function{"log", std::log, 0x1p-20f, 100.0f, 4},
        Function{"log1p", std::log1p, -0.9f, 100.0f, 6},
        Function{"rsqrt", [](double x) { return 1 / std::sqrt(x); }, 0x1p-20f,
                 100.0f, 2}}) {
    std::vector<float> inputs =
        spread(function.low, function.high, size_t(1) << 13);
    std::vector<float> got = evaluate(function.name, inputs);
    ASSERT_EQ(got.size(), inputs.size()) << function.name;
    double largest = 0;
    float worst = 0;
    for (size_t i = 0; i < inputs.size(); ++i) {
      double want = function.reference(inputs[i]);
      int exponent = std::max(std::ilogb(want), -126);
      double error =
          std::fabs(got[i] - want) / std::exp2(double(exponent) - 23);
      if (!(error <= largest)) {
        largest = error;
        worst = inputs[i];
      }
    }
    RecordProperty(function.name, std::to_string(largest));
    EXPECT_LE(largest, function.ulps) << function.name << " at " << worst;
  }
}

TEST(Elementary, SpecialValues) {
  const float inf = INFINITY;
  std::vector<float> inputs = {0.0f, inf, -inf, NAN};
  std::vector<float> exp = evaluate("exp", inputs);
  ASSERT_EQ(exp.size(), 4u);
  EXPECT_EQ(exp[0], 1);
  EXPECT_EQ(exp[1], inf);
  EXPECT_EQ(exp[2], 0);
  EXPECT_TRUE(std::isnan(exp[3]));
  std::vector<float> tanh = evaluate("tanh", inputs);
  EXPECT_EQ(tanh[0], 0);
  EXPECT_EQ(tanh[1], 1);
  EXPECT_EQ(tanh[2], -1);
  EXPECT_TRUE(std::isnan(tanh[3]));
  std::vector<float> erf = evaluate("erf", inputs);
  EXPECT_EQ(erf[0], 0);
  EXPECT_EQ(erf[1], 1);
  EXPECT_EQ(erf[2], -1);
  EXPECT_TRUE(std::isnan(erf[3]));
}
