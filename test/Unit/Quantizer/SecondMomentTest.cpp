//===- SecondMomentTest.cpp - tests of SecondMoment.h ---------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Quantizer/SecondMoment.h"

#include "Kernels/MomentProducts.h"

#include <cmath>
#include <gtest/gtest.h>
#include <random>
#include <vector>

using namespace ccq;
using namespace ccq::quantizer;

static std::vector<float> createRows(int64_t count) {
  std::mt19937 random(7);
  std::vector<float> rows(static_cast<size_t>(count));
  for (float &value : rows)
    value = float(int32_t(random())) * 0x1p-31f;
  return rows;
}

TEST(SecondMoment, IsTheSumOfProducts) {
  // Sizes around those of panels and blocks.
  for (int64_t channels : {1, 15, 16, 17, 45})
    for (int64_t rows : {1, 127, 128, 300}) {
      std::vector<float> x = createRows(rows * channels);
      std::vector<double> triangle(getTriangleSize(channels), 0.5);
      addSecondMoment(x, channels, triangle, nullptr);
      for (int64_t i = 0; i < channels; ++i)
        for (int64_t j = i; j < channels; ++j) {
          double expected = 0.5;
          for (int64_t r = 0; r < rows; ++r)
            expected += double(x[size_t(r * channels + i)]) *
                        double(x[size_t(r * channels + j)]);
          // Sums of 128 products below 1, each step rounded by 2^-24 of at
          // most 128.
          double bound = double(rows) * 128 * 0x1p-24;
          EXPECT_NEAR(triangle[getTriangleRow(channels, i) + size_t(j - i)],
                      expected, bound);
        }
    }
}

TEST(SecondMoment, GivesTheSameBitsForAnyNumberOfThreads) {
  constexpr int64_t channels = 70;
  std::vector<float> x = createRows(150 * channels);
  std::vector<double> one(getTriangleSize(channels)), four = one;
  ThreadPool threads(4);
  addSecondMoment(x, channels, one, nullptr);
  addSecondMoment(x, channels, four, &threads);
  EXPECT_EQ(one, four);
}

TEST(SecondMoment, TakesNoRowsAndNoChannels) {
  std::vector<double> triangle(3, 1.0);
  addSecondMoment({}, 2, triangle, nullptr);
  EXPECT_EQ(triangle, (std::vector<double>{1, 1, 1}));
  addSecondMoment({}, 0, {}, nullptr);
}

TEST(SecondMoment, KernelsAgreeBitForBit) {
  if (&getMomentProducts() == &momentProductsGeneric)
    GTEST_SKIP() << "one kernel only";
  std::vector<float> a = createRows(100 * momentPanel);
  std::vector<float> b(a.rbegin(), a.rend());
  std::vector<float> generic(momentPanel * momentPanel), other = generic;
  momentProductsGeneric.multiplyPanels(a.data(), b.data(), 100, generic.data());
  getMomentProducts().multiplyPanels(a.data(), b.data(), 100, other.data());
  EXPECT_EQ(generic, other);
  std::vector<double> weights(a.begin(), a.begin() + 40);
  std::vector<double> columns(b.begin(), b.begin() + 40 * weighedColumns);
  std::vector<double> sums(weighedColumns), otherSums = sums;
  momentProductsGeneric.weighColumns(weights.data(), columns.data(), 40,
                                     sums.data());
  getMomentProducts().weighColumns(weights.data(), columns.data(), 40,
                                   otherSums.data());
  EXPECT_EQ(sums, otherSums);
}

TEST(SecondMoment, WeighsAMatrix) {
  // H = [[2, 1], [1, 3]], M = [[1, 0, 2], [1, 1, 0]]: 7 + 3 + 8.
  std::vector<double> hessian = {2, 1, 1, 3};
  std::vector<float> matrix = {1, 0, 2, 1, 1, 0};
  MatrixView<const float> view(matrix.data(), {2, 3});
  EXPECT_EQ(computeWeightedSquare(view, hessian, nullptr), 18);
  // More columns than a block, as H = 1 counts squares, on any threads.
  std::vector<double> identity = {1, 0, 0, 1};
  std::vector<float> ones(2 * 100, 1.0f);
  MatrixView<const float> wide(ones.data(), {2, 100});
  ThreadPool threads(3);
  EXPECT_EQ(computeWeightedSquare(wide, identity, &threads), 200);
}
