//===- BufferLoops.cpp - loops of a linalg op on buffers ------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BufferLoops.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::ccq;

bool mlir::ccq::isF32MemRef(Type type) {
  auto memref = dyn_cast<MemRefType>(type);
  return memref && memref.getRank() > 0 && memref.getElementType().isF32();
}

bool mlir::ccq::isInnermost(linalg::LinalgOp op, OpOperand *operand,
                            unsigned loop) {
  AffineMap map = op.getMatchingIndexingMap(operand);
  auto type = dyn_cast<MemRefType>(operand->get().getType());
  SmallVector<int64_t> strides;
  int64_t offset;
  if (!type || type.getRank() == 0 ||
      failed(getStridesAndOffset(type, strides, offset)) || strides.back() != 1)
    return false;
  return map.getResults().back() == getAffineDimExpr(loop, map.getContext()) &&
         llvm::none_of(map.getResults().drop_back(), [&](AffineExpr result) {
           return result.isFunctionOfDim(loop);
         });
}

bool mlir::ccq::isSame(Value a, Value b) {
  std::optional<int64_t> constant = getConstantIntValue(a);
  return a == b || (constant && constant == getConstantIntValue(b));
}

BufferLoops::BufferLoops(OpBuilder &builder, linalg::LinalgOp op)
    : builder(builder), op(op), loc(op.getLoc()) {
  for (Range range : op.createLoopRanges(builder, loc))
    sizes.push_back(getValueOrCreateConstantIndexOp(builder, loc, range.size));
  position.resize(sizes.size());
}

Value BufferLoops::createIndex(int64_t value) {
  return builder.create<arith::ConstantIndexOp>(loc, value);
}

Value BufferLoops::createWhole(Value size, int64_t step) {
  if (step == 1)
    return size;
  if (std::optional<int64_t> constant = getConstantIntValue(size))
    return createIndex(*constant / step * step);
  Value rest = builder.create<arith::RemUIOp>(loc, size, createIndex(step));
  return builder.create<arith::SubIOp>(loc, size, rest);
}

void BufferLoops::emitNest(ArrayRef<unsigned> loops,
                           llvm::function_ref<void()> body) {
  if (loops.empty())
    return body();
  emitBlocks(sizes[loops.front()], {1}, [&](Value value, int64_t) {
    position[loops.front()] = value;
    emitNest(loops.drop_front(), body);
  });
}

void BufferLoops::emitBlocks(
    Value size, ArrayRef<int64_t> blocks,
    llvm::function_ref<void(Value first, int64_t count)> body) {
  Value begin = createIndex(0);
  for (int64_t count : blocks) {
    Value end = createWhole(size, count);
    std::optional<int64_t> from = getConstantIntValue(begin);
    std::optional<int64_t> to = getConstantIntValue(end);
    if (from && to && *to - *from <= count) {
      if (*to > *from)
        body(begin, count);
    } else {
      auto loop =
          builder.create<scf::ForOp>(loc, begin, end, createIndex(count));
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPointToStart(loop.getBody());
      body(loop.getInductionVar(), count);
    }
    begin = end;
  }
}

SmallVector<Value> BufferLoops::createIndices(OpOperand *operand) {
  AffineMap map = op.getMatchingIndexingMap(operand);
  SmallVector<Value> indices;
  for (AffineExpr result : map.getResults()) {
    if (auto dim = dyn_cast<AffineDimExpr>(result)) {
      indices.push_back(position[dim.getPosition()]);
      continue;
    }
    // Loops that the expression does not read may not have been set yet.
    SmallVector<OpFoldResult> dims;
    for (Value value : position)
      dims.push_back(value ? OpFoldResult(value)
                           : OpFoldResult(builder.getIndexAttr(0)));
    indices.push_back(getValueOrCreateConstantIndexOp(
        builder, loc,
        affine::makeComposedFoldedAffineApply(
            builder, loc, AffineMap::get(map.getNumDims(), 0, result), dims)));
  }
  return indices;
}

Value BufferLoops::load(OpOperand *operand, VectorType type) {
  SmallVector<Value> indices = createIndices(operand);
  if (!type)
    return builder.create<memref::LoadOp>(loc, operand->get(), indices);
  return builder.create<vector::LoadOp>(loc, type, operand->get(), indices);
}

void BufferLoops::store(OpOperand *operand, Value value) {
  SmallVector<Value> indices = createIndices(operand);
  if (isa<VectorType>(value.getType()))
    builder.create<vector::StoreOp>(loc, value, operand->get(), indices);
  else
    builder.create<memref::StoreOp>(loc, value, operand->get(), indices);
}
