//===- CompareTest.cpp - tests of Compare.h -------------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Artifact/Compare.h"

#include "ccq/Support/Half.h"

#include <gtest/gtest.h>
#include <limits>

using namespace ccq;
using namespace ccq::artifact;

static constexpr float infinity = std::numeric_limits<float>::infinity();
static const float notANumber = std::numeric_limits<float>::quiet_NaN();

template <typename T>
static TensorView viewOf(DataType type, const std::vector<T> &values) {
  return {type, {int64_t(values.size())}, std::as_bytes(std::span(values))};
}

static Comparison compareFloats(const std::vector<float> &got,
                                const std::vector<float> &want,
                                Tolerance tolerance = PeakTolerance()) {
  Result<Comparison> comparison = compareTensors(
      viewOf(DataType::F32, got), viewOf(DataType::F32, want), tolerance);
  EXPECT_TRUE(comparison);
  return comparison ? *comparison : Comparison();
}

// The bound comes from the largest wanted magnitude, not from the element.
TEST(Compare, BoundsByThePeak) {
  EXPECT_TRUE(compareFloats({0.0009f, -10}, {0, -10}).agrees());
  EXPECT_FALSE(compareFloats({0.0011f, -10}, {0, -10}).agrees());
  EXPECT_TRUE(
      compareFloats({0.09f, -10}, {0, -10}, PeakTolerance{0.01}).agrees());
  // Absolute floor.
  EXPECT_TRUE(compareFloats({9e-7f}, {0}).agrees());
  EXPECT_FALSE(compareFloats({1.1e-6f}, {0}).agrees());
}

// Neighbours in float16 are farther apart than 1e-4 of the peak.
TEST(Compare, AllowsOneUlpOfTheType) {
  std::vector<uint16_t> want = {floatToHalf(1.0f)}, got = want;
  got[0] += 1;
  auto compare = [&] {
    return *compareTensors(viewOf(DataType::F16, got),
                           viewOf(DataType::F16, want), PeakTolerance());
  };
  EXPECT_TRUE(compare().agrees());
  got[0] += 1;
  EXPECT_FALSE(compare().agrees());
}

TEST(Compare, BoundsByTheElement) {
  ElementTolerance tolerance{0.1, 0.5};
  EXPECT_TRUE(compareFloats({11.4f, 0.5f}, {10, 0}, tolerance).agrees());
  EXPECT_FALSE(compareFloats({11.6f, 0.5f}, {10, 0}, tolerance).agrees());
  EXPECT_FALSE(compareFloats({1, 2}, {1, 2.5f}, ElementTolerance()).agrees());
  EXPECT_TRUE(compareFloats({1, 2}, {1, 2}, ElementTolerance()).agrees());
}

TEST(Compare, TreatsInfinitiesAndNansAsValues) {
  EXPECT_TRUE(
      compareFloats({infinity, notANumber}, {infinity, notANumber}).agrees());
  for (auto tolerance :
       {Tolerance(PeakTolerance()), Tolerance(ElementTolerance{1, 1})}) {
    EXPECT_FALSE(compareFloats({1}, {infinity}, tolerance).agrees());
    EXPECT_FALSE(compareFloats({-infinity}, {infinity}, tolerance).agrees());
    EXPECT_FALSE(compareFloats({notANumber}, {1}, tolerance).agrees());
    EXPECT_FALSE(compareFloats({1}, {notANumber}, tolerance).agrees());
  }
}

TEST(Compare, WantsEqualIntegers) {
  int64_t large = (int64_t(1) << 60) + 1;
  std::vector<int64_t> want = {large, 5}, got = want;
  auto compare = [&](Tolerance tolerance) {
    return *compareTensors(viewOf(DataType::I64, got),
                           viewOf(DataType::I64, want), tolerance);
  };
  EXPECT_TRUE(compare(PeakTolerance()).agrees());
  got[0] += 1;
  EXPECT_FALSE(compare(PeakTolerance()).agrees());
  EXPECT_TRUE(compare(ElementTolerance{0, 1}).agrees());
}

TEST(Compare, NamesTheWorstElement) {
  std::vector<float> want(6, 1.0f), got = want;
  got[2] = 1.5f;
  got[5] = 3.0f;
  TensorView gotView = viewOf(DataType::F32, got);
  TensorView wantView = viewOf(DataType::F32, want);
  gotView.dims = wantView.dims = {2, 3};
  Result<Comparison> comparison =
      compareTensors(gotView, wantView, PeakTolerance());
  ASSERT_TRUE(comparison);
  EXPECT_EQ(printComparison(*comparison),
            "at [1, 2] got 3, want 1, bound 0.0001; 2 of 6 elements beyond the "
            "bound");
  EXPECT_EQ(printComparison(compareFloats({}, {})), "no elements");
}

TEST(Compare, RefusesOtherTypesAndShapes) {
  std::vector<float> values(2);
  TensorView got = viewOf(DataType::F32, values), want = got;
  want.dims = {1, 2};
  Result<Comparison> comparison = compareTensors(got, want, PeakTolerance());
  ASSERT_FALSE(comparison);
  EXPECT_EQ(comparison.error().kind, ErrorKind::Mismatch);
  EXPECT_EQ(comparison.error().message, "expected F32[1, 2], got F32[2]");
}
