//===- MatrixView.h - strided two-dimensional view --------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_SUPPORT_MATRIXVIEW_H
#define CCQ_SUPPORT_MATRIXVIEW_H

#include <cstddef>
#include <cstdint>

namespace ccq {

/// Extents of a weight matrix W[K, N]: k is the reduction axis of
/// y[M, N] = x[M, K] W[K, N], n the output channels. Either may be zero.
struct MatrixShape {
  int64_t k = 0;
  int64_t n = 0;

  bool operator==(const MatrixShape &) const = default;
};

/// A rectangle inside a matrix: rows k0 .. k0 + extent.k - 1 and columns
/// n0 .. n0 + extent.n - 1.
struct MatrixTile {
  int64_t k0 = 0;
  int64_t n0 = 0;
  MatrixShape extent;
};

/// Non-owning view of a matrix W[K, N]. Element (k, n) lies at
/// data[k * kStrideElements + n * nStrideElements], so a transposed matrix is
/// a view with the strides swapped. T is const for read-only views.
template <typename T> class MatrixView {
public:
  /// View of a dense matrix with n fastest.
  MatrixView(T *data, MatrixShape shape)
      : data(data), extents(shape), kStrideElements(shape.n) {}

  /// View of N x K storage with k fastest, seen as W[K, N].
  static MatrixView transposed(T *data, MatrixShape shape) {
    MatrixView view(data, shape);
    view.kStrideElements = 1;
    view.nStrideElements = shape.k;
    return view;
  }

  /// View of rows that are kStrideElements apart, n fastest.
  static MatrixView strided(T *data, MatrixShape shape,
                            int64_t kStrideElements) {
    MatrixView view(data, shape);
    view.kStrideElements = kStrideElements;
    return view;
  }

  MatrixShape shape() const { return extents; }
  T &operator()(int64_t k, int64_t n) const {
    return data[k * kStrideElements + n * nStrideElements];
  }

private:
  T *data;
  MatrixShape extents;
  int64_t kStrideElements;
  int64_t nStrideElements = 1;
};

} // namespace ccq

#endif // CCQ_SUPPORT_MATRIXVIEW_H
