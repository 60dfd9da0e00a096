//===- ScalarExpression.cpp - sizes over the scalar arguments ---*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ScalarExpression.h"

#include "ccq/Dialect/CCQ/IR/CCQDialect.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/AffineMap.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"

using namespace mlir;
using namespace mlir::ccq;

unsigned mlir::ccq::getScalarCount(ValueRange arguments) {
  return llvm::count_if(arguments,
                        [](Value value) { return value.getType().isIndex(); });
}

/// Applies `combine` to the expressions of both operands.
template <typename Combine>
static AffineExpr findBinary(Operation *op, Combine combine) {
  AffineExpr lhs = findScalarExpression(op->getOperand(0));
  AffineExpr rhs = findScalarExpression(op->getOperand(1));
  return lhs && rhs ? combine(lhs, rhs) : AffineExpr();
}

static AffineExpr findApply(affine::AffineApplyOp op) {
  AffineMap map = op.getAffineMap();
  SmallVector<AffineExpr> operands;
  for (Value operand : op.getMapOperands()) {
    operands.push_back(findScalarExpression(operand));
    if (!operands.back())
      return {};
  }
  ArrayRef<AffineExpr> all = operands;
  return map.getResult(0).replaceDimsAndSymbols(
      all.take_front(map.getNumDims()), all.drop_front(map.getNumDims()));
}

AffineExpr mlir::ccq::findScalarExpression(Value value) {
  MLIRContext *context = value.getContext();
  if (std::optional<int64_t> constant = getConstantIntValue(value))
    return getAffineConstantExpr(*constant, context);
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    if (!value.getType().isIndex())
      return {};
    ValueRange before =
        argument.getOwner()->getArguments().take_front(argument.getArgNumber());
    return getAffineDimExpr(getScalarCount(before), context);
  }
  Operation *op = value.getDefiningOp();
  auto isConstant = [](AffineExpr expr) {
    auto constant = dyn_cast<AffineConstantExpr>(expr);
    return constant && constant.getValue() > 0;
  };
  if (isa<arith::AddIOp>(op))
    return findBinary(op, [](AffineExpr a, AffineExpr b) { return a + b; });
  if (isa<arith::SubIOp>(op))
    return findBinary(op, [](AffineExpr a, AffineExpr b) { return a - b; });
  if (isa<arith::MulIOp>(op))
    return findBinary(op, [&](AffineExpr a, AffineExpr b) {
      return isConstant(a) || isConstant(b) ? a * b : AffineExpr();
    });
  if (isa<arith::DivUIOp, arith::FloorDivSIOp>(op))
    return findBinary(op, [&](AffineExpr a, AffineExpr b) {
      return isConstant(b) ? a.floorDiv(b) : AffineExpr();
    });
  if (isa<arith::CeilDivUIOp, arith::CeilDivSIOp>(op))
    return findBinary(op, [&](AffineExpr a, AffineExpr b) {
      return isConstant(b) ? a.ceilDiv(b) : AffineExpr();
    });
  if (auto apply = dyn_cast<affine::AffineApplyOp>(op))
    return findApply(apply);
  if (auto dim = dyn_cast<tensor::DimOp>(op))
    if (std::optional<int64_t> index = dim.getConstantIndex())
      return findExtentExpression(dim.getSource(), *index);
  return {};
}

/// The scalar that the kernel's `ccq.extents` names for a dynamic dimension.
static AffineExpr findArgumentExtent(BlockArgument argument, int64_t dim) {
  auto function = dyn_cast<func::FuncOp>(argument.getOwner()->getParentOp());
  if (!function)
    return {};
  auto extents = function.getArgAttrOfType<DenseI64ArrayAttr>(
      argument.getArgNumber(), CCQDialect::kExtentsAttr);
  auto type = cast<RankedTensorType>(argument.getType());
  if (!extents || extents.size() != type.getNumDynamicDims())
    return {};
  return getAffineDimExpr(extents[type.getDynamicDimIndex(dim)],
                          argument.getContext());
}

/// The product of the extents that a dimension was made of; null when more than
/// one of them is dynamic.
static AffineExpr findCollapsedExtent(tensor::CollapseShapeOp op, int64_t dim) {
  AffineExpr product = getAffineConstantExpr(1, op.getContext());
  for (int64_t source : op.getReassociationIndices()[dim]) {
    AffineExpr extent = findExtentExpression(op.getSrc(), source);
    bool isAffine = extent && (isa<AffineConstantExpr>(extent) ||
                               isa<AffineConstantExpr>(product));
    if (!isAffine)
      return {};
    product = product * extent;
  }
  return product;
}

AffineExpr mlir::ccq::findExtentExpression(Value tensor, int64_t dim) {
  auto type = cast<RankedTensorType>(tensor.getType());
  if (!type.isDynamicDim(dim))
    return getAffineConstantExpr(type.getDimSize(dim), tensor.getContext());
  if (auto argument = dyn_cast<BlockArgument>(tensor))
    return findArgumentExtent(argument, dim);
  auto result = cast<OpResult>(tensor);
  Operation *op = result.getOwner();
  if (auto empty = dyn_cast<tensor::EmptyOp>(op))
    return findScalarExpression(
        empty.getDynamicSizes()[type.getDynamicDimIndex(dim)]);
  if (auto style = dyn_cast<DestinationStyleOpInterface>(op))
    return findExtentExpression(style.getTiedOpOperand(result)->get(), dim);
  if (auto cast = dyn_cast<tensor::CastOp>(op))
    return findExtentExpression(cast.getSource(), dim);
  if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op))
    return findCollapsedExtent(collapse, dim);
  return {};
}
