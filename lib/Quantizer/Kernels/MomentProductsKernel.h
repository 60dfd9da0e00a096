//===- MomentProductsKernel.h - body of the kernels -------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_QUANTIZER_KERNELS_MOMENTPRODUCTSKERNEL_H
#define CCQ_LIB_QUANTIZER_KERNELS_MOMENTPRODUCTSKERNEL_H

#include "MomentProducts.h"

#include <cstring>

// Included once per instruction set; vectors become registers of that set.

namespace {

typedef float FloatVector __attribute__((vector_size(32)));
typedef double DoubleVector __attribute__((vector_size(32)));

constexpr int64_t floatLanes = 8;
constexpr int64_t doubleLanes = 4;

/// Channels of the first panel whose sums are in registers together.
constexpr int64_t registerRows = 4;

/// A vector at any address. Whole arrays of vectors would go through memory.
template <typename Vector> Vector loadVector(const void *from) {
  Vector value;
  std::memcpy(&value, from, sizeof(value));
  return value;
}

template <typename Vector> void storeVector(void *to, Vector value) {
  std::memcpy(to, &value, sizeof(value));
}

void multiplyPanels(const float *a, const float *b, int64_t rows, float *sums) {
  using ccq::quantizer::momentPanel;
  constexpr int64_t vectors = momentPanel / floatLanes;
  for (int64_t first = 0; first < momentPanel; first += registerRows) {
    FloatVector sum[registerRows][vectors] = {};
    for (int64_t r = 0; r < rows; ++r) {
      FloatVector right[vectors];
      for (int64_t v = 0; v < vectors; ++v)
        right[v] =
            loadVector<FloatVector>(b + r * momentPanel + v * floatLanes);
      for (int64_t i = 0; i < registerRows; ++i) {
        float left = a[r * momentPanel + first + i];
        for (int64_t v = 0; v < vectors; ++v)
          sum[i][v] += left * right[v];
      }
    }
    for (int64_t i = 0; i < registerRows; ++i)
      for (int64_t v = 0; v < vectors; ++v)
        storeVector(sums + (first + i) * momentPanel + v * floatLanes,
                    sum[i][v]);
  }
}

void weighColumns(const double *weights, const double *columns, int64_t count,
                  double *sums) {
  using ccq::quantizer::weighedColumns;
  constexpr int64_t vectors = weighedColumns / doubleLanes;
  DoubleVector sum[vectors] = {};
  for (int64_t j = 0; j < count; ++j) {
    double weight = weights[j];
    for (int64_t v = 0; v < vectors; ++v)
      sum[v] += weight * loadVector<DoubleVector>(columns + j * weighedColumns +
                                                  v * doubleLanes);
  }
  for (int64_t v = 0; v < vectors; ++v)
    storeVector(sums + v * doubleLanes, sum[v]);
}

} // namespace

#endif // CCQ_LIB_QUANTIZER_KERNELS_MOMENTPRODUCTSKERNEL_H
