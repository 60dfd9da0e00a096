//===- ExpandStreamDecode.cpp - loops that decode a stream ------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ExpandStreamDecode.h"

#include "StreamScales.h"
#include "TensorLoops.h"
#include "ccq/Codec/Stream.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::ccq;
namespace codec = ::ccq::codec;

/// Words whose lanes are decoded by one op: the eight channels of a fragment's
/// rows, for four of the strips.
static constexpr int64_t kWords = 8;
/// Threads of a fragment that hold the strips of one channel.
static constexpr int64_t kThreads = 4;

namespace {

/// A block of the matrix, at a place that may depend on a loop.
struct Block {
  codec::StreamBlock geometry;
  /// Row of `codes` with the first step, and row of `extra` with the first
  /// frame.
  Value firstStepRow, firstExtraRow;
  /// First row of the block in the result.
  Value row;
};

/// Emits the loops of one decode.
class StreamEmitter : TensorLoopEmitter {
public:
  StreamEmitter(OpBuilder &builder, Location loc, const CodedSlice &slice,
                ValueRange components)
      : TensorLoopEmitter(builder, loc), slice(slice),
        scheme(cast<StreamAttr>(slice.whole.getScheme()).getStream()),
        components(components),
        stepType(VectorType::get(codec::streamThreads, builder.getI32Type())) {}

  Value emit() {
    int64_t tileRows = scheme.tileRows;
    int64_t whole = slice.part.getK() / tileRows;
    std::vector<codec::StreamBlock> blocks = codec::getStreamBlocks(
        scheme, {slice.whole.getK(), slice.whole.getN()});
    // A part with a ragged end is the end of the matrix.
    ArrayRef<codec::StreamBlock> rest;
    if (slice.part.getK() % tileRows != 0)
      rest = ArrayRef(blocks).drop_front(slice.whole.getK() / tileRows);
    int64_t rows = whole * tileRows;
    for (const codec::StreamBlock &block : rest)
      rows += block.rows;
    Value weights = builder.create<tensor::EmptyOp>(
        loc, ArrayRef<int64_t>{rows, slice.part.getN()}, builder.getF32Type());
    weights = emitLoop(whole, weights, [&](Value index, Value out) {
      return emitBlock(locateWhole(blocks.front(), index), out);
    });
    int64_t row = whole * tileRows;
    for (const codec::StreamBlock &block : rest) {
      weights = emitBlock({block, createIndex(block.codeRow + block.startRows),
                           createIndex(block.extraRow), createIndex(row)},
                          weights);
      row += block.rows;
    }
    return trim(weights, rows);
  }

private:
  /// Block number `index` of the part; all before the last few are alike.
  Block locateWhole(const codec::StreamBlock &first, Value index) {
    AffineExpr k = builder.getAffineDimExpr(0), i = builder.getAffineDimExpr(1);
    AffineExpr number = k.floorDiv(int64_t(scheme.tileRows)) + i;
    int64_t codeRows = first.startRows + first.steps;
    Value codeRow =
        apply(number * codeRows + first.startRows, {slice.k0, index});
    Value extraRow = apply(number * first.extraRows, {slice.k0, index});
    return {first, codeRow, extraRow,
            apply(i * int64_t(scheme.tileRows), {slice.k0, index})};
  }

  /// Without the rows that pad the last block.
  Value trim(Value weights, int64_t rows) {
    if (rows == slice.part.getK())
      return weights;
    SmallVector<OpFoldResult> offsets(2, builder.getIndexAttr(0));
    SmallVector<OpFoldResult> strides(2, builder.getIndexAttr(1));
    SmallVector<OpFoldResult> sizes{builder.getIndexAttr(slice.part.getK()),
                                    builder.getIndexAttr(slice.part.getN())};
    return builder.create<tensor::ExtractSliceOp>(loc, weights, offsets, sizes,
                                                  strides);
  }

  Value emitBlock(const Block &block, Value weights) {
    int64_t columns = codec::streamTileColumns;
    int64_t whole = slice.part.getN() / columns;
    weights = emitLoop(whole, weights, [&](Value tile, Value out) {
      return emitTile(block, tile, columns, out);
    });
    if (int64_t rest = slice.part.getN() % columns)
      weights = emitTile(block, createIndex(whole), rest, weights);
    return weights;
  }

  /// Tile number `tile` of the part, of which `channels` are wanted.
  Value emitTile(const Block &block, Value tile, int64_t channels,
                 Value weights) {
    int64_t columns = codec::streamTileColumns;
    int64_t steps = block.geometry.rows / codec::streamStepRows;
    AffineExpr d0 = builder.getAffineDimExpr(0);
    AffineExpr d1 = builder.getAffineDimExpr(1);
    Value firstStep =
        apply((d0.floorDiv(columns) + d1) * steps, {slice.n0, tile});
    SmallVector<Value> scales;
    for (int64_t done = 0; done < channels; done += kWords)
      scales.push_back(
          createStreamScales(builder, loc, scheme.scale, components,
                             apply(d0 + d1 * columns + done, {slice.n0, tile}),
                             std::min(kWords, channels - done)));
    Value column = apply(d0 * columns, {tile});
    return emitLoop(steps, weights, [&](Value step, Value out) {
      Value inBlock = apply(d0 + d1, {firstStep, step});
      return emitStep(block, inBlock, step, column, scales, out);
    });
  }

  /// The 32 rows of one step: of every strip an even and an odd one.
  Value emitStep(const Block &block, Value inBlock, Value inTile, Value column,
                 ArrayRef<Value> scales, Value weights) {
    SmallVector<Value> words = readWords(block, inBlock);
    SmallVector<Value> extra = readExtra(block, inBlock);
    int64_t stripRows = block.geometry.rows / codec::streamStrips;
    AffineExpr d0 = builder.getAffineDimExpr(0);
    AffineExpr d1 = builder.getAffineDimExpr(1);
    for (int64_t thread = 0; thread < kThreads; ++thread) {
      Value levels = createDecode(words, extra, thread);
      for (int64_t lane = 0; lane < kThreads; ++lane) {
        int64_t strip = thread * kThreads + lane;
        Value row = apply(d0 + d1 * 2 + strip * stripRows, {block.row, inTile});
        weights =
            write(createRows(levels, lane, scales), weights, {row, column});
      }
    }
    return weights;
  }

  /// The even and the odd row of strip `lane` of a thread, in all channels: few
  /// wide writes, because bufferization takes time that grows with their
  /// square.
  Value createRows(Value levels, int64_t lane, ArrayRef<Value> scales) {
    int64_t channels = 0;
    for (Value scale : scales)
      channels += cast<VectorType>(scale.getType()).getDimSize(0);
    auto type = VectorType::get({2, channels}, builder.getF32Type());
    Value rows =
        builder.create<arith::ConstantOp>(loc, builder.getZeroAttr(type));
    for (int64_t parity : {0, 1})
      for (auto [half, scale] : llvm::enumerate(scales)) {
        int64_t index = parity * int64_t(codec::streamLanes) +
                        int64_t(half) * kThreads + lane;
        Value level = builder.create<vector::ExtractOp>(loc, levels, index);
        rows = builder.create<vector::InsertStridedSliceOp>(
            loc, multiply(level, scale), rows,
            ArrayRef<int64_t>{parity, int64_t(half) * kWords},
            ArrayRef<int64_t>{1});
      }
    return rows;
  }

  /// As many levels as there are scales, times the scales.
  Value multiply(Value levels, Value scales) {
    int64_t count = cast<VectorType>(scales.getType()).getDimSize(0);
    if (count != kWords)
      levels = builder.create<vector::ExtractStridedSliceOp>(
          loc, levels, ArrayRef<int64_t>{0}, ArrayRef<int64_t>{count},
          ArrayRef<int64_t>{1});
    return builder.create<arith::MulFOp>(loc, levels, scales);
  }

  /// The step's words, then those 1, 2, ... steps before; zero before the
  /// first step of the block, unless the block stores them.
  SmallVector<Value> readWords(const Block &block, Value step) {
    bool isStored = scheme.start == codec::StreamStart::Stored;
    AffineExpr d0 = builder.getAffineDimExpr(0);
    AffineExpr d1 = builder.getAffineDimExpr(1);
    SmallVector<Value> words;
    for (int64_t back = 0; back <= int64_t(scheme.memory); ++back) {
      Value before = step;
      if (back != 0 && !isStored)
        before = builder.create<arith::MaxSIOp>(loc, step, createIndex(back));
      Value row = apply(d0 + d1 - back, {block.firstStepRow, before});
      Value word = readRow(components[0], row);
      if (back != 0 && !isStored) {
        Value exists = builder.create<arith::CmpIOp>(
            loc, arith::CmpIPredicate::uge, step, createIndex(back));
        word = builder.create<arith::SelectOp>(loc, exists, word, createZero());
      }
      words.push_back(word);
    }
    return words;
  }

  /// The extra bits of the even and of the odd weights of a step in bit 0 of
  /// every nibble; nothing at two bits.
  SmallVector<Value> readExtra(const Block &block, Value step) {
    if (scheme.sixteenths == 32)
      return {};
    return {readPlane(block, step, false), readPlane(block, step, true)};
  }

  /// See docs/Format.md, "Extra bits": frames of 32 steps, in which `bits` of
  /// every eight carry one, four of them to a row.
  Value readPlane(const Block &block, Value step, bool isOdd) {
    int64_t odd = scheme.oddExtraBits(), even = scheme.evenExtraBits();
    int64_t bits = isOdd ? odd : even;
    int64_t rows = block.geometry.extraRows;
    if (bits == 0 || rows == 0)
      return createZero();
    AffineExpr d0 = builder.getAffineDimExpr(0);
    AffineExpr d1 = builder.getAffineDimExpr(1);
    AffineExpr frame = d0.floorDiv(32), inFrame = d0 % 32;
    AffineExpr carrier = (inFrame * bits).floorDiv(8);
    AffineExpr row = frame * (odd + even) + carrier.floorDiv(4);
    if (!isOdd) {
      // Behind the rows of the odd weights, of which the last frame may have
      // fewer: the bound min(32, steps - 32 frame) is taken below.
      Value left = apply(builder.getAffineConstantExpr(block.geometry.steps) -
                             frame * 32,
                         {step});
      Value steps = builder.create<arith::MinUIOp>(loc, left, createIndex(32));
      Value oddRows = apply(((d0 * odd).floorDiv(8)).ceilDiv(4), {steps});
      return readPlaneRow(block, step, bits, apply(row + d1, {step, oddRows}),
                          carrier);
    }
    return readPlaneRow(block, step, bits, apply(row, {step}), carrier);
  }

  /// Bit `carrier` mod 4 of the nibbles of row `row` of the block, or zero
  /// where the step carries none.
  Value readPlaneRow(const Block &block, Value step, int64_t bits, Value row,
                     AffineExpr carrier) {
    AffineExpr d0 = builder.getAffineDimExpr(0);
    AffineExpr d1 = builder.getAffineDimExpr(1);
    Value last = createIndex(block.geometry.extraRows - 1);
    row = builder.create<arith::MinUIOp>(loc, row, last);
    Value word =
        readRow(components.back(), apply(d0 + d1, {block.firstExtraRow, row}));
    Value shift = builder.create<arith::IndexCastOp>(
        loc, builder.getI32Type(), apply(carrier % 4, {step}));
    Value shifts = builder.create<vector::BroadcastOp>(loc, stepType, shift);
    Value plane = builder.create<arith::ShRUIOp>(loc, word, shifts);
    if (bits == 8)
      return plane;
    AffineExpr next = ((d0 % 32 + 1) * bits).floorDiv(8);
    Value carries = builder.create<arith::CmpIOp>(loc, arith::CmpIPredicate::ne,
                                                  apply(carrier, {step}),
                                                  apply(next, {step}));
    return builder.create<arith::SelectOp>(loc, carries, plane, createZero());
  }

  /// Decodes the words of one thread of each row of the fragment.
  Value createDecode(ArrayRef<Value> words, ArrayRef<Value> extra,
                     int64_t thread) {
    auto type = VectorType::get({2 * int64_t(codec::streamLanes), kWords},
                                builder.getF32Type());
    Value bits = extra.empty() ? Value() : stackWords(extra, thread);
    return builder.create<TrellisDecodeOp>(loc, type, slice.whole.getScheme(),
                                           stackWords(words, thread), bits, 0);
  }

  /// Words `thread`, `thread` + 4, ... of every row.
  Value stackWords(ArrayRef<Value> rows, int64_t thread) {
    auto type =
        VectorType::get({int64_t(rows.size()), kWords}, builder.getI32Type());
    SmallVector<int64_t> positions;
    for (int64_t word = 0; word < kWords; ++word)
      positions.push_back(word * kThreads + thread);
    Value stack =
        builder.create<arith::ConstantOp>(loc, builder.getZeroAttr(type));
    for (auto [index, row] : llvm::enumerate(rows)) {
      Value picked =
          builder.create<vector::ShuffleOp>(loc, row, row, positions);
      stack =
          builder.create<vector::InsertOp>(loc, picked, stack, int64_t(index));
    }
    return stack;
  }

  Value readRow(Value source, Value row) {
    return read(source, {row, createIndex(0)}, stepType);
  }

  Value createZero() {
    return builder.create<arith::ConstantOp>(loc,
                                             builder.getZeroAttr(stepType));
  }

  Value apply(AffineExpr expression, ArrayRef<Value> operands) {
    SmallVector<OpFoldResult> values;
    for (Value operand : operands)
      values.push_back(getAsOpFoldResult(operand));
    OpFoldResult result = affine::makeComposedFoldedAffineApply(
        builder, loc, AffineMap::get(operands.size(), 0, expression), values);
    return getValueOrCreateConstantIndexOp(builder, loc, result);
  }

  const CodedSlice &slice;
  codec::StreamScheme scheme;
  ValueRange components;
  VectorType stepType;
};

} // namespace

Value mlir::ccq::createStreamDecodeLoops(OpBuilder &builder, Location loc,
                                         const CodedSlice &slice,
                                         ValueRange components) {
  return StreamEmitter(builder, loc, slice, components).emit();
}
