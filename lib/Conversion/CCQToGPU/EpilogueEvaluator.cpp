//===- EpilogueEvaluator.cpp - elementwise code behind a matmul -*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "EpilogueEvaluator.h"

#include "ScalarExpression.h"
#include "StridedView.h"
#include "mlir/Dialect/Affine/Utils.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::ccq;

/// Token and channel precede the scalar arguments among the dims of indices.
static constexpr unsigned kElementDims = 2;

EpilogueEvaluator::EpilogueEvaluator(KernelBuilder &builder,
                                     EpilogueInputs inputs)
    : builder(builder), inputs(std::move(inputs)) {}

Value EpilogueEvaluator::materialize(AffineExpr expr) {
  SmallVector<Value> dims = {inputs.token, inputs.channel};
  llvm::append_range(dims, inputs.scalars);
  return affine::expandAffineExpr(builder, builder.getLoc(), expr, dims, {});
}

LogicalResult EpilogueEvaluator::addInitialValue() {
  MLIRContext *context = builder.getContext();
  FailureOr<Value> initial =
      evaluate(inputs.root.getOutputs()[0],
               {getAffineDimExpr(0, context), getAffineDimExpr(1, context)});
  if (failed(initial))
    return failure();
  if (!matchPattern(*initial, m_AnyZeroFloat()))
    inputs.product = builder.create<arith::AddFOp>(inputs.product, *initial);
  return success();
}

FailureOr<Value> EpilogueEvaluator::evaluateResult(Value tensor) {
  MLIRContext *context = builder.getContext();
  auto matrix = cast<RankedTensorType>(inputs.root.getResult(0).getType());
  auto type = cast<RankedTensorType>(tensor.getType());
  std::optional<ElementIndices> indices = splitMatrixIndex(
      getAffineDimExpr(0, context), getAffineDimExpr(1, context),
      matrix.getDimSize(1), type.getShape());
  if (!indices)
    return inputs.root.emitOpError()
           << "expected results of a CUDA kernel to keep the rows of the "
              "product, got "
           << type;
  return evaluate(tensor, *indices);
}

FailureOr<Value> EpilogueEvaluator::evaluate(Value tensor,
                                             const ElementIndices &indices) {
  if (auto argument = dyn_cast<BlockArgument>(tensor))
    return evaluateArgument(argument, indices);
  Operation *op = tensor.getDefiningOp();
  if (op == inputs.root)
    return evaluateRoot(indices);
  if (auto cast = dyn_cast<tensor::CastOp>(op))
    return evaluate(cast.getSource(), indices);
  if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op))
    return evaluateExpanded(expand, indices);
  if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op))
    return evaluateCollapsed(collapse, indices);
  if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op))
    return evaluateSlice(slice, indices);
  if (isa<arith::ConstantOp>(op))
    return evaluateConstant(op);
  if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op))
    return evaluateElementwise(linalgOp, cast<OpResult>(tensor), indices);
  return op->emitOpError()
         << "expected an elementwise op in the epilogue of a CUDA kernel";
}

FailureOr<Value>
EpilogueEvaluator::evaluateExpanded(tensor::ExpandShapeOp op,
                                    const ElementIndices &indices) {
  ElementIndices source;
  ArrayRef<int64_t> shape = op.getResultType().getShape();
  for (ArrayRef<int64_t> group : op.getReassociationIndices()) {
    if (llvm::any_of(shape.slice(group.front(), group.size()).drop_front(),
                     ShapedType::isDynamic))
      return op.emitOpError() << "expected at most the first of the expanded "
                                 "dimensions to be dynamic in a CUDA kernel";
    source.push_back(
        mergeIndices(ArrayRef(indices).slice(group.front(), group.size()),
                     shape.slice(group.front(), group.size())));
  }
  return evaluate(op.getSrc(), source);
}

Value EpilogueEvaluator::loadElement(const StridedView &view,
                                     const ElementIndices &indices) {
  // The offset is over the scalars, which the indices have behind two more.
  AffineExpr position =
      view.offset.shiftDims(unsigned(inputs.scalars.size()), /*shift=*/2);
  for (auto [index, stride] : llvm::zip_equal(indices, view.strides))
    position = position + index * stride;
  BlockArgument argument = view.argument;
  Type type = getElementTypeOrSelf(argument.getType());
  Value pointer = inputs.arguments.lookup(Value(argument));
  return builder.load(type,
                      builder.getElement(pointer, type, materialize(position)));
}

FailureOr<Value>
EpilogueEvaluator::evaluateCollapsed(tensor::CollapseShapeOp op,
                                     const ElementIndices &indices) {
  // Rows of an argument need no division to be found.
  std::optional<StridedView> view = findStridedView(op.getResult());
  auto isStatic = [&](size_t dim) { return bool(view->findStaticStride(dim)); };
  if (view && llvm::all_of(llvm::seq<size_t>(0, indices.size()), isStatic))
    return loadElement(*view, indices);
  ElementIndices source;
  ArrayRef<int64_t> shape = op.getSrcType().getShape();
  for (auto [group, index] :
       llvm::zip_equal(op.getReassociationIndices(), indices)) {
    ArrayRef<int64_t> extents = shape.slice(group.front(), group.size());
    if (llvm::any_of(extents.drop_front(), ShapedType::isDynamic))
      return op.emitOpError() << "expected at most the first of the collapsed "
                                 "dimensions to be dynamic in a CUDA kernel";
    llvm::append_range(source, splitIndex(index, extents));
  }
  return evaluate(op.getSrc(), source);
}

FailureOr<Value>
EpilogueEvaluator::evaluateSlice(tensor::ExtractSliceOp op,
                                 const ElementIndices &indices) {
  llvm::SmallBitVector dropped = op.getDroppedDims();
  ElementIndices source;
  size_t next = 0;
  for (auto [dim, offset] : llvm::enumerate(op.getMixedOffsets())) {
    std::optional<int64_t> step =
        getConstantIntValue(op.getMixedStrides()[dim]);
    AffineExpr start;
    if (std::optional<int64_t> constant = getConstantIntValue(offset))
      start = builder.getAffineConstantExpr(*constant);
    else
      start = findScalarExpression(cast<Value>(offset));
    if (!start || !step)
      return op.emitOpError() << "expected offsets that follow from the "
                                 "kernel's index arguments";
    start = start.shiftDims(inputs.scalars.size(), kElementDims);
    source.push_back(dropped.test(dim) ? start
                                       : start + indices[next++] * *step);
  }
  return evaluate(op.getSource(), source);
}

FailureOr<Value>
EpilogueEvaluator::evaluateRoot(const ElementIndices &indices) {
  auto type = cast<RankedTensorType>(inputs.root.getResult(0).getType());
  for (auto [dim, index] : llvm::enumerate(indices))
    if (type.getDimSize(dim) != 1 &&
        index != getAffineDimExpr(dim, builder.getContext()))
      return inputs.root.emitOpError()
             << "expected the epilogue of a CUDA kernel to keep the order of "
                "the product's elements";
  return inputs.product;
}

FailureOr<Value>
EpilogueEvaluator::evaluateArgument(BlockArgument argument,
                                    const ElementIndices &indices) {
  auto type = cast<RankedTensorType>(argument.getType());
  std::optional<SmallVector<int64_t>> strides = findRowMajorStrides(type);
  if (!strides)
    return emitError(argument.getLoc())
           << "expected at most the first dimension of " << type
           << " to be dynamic in a CUDA kernel";
  AffineExpr position = builder.getAffineConstantExpr(0);
  for (auto [index, stride] : llvm::zip_equal(indices, *strides))
    position = position + index * stride;
  Value pointer = inputs.arguments.lookup(Value(argument));
  Value address =
      builder.getElement(pointer, type.getElementType(), materialize(position));
  return builder.load(type.getElementType(), address);
}

FailureOr<Value> EpilogueEvaluator::evaluateConstant(Operation *op) {
  DenseElementsAttr elements;
  if (!matchPattern(op, m_Constant(&elements)) || !elements.isSplat())
    return op->emitOpError()
           << "expected a splat constant inside a CUDA kernel";
  return Value(builder.create<arith::ConstantOp>(
      cast<TypedAttr>(elements.getSplatValue<Attribute>())));
}

FailureOr<Value>
EpilogueEvaluator::evaluateElementwise(linalg::LinalgOp op, OpResult result,
                                       const ElementIndices &indices) {
  AffineMap outMap = op.getIndexingMapMatchingResult(result);
  if (op.getNumLoops() != op.getNumParallelLoops() || !outMap.isPermutation())
    return op.emitOpError()
           << "expected an elementwise op in the epilogue of a CUDA kernel";
  ElementIndices loops(op.getNumLoops());
  for (auto [position, index] : llvm::enumerate(indices))
    loops[outMap.getDimPosition(position)] = index;
  IRMapping mapping;
  for (OpOperand &operand : op->getOpOperands()) {
    BlockArgument scalar = op.getMatchingBlockArgument(&operand);
    if (scalar.use_empty())
      continue;
    Value tensor = operand.get();
    if (!isa<RankedTensorType>(tensor.getType())) {
      if (failed(mapCapture(tensor, mapping)))
        return failure();
      mapping.map(scalar, mapping.lookup(tensor));
      continue;
    }
    ElementIndices operandIndices;
    for (AffineExpr expr : op.getMatchingIndexingMap(&operand).getResults())
      operandIndices.push_back(expr.replaceDims(loops));
    FailureOr<Value> value = evaluate(tensor, operandIndices);
    if (failed(value))
      return failure();
    mapping.map(scalar, *value);
  }
  return evaluateBody(op, mapping, result.getResultNumber(), loops);
}

LogicalResult EpilogueEvaluator::mapCapture(Value value, IRMapping &mapping) {
  if (mapping.contains(value))
    return success();
  if (isa<BlockArgument>(value)) {
    mapping.map(value, inputs.arguments.lookup(value));
    return success();
  }
  Operation *op = value.getDefiningOp();
  if (!isPure(op) || op->getNumRegions() != 0 ||
      llvm::any_of(op->getResultTypes(),
                   [](Type type) { return isa<ShapedType>(type); }))
    return op->emitOpError()
           << "expected a scalar computation in the epilogue of a CUDA kernel";
  for (Value operand : op->getOperands())
    if (failed(mapCapture(operand, mapping)))
      return failure();
  builder.clone(*op, mapping);
  return success();
}

FailureOr<Value> EpilogueEvaluator::evaluateBody(linalg::LinalgOp op,
                                                 IRMapping &mapping,
                                                 unsigned resultNumber,
                                                 const ElementIndices &loops) {
  Block *body = op.getBlock();
  for (Operation &inner : body->without_terminator()) {
    if (auto index = dyn_cast<linalg::IndexOp>(inner)) {
      mapping.map(index.getResult(), materialize(loops[index.getDim()]));
      continue;
    }
    for (Value operand : inner.getOperands())
      if (failed(mapCapture(operand, mapping)))
        return failure();
    if (!isPure(&inner) || inner.getNumRegions() != 0 ||
        !isa<arith::ArithDialect, math::MathDialect>(inner.getDialect()))
      return inner.emitOpError()
             << "expected a scalar computation in the epilogue of a CUDA "
                "kernel";
    builder.clone(inner, mapping);
  }
  Value yielded = body->getTerminator()->getOperand(resultNumber);
  if (failed(mapCapture(yielded, mapping)))
    return failure();
  return mapping.lookup(yielded);
}
