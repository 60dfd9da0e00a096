//===- ReshapeIndices.h - element indices around a reshape ------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_CONVERSION_CCQTOGPU_RESHAPEINDICES_H
#define CCQ_LIB_CONVERSION_CCQTOGPU_RESHAPEINDICES_H

#include "mlir/IR/AffineExpr.h"

#include <optional>

namespace mlir::ccq {

/// Indices of one element along each dimension of a tensor.
using ElementIndices = SmallVector<AffineExpr>;

/// One index over the merged `extents`, the last one fastest. Only the first
/// extent may be dynamic.
AffineExpr mergeIndices(ArrayRef<AffineExpr> indices,
                        ArrayRef<int64_t> extents);

/// The inverse: `index` taken apart into indices over `extents`.
ElementIndices splitIndex(AffineExpr index, ArrayRef<int64_t> extents);

/// Indices over `extents` of the row-major element (row, column) of a matrix
/// with `columns` columns; dimensions must not straddle rows. No value when
/// they do, or when a dimension but the first non-trivial one is dynamic.
std::optional<ElementIndices> splitMatrixIndex(AffineExpr row,
                                               AffineExpr column,
                                               int64_t columns,
                                               ArrayRef<int64_t> extents);

} // namespace mlir::ccq

#endif // CCQ_LIB_CONVERSION_CCQTOGPU_RESHAPEINDICES_H
