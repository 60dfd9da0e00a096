//===- ActivationReader.cpp - activations as f16 B operands -----*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ActivationReader.h"

#include "ActivationSplit.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::ccq;

Value ActivationReader::createRowPointer(KernelBuilder &builder, Value elements,
                                         Value token) {
  return builder.advance(elements, token, 4 * rowStride);
}

int64_t ActivationReader::getVectorWidth(LaneOffset offset) const {
  if (columnStride != 1)
    return 1;
  for (int64_t width : {4, 2})
    if (offset.perColumn % width == 0 && offset.base % width == 0 &&
        rowStride % width == 0 && firstElement.isMultipleOf(width))
      return width;
  return 1;
}

SmallVector<Value> ActivationReader::createFullLoads(KernelBuilder &builder,
                                                     Value row, Value column,
                                                     Value group) {
  Value start = builder.advance(row, group, 4 * kGroupSize * columnStride);
  SmallVector<Value> values(2 * kPairsPerGroup);
  auto order = llvm::to_vector(llvm::seq<int64_t>(0, 2 * kPairsPerGroup));
  auto getOffset = [&](int64_t slot) { return pairs[slot / 2][slot % 2]; };
  llvm::stable_sort(order, [&](int64_t a, int64_t b) {
    LaneOffset lhs = getOffset(a), rhs = getOffset(b);
    return std::pair(lhs.perColumn, lhs.base) <
           std::pair(rhs.perColumn, rhs.base);
  });
  for (size_t i = 0; i < order.size();) {
    LaneOffset offset = getOffset(order[i]);
    auto isNext = [&](size_t distance) {
      if (i + distance >= order.size())
        return false;
      LaneOffset other = getOffset(order[i + distance]);
      return other.perColumn == offset.perColumn &&
             other.base == offset.base + int64_t(distance);
    };
    int64_t width = getVectorWidth(offset);
    while (width > 1 && !llvm::all_of(llvm::seq<int64_t>(1, width), isNext))
      width /= 2;
    Value pointer =
        builder.advance(start, column, 4 * offset.perColumn * columnStride);
    if (width == 1) {
      values[order[i++]] = builder.load(builder.getF32Type(), pointer,
                                        4 * offset.base * columnStride);
      continue;
    }
    Value loaded = builder.load(VectorType::get(width, builder.getF32Type()),
                                pointer, 4 * offset.base);
    for (int64_t lane = 0; lane < width; ++lane)
      values[order[i++]] = builder.create<vector::ExtractOp>(loaded, lane);
  }
  return values;
}

SmallVector<Value> ActivationReader::createGuardedLoads(KernelBuilder &builder,
                                                        Value row, Value column,
                                                        Value group) {
  Value first = builder.mul(group, kGroupSize);
  Value zero = builder.real(0);
  SmallVector<Value> values;
  for (const auto &pair : pairs)
    for (LaneOffset offset : pair) {
      Value k =
          builder.add(builder.add(first, builder.mul(column, offset.perColumn)),
                      offset.base);
      Value isInside = builder.create<arith::CmpIOp>(
          arith::CmpIPredicate::ult, k, builder.word(reductionSize));
      Value inside = builder.apply<arith::MinUIOp>(k, reductionSize - 1);
      Value loaded = builder.load(
          builder.getF32Type(), builder.advance(row, inside, 4 * columnStride));
      values.push_back(builder.create<arith::SelectOp>(isInside, loaded, zero));
    }
  return values;
}

SmallVector<Value> ActivationReader::createLoads(KernelBuilder &builder,
                                                 Value row, Value column,
                                                 Value group) {
  if (reductionSize % kGroupSize == 0)
    return createFullLoads(builder, row, column, group);
  SmallVector<Type> types(2 * kPairsPerGroup, builder.getF32Type());
  Value isLast = builder.isEqual(group, reductionSize / kGroupSize);
  auto branch = builder.create<scf::IfOp>(types, isLast, /*withElse=*/true);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(branch.thenBlock());
  builder.create<scf::YieldOp>(createGuardedLoads(builder, row, column, group));
  builder.setInsertionPointToStart(branch.elseBlock());
  builder.create<scf::YieldOp>(createFullLoads(builder, row, column, group));
  return branch.getResults();
}

ActivationGroup ActivationReader::createGroup(KernelBuilder &builder, Value row,
                                              Value column, Value group) {
  SplitActivations split = splitActivations(
      builder, createLoads(builder, row, column, group), column);
  ActivationGroup result;
  llvm::copy(split.high, result.high.begin());
  llvm::copy(split.low, result.low.begin());
  result.unscale = split.unscale;
  return result;
}
