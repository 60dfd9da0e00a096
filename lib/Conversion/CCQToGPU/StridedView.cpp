//===- StridedView.cpp - where the elements of a tensor lie in a buffer -*- C++
//-*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StridedView.h"

#include "ScalarExpression.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::ccq;

std::optional<SmallVector<int64_t>>
mlir::ccq::findRowMajorStrides(RankedTensorType type) {
  SmallVector<int64_t> strides(type.getRank(), 1);
  for (int64_t dim = type.getRank() - 1; dim > 0; --dim) {
    if (type.isDynamicDim(dim))
      return std::nullopt;
    strides[dim - 1] = strides[dim] * type.getDimSize(dim);
  }
  return strides;
}

static std::optional<StridedView> findSlice(tensor::ExtractSliceOp op) {
  std::optional<StridedView> view = findStridedView(op.getSource());
  if (!view)
    return std::nullopt;
  MLIRContext *context = op.getContext();
  for (auto [offset, step, stride] : llvm::zip_equal(
           op.getMixedOffsets(), op.getMixedStrides(), view->strides)) {
    if (getConstantIntValue(step) != 1)
      return std::nullopt;
    AffineExpr start;
    if (auto value = dyn_cast<Value>(offset))
      start = findScalarExpression(value);
    else
      start = getAffineConstantExpr(*getConstantIntValue(offset), context);
    if (!start)
      return std::nullopt;
    view->offset = view->offset + start * stride;
  }
  llvm::SmallBitVector dropped = op.getDroppedDims();
  SmallVector<int64_t> strides;
  for (auto [dim, stride] : llvm::enumerate(view->strides))
    if (!dropped.test(dim))
      strides.push_back(stride);
  view->strides = strides;
  return view;
}

/// Strides after merging neighbouring dimensions, which have to be contiguous
/// with each other; dimensions of extent 1 do not matter.
static std::optional<StridedView> findCollapsed(tensor::CollapseShapeOp op) {
  std::optional<StridedView> view = findStridedView(op.getSrc());
  if (!view)
    return std::nullopt;
  RankedTensorType type = op.getSrcType();
  SmallVector<int64_t> strides;
  for (ArrayRef<int64_t> group : op.getReassociationIndices()) {
    int64_t innermost = 1, next = 0;
    for (int64_t dim : llvm::reverse(group)) {
      if (type.getDimSize(dim) == 1)
        continue;
      if (next == 0)
        innermost = view->strides[dim];
      else if (view->strides[dim] != next)
        return std::nullopt;
      if (type.isDynamicDim(dim) && dim != group.front())
        return std::nullopt;
      next = view->strides[dim] * type.getDimSize(dim);
    }
    strides.push_back(innermost);
  }
  view->strides = strides;
  return view;
}

static std::optional<StridedView> findExpanded(tensor::ExpandShapeOp op) {
  std::optional<StridedView> view = findStridedView(op.getSrc());
  if (!view)
    return std::nullopt;
  RankedTensorType type = op.getResultType();
  SmallVector<int64_t> strides(type.getRank(), 1);
  for (auto [source, group] : llvm::enumerate(op.getReassociationIndices())) {
    int64_t stride = view->strides[source];
    for (int64_t dim : llvm::reverse(group)) {
      strides[dim] = stride;
      if (type.isDynamicDim(dim) && dim != group.front())
        return std::nullopt;
      stride *= type.getDimSize(dim);
    }
  }
  view->strides = strides;
  return view;
}

std::optional<StridedView> mlir::ccq::findStridedView(Value tensor) {
  if (auto argument = dyn_cast<BlockArgument>(tensor)) {
    auto strides =
        findRowMajorStrides(cast<RankedTensorType>(tensor.getType()));
    if (!strides)
      return std::nullopt;
    return StridedView{argument, getAffineConstantExpr(0, tensor.getContext()),
                       *strides};
  }
  using Found = std::optional<StridedView>;
  return TypeSwitch<Operation *, Found>(tensor.getDefiningOp())
      .Case([](tensor::ExtractSliceOp op) { return findSlice(op); })
      .Case([](tensor::CollapseShapeOp op) { return findCollapsed(op); })
      .Case([](tensor::ExpandShapeOp op) { return findExpanded(op); })
      .Case([](tensor::CastOp op) { return findStridedView(op.getSource()); })
      .Default([](Operation *) { return Found(); });
}
