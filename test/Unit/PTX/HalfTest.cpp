//===- HalfTest.cpp - Arithmetic on f16 and bf16 ----------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestKernel.h"

#include "PTX/Rounding.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

using namespace ccq::ptx;
using namespace ccq::ptx::test;

using Values = std::vector<uint64_t>;

// The oracle counts in units of 2^-48, the smallest product of two halves, with
// 128-bit integers, and looks the nearest half up among all of them.

using Wide = __int128;

/// A finite half in units of 2^-24.
static int64_t getUnits(uint16_t bits) {
  int exponent = bits >> 10 & 0x1f;
  int64_t mantissa = bits & 0x3ff;
  int64_t units =
      exponent == 0 ? mantissa : (mantissa + 1024) << (exponent - 1);
  return bits & 0x8000 ? -units : units;
}

/// The half nearest to an exact sum in units of 2^-48, ties to even.
static uint16_t findNearest(Wide sum) {
  Wide magnitude = sum < 0 ? -sum : sum;
  auto at = [](uint32_t bits) {
    return Wide(getUnits(static_cast<uint16_t>(bits))) << 24;
  };
  uint32_t low = 0, high = 0x7bff;
  // 0x7c00, read as if it went on, is the value that overflow starts from.
  Wide limit = Wide(1) << (16 + 48);
  while (low < high) {
    uint32_t middle = (low + high + 1) / 2;
    if (at(middle) <= magnitude)
      low = middle;
    else
      high = middle - 1;
  }
  Wide below = magnitude - at(low);
  Wide above = (low == 0x7bff ? limit : at(low + 1)) - magnitude;
  bool takesNext = above < below || (above == below && (low & 1));
  return static_cast<uint16_t>((low + takesNext) | (sum < 0 ? 0x8000 : 0));
}

/// Finite halves; every other one near the subnormals.
static Values makeHalves(size_t count, uint64_t seed) {
  ValueSequence sequence(seed);
  Values values;
  while (values.size() < count) {
    uint64_t bits = sequence.next() & (values.size() % 2 ? 0xffff : 0x93ff);
    if ((bits & 0x7c00) != 0x7c00)
      values.push_back(bits);
  }
  return values;
}

TEST(Half, FusedMultiplyAddRoundsOnce) {
  Values a = makeHalves(1000, 1), b = makeHalves(1000, 2),
         c = makeHalves(1000, 3);
  // Products that land next to a tie only after the addition.
  a[0] = 0x3c01, b[0] = 0x3c01, c[0] = 0x0001;
  a[1] = 0x3c01, b[1] = 0x3c01, c[1] = 0x8001;
  a[2] = 0x7bff, b[2] = 0x3c00, c[2] = 0x4c00;
  a[3] = 0x7bff, b[3] = 0x3c00, c[3] = 0x4bff;
  Values expected;
  for (size_t i = 0; i < a.size(); ++i) {
    Wide product = Wide(getUnits(uint16_t(a[i]))) * getUnits(uint16_t(b[i]));
    Wide sum = product + (Wide(getUnits(uint16_t(c[i]))) << 24);
    uint16_t nearest = findNearest(sum);
    // An exact zero is negative only when both parts are.
    bool isNegativeZero = sum == 0 && (a[i] ^ b[i]) & 0x8000 && c[i] & 0x8000;
    expected.push_back(isNegativeZero ? 0x8000 : nearest);
  }
  EXPECT_EQ(evaluate("fma.rn.f16 %hz, %ha, %hb, %hc;", {a, b, c}, "%hz"),
            expected);
}

TEST(Half, SumsDifferencesAndProducts) {
  Values a = makeHalves(1000, 4), b = makeHalves(1000, 5);
  Values sums, differences, products;
  for (size_t i = 0; i < a.size(); ++i) {
    Wide x = getUnits(uint16_t(a[i])), y = getUnits(uint16_t(b[i]));
    uint16_t sign = uint16_t((a[i] ^ b[i]) & 0x8000);
    auto fixZero = [](uint16_t value, bool isNegative) {
      return value == 0 && isNegative ? uint16_t(0x8000) : value;
    };
    sums.push_back(fixZero(findNearest((x + y) << 24), a[i] & b[i] & 0x8000));
    differences.push_back(
        fixZero(findNearest((x - y) << 24), a[i] & ~b[i] & 0x8000));
    products.push_back(findNearest(x * y) | sign);
  }
  EXPECT_EQ(evaluate("add.rn.f16 %hz, %ha, %hb;", {a, b}, "%hz"), sums);
  EXPECT_EQ(evaluate("sub.f16 %hz, %ha, %hb;", {a, b}, "%hz"), differences);
  EXPECT_EQ(evaluate("mul.f16 %hz, %ha, %hb;", {a, b}, "%hz"), products);
}

TEST(Half, PackedFormsWorkOnBothElements) {
  Values a = {0x40003c00}, b = {0x42004000}, c = {0x3c004400};
  EXPECT_EQ(evaluate("add.f16x2 %rz, %ra, %rb;", {a, b}), (Values{0x45004200}));
  EXPECT_EQ(evaluate("sub.f16x2 %rz, %ra, %rb;", {a, b}), (Values{0xbc00bc00}));
  EXPECT_EQ(evaluate("mul.f16x2 %rz, %ra, %rb;", {a, b}), (Values{0x46004000}));
  EXPECT_EQ(evaluate("fma.rn.f16x2 %rz, %ra, %rb, %rc;", {a, b, c}),
            (Values{0x47004600}));
  EXPECT_EQ(evaluate("neg.f16x2 %rz, %ra;", {a}), (Values{0xc000bc00}));
  EXPECT_EQ(evaluate("abs.f16x2 %rz, %ra;", {{0xc0003c00}}),
            (Values{0x40003c00}));
  EXPECT_EQ(evaluate("min.f16x2 %rz, %ra, %rb;", {{0x40007e00}, {0x3c004000}}),
            (Values{0x3c004000}));
  EXPECT_EQ(
      evaluate("max.NaN.f16x2 %rz, %ra, %rb;", {{0x40007e00}, {0x3c004000}}),
      (Values{0x40007fff}));
}

TEST(Half, ModifiersOfArithmetic) {
  // Overflow, NaN, clamping to [0, 1], relu, flushing.
  EXPECT_EQ(evaluate("add.f16 %hz, %ha, %hb;",
                     {{0x7bff, 0x7c00}, {0x7bff, 0xfc00}}, "%hz"),
            (Values{0x7c00, 0x7fff}));
  EXPECT_EQ(evaluate("add.sat.f16 %hz, %ha, %hb;",
                     {{0x3c00, 0xbc00, 0x3400, 0x7e00}, {0x3c00, 0, 0, 0}},
                     "%hz"),
            (Values{0x3c00, 0, 0x3400, 0}));
  EXPECT_EQ(evaluate("fma.rn.relu.f16 %hz, %ha, %hb, %hc;",
                     {{0xbc00, 0x3c00, 0x7e00}, {0x3c00, 0x3c00, 0}, {0, 0, 0}},
                     "%hz"),
            (Values{0, 0x3c00, 0x7fff}));
  EXPECT_EQ(evaluate("mul.ftz.f16 %hz, %ha, %hb;",
                     {{0x0001, 0x8001, 0x0400}, {0x3c00, 0x3c00, 0x3c00}},
                     "%hz"),
            (Values{0, 0x8000, 0x0400}));
  EXPECT_EQ(evaluate("mul.f16 %hz, %ha, %hb;", {{0x0001}, {0x3c00}}, "%hz"),
            (Values{1}));
}

TEST(Half, BFloats) {
  // 1 + 2^-8 ties to even, 1 + 3 * 2^-8 too; an fma sees what lies below.
  EXPECT_EQ(evaluate("add.rn.bf16 %hz, %ha, %hb;",
                     {{0x3f80, 0x3f81}, {0x3b80, 0x3b80}}, "%hz"),
            (Values{0x3f80, 0x3f82}));
  EXPECT_EQ(evaluate("fma.rn.bf16 %hz, %ha, %hb, %hc;",
                     {{0x3f80, 0x3f81}, {0x3b80, 0x3f81}, {0x3f80, 0x1000}},
                     "%hz"),
            (Values{0x3f80, 0x3f82}));
  EXPECT_EQ(evaluate("fma.rn.bf16x2 %rz, %ra, %rb, %rc;",
                     {{0x40003f80}, {0x40403f80}, {0x3f803f80}}),
            (Values{0x40e04000}));
  EXPECT_EQ(evaluate("neg.bf16x2 %rz, %ra;", {{0x3f80bf80}}),
            (Values{0xbf803f80}));
  EXPECT_EQ(evaluate("max.bf16 %hz, %ha, %hb;", {{0x3f80}, {0x4000}}, "%hz"),
            (Values{0x4000}));
}

TEST(Half, Exponentials) {
  EXPECT_EQ(evaluate("ex2.approx.f16 %hz, %ha;", {{0x4200, 0x0000}}, "%hz"),
            (Values{0x4800, 0x3c00}));
  EXPECT_EQ(evaluate("ex2.approx.ftz.bf16x2 %rz, %ra;", {{0x40003f80}}),
            (Values{0x40804000}));
  Half expected = roundToHalf(std::tanh(0.5), Rounding::NearestEven);
  EXPECT_EQ(evaluate("tanh.approx.f16 %hz, %ha;", {{0x3800}}, "%hz"),
            (Values{expected.bits}));
}
