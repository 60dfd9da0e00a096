//===- RateAllocationTest.cpp - tests of sharing out bytes ----------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Quantizer/RateAllocation.h"

#include <gtest/gtest.h>
#include <random>

using namespace ccq;
using namespace ccq::quantizer;

using Matrices = std::vector<std::vector<RateOption>>;

/// Loss of a choice; no value when it is over the budget.
static std::optional<double> computeLoss(const Matrices &matrices,
                                         const std::vector<size_t> &chosen,
                                         uint64_t budget) {
  uint64_t bytes = 0;
  double loss = 0;
  for (size_t i = 0; i < matrices.size(); ++i) {
    bytes += matrices[i][chosen[i]].bytes;
    loss += matrices[i][chosen[i]].loss;
  }
  return bytes <= budget ? std::optional(loss) : std::nullopt;
}

TEST(RateAllocationTest, BytesGoWhereTheySaveMost) {
  Matrices matrices = {{{10, 4.0}, {20, 1.0}, {30, 0.25}},
                       {{10, 40.0}, {20, 10.0}, {30, 2.5}}};
  EXPECT_EQ(*allocateRates(matrices, 40), (std::vector<size_t>{0, 2}));
  EXPECT_EQ(*allocateRates(matrices, 50), (std::vector<size_t>{1, 2}));
  EXPECT_EQ(*allocateRates(matrices, 1000), (std::vector<size_t>{2, 2}));
}

TEST(RateAllocationTest, OptionsAboveTheHullAreLeftOut) {
  // 20 bytes save less than their share of what 30 save.
  Matrices matrices = {{{10, 8.0}, {20, 7.5}, {30, 0.0}, {40, 0.0}}};
  EXPECT_EQ(*allocateRates(matrices, 29), std::vector<size_t>{0});
  EXPECT_EQ(*allocateRates(matrices, 30), std::vector<size_t>{2});
  EXPECT_EQ(*allocateRates(matrices, 99), std::vector<size_t>{2});
}

TEST(RateAllocationTest, OfEqualSizesTheFirstOfTheLeastLossCounts) {
  Matrices matrices = {{{10, 2.0}, {10, 1.0}, {10, 1.0}}};
  EXPECT_EQ(*allocateRates(matrices, 10), std::vector<size_t>{1});
}

TEST(RateAllocationTest, TooLittleRoomIsABudgetError) {
  Matrices matrices = {{{10, 1.0}}, {{11, 1.0}}};
  Result<std::vector<size_t>> result = allocateRates(matrices, 20);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::Budget);
  EXPECT_EQ(result.error().message,
            "expected at least 21 bytes for the weights to code, got 20");
}

// The best choice is at most as far away as the last step that did not fit.
TEST(RateAllocationTest, NearTheBestOfAllChoices) {
  std::mt19937 random(1);
  std::uniform_real_distribution<double> scale(0.1, 10);
  for (int trial = 0; trial < 50; ++trial) {
    Matrices matrices(4);
    for (std::vector<RateOption> &options : matrices) {
      double loss = scale(random);
      for (uint64_t bits = 2; bits <= 6; ++bits, loss /= 4)
        options.push_back({bits * 8, loss});
    }
    uint64_t budget = 4 * 8 * 4;
    double best = 1e30, largestStep = 0;
    for (int code = 0; code < 625; ++code) {
      std::vector<size_t> chosen;
      for (int i = 0, rest = code; i < 4; ++i, rest /= 5)
        chosen.push_back(size_t(rest % 5));
      best =
          std::min(best, computeLoss(matrices, chosen, budget).value_or(1e30));
    }
    for (const std::vector<RateOption> &options : matrices)
      largestStep = std::max(largestStep, options[1].loss - options[2].loss);
    Result<std::vector<size_t>> chosen = allocateRates(matrices, budget);
    ASSERT_TRUE(chosen);
    std::optional<double> loss = computeLoss(matrices, *chosen, budget);
    ASSERT_TRUE(loss);
    EXPECT_LE(*loss, best + largestStep);
  }
}
