//===- SecondMoment.cpp - sums of products of activations -----------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Quantizer/SecondMoment.h"

#include "Kernels/MomentProducts.h"

#include <algorithm>
#include <vector>

using namespace ccq;
using namespace ccq::quantizer;

/// Rows whose products are summed in float32.
static constexpr int64_t rowsPerBlock = 128;

static void parallelFor(ThreadPool *threads, int64_t count,
                        const ThreadPool::Body &body) {
  if (threads)
    threads->parallelFor(count, 1, body);
  else if (count > 0)
    body(0, count);
}

/// Rows of X as panels of channels, [panel][row][momentPanel]; zeros after the
/// last channel.
static void packPanels(std::span<const float> rows, int64_t channels,
                       std::vector<float> &panels) {
  int64_t count = int64_t(rows.size()) / channels;
  int64_t panelCount = (channels + momentPanel - 1) / momentPanel;
  panels.assign(size_t(panelCount * count * momentPanel), 0.0f);
  for (int64_t r = 0; r < count; ++r)
    for (int64_t k = 0; k < channels; k += momentPanel)
      std::copy_n(rows.data() + r * channels + k,
                  std::min(momentPanel, channels - k),
                  panels.data() + k * count + r * momentPanel);
}

/// Adds the part of the products of panels p and q that lies in the triangle.
static void addProducts(const float *sums, int64_t p, int64_t q,
                        int64_t channels, std::span<double> triangle) {
  int64_t iEnd = std::min(p + momentPanel, channels);
  int64_t jEnd = std::min(q + momentPanel, channels);
  for (int64_t i = p; i < iEnd; ++i) {
    double *row = triangle.data() + getTriangleRow(channels, i);
    for (int64_t j = std::max(i, q); j < jEnd; ++j)
      row[j - i] += double(sums[(i - p) * momentPanel + j - q]);
  }
}

void quantizer::addSecondMoment(std::span<const float> rows, int64_t channels,
                                std::span<double> triangle,
                                ThreadPool *threads) {
  if (channels == 0)
    return;
  const MomentProducts &products = getMomentProducts();
  int64_t total = int64_t(rows.size()) / channels;
  int64_t panelCount = (channels + momentPanel - 1) / momentPanel;
  std::vector<float> panels;
  for (int64_t first = 0; first < total; first += rowsPerBlock) {
    int64_t count = std::min(rowsPerBlock, total - first);
    packPanels(rows.subspan(size_t(first * channels), size_t(count * channels)),
               channels, panels);
    auto multiply = [&](int64_t begin, int64_t end) {
      float sums[momentPanel * momentPanel];
      for (int64_t p = begin * momentPanel; p < end * momentPanel;
           p += momentPanel)
        for (int64_t q = p; q < channels; q += momentPanel) {
          products.multiplyPanels(panels.data() + p * count,
                                  panels.data() + q * count, count, sums);
          addProducts(sums, p, q, channels, triangle);
        }
    };
    parallelFor(threads, panelCount, multiply);
  }
}

/// The weighted squares of columns n0 to n0 + count - 1, added up.
static double weighBlock(const MatrixView<const float> &matrix,
                         std::span<const double> hessian, int64_t n0,
                         int64_t count) {
  const MomentProducts &products = getMomentProducts();
  int64_t depth = matrix.shape().k;
  std::vector<double> columns(size_t(depth * weighedColumns), 0.0);
  for (int64_t k = 0; k < depth; ++k)
    for (int64_t c = 0; c < count; ++c)
      columns[size_t(k * weighedColumns + c)] = double(matrix(k, n0 + c));
  double total = 0;
  for (int64_t k = 0; k < depth; ++k) {
    double sums[weighedColumns];
    products.weighColumns(hessian.data() + k * depth, columns.data(), depth,
                          sums);
    for (int64_t c = 0; c < count; ++c)
      total += sums[c] * columns[size_t(k * weighedColumns + c)];
  }
  return total;
}

double quantizer::computeWeightedSquare(const MatrixView<const float> &matrix,
                                        std::span<const double> hessian,
                                        ThreadPool *threads) {
  int64_t channels = matrix.shape().n;
  int64_t blocks = (channels + weighedColumns - 1) / weighedColumns;
  std::vector<double> totals(static_cast<size_t>(blocks));
  parallelFor(threads, blocks, [&](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; ++block) {
      int64_t n0 = block * weighedColumns;
      totals[size_t(block)] = weighBlock(
          matrix, hessian, n0, std::min(weighedColumns, channels - n0));
    }
  });
  double total = 0;
  for (double part : totals)
    total += part;
  return total;
}
