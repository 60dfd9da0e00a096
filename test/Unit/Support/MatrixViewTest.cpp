//===- MatrixViewTest.cpp - tests of ccq/Support/MatrixView.h -------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Support/MatrixView.h"

#include <gtest/gtest.h>

using namespace ccq;

TEST(MatrixViewTest, DenseHasNFastest) {
  const float data[] = {0, 1, 2, 3, 4, 5};
  MatrixView<const float> view(data, {.k = 2, .n = 3});
  EXPECT_EQ(view(0, 2), 2);
  EXPECT_EQ(view(1, 0), 3);
}

TEST(MatrixViewTest, TransposedReadsNByKStorage) {
  // Two channels of three weights each.
  const float data[] = {0, 1, 2, 10, 11, 12};
  auto view = MatrixView<const float>::transposed(data, {.k = 3, .n = 2});
  EXPECT_EQ(view.shape(), (MatrixShape{3, 2}));
  EXPECT_EQ(view(2, 0), 2);
  EXPECT_EQ(view(1, 1), 11);
}

TEST(MatrixViewTest, StridedSkipsTheRestOfARow) {
  float data[8] = {};
  auto view = MatrixView<float>::strided(data, {.k = 2, .n = 2}, 4);
  view(1, 1) = 5;
  EXPECT_EQ(data[5], 5);
}
