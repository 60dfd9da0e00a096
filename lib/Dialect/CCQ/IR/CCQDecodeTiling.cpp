//===- CCQDecodeTiling.cpp - TilingInterface of ccq.decode -*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Dialect/CCQ/IR/CCQOps.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::ccq;

/// Whether `value` is known to be a multiple of `factor`: constants, induction
/// variables whose bounds and steps are, and products and sums of such.
static bool isMultipleOf(OpFoldResult value, int64_t factor) {
  if (factor == 1)
    return true;
  if (std::optional<int64_t> constant = getConstantIntValue(value))
    return *constant % factor == 0;
  auto dynamic = cast<Value>(value);
  if (auto argument = dyn_cast<BlockArgument>(dynamic)) {
    auto loop =
        dyn_cast<LoopLikeOpInterface>(argument.getOwner()->getParentOp());
    if (!loop)
      return false;
    auto ivs = loop.getLoopInductionVars();
    auto lower = loop.getLoopLowerBounds();
    auto steps = loop.getLoopSteps();
    if (!ivs || !lower || !steps)
      return false;
    for (auto [iv, begin, step] : llvm::zip_equal(*ivs, *lower, *steps))
      if (iv == dynamic)
        return isMultipleOf(begin, factor) && isMultipleOf(step, factor);
    return false;
  }
  if (auto mul = dynamic.getDefiningOp<arith::MulIOp>())
    return isMultipleOf(mul.getLhs(), factor) ||
           isMultipleOf(mul.getRhs(), factor);
  if (auto add = dynamic.getDefiningOp<arith::AddIOp>())
    return isMultipleOf(add.getLhs(), factor) &&
           isMultipleOf(add.getRhs(), factor);
  if (auto apply = dynamic.getDefiningOp<affine::AffineApplyOp>())
    return apply.getAffineMap().getResult(0).isMultipleOf(factor);
  return false;
}

SmallVector<utils::IteratorType> DecodeOp::getLoopIteratorTypes() {
  return {utils::IteratorType::parallel, utils::IteratorType::parallel};
}

SmallVector<Range> DecodeOp::getIterationDomain(OpBuilder &builder) {
  CodedTensorType type = getSource().getType();
  OpFoldResult zero = builder.getIndexAttr(0), one = builder.getIndexAttr(1);
  return {Range{zero, builder.getIndexAttr(type.getK()), one},
          Range{zero, builder.getIndexAttr(type.getN()), one}};
}

LogicalResult DecodeOp::getResultTilePosition(
    OpBuilder &, unsigned, ArrayRef<OpFoldResult> offsets,
    ArrayRef<OpFoldResult> sizes, SmallVector<OpFoldResult> &resultOffsets,
    SmallVector<OpFoldResult> &resultSizes) {
  resultOffsets.assign(offsets.begin(), offsets.end());
  resultSizes.assign(sizes.begin(), sizes.end());
  return success();
}

FailureOr<TilingResult>
DecodeOp::getTiledImplementation(OpBuilder &builder,
                                 ArrayRef<OpFoldResult> offsets,
                                 ArrayRef<OpFoldResult> sizes) {
  // Its result is a weight in memory: the consumer slices that.
  if (getMaterialized())
    return failure();
  CodedTensorType type = getSource().getType();
  std::optional<int64_t> k = getConstantIntValue(sizes[0]);
  std::optional<int64_t> n = getConstantIntValue(sizes[1]);
  if (!k || !n)
    return emitOpError() << "expected tiles of static size";
  if (!isMultipleOf(offsets[0], type.getScheme().getGroupSize()))
    return emitOpError() << "expected tiles along K at multiples of "
                         << type.getScheme().getGroupSize();
  auto sliceType =
      CodedTensorType::get(getContext(), {*k, *n}, type.getElementType(),
                           type.getScheme(), type.getLayout());
  auto asValue = [&](OpFoldResult offset) {
    return getValueOrCreateConstantIndexOp(builder, getLoc(), offset);
  };
  auto slice =
      builder.create<ExtractSliceOp>(getLoc(), sliceType, getSource(),
                                     asValue(offsets[0]), asValue(offsets[1]));
  auto decode =
      builder.create<DecodeOp>(getLoc(), sliceType.getDecodedType(), slice);
  return TilingResult{{decode}, SmallVector<Value>{decode.getResult()}};
}

FailureOr<TilingResult>
DecodeOp::generateResultTileValue(OpBuilder &builder, unsigned,
                                  ArrayRef<OpFoldResult> offsets,
                                  ArrayRef<OpFoldResult> sizes) {
  return getTiledImplementation(builder, offsets, sizes);
}
