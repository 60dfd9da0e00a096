//===- StridedView.h - where elements lie in a buffer -----------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_CONVERSION_CCQTOGPU_STRIDEDVIEW_H
#define CCQ_LIB_CONVERSION_CCQTOGPU_STRIDEDVIEW_H

#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Value.h"

#include <optional>

namespace mlir::ccq {

/// A tensor that is some elements of a function argument: element (i0, i1, ...)
/// lies at `offset` + sum of i_d * strides[d], counted in elements. Expressions
/// are over the kernel's scalar arguments (ScalarExpression.h).
struct StridedView {
  /// The stride of a dimension when it is a number.
  std::optional<int64_t> findStaticStride(size_t dim) const;

  BlockArgument argument;
  AffineExpr offset;
  /// Null where a stride is not affine.
  SmallVector<AffineExpr> strides;
};

/// Follows reshapes, slices with static steps and casts from `tensor` to the
/// argument that holds its elements. No value when there is no such argument
/// or dimensions that are merged do not follow each other in memory.
std::optional<StridedView> findStridedView(Value tensor);

/// Row-major strides of a type, or no value when an inner extent is dynamic.
std::optional<SmallVector<int64_t>> findRowMajorStrides(RankedTensorType type);

} // namespace mlir::ccq

#endif // CCQ_LIB_CONVERSION_CCQTOGPU_STRIDEDVIEW_H
