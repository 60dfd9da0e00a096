//===- StridedView.cpp - where elements lie in a buffer ---------*- C++ -*-===//
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

std::optional<int64_t> StridedView::findStaticStride(size_t dim) const {
  if (auto constant = dyn_cast_if_present<AffineConstantExpr>(strides[dim]))
    return constant.getValue();
  return std::nullopt;
}

/// lhs * rhs; null when a factor is, or when the product is not affine.
static AffineExpr multiply(AffineExpr lhs, AffineExpr rhs) {
  if (!lhs || !rhs)
    return {};
  bool isAffine = isa<AffineConstantExpr>(lhs) || isa<AffineConstantExpr>(rhs);
  return isAffine ? lhs * rhs : AffineExpr();
}

/// An argument is dense, last dimension fastest.
static StridedView viewArgument(BlockArgument argument) {
  MLIRContext *context = argument.getContext();
  int64_t rank = cast<RankedTensorType>(argument.getType()).getRank();
  SmallVector<AffineExpr> strides(rank, getAffineConstantExpr(1, context));
  for (int64_t dim = rank - 1; dim > 0; --dim)
    strides[dim - 1] =
        multiply(strides[dim], findExtentExpression(argument, dim));
  return {argument, getAffineConstantExpr(0, context), strides};
}

static std::optional<StridedView> findSlice(tensor::ExtractSliceOp op) {
  std::optional<StridedView> view = findStridedView(op.getSource());
  if (!view)
    return std::nullopt;
  MLIRContext *context = op.getContext();
  for (auto [offset, step, stride] : llvm::zip_equal(
           op.getMixedOffsets(), op.getMixedStrides(), view->strides)) {
    AffineExpr start;
    if (auto value = dyn_cast<Value>(offset))
      start = findScalarExpression(value);
    else
      start = getAffineConstantExpr(*getConstantIntValue(offset), context);
    AffineExpr distance = multiply(start, stride);
    if (!distance)
      return std::nullopt;
    view->offset = view->offset + distance;
    std::optional<int64_t> factor = getConstantIntValue(step);
    if (!factor)
      return std::nullopt;
    stride = multiply(stride, getAffineConstantExpr(*factor, context));
  }
  llvm::SmallBitVector dropped = op.getDroppedDims();
  SmallVector<AffineExpr> strides;
  for (auto [dim, stride] : llvm::enumerate(view->strides))
    if (!dropped.test(dim))
      strides.push_back(stride);
  view->strides = strides;
  return view;
}

/// Strides after merging neighbouring dimensions, which have to be contiguous
/// with each other; dimensions of extent 1 do not matter.
static std::optional<StridedView> findCollapsed(tensor::CollapseShapeOp op) {
  // What an expansion split is put together again.
  auto expand = op.getSrc().getDefiningOp<tensor::ExpandShapeOp>();
  if (expand && expand.getSrcType() == op.getResultType() &&
      expand.getReassociationIndices() == op.getReassociationIndices())
    return findStridedView(expand.getSrc());
  std::optional<StridedView> view = findStridedView(op.getSrc());
  if (!view)
    return std::nullopt;
  RankedTensorType type = op.getSrcType();
  SmallVector<AffineExpr> strides;
  for (ArrayRef<int64_t> group : op.getReassociationIndices()) {
    AffineExpr innermost, next;
    for (int64_t dim : llvm::reverse(group)) {
      if (type.getDimSize(dim) == 1)
        continue;
      AffineExpr stride = view->strides[dim];
      if (!innermost)
        innermost = stride;
      else if (!stride || stride != next)
        return std::nullopt;
      next = multiply(stride, findExtentExpression(op.getSrc(), dim));
    }
    strides.push_back(innermost ? innermost
                                : getAffineConstantExpr(1, op.getContext()));
  }
  view->strides = strides;
  return view;
}

static std::optional<StridedView> findExpanded(tensor::ExpandShapeOp op) {
  std::optional<StridedView> view = findStridedView(op.getSrc());
  if (!view)
    return std::nullopt;
  RankedTensorType type = op.getResultType();
  SmallVector<AffineExpr> strides(type.getRank());
  for (auto [source, group] : llvm::enumerate(op.getReassociationIndices())) {
    AffineExpr stride = view->strides[source];
    for (int64_t dim : llvm::reverse(group)) {
      strides[dim] = stride;
      if (type.isDynamicDim(dim) && dim != group.front())
        return std::nullopt;
      stride = multiply(
          stride, getAffineConstantExpr(type.getDimSize(dim), op.getContext()));
    }
  }
  view->strides = strides;
  return view;
}

std::optional<StridedView> mlir::ccq::findStridedView(Value tensor) {
  if (auto argument = dyn_cast<BlockArgument>(tensor))
    return viewArgument(argument);
  using Found = std::optional<StridedView>;
  return TypeSwitch<Operation *, Found>(tensor.getDefiningOp())
      .Case([](tensor::ExtractSliceOp op) { return findSlice(op); })
      .Case([](tensor::CollapseShapeOp op) { return findCollapsed(op); })
      .Case([](tensor::ExpandShapeOp op) { return findExpanded(op); })
      .Case([](tensor::CastOp op) { return findStridedView(op.getSource()); })
      .Default([](Operation *) { return Found(); });
}
