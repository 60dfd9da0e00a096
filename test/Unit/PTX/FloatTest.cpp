//===- FloatTest.cpp - Arithmetic on f32 and f64 ----------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestKernel.h"

#include <gtest/gtest.h>

#include <bit>
#include <cfenv>
#include <cmath>

using namespace ccq::ptx::test;

using Values = std::vector<uint64_t>;

static Values bitsOfAll(const std::vector<float> &values) {
  Values bits;
  for (float value : values)
    bits.push_back(bitsOf(value));
  return bits;
}

/// Floats of all magnitudes, special values among them.
static Values makeFloats(size_t count, uint64_t seed) {
  ValueSequence sequence(seed);
  Values values = bitsOfAll({0.0f, -0.0f, 1.0f, -1.0f, INFINITY, -INFINITY,
                             0x1p-149f, -0x1p-127f, 0x1.fffffep127f});
  while (values.size() < count) {
    uint64_t bits = sequence.next() & 0xffffffff;
    if ((bits & 0x7f800000) != 0x7f800000)
      values.push_back(bits);
  }
  // A different order for every seed pairs the values differently.
  for (size_t i = values.size(); i > 1; --i)
    std::swap(values[i - 1], values[sequence.next() % i]);
  return values;
}

static uint64_t canonical(float value) {
  return value != value ? 0x7fffffff : bitsOf(value);
}

TEST(Float, EveryRoundingModeMatchesTheHost) {
  Values a = makeFloats(1000, 1), b = makeFloats(1000, 2);
  const std::pair<std::string, int> modes[] = {{"rn", FE_TONEAREST},
                                               {"rz", FE_TOWARDZERO},
                                               {"rm", FE_DOWNWARD},
                                               {"rp", FE_UPWARD}};
  for (const auto &[mode, hostMode] : modes) {
    Values sums, differences, products, fused;
    std::fesetround(hostMode);
    for (size_t i = 0; i < a.size(); ++i) {
      volatile float x = floatOf(a[i]), y = floatOf(b[i]);
      volatile float sum = x + y, difference = x - y, product = x * y;
      volatile float multiplied = std::fma(x, y, 0x1.234568p-3f);
      sums.push_back(canonical(sum));
      differences.push_back(canonical(difference));
      products.push_back(canonical(product));
      fused.push_back(canonical(multiplied));
    }
    std::fesetround(FE_TONEAREST);
    EXPECT_EQ(evaluate("add." + mode + ".f32 %fz, %fa, %fb;", {a, b}, "%fz"),
              sums);
    EXPECT_EQ(evaluate("sub." + mode + ".f32 %fz, %fa, %fb;", {a, b}, "%fz"),
              differences);
    EXPECT_EQ(evaluate("mul." + mode + ".f32 %fz, %fa, %fb;", {a, b}, "%fz"),
              products);
    EXPECT_EQ(evaluate("fma." + mode + ".f32 %fz, %fa, %fb, 0f3E11A2B4;",
                       {a, b}, "%fz"),
              fused)
        << mode;
  }
}

TEST(Float, ModifierlessFormsRoundToNearest) {
  Values a = bitsOfAll({1.0f, 0x1p24f}), b = bitsOfAll({0x1p-24f, 1.0f});
  EXPECT_EQ(evaluate("add.f32 %fz, %fa, %fb;", {a, b}, "%fz"),
            bitsOfAll({1.0f, 0x1p24f}));
  EXPECT_EQ(evaluate("mad.rn.f32 %fz, %fa, %fb, %fa;", {a, b}, "%fz"),
            bitsOfAll({1.0f, 0x1p25f}));
}

TEST(Float, FlushesSubnormals) {
  Values a = bitsOfAll({0x1p-130f, -0x1p-130f, 0x1p-100f});
  Values b = bitsOfAll({1.0f, 1.0f, 0x1p-40f});
  EXPECT_EQ(evaluate("mul.f32 %fz, %fa, %fb;", {a, b}, "%fz"),
            bitsOfAll({0x1p-130f, -0x1p-130f, 0x1p-140f}));
  EXPECT_EQ(evaluate("mul.ftz.f32 %fz, %fa, %fb;", {a, b}, "%fz"),
            bitsOfAll({0.0f, -0.0f, 0.0f}));
  EXPECT_EQ(evaluate("abs.ftz.f32 %fz, %fa;", {a}, "%fz"),
            bitsOfAll({0.0f, 0.0f, 0x1p-100f}));
}

TEST(Float, Saturates) {
  Values a = bitsOfAll({2.0f, -1.0f, 0.25f, NAN}), b = bitsOfAll({1, 1, 1, 1});
  EXPECT_EQ(evaluate("mul.sat.f32 %fz, %fa, %fb;", {a, b}, "%fz"),
            bitsOfAll({1.0f, 0.0f, 0.25f, 0.0f}));
  EXPECT_EQ(evaluate("fma.rn.sat.f32 %fz, %fa, %fb, %fb;", {a, b}, "%fz"),
            bitsOfAll({1.0f, 0.0f, 1.0f, 0.0f}));
}

TEST(Float, NaNIsCanonical) {
  Values a = {0x7fc12345}, b = bitsOfAll({1.0f});
  EXPECT_EQ(evaluate("add.f32 %fz, %fa, %fb;", {a, b}, "%fz"),
            (Values{0x7fffffff}));
  EXPECT_EQ(evaluate("neg.f32 %fz, %fa;", {a}, "%fz"), (Values{0xffc12345}));
}

TEST(Float, MinimumAndMaximum) {
  Values a = bitsOfAll({1.0f, -0.0f, NAN, NAN, 2.0f});
  Values b = bitsOfAll({2.0f, 0.0f, 3.0f, NAN, NAN});
  EXPECT_EQ(evaluate("min.f32 %fz, %fa, %fb;", {a, b}, "%fz"),
            (Values{bitsOf(1.0f), bitsOf(-0.0f), bitsOf(3.0f), 0x7fffffff,
                    bitsOf(2.0f)}));
  EXPECT_EQ(evaluate("max.f32 %fz, %fa, %fb;", {a, b}, "%fz"),
            (Values{bitsOf(2.0f), bitsOf(0.0f), bitsOf(3.0f), 0x7fffffff,
                    bitsOf(2.0f)}));
  EXPECT_EQ(
      evaluate("max.NaN.f32 %fz, %fa, %fb;", {a, b}, "%fz"),
      (Values{bitsOf(2.0f), bitsOf(0.0f), 0x7fffffff, 0x7fffffff, 0x7fffffff}));
  EXPECT_EQ(evaluate("min.f64 %gz, %ga, %gb;", {{bitsOf(-1.0)}, {bitsOf(2.0)}},
                     "%gz"),
            (Values{bitsOf(-1.0)}));
}

TEST(Float, SignsAndProperties) {
  EXPECT_EQ(evaluate("copysign.f32 %fz, %fa, %fb;",
                     {bitsOfAll({-1.0f, 2.0f}), bitsOfAll({3.0f, -4.0f})},
                     "%fz"),
            bitsOfAll({-3.0f, 4.0f}));
  Values a = bitsOfAll({1.0f, INFINITY, NAN, 0x1p-140f, 0.0f});
  auto test = [&](const std::string &property) {
    return evaluate("testp." + property + ".f32 %pz, %fa;", {a}, "%pz");
  };
  EXPECT_EQ(test("finite"), (Values{1, 0, 0, 1, 1}));
  EXPECT_EQ(test("infinite"), (Values{0, 1, 0, 0, 0}));
  EXPECT_EQ(test("number"), (Values{1, 1, 0, 1, 1}));
  EXPECT_EQ(test("notanumber"), (Values{0, 0, 1, 0, 0}));
  EXPECT_EQ(test("normal"), (Values{1, 0, 0, 0, 0}));
  EXPECT_EQ(test("subnormal"), (Values{0, 0, 0, 1, 0}));
}

TEST(Float, Doubles) {
  Values a = {bitsOf(0.1)}, b = {bitsOf(0.2)};
  EXPECT_EQ(evaluate("add.rn.f64 %gz, %ga, %gb;", {a, b}, "%gz"),
            (Values{bitsOf(0.1 + 0.2)}));
  EXPECT_EQ(evaluate("fma.rn.f64 %gz, %ga, %gb, %ga;", {a, b}, "%gz"),
            (Values{bitsOf(std::fma(0.1, 0.2, 0.1))}));
  EXPECT_EQ(evaluate("neg.f64 %gz, %ga;", {a}, "%gz"), (Values{bitsOf(-0.1)}));
}

TEST(Float, DivisionAndRootsAreRounded) {
  Values a = makeFloats(500, 3), b = makeFloats(500, 4);
  Values quotients, roots, reciprocals;
  for (size_t i = 0; i < a.size(); ++i) {
    quotients.push_back(canonical(floatOf(a[i]) / floatOf(b[i])));
    roots.push_back(canonical(std::sqrt(floatOf(a[i]))));
    reciprocals.push_back(canonical(1.0f / floatOf(a[i])));
  }
  EXPECT_EQ(evaluate("div.rn.f32 %fz, %fa, %fb;", {a, b}, "%fz"), quotients);
  EXPECT_EQ(evaluate("sqrt.rn.f32 %fz, %fa;", {a}, "%fz"), roots);
  EXPECT_EQ(evaluate("rcp.rn.f32 %fz, %fa;", {a}, "%fz"), reciprocals);
  EXPECT_EQ(evaluate("div.full.f32 %fz, %fa, %fb;", {a, b}, "%fz"), quotients);
  EXPECT_EQ(evaluate("div.rn.f64 %gz, %ga, %gb;",
                     {{bitsOf(1.0)}, {bitsOf(3.0)}}, "%gz"),
            (Values{bitsOf(1.0 / 3.0)}));
}

TEST(Float, ApproximateDivisionLosesLargeDivisors) {
  // Above 2^126 the reciprocal underflows (PTX ISA, "div").
  EXPECT_EQ(evaluate("div.approx.f32 %fz, %fa, %fb;",
                     {bitsOfAll({6.0f, 1.0f, INFINITY, -1.0f}),
                      bitsOfAll({3.0f, 0x1p127f, 0x1p127f, 0x1p127f})},
                     "%fz"),
            (Values{bitsOf(2.0f), 0, 0x7fffffff, bitsOf(-0.0f)}));
}

TEST(Float, ElementaryFunctions) {
  Values x = bitsOfAll({0.5f, 1.0f, 2.0f});
  auto run = [&](const std::string &function) {
    return evaluate(function + ".approx.f32 %fz, %fa;", {x}, "%fz");
  };
  auto expect = [&](const std::string &function, double (*reference)(double)) {
    Values expected;
    for (uint64_t bits : x)
      expected.push_back(bitsOf(float(reference(floatOf(bits)))));
    EXPECT_EQ(run(function), expected) << function;
  };
  expect("ex2", [](double v) { return std::exp2(v); });
  expect("lg2", [](double v) { return std::log2(v); });
  expect("sin", [](double v) { return std::sin(v); });
  expect("cos", [](double v) { return std::cos(v); });
  expect("tanh", [](double v) { return std::tanh(v); });
  expect("rcp", [](double v) { return 1 / v; });
  expect("sqrt", [](double v) { return std::sqrt(v); });
  expect("rsqrt", [](double v) { return 1 / std::sqrt(v); });
  // Poles and invalid arguments.
  EXPECT_EQ(
      evaluate("lg2.approx.f32 %fz, %fa;", {bitsOfAll({0.0f, -1.0f})}, "%fz"),
      (Values{bitsOf(-INFINITY), 0x7fffffff}));
  EXPECT_EQ(evaluate("rsqrt.approx.ftz.f32 %fz, %fa;",
                     {bitsOfAll({0.0f, 0x1p-140f})}, "%fz"),
            bitsOfAll({INFINITY, INFINITY}));
}
