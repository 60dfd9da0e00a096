//===- HalfTest.cpp - tests of ccq/Support/Half.h -------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Support/Half.h"

#include <bit>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>

using namespace ccq;

// Values of IEEE 754-2008, table 3.5.
TEST(HalfTest, ReadsEveryClassOfNumber) {
  EXPECT_EQ(halfToFloat(0x0000), 0.0f);
  EXPECT_TRUE(std::signbit(halfToFloat(0x8000)));
  EXPECT_EQ(halfToFloat(0x3C00), 1.0f);
  EXPECT_EQ(halfToFloat(0xC000), -2.0f);
  EXPECT_EQ(halfToFloat(0x7BFF), 65504.0f);
  EXPECT_EQ(halfToFloat(0x0400), 0x1p-14f);
  EXPECT_EQ(halfToFloat(0x03FF), 0x3FFp-24f);
  EXPECT_EQ(halfToFloat(0x0001), 0x1p-24f);
  EXPECT_EQ(halfToFloat(0x7C00), std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isnan(halfToFloat(0x7C01)));
}

TEST(HalfTest, EveryHalfSurvivesTheRoundTrip) {
  for (unsigned bits = 0; bits < 0x10000; ++bits) {
    uint16_t back = floatToHalf(halfToFloat(uint16_t(bits)));
    bool isNan = (bits & 0x7C00) == 0x7C00 && (bits & 0x3FF) != 0;
    // NaNs keep their payload and become quiet.
    EXPECT_EQ(back, isNan ? (bits | 0x200) : bits) << bits;
  }
}

/// The value a magnitude has to round to, by comparing with its neighbours.
static void expectTieGoesToEven(uint16_t lower) {
  double low = halfToFloat(lower), high = halfToFloat(uint16_t(lower + 1));
  float middle = float((low + high) / 2);
  uint16_t even = lower % 2 == 0 ? lower : uint16_t(lower + 1);
  EXPECT_EQ(floatToHalf(middle), even) << lower;
  EXPECT_EQ(floatToHalf(-middle), even | 0x8000) << lower;
  EXPECT_EQ(floatToHalf(std::nextafter(middle, 0.0f)), lower);
  EXPECT_EQ(floatToHalf(std::nextafter(middle, 1e30f)), lower + 1);
}

TEST(HalfTest, RoundsToNearestEvenBetweenAllNeighbours) {
  for (uint16_t lower = 0; lower < 0x7BFF; ++lower)
    expectTieGoesToEven(lower);
}

TEST(HalfTest, LargeMagnitudesBecomeInfinite) {
  EXPECT_EQ(floatToHalf(65519.996f), 0x7BFF);
  EXPECT_EQ(floatToHalf(65520.0f), 0x7C00);
  EXPECT_EQ(floatToHalf(-1e30f), 0xFC00);
}

TEST(HalfTest, Bfloat16IsTheRoundedUpperHalf) {
  EXPECT_EQ(bfloat16ToFloat(0x3F80), 1.0f);
  EXPECT_EQ(floatToBfloat16(1.0f), 0x3F80);
  // 1 + 2^-8 lies in the middle; 1 is even.
  EXPECT_EQ(floatToBfloat16(1.00390625f), 0x3F80);
  EXPECT_EQ(floatToBfloat16(std::nextafter(1.00390625f, 2.0f)), 0x3F81);
  EXPECT_EQ(floatToBfloat16(1.01171875f), 0x3F82);
  EXPECT_EQ(floatToBfloat16(std::numeric_limits<float>::max()), 0x7F80);
  float nan = std::bit_cast<float>(0x7F800001u);
  EXPECT_TRUE(std::isnan(bfloat16ToFloat(floatToBfloat16(nan))));
}
