//===- ElementaryTest.cpp - accuracy of expanded functions ------*- C++ -*-===//
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

/// |got - want| in units in the last place of `want`, of 2^-149 below 2^-126.
double getUlps(float got, double want) {
  int exponent = std::max(std::ilogb(want), -126);
  return std::fabs(got - want) / std::exp2(double(exponent) - 23);
}

/// What `body`, an epilogue that ignores the product, makes of every value.
std::vector<float> evaluate(const std::string &body,
                            const std::vector<float> &values) {
  KernelSpec spec{"w2.5", {64, int64_t(values.size())}, 1, body, ""};
  KernelData data = createKernelData(spec, 1, 2);
  data.bias = values;
  return runKernel(compileKernel(spec), data);
}

/// The math op `name` of every value.
std::vector<float> evaluateOp(const std::string &name,
                              const std::vector<float> &values) {
  return evaluate("    %r = math." + name + " %b : f32", values);
}

} // namespace

TEST(Elementary, ErrorInUlps) {
  for (const Function &function :
       {Function{"exp", std::exp, -87.0f, 88.0f, 1},
        Function{"tanh", std::tanh, -10.0f, 10.0f, 4},
        Function{"erf", std::erf, -5.0f, 5.0f, 4},
        Function{"log", std::log, 0x1p-20f, 100.0f, 1},
        Function{"log1p", std::log1p, -0.9f, 100.0f, 2},
        Function{"rsqrt", [](double x) { return 1 / std::sqrt(x); }, 0x1p-20f,
                 100.0f, 2}}) {
    std::vector<float> inputs =
        spread(function.low, function.high, size_t(1) << 13);
    std::vector<float> got = evaluateOp(function.name, inputs);
    ASSERT_EQ(got.size(), inputs.size()) << function.name;
    double largest = 0;
    float worst = 0;
    for (size_t i = 0; i < inputs.size(); ++i) {
      double want = function.reference(inputs[i]);
      double error = getUlps(got[i], want);
      if (!(error <= largest)) {
        largest = error;
        worst = inputs[i];
      }
    }
    RecordProperty(function.name, std::to_string(largest));
    EXPECT_LE(largest, function.ulps) << function.name << " at " << worst;
  }
}

// The base is spread over its range, with exponents that lead over all of f32.
TEST(Elementary, Power) {
  double largest = 0;
  for (float exponent : {0.3f, -0.7f, 2.0f, 2.5f, 3.0f, 17.0f, -31.25f}) {
    std::vector<float> inputs = spread(0x1p-10f, 9.0f, size_t(1) << 11);
    std::vector<float> got =
        evaluate("    %e = arith.constant " + std::to_string(exponent) +
                     " : f32\n    %r = math.powf %b, %e : f32",
                 inputs);
    ASSERT_EQ(got.size(), inputs.size()) << exponent;
    for (size_t i = 0; i < inputs.size(); ++i) {
      double want = std::pow(double(inputs[i]), double(exponent));
      if (std::isinf(float(want))) {
        EXPECT_EQ(got[i], float(want)) << inputs[i] << " ^ " << exponent;
        continue;
      }
      double error = getUlps(got[i], want);
      EXPECT_LE(error, 0.51) << inputs[i] << " ^ " << exponent;
      largest = std::max(largest, error);
    }
  }
  RecordProperty("powf", std::to_string(largest));
}

// C's pow is the reference for every pair of special values.
TEST(Elementary, PowerOfSpecialValues) {
  const float inf = INFINITY;
  std::vector<float> bases = {0.0f,  -0.0f, 1.0f,      -1.0f,        2.0f,
                              -2.0f, 0.5f,  0x1p-140f, -0x1p127f,    -8.0f,
                              inf,   -inf,  NAN,       0x1.fffffep0f};
  for (float exponent : {0.0f, 1.0f, -1.0f, 2.0f, 3.0f, -3.0f, 0.5f, -2.5f,
                         0x1.000002p24f, 1e30f, inf, -inf, NAN}) {
    uint32_t bits = std::bit_cast<uint32_t>(exponent);
    std::vector<float> got =
        evaluate("    %i = arith.constant " + std::to_string(int32_t(bits)) +
                     " : i32\n    %e = arith.bitcast %i : i32 to f32\n"
                     "    %r = math.powf %b, %e : f32",
                 bases);
    ASSERT_EQ(got.size(), bases.size());
    for (size_t i = 0; i < bases.size(); ++i) {
      float want = std::pow(bases[i], exponent);
      std::string pair =
          std::to_string(bases[i]) + " ^ " + std::to_string(exponent);
      if (std::isnan(want))
        EXPECT_TRUE(std::isnan(got[i])) << pair << " is " << got[i];
      else
        EXPECT_EQ(std::bit_cast<uint32_t>(got[i]),
                  std::bit_cast<uint32_t>(want))
            << pair << " is " << got[i] << ", expected " << want;
    }
  }
}

TEST(Elementary, SpecialValues) {
  const float inf = INFINITY;
  std::vector<float> inputs = {0.0f, inf, -inf, NAN};
  std::vector<float> exp = evaluateOp("exp", inputs);
  ASSERT_EQ(exp.size(), 4u);
  EXPECT_EQ(exp[0], 1);
  EXPECT_EQ(exp[1], inf);
  EXPECT_EQ(exp[2], 0);
  EXPECT_TRUE(std::isnan(exp[3]));
  std::vector<float> tanh = evaluateOp("tanh", inputs);
  EXPECT_EQ(tanh[0], 0);
  EXPECT_EQ(tanh[1], 1);
  EXPECT_EQ(tanh[2], -1);
  EXPECT_TRUE(std::isnan(tanh[3]));
  std::vector<float> erf = evaluateOp("erf", inputs);
  EXPECT_EQ(erf[0], 0);
  EXPECT_EQ(erf[1], 1);
  EXPECT_EQ(erf[2], -1);
  EXPECT_TRUE(std::isnan(erf[3]));
}
