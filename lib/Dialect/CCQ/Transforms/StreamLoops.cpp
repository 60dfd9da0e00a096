//===- StreamLoops.cpp - loops over the tiles of a stream -------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StreamLoops.h"

#include "StreamScales.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::ccq;
namespace codec = ::ccq::codec;

Value StreamLoopEmitter::emit() {
  int64_t tileRows = frame.tileRows;
  int64_t whole = slice.part.getK() / tileRows;
  // Where blocks begin does not depend on the code.
  codec::StreamScheme cut;
  cut.tileRows = frame.tileRows;
  std::vector<codec::StreamBlock> blocks =
      codec::getStreamBlocks(cut, {slice.whole.getK(), slice.whole.getN()});
  // A part with a ragged end is the end of the matrix.
  size_t firstRest = blocks.size();
  if (slice.part.getK() % tileRows != 0)
    firstRest = size_t(slice.whole.getK() / tileRows);
  int64_t rows = whole * tileRows;
  for (size_t i = firstRest; i < blocks.size(); ++i)
    rows += blocks[i].rows;
  Value weights = builder.create<tensor::EmptyOp>(
      loc, ArrayRef<int64_t>{rows, slice.part.getN()}, builder.getF32Type());
  blockRows = tileRows;
  weights = emitLoop(whole, weights, [&](Value index, Value out) {
    blockRow = apply(dim(0) * tileRows, {index});
    enterBlock(0, index);
    return emitBlock(out);
  });
  int64_t row = whole * tileRows;
  for (size_t i = firstRest; i < blocks.size(); ++i) {
    blockRows = blocks[i].rows;
    blockRow = createIndex(row);
    enterBlock(i, {});
    weights = emitBlock(weights);
    row += blockRows;
  }
  return trim(weights, rows);
}

/// Without the rows that pad the last block.
Value StreamLoopEmitter::trim(Value weights, int64_t rows) {
  if (rows == slice.part.getK())
    return weights;
  SmallVector<OpFoldResult> offsets(2, builder.getIndexAttr(0));
  SmallVector<OpFoldResult> strides(2, builder.getIndexAttr(1));
  SmallVector<OpFoldResult> sizes{builder.getIndexAttr(slice.part.getK()),
                                  builder.getIndexAttr(slice.part.getN())};
  return builder.create<tensor::ExtractSliceOp>(loc, weights, offsets, sizes,
                                                strides);
}

Value StreamLoopEmitter::emitBlock(Value weights) {
  int64_t columns = codec::streamTileColumns;
  int64_t whole = slice.part.getN() / columns;
  weights = emitLoop(whole, weights, [&](Value tile, Value out) {
    return emitTile(tile, columns, out);
  });
  if (int64_t rest = slice.part.getN() % columns)
    weights = emitTile(createIndex(whole), rest, weights);
  return weights;
}

SmallVector<Value> StreamLoopEmitter::createScales(Value tile,
                                                   int64_t channels) {
  int64_t columns = codec::streamTileColumns;
  SmallVector<Value> scales;
  for (int64_t done = 0; done < channels; done += kStreamChannels)
    scales.push_back(createStreamScales(
        builder, loc, frame.scale, components,
        apply(dim(0) + dim(1) * columns + done, {slice.n0, tile}),
        std::min(kStreamChannels, channels - done)));
  return scales;
}

Value StreamLoopEmitter::multiply(Value levels, Value scales) {
  int64_t count = cast<VectorType>(scales.getType()).getDimSize(0);
  if (count != kStreamChannels)
    levels = builder.create<vector::ExtractStridedSliceOp>(
        loc, levels, ArrayRef<int64_t>{0}, ArrayRef<int64_t>{count},
        ArrayRef<int64_t>{1});
  return builder.create<arith::MulFOp>(loc, levels, scales);
}

Value StreamLoopEmitter::apply(AffineExpr expression,
                               ArrayRef<Value> operands) {
  SmallVector<OpFoldResult> values;
  for (Value operand : operands)
    values.push_back(getAsOpFoldResult(operand));
  OpFoldResult result = affine::makeComposedFoldedAffineApply(
      builder, loc, AffineMap::get(operands.size(), 0, expression), values);
  return getValueOrCreateConstantIndexOp(builder, loc, result);
}
