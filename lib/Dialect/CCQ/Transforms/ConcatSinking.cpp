//===- ConcatSinking.cpp - elementwise ops on parts of tensors ------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ConcatSinking.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace mlir::ccq;

namespace {

/// A range of one dimension.
struct Part {
  int64_t offset = 0, size = 0;
  /// What is there.
  Value source;
};

/// A tensor that consists of parts along one dimension, the first in front.
struct Concat {
  int64_t dim = 0;
  SmallVector<Part> parts;
};

} // namespace

/// The dimension along which `insert` writes a part of constant range of its
/// destination; nothing when there is none or more than one.
static std::optional<int64_t> findPartialDim(tensor::InsertSliceOp insert) {
  std::optional<int64_t> found;
  RankedTensorType type = insert.getType();
  if (!insert.hasUnitStride() ||
      insert.getSourceType().getRank() != type.getRank())
    return std::nullopt;
  for (int64_t dim = 0; dim < type.getRank(); ++dim) {
    std::optional<int64_t> offset =
        getConstantIntValue(insert.getMixedOffsets()[dim]);
    if (!offset)
      return std::nullopt;
    int64_t size = insert.getSourceType().getDimSize(dim);
    // A dynamic size from 0 on is that of the destination: a part of it would
    // leave elements without a value.
    if (*offset == 0 && size == type.getDimSize(dim))
      continue;
    if (found || ShapedType::isDynamic(size) || type.isDynamicDim(dim))
      return std::nullopt;
    found = dim;
  }
  return found;
}

/// The parts that `value` consists of, when they cover it and nothing else
/// reads what is in between.
static std::optional<Concat> findConcat(Value value) {
  Concat concat;
  bool isFirst = true;
  while (auto insert = value.getDefiningOp<tensor::InsertSliceOp>()) {
    std::optional<int64_t> dim = findPartialDim(insert);
    if (!dim || !value.hasOneUse() || (!isFirst && *dim != concat.dim))
      return std::nullopt;
    isFirst = false;
    concat.dim = *dim;
    concat.parts.push_back(
        {*getConstantIntValue(insert.getMixedOffsets()[*dim]),
         insert.getSourceType().getDimSize(*dim), insert.getSource()});
    value = insert.getDest();
  }
  if (isFirst || !value.getDefiningOp<tensor::EmptyOp>())
    return std::nullopt;
  llvm::sort(concat.parts,
             [](const Part &a, const Part &b) { return a.offset < b.offset; });
  int64_t end = 0;
  for (const Part &part : concat.parts) {
    if (part.offset != end)
      return std::nullopt;
    end += part.size;
  }
  auto type = cast<RankedTensorType>(value.getType());
  return end == type.getDimSize(concat.dim) ? std::optional(concat)
                                            : std::nullopt;
}

/// Whether `op` computes every element of a new tensor from its operands'.
static bool isElementwise(linalg::GenericOp op) {
  if (!op || !op.hasPureTensorSemantics() || op->getNumResults() != 1 ||
      op.getNumLoops() != op.getNumParallelLoops() || op.hasIndexSemantics() ||
      op.payloadUsesValueFromOperand(op.getDpsInitOperand(0)))
    return false;
  return op.getMatchingIndexingMap(op.getDpsInitOperand(0)).isIdentity() &&
         llvm::all_of(op.getDpsInputOperands(), [&](OpOperand *input) {
           return llvm::all_of(op.getMatchingIndexingMap(input).getResults(),
                               [](AffineExpr result) {
                                 return isa<AffineDimExpr, AffineConstantExpr>(
                                     result);
                               });
         });
}

/// Whether `value` is an epilogue of a product, which computes it best whole.
static bool isEpilogue(Value value) {
  while (value.hasOneUse()) {
    Operation *op = value.getDefiningOp();
    if (!op)
      return false;
    if (isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(op)) {
      value = op->getOperand(0);
      continue;
    }
    auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
    return linalgOp && linalgOp.getNumReductionLoops() > 0;
  }
  return false;
}

namespace {

/// Computes parts of the results of ops.
class PartBuilder {
public:
  PartBuilder(OpBuilder &builder, int64_t loop, const Part &part)
      : builder(builder), loop(loop), part(part) {}

  /// `op` on the part; `concat` is the operand that consists of parts, if any.
  Value createPart(linalg::GenericOp op, OpOperand *concat);

private:
  Value createInput(linalg::GenericOp op, OpOperand *input);

  OpBuilder &builder;
  int64_t loop;
  const Part &part;
};

} // namespace

/// The elements of `input` that the part reads.
Value PartBuilder::createInput(linalg::GenericOp op, OpOperand *input) {
  AffineMap map = op.getMatchingIndexingMap(input);
  Value value = input->get();
  if (!map.isFunctionOfDim(loop))
    return value;
  auto producer = value.getDefiningOp<linalg::GenericOp>();
  if (map.isIdentity() && value.hasOneUse() && isElementwise(producer))
    return createPart(producer, nullptr);
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(builder, op.getLoc(), value);
  SmallVector<OpFoldResult> offsets(sizes.size(), builder.getIndexAttr(0));
  SmallVector<OpFoldResult> strides(sizes.size(), builder.getIndexAttr(1));
  for (auto [dim, result] : llvm::enumerate(map.getResults()))
    if (result == builder.getAffineDimExpr(loop)) {
      offsets[dim] = builder.getIndexAttr(part.offset);
      sizes[dim] = builder.getIndexAttr(part.size);
    }
  return builder.create<tensor::ExtractSliceOp>(op.getLoc(), value, offsets,
                                                sizes, strides);
}

Value PartBuilder::createPart(linalg::GenericOp op, OpOperand *concat) {
  SmallVector<Value> inputs;
  for (OpOperand *input : op.getDpsInputOperands())
    inputs.push_back(input == concat ? part.source : createInput(op, input));
  Value old = op.getDpsInitOperand(0)->get();
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(builder, op.getLoc(), old);
  sizes[loop] = builder.getIndexAttr(part.size);
  Value empty = builder.create<tensor::EmptyOp>(
      op.getLoc(), sizes, getElementTypeOrSelf(old.getType()));
  auto created = builder.create<linalg::GenericOp>(
      op.getLoc(), empty.getType(), inputs, empty, op.getIndexingMapsArray(),
      op.getIteratorTypesArray());
  IRMapping mapping;
  op.getRegion().cloneInto(&created.getRegion(), mapping);
  return created.getResult(0);
}

/// Concatenates the results of `op` on the parts of one operand; false when no
/// operand allows that.
static bool sink(linalg::GenericOp op) {
  if (!isElementwise(op))
    return false;
  OpOperand *operand = nullptr;
  std::optional<Concat> concat;
  for (OpOperand *input : op.getDpsInputOperands()) {
    if (isEpilogue(input->get()))
      return false;
    if (concat || !op.getMatchingIndexingMap(input).isIdentity())
      continue;
    concat = findConcat(input->get());
    operand = input;
  }
  if (!concat)
    return false;
  OpBuilder builder(op);
  Location loc = op.getLoc();
  Value old = op.getDpsInitOperand(0)->get();
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, old);
  SmallVector<OpFoldResult> offsets(sizes.size(), builder.getIndexAttr(0));
  SmallVector<OpFoldResult> strides(sizes.size(), builder.getIndexAttr(1));
  Value whole = builder.create<tensor::EmptyOp>(
      loc, sizes, getElementTypeOrSelf(old.getType()));
  SmallVector<Value> parts;
  for (const Part &part : concat->parts)
    parts.push_back(
        PartBuilder(builder, concat->dim, part).createPart(op, operand));
  for (auto [part, value] : llvm::zip(concat->parts, parts)) {
    offsets[concat->dim] = builder.getIndexAttr(part.offset);
    sizes[concat->dim] = builder.getIndexAttr(part.size);
    whole = builder.create<tensor::InsertSliceOp>(loc, value, whole, offsets,
                                                  sizes, strides);
  }
  op->getResult(0).replaceAllUsesWith(whole);
  op.erase();
  return true;
}

void mlir::ccq::sinkConcats(func::FuncOp function) {
  // In order, so that a chain follows its head.
  for (Block &block : function.getBody())
    for (Operation &op : llvm::make_early_inc_range(block))
      if (auto generic = dyn_cast<linalg::GenericOp>(op))
        sink(generic);
}
