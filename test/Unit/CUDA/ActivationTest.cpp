//===- ActivationTest.cpp - activation functions behind coded matmuls -----===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelRun.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

using namespace ccq;
using namespace ccq::cuda_test;

namespace {

/// An activation as the importer writes it: ops on %s, the product with its
/// bias, that define %r.
struct Activation {
  const char *name;
  const char *body;
  double (*reference)(double);
};

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double softplus(double x) { return std::log1p(std::exp(x)); }

const Activation activations[] = {
    {"sigmoid",
     "%n = arith.negf %s : f32\n%e = math.exp %n : f32\n"
     "%d = arith.addf %e, %one : f32\n%r = arith.divf %one, %d : f32",
     sigmoid},
    {"silu",
     "%n = arith.negf %s : f32\n%e = math.exp %n : f32\n"
     "%d = arith.addf %e, %one : f32\n%g = arith.divf %one, %d : f32\n"
     "%r = arith.mulf %s, %g : f32",
     [](double x) { return x * sigmoid(x); }},
    {"tanh", "%r = math.tanh %s : f32", std::tanh},
    {"gelu",
     "%c = arith.constant 0.707106769 : f32\n%t = arith.mulf %s, %c : f32\n"
     "%h = arith.mulf %s, %half : f32\n%e = math.erf %t : f32\n"
     "%d = arith.addf %e, %one : f32\n%r = arith.mulf %h, %d : f32",
     [](double x) { return 0.5 * x * (1 + std::erf(x * std::sqrt(0.5))); }},
    {"gelu_tanh",
     "%q = arith.mulf %s, %s : f32\n%u = arith.mulf %q, %s : f32\n"
     "%c = arith.constant 0.044715 : f32\n%v = arith.mulf %u, %c : f32\n"
     "%k = arith.addf %s, %v : f32\n%p2 = arith.constant 0.797884583 : f32\n"
     "%i = arith.mulf %k, %p2 : f32\n%h = arith.mulf %s, %half : f32\n"
     "%t = math.tanh %i : f32\n%d = arith.addf %t, %one : f32\n"
     "%r = arith.mulf %h, %d : f32",
     [](double x) {
       double inner = 0.79788456080286535588 * (x + 0.044715 * x * x * x);
       return 0.5 * x * (1 + std::tanh(inner));
     }},
    {"softplus",
     "%c = arith.cmpf olt, %s, %zero : f32\n"
     "%m = arith.select %c, %zero, %s : f32\n%a = math.absf %s : f32\n"
     "%n = arith.negf %a : f32\n%e = math.exp %n : f32\n"
     "%d = arith.addf %e, %one : f32\n%l = math.log %d : f32\n"
     "%r = arith.addf %m, %l : f32",
     softplus},
    {"elu",
     "%e = math.exp %s : f32\n%d = arith.subf %e, %one : f32\n"
     "%c = arith.cmpf olt, %s, %zero : f32\n"
     "%r = arith.select %c, %d, %s : f32",
     [](double x) { return x < 0 ? std::expm1(x) : x; }},
    {"leaky_relu",
     "%k = arith.constant 0.1 : f32\n%d = arith.mulf %s, %k : f32\n"
     "%c = arith.cmpf olt, %s, %zero : f32\n"
     "%r = arith.select %c, %d, %s : f32",
     [](double x) { return x < 0 ? 0.1 * x : x; }},
    {"clip",
     "%l = arith.cmpf olt, %s, %zero : f32\n"
     "%m = arith.select %l, %zero, %s : f32\n"
     "%g = arith.cmpf olt, %one, %m : f32\n"
     "%r = arith.select %g, %one, %m : f32",
     [](double x) { return std::clamp(x, 0.0, 1.0); }},
    {"square", "%k = arith.constant 2.0 : f32\n%r = math.powf %s, %k : f32",
     [](double x) { return x * x; }},
};

class Activations : public testing::TestWithParam<Activation> {};

} // namespace

// The sum is within its bound of s, so the function of it within what the
// function changes over that interval, and what its own evaluation adds. Each
// of at most eight operations there errs by 4 ULP at most (ElementaryTest) of a
// number up to max(1, s^2), and nothing magnifies that.
TEST_P(Activations, BehindTheProduct) {
  const Activation &function = GetParam();
  KernelSpec spec{"w2.75",
                  {100, 37},
                  std::nullopt,
                  std::string("%one = arith.constant 1.0 : f32\n"
                              "%half = arith.constant 0.5 : f32\n"
                              "%s = arith.addf %p, %b : f32\n") +
                      function.body,
                  ""};
  KernelData data = createKernelData(spec, 19, 77);
  // Scaled to where the functions bend.
  std::vector<double> sums = computeExpectation(data).values;
  auto isSmaller = [](double a, double b) {
    return std::fabs(a) < std::fabs(b);
  };
  double peak =
      std::fabs(*std::max_element(sums.begin(), sums.end(), isSmaller));
  for (float &x : data.activations)
    x *= float(std::exp2(3 - std::ceil(std::log2(peak))));

  Expectation expected = computeExpectation(data);
  for (size_t i = 0; i < expected.values.size(); ++i) {
    double sum = expected.values[i] + data.bias[i % 37];
    double reach = expected.bounds[i] + std::fabs(sum) * 0x1p-24;
    double value = function.reference(sum);
    double change =
        std::max(std::fabs(function.reference(sum - reach) - value),
                 std::fabs(function.reference(sum + reach) - value));
    expected.values[i] = value;
    expected.bounds[i] = change + 8 * 4 * 0x1p-23 * std::max(1.0, sum * sum);
  }
  std::vector<float> got = runKernel(compileKernel(spec), data);
  ASSERT_FALSE(got.empty());
  EXPECT_LE(getLargestRatio(got, expected), 1.0);
}

INSTANTIATE_TEST_SUITE_P(All, Activations, testing::ValuesIn(activations),
                         [](const auto &info) {
                           return std::string(info.param.name);
                         });
