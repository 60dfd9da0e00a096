//===- TensorExtents.cpp - sizes of tensors as values outside of dispatches -*-
// C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TensorExtents.h"

#include "ccq/Dialect/CCQ/IR/CCQOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"

using namespace mlir;
using namespace mlir::ccq;

/// `a` combined with `b` by an index op, folded where both are constant.
template <typename OpTy>
static OpFoldResult combine(OpBuilder &builder, Location loc, OpFoldResult a,
                            OpFoldResult b) {
  if (!a || !b)
    return {};
  Value x = getValueOrCreateConstantIndexOp(builder, loc, a);
  Value y = getValueOrCreateConstantIndexOp(builder, loc, b);
  return getAsOpFoldResult(builder.createOrFold<OpTy>(loc, x, y));
}

/// Number of the dynamic dimension `dim` among the dynamic dimensions.
static unsigned getDynamicNumber(Value tensor, int64_t dim) {
  return cast<RankedTensorType>(tensor.getType()).getDynamicDimIndex(dim);
}

static OpFoldResult findArgumentExtent(OpBuilder &builder,
                                       BlockArgument argument, int64_t dim) {
  auto function = dyn_cast<func::FuncOp>(argument.getOwner()->getParentOp());
  if (!function)
    return {};
  auto names = dyn_cast_if_present<ArrayAttr>(
      function.getArgAttr(argument.getArgNumber(), CCQDialect::kDimsAttr));
  unsigned number = getDynamicNumber(argument, dim);
  if (names && number < names.size())
    return builder
        .create<DimOp>(argument.getLoc(), builder.getIndexType(),
                       cast<StringAttr>(names[number]))
        .getResult();
  return builder.create<tensor::DimOp>(argument.getLoc(), argument, dim)
      .getResult();
}

/// The operand of `sizes` that belongs to dimension `dim` of `result`; `sizes`
/// holds the dynamic dimensions of all of the op's results.
static OpFoldResult pickResultDim(OpResult result, int64_t dim,
                                  ValueRange sizes) {
  unsigned number = getDynamicNumber(result, dim);
  for (OpResult before : result.getOwner()->getResults()) {
    if (before == result)
      break;
    number += cast<RankedTensorType>(before.getType()).getNumDynamicDims();
  }
  return number < sizes.size() ? OpFoldResult(sizes[number]) : OpFoldResult();
}

static OpFoldResult findCollapsedExtent(OpBuilder &builder,
                                        tensor::CollapseShapeOp op,
                                        int64_t dim) {
  OpFoldResult product = builder.getIndexAttr(1);
  SmallVector<ReassociationIndices> groups = op.getReassociationIndices();
  for (int64_t source : groups[dim])
    product = combine<arith::MulIOp>(builder, op.getLoc(), product,
                                     findExtent(builder, op.getSrc(), source));
  return product;
}

/// A slice keeps the sizes of the dimensions that it does not drop.
static OpFoldResult findSliceExtent(tensor::ExtractSliceOp op, int64_t dim) {
  llvm::SmallBitVector dropped = op.getDroppedDims();
  for (auto [source, size] : llvm::enumerate(op.getMixedSizes()))
    if (!dropped.test(source) && dim-- == 0)
      return size;
  return {};
}

static OpFoldResult findConcatExtent(OpBuilder &builder, tensor::ConcatOp op,
                                     int64_t dim) {
  OpFoldResult sum = findExtent(builder, op.getInputs().front(), dim);
  if (dim != int64_t(op.getDim()))
    return sum;
  for (Value input : op.getInputs().drop_front())
    sum = combine<arith::AddIOp>(builder, op.getLoc(), sum,
                                 findExtent(builder, input, dim));
  return sum;
}

static OpFoldResult findPaddedExtent(OpBuilder &builder, tensor::PadOp op,
                                     int64_t dim) {
  OpFoldResult size = findExtent(builder, op.getSource(), dim);
  size = combine<arith::AddIOp>(builder, op.getLoc(), size,
                                op.getMixedLowPad()[dim]);
  return combine<arith::AddIOp>(builder, op.getLoc(), size,
                                op.getMixedHighPad()[dim]);
}

OpFoldResult mlir::ccq::findExtent(OpBuilder &builder, Value tensor,
                                   int64_t dim) {
  auto type = dyn_cast<RankedTensorType>(tensor.getType());
  if (!type)
    return {};
  if (!type.isDynamicDim(dim))
    return builder.getIndexAttr(type.getDimSize(dim));
  if (auto argument = dyn_cast<BlockArgument>(tensor))
    return findArgumentExtent(builder, argument, dim);
  auto result = cast<OpResult>(tensor);
  Operation *op = result.getOwner();
  if (auto dispatch = dyn_cast<DispatchOp>(op))
    return pickResultDim(result, dim, dispatch.getResultDims());
  if (auto region = dyn_cast<DispatchRegionOp>(op))
    return pickResultDim(result, dim, region.getResultDims());
  if (auto empty = dyn_cast<tensor::EmptyOp>(op))
    return empty.getMixedSizes()[dim];
  if (auto generate = dyn_cast<tensor::GenerateOp>(op))
    return pickResultDim(result, dim, generate.getDynamicExtents());
  if (auto destination = dyn_cast<DestinationStyleOpInterface>(op))
    return findExtent(builder, destination.getTiedOpOperand(result)->get(),
                      dim);
  if (auto cast = dyn_cast<tensor::CastOp>(op))
    return findExtent(builder, cast.getSource(), dim);
  if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op))
    return pickResultDim(result, dim, expand.getOutputShape());
  if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op))
    return findCollapsedExtent(builder, collapse, dim);
  if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op))
    return findSliceExtent(slice, dim);
  if (auto concat = dyn_cast<tensor::ConcatOp>(op))
    return findConcatExtent(builder, concat, dim);
  if (auto pad = dyn_cast<tensor::PadOp>(op))
    return findPaddedExtent(builder, pad, dim);
  if (auto forall = dyn_cast<scf::ForallOp>(op))
    return findExtent(builder, forall.getOutputs()[result.getResultNumber()],
                      dim);
  if (auto loop = dyn_cast<scf::ForOp>(op))
    return findExtent(builder, loop.getInitArgs()[result.getResultNumber()],
                      dim);
  return {};
}

FailureOr<SmallVector<Value>> mlir::ccq::getDynamicExtents(OpBuilder &builder,
                                                           Value tensor) {
  auto type = cast<RankedTensorType>(tensor.getType());
  SmallVector<Value> sizes;
  for (int64_t dim = 0; dim < type.getRank(); ++dim) {
    if (!type.isDynamicDim(dim))
      continue;
    OpFoldResult size = findExtent(builder, tensor, dim);
    if (!size)
      return emitError(tensor.getLoc())
             << "expected a size of dimension " << dim << " of " << type
             << " that is known before it is computed";
    sizes.push_back(
        getValueOrCreateConstantIndexOp(builder, tensor.getLoc(), size));
  }
  return sizes;
}

LogicalResult mlir::ccq::traceDims(func::FuncOp function) {
  SmallVector<tensor::DimOp> dims;
  function.walk([&](tensor::DimOp dim) {
    if (!isa<BlockArgument>(dim.getSource()))
      dims.push_back(dim);
  });
  for (tensor::DimOp dim : dims) {
    std::optional<int64_t> position = dim.getConstantIndex();
    OpBuilder builder(dim);
    OpFoldResult size = position
                            ? findExtent(builder, dim.getSource(), *position)
                            : OpFoldResult();
    bool isTopLevel = dim->getParentOp() == function;
    if (!size && !isTopLevel)
      continue; // Part of a loop that moves into a dispatch as a whole.
    if (!size)
      return dim.emitError("expected a size that is known before the tensor "
                           "is computed");
    dim.getResult().replaceAllUsesWith(
        getValueOrCreateConstantIndexOp(builder, dim.getLoc(), size));
    dim.erase();
  }
  return success();
}
