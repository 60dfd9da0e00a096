//===- RoundingTest.cpp - Exact rounding to PTX float formats ---*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PTX/Rounding.h"

#include "TestKernel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cfenv>
#include <cmath>

using namespace ccq::ptx;
using namespace ccq::ptx::test;

static constexpr Rounding allModes[] = {Rounding::NearestEven,
                                        Rounding::TowardZero, Rounding::Down,
                                        Rounding::Up, Rounding::NearestAway};

/// The value of a 16-bit float from its fields, with no shared code.
static double valueOf(uint16_t bits, int mantissaBits, int bias) {
  int exponent = (bits & 0x7fff) >> mantissaBits;
  int mantissa = bits & ((1 << mantissaBits) - 1);
  double magnitude = exponent == 0
                         ? std::ldexp(mantissa, 1 - bias - mantissaBits)
                         : std::ldexp(mantissa + (1 << mantissaBits),
                                      exponent - bias - mantissaBits);
  return bits & 0x8000 ? -magnitude : magnitude;
}

TEST(Rounding, EveryHalfKeepsItsValue) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    Half half = {static_cast<uint16_t>(bits)};
    bool isSpecial = (bits & 0x7c00) == 0x7c00;
    if (isSpecial) {
      EXPECT_EQ(std::isinf(toDouble(half)), (bits & 0x3ff) == 0);
      EXPECT_EQ(std::isnan(toDouble(half)), (bits & 0x3ff) != 0);
      continue;
    }
    EXPECT_EQ(toDouble(half), valueOf(half.bits, 10, 15));
    for (Rounding mode : allModes)
      EXPECT_EQ(roundToHalf(toDouble(half), mode).bits, bits);
  }
}

TEST(Rounding, EveryBFloatKeepsItsValue) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    BFloat value = {static_cast<uint16_t>(bits)};
    if ((bits & 0x7f80) == 0x7f80)
      continue;
    EXPECT_EQ(toDouble(value), valueOf(value.bits, 7, 127));
    for (Rounding mode : allModes)
      EXPECT_EQ(roundToBFloat(toDouble(value), mode).bits, bits);
  }
}

/// Between two neighbours each mode has to pick the right one: a quarter, half
/// and three quarters of the way.
TEST(Rounding, BetweenNeighbouringHalves) {
  for (uint32_t bits = 0; bits < 0x7bff; ++bits) {
    auto low = static_cast<uint16_t>(bits);
    auto high = static_cast<uint16_t>(bits + 1);
    double a = valueOf(low, 10, 15), b = valueOf(high, 10, 15);
    double quarter = a + (b - a) / 4, half = a + (b - a) / 2;
    uint16_t even = low & 1 ? high : low;
    EXPECT_EQ(roundToHalf(quarter, Rounding::NearestEven).bits, low);
    EXPECT_EQ(roundToHalf(half, Rounding::NearestEven).bits, even);
    EXPECT_EQ(roundToHalf(b - (b - a) / 4, Rounding::NearestEven).bits, high);
    EXPECT_EQ(roundToHalf(half, Rounding::NearestAway).bits, high);
    EXPECT_EQ(roundToHalf(half, Rounding::TowardZero).bits, low);
    EXPECT_EQ(roundToHalf(quarter, Rounding::Up).bits, high);
    EXPECT_EQ(roundToHalf(quarter, Rounding::Down).bits, low);
    EXPECT_EQ(roundToHalf(-quarter, Rounding::Up).bits, low | 0x8000);
    EXPECT_EQ(roundToHalf(-quarter, Rounding::Down).bits, high | 0x8000);
  }
}

TEST(Rounding, Overflow) {
  // 65520 lies half-way between the largest half and the next power of two.
  EXPECT_EQ(roundToHalf(65519.99, Rounding::NearestEven).bits, 0x7bff);
  EXPECT_EQ(roundToHalf(65520, Rounding::NearestEven).bits, 0x7c00);
  EXPECT_EQ(roundToHalf(1e10, Rounding::TowardZero).bits, 0x7bff);
  EXPECT_EQ(roundToHalf(-1e10, Rounding::Up).bits, 0xfbff);
  EXPECT_EQ(roundToHalf(-1e10, Rounding::Down).bits, 0xfc00);
  EXPECT_EQ(roundToHalf(INFINITY, Rounding::TowardZero).bits, 0x7c00);
  EXPECT_EQ(roundToHalf(NAN, Rounding::NearestEven).bits, 0x7fff);
  EXPECT_EQ(roundToHalf(-0.0, Rounding::NearestEven).bits, 0x8000);
  EXPECT_EQ(roundToHalf(1e-300, Rounding::Up).bits, 1);
  EXPECT_EQ(roundToHalf(5e-324, Rounding::NearestEven).bits, 0);
}

TEST(Rounding, FloatsInEveryMode) {
  // The host's own conversion in its four modes is the reference.
  ValueSequence sequence(3);
  const std::pair<Rounding, int> modes[] = {
      {Rounding::NearestEven, FE_TONEAREST},
      {Rounding::TowardZero, FE_TOWARDZERO},
      {Rounding::Down, FE_DOWNWARD},
      {Rounding::Up, FE_UPWARD}};
  for (int i = 0; i < 20000; ++i) {
    // Exponents from far below the smallest subnormal to above the largest.
    double value = std::ldexp(double(sequence.next()) / 0x1p64 + 1.0,
                              int(sequence.next() % 310) - 170);
    value = sequence.next() & 1 ? -value : value;
    for (auto [mode, hostMode] : modes) {
      std::fesetround(hostMode);
      volatile double source = value;
      volatile float expected = static_cast<float>(source);
      std::fesetround(FE_TONEAREST);
      EXPECT_EQ(roundToFloat(value, mode), expected) << value;
    }
  }
}

TEST(Rounding, TensorFloatHasTenMantissaBits) {
  EXPECT_EQ(bitsOf(roundToTensorFloat(1.0 + 0x1p-11, Rounding::NearestAway)),
            0x3f802000u);
  EXPECT_EQ(bitsOf(roundToTensorFloat(1.0 + 0x1p-11, Rounding::NearestEven)),
            0x3f800000u);
  EXPECT_EQ(bitsOf(roundToTensorFloat(NAN, Rounding::NearestEven)) & 0x1fff,
            0u);
}

TEST(Rounding, SumsToOddKeepWhatWasLost) {
  // 2^60 + 1 is inexact; the odd neighbour is the one above.
  EXPECT_EQ(addRoundToOdd(0x1p60, 1.0), 0x1p60 + 256);
  EXPECT_EQ(addRoundToOdd(0x1p60, -1.0), 0x1p60 - 128);
  EXPECT_EQ(addRoundToOdd(-0x1p60, -1.0), -0x1p60 - 256);
  EXPECT_EQ(addRoundToOdd(1.5, 2.25), 3.75);
  EXPECT_TRUE(std::isnan(addRoundToOdd(INFINITY, -INFINITY)));
  EXPECT_EQ(addRoundToOdd(INFINITY, 1.0), INFINITY);
}
