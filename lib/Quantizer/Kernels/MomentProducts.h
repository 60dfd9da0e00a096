//===- MomentProducts.h - kernels for sums of products ----------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_QUANTIZER_KERNELS_MOMENTPRODUCTS_H
#define CCQ_LIB_QUANTIZER_KERNELS_MOMENTPRODUCTS_H

#include <cstdint>

namespace ccq::quantizer {

/// Channels of a panel.
inline constexpr int64_t momentPanel = 16;

/// Columns of a matrix that are weighed at a time.
inline constexpr int64_t weighedColumns = 32;

/// The kernels for one instruction set. All give the same bits: every sum has
/// a fixed order, and products are rounded before they are added.
struct MomentProducts {
  /// sums[i][j] = sum over rows r, in order, of a[r][i] * b[r][j]. Panels are
  /// [rows][momentPanel] float32, and so is the result [momentPanel][..].
  void (*multiplyPanels)(const float *a, const float *b, int64_t rows,
                         float *sums);

  /// sums[c] = sum over j, in order, of weights[j] * columns[j][c]; columns is
  /// [count][weighedColumns].
  void (*weighColumns)(const double *weights, const double *columns,
                       int64_t count, double *sums);
};

extern const MomentProducts momentProductsGeneric;
extern const MomentProducts momentProductsAVX2;

/// The fastest kernels that this machine can run.
const MomentProducts &getMomentProducts();

} // namespace ccq::quantizer

#endif // CCQ_LIB_QUANTIZER_KERNELS_MOMENTPRODUCTS_H
