//===- ExpandStreamDecode.cpp - loops that decode a stream ------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ExpandStreamDecode.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::ccq;
namespace codec = ::ccq::codec;

namespace {

/// Emits the loops of one decode.
class LaneEmitter : public StreamLoopEmitter {
public:
  LaneEmitter(OpBuilder &builder, Location loc, const CodedSlice &slice,
              ValueRange components)
      : StreamLoopEmitter(builder, loc, slice, components),
        scheme(cast<StreamAttr>(slice.whole.getScheme()).getStream()),
        blocks(codec::getStreamBlocks(
            scheme, {slice.whole.getK(), slice.whole.getN()})),
        stepType(VectorType::get(codec::streamThreads, builder.getI32Type())) {}

private:
  void enterBlock(size_t number, Value index) override {
    block = blocks[number];
    firstStepRow = createIndex(block.codeRow + block.startRows);
    firstExtraRow = createIndex(block.extraRow);
    if (!index)
      return;
    AffineExpr at = dim(0).floorDiv(int64_t(scheme.tileRows)) + dim(1);
    firstStepRow = apply(at * (block.startRows + block.steps) + block.startRows,
                         {slice.k0, index});
    firstExtraRow = apply(at * block.extraRows, {slice.k0, index});
  }

  Value emitTile(Value tile, int64_t channels, Value weights) override {
    int64_t columns = codec::streamTileColumns;
    int64_t steps = blockRows / codec::streamStepRows;
    Value firstStep =
        apply((dim(0).floorDiv(columns) + dim(1)) * steps, {slice.n0, tile});
    SmallVector<Value> scales = createScales(tile, channels);
    Value column = apply(dim(0) * columns, {tile});
    return emitLoop(steps, weights, [&](Value step, Value out) {
      Value inBlock = apply(dim(0) + dim(1), {firstStep, step});
      return emitStep(inBlock, step, column, scales, out);
    });
  }

  /// The 32 rows of one step: of every strip an even and an odd one.
  Value emitStep(Value inBlock, Value inTile, Value column,
                 ArrayRef<Value> scales, Value weights) {
    SmallVector<Value> words = readWords(inBlock);
    SmallVector<Value> extra = readExtra(inBlock);
    int64_t stripRows = blockRows / codec::streamStrips;
    AffineExpr d0 = dim(0), d1 = dim(1);
    for (int64_t thread = 0; thread < kStreamQuarters; ++thread) {
      Value levels = createDecode(words, extra, thread);
      for (int64_t lane = 0; lane < kStreamQuarters; ++lane) {
        int64_t strip = thread * kStreamQuarters + lane;
        Value row = apply(d0 + d1 * 2 + strip * stripRows, {blockRow, inTile});
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
                        int64_t(half) * kStreamQuarters + lane;
        Value level = builder.create<vector::ExtractOp>(loc, levels, index);
        rows = builder.create<vector::InsertStridedSliceOp>(
            loc, multiply(level, scale), rows,
            ArrayRef<int64_t>{parity, int64_t(half) * kStreamChannels},
            ArrayRef<int64_t>{1});
      }
    return rows;
  }

  /// The step's words, then those 1, 2, ... steps before.
  SmallVector<Value> readWords(Value step) {
    SmallVector<Value> words;
    for (int64_t back = 0; back <= int64_t(scheme.memory); ++back)
      words.push_back(readWordsBefore(step, back));
    return words;
  }

  /// The words `back` steps before a step of the block, which may be before the
  /// first one.
  Value readWordsBefore(Value step, int64_t back) {
    AffineExpr d0 = dim(0), d1 = dim(1);
    auto readAt = [&](AffineExpr row) {
      return readRow(components[0], apply(row, {firstStepRow, step}));
    };
    if (back == 0 || scheme.start == codec::StreamStart::Stored)
      return readAt(d0 + d1 - back);
    Value exists = builder.create<arith::CmpIOp>(loc, arith::CmpIPredicate::uge,
                                                 step, createIndex(back));
    auto branch = builder.create<scf::IfOp>(loc, stepType, exists,
                                            /*withElseRegion=*/true);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(branch.thenBlock());
    builder.create<scf::YieldOp>(loc, readAt(d0 + d1 - back));
    builder.setInsertionPointToStart(branch.elseBlock());
    Value before = createZero();
    if (codec::isLinked(scheme, block))
      before = link(readAt(d0 + d1 + (block.steps - back)));
    builder.create<scf::YieldOp>(loc, before);
    return branch.getResult(0);
  }

  /// The words of a step, each nibble at the place of the chain that continues
  /// its chain (docs/Format.md, "Blocks, tiles, steps").
  Value link(Value words) {
    int64_t count = codec::streamThreads;
    // The next channel is kStreamQuarters words on; the last word of all is 0.
    SmallVector<int64_t> sameLane, lastChannels, lastStrips;
    for (int64_t word = 0; word < count; ++word) {
      bool isFirst = word < kStreamQuarters;
      sameLane.push_back(isFirst ? count : word - kStreamQuarters);
      lastChannels.push_back(isFirst ? count - kStreamQuarters + word : count);
      lastStrips.push_back(
          isFirst && word > 0 ? count - kStreamQuarters + word - 1 : count);
    }
    auto pick = [&](ArrayRef<int64_t> positions) -> Value {
      return builder.create<vector::ShuffleOp>(loc, words, createZero(),
                                               positions);
    };
    // Channel 7 is followed by channel 8, in the upper lanes of the first
    // words, and channel 15 by channel 0 of the next strip.
    Value last = pick(lastChannels);
    Value upper = builder.create<arith::ShLIOp>(loc, last, createSplat(16));
    Value lower = builder.create<arith::AndIOp>(
        loc, builder.create<arith::ShRUIOp>(loc, last, createSplat(12)),
        createSplat(0xFFF0));
    Value lowest =
        builder.create<arith::ShRUIOp>(loc, pick(lastStrips), createSplat(28));
    Value result = pick(sameLane);
    for (Value part : {upper, lower, lowest})
      result = builder.create<arith::OrIOp>(loc, result, part);
    return result;
  }

  Value createSplat(int32_t value) {
    return builder.create<arith::ConstantOp>(
        loc, DenseElementsAttr::get(stepType, value));
  }

  /// The extra bits of the even and of the odd weights of a step in bit 0 of
  /// every nibble; nothing at two bits.
  SmallVector<Value> readExtra(Value step) {
    if (scheme.sixteenths == 32)
      return {};
    return {readPlane(step, false), readPlane(step, true)};
  }

  /// See docs/Format.md, "Extra bits": frames of 32 steps, in which `bits` of
  /// every eight carry one, four of them to a row.
  Value readPlane(Value step, bool isOdd) {
    int64_t odd = scheme.oddExtraBits(), even = scheme.evenExtraBits();
    int64_t bits = isOdd ? odd : even;
    int64_t rows = block.extraRows;
    if (bits == 0 || rows == 0)
      return createZero();
    AffineExpr d0 = dim(0), d1 = dim(1);
    AffineExpr frame = d0.floorDiv(32), inFrame = d0 % 32;
    AffineExpr carrier = (inFrame * bits).floorDiv(8);
    AffineExpr row = frame * (odd + even) + carrier.floorDiv(4);
    if (!isOdd) {
      // Behind the rows of the odd weights, of which the last frame may have
      // fewer: the bound min(32, steps - 32 frame) is taken below.
      Value left = apply(
          builder.getAffineConstantExpr(block.steps) - frame * 32, {step});
      Value steps = builder.create<arith::MinUIOp>(loc, left, createIndex(32));
      Value oddRows = apply(((d0 * odd).floorDiv(8)).ceilDiv(4), {steps});
      return readPlaneRow(step, bits, apply(row + d1, {step, oddRows}),
                          carrier);
    }
    return readPlaneRow(step, bits, apply(row, {step}), carrier);
  }

  /// Bit `carrier` mod 4 of the nibbles of row `row` of the block, or zero
  /// where the step carries none.
  Value readPlaneRow(Value step, int64_t bits, Value row, AffineExpr carrier) {
    AffineExpr d0 = dim(0), d1 = dim(1);
    Value last = createIndex(block.extraRows - 1);
    row = builder.create<arith::MinUIOp>(loc, row, last);
    Value word =
        readRow(components.back(), apply(d0 + d1, {firstExtraRow, row}));
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
    auto type =
        VectorType::get({2 * int64_t(codec::streamLanes), kStreamChannels},
                        builder.getF32Type());
    Value bits = extra.empty() ? Value() : stackStreamChannels(extra, thread);
    return builder.create<TrellisDecodeOp>(loc, type, slice.whole.getScheme(),
                                           stackStreamChannels(words, thread),
                                           bits, 0);
  }

  /// Words `thread`, `thread` + 4, ... of every row.
  Value stackStreamChannels(ArrayRef<Value> rows, int64_t thread) {
    auto type = VectorType::get({int64_t(rows.size()), kStreamChannels},
                                builder.getI32Type());
    SmallVector<int64_t> positions;
    for (int64_t word = 0; word < kStreamChannels; ++word)
      positions.push_back(word * kStreamQuarters + thread);
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

  codec::StreamScheme scheme;
  std::vector<codec::StreamBlock> blocks;
  VectorType stepType;
  /// The current block, its row of `codes` with the first step, and its row of
  /// `extra` with the first frame.
  codec::StreamBlock block;
  Value firstStepRow, firstExtraRow;
};

} // namespace

Value mlir::ccq::createStreamDecodeLoops(OpBuilder &builder, Location loc,
                                         const CodedSlice &slice,
                                         ValueRange components) {
  return LaneEmitter(builder, loc, slice, components).emit();
}
