//===- SecondMoment.h - sums of products of activations ---------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_QUANTIZER_SECONDMOMENT_H
#define CCQ_QUANTIZER_SECONDMOMENT_H

#include "ccq/Support/MatrixView.h"
#include "ccq/Support/ThreadPool.h"

#include <cstdint>
#include <span>

namespace ccq::quantizer {

/// Elements of the upper triangle of a symmetric matrix [K, K], rows one after
/// another: row i holds columns i to K - 1.
constexpr uint64_t getTriangleSize(int64_t channels) {
  return uint64_t(channels) * (uint64_t(channels) + 1) / 2;
}

/// First element of row i of the triangle.
constexpr uint64_t getTriangleRow(int64_t channels, int64_t i) {
  return uint64_t(i * channels - i * (i - 1) / 2);
}

/// Adds X^T X of rows X[M, K] to the triangle of a symmetric matrix [K, K].
/// `rows` are M x K dense, finite float32; M is rows.size() / channels.
///
/// Numerics: products are rounded to float32 and summed in float32 over 128
/// consecutive rows, in row order; these sums are added in float64. The
/// relative error of an element of a positive matrix is at most 2^-17, and
/// typically below 2^-22. The same bytes for any number of threads and any
/// instruction set. Cost: M K^2 / 2 multiplications, and a pass over the
/// triangle per 128 rows. `threads` may be null.
void addSecondMoment(std::span<const float> rows, int64_t channels,
                     std::span<double> triangle, ThreadPool *threads);

/// tr(M^T H M) of a matrix M[K, N] and a symmetric H[K, K]: the squared norm
/// of x M, summed over what H was summed over. Numerics: float64 in a fixed
/// order, the same for any number of threads and any instruction set. Cost:
/// K^2 N multiplications. `threads` may be null.
double computeWeightedSquare(const MatrixView<const float> &matrix,
                             std::span<const double> hessian,
                             ThreadPool *threads);

} // namespace ccq::quantizer

#endif // CCQ_QUANTIZER_SECONDMOMENT_H
