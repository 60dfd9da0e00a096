//===- ExpandHashDecode.cpp - loops that decode a hashed stream -*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ExpandStreamDecode.h"
#include "ccq/Codec/Hash.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::ccq;
namespace codec = ::ccq::codec;

namespace {

/// Emits the loops of one decode.
class HashEmitter : public StreamLoopEmitter {
public:
  HashEmitter(OpBuilder &builder, Location loc, const CodedSlice &slice,
              ValueRange components)
      : StreamLoopEmitter(builder, loc, slice, components),
        scheme(cast<HashAttr>(slice.whole.getScheme()).getHash()),
        blocks(codec::getHashBlocks(scheme,
                                    {slice.whole.getK(), slice.whole.getN()})),
        wordType(VectorType::get(kStreamChannels, builder.getI32Type())),
        levelType(VectorType::get(kStreamChannels, builder.getF32Type())),
        table(createTable()) {}

private:
  /// Level + 1/2 by index.
  Value createTable() {
    SmallVector<float> levels;
    for (int8_t level : codec::getHashLevels(scheme.indexBits))
      levels.push_back(float(level) + 0.5f);
    auto type =
        RankedTensorType::get(int64_t(levels.size()), builder.getF32Type());
    return builder.create<arith::ConstantOp>(
        loc, DenseElementsAttr::get(type, ArrayRef<float>(levels)));
  }

  void enterBlock(size_t number, Value index) override {
    block = blocks[number];
    firstBitRow = createIndex(block.codeRow + block.startRows);
    if (!index)
      return;
    AffineExpr at = dim(0).floorDiv(int64_t(scheme.tileRows)) + dim(1);
    firstBitRow =
        apply(at * (block.startRows + block.bitRows) + block.startRows,
              {slice.k0, index});
  }

  Value emitTile(Value tile, int64_t channels, Value weights) override {
    int64_t columns = codec::streamTileColumns;
    int64_t stripRows = blockRows / codec::streamStrips;
    SmallVector<Value> scales = createScales(tile, channels);
    Value column = apply(dim(0) * columns, {tile});
    return emitLoop(stripRows, weights, [&](Value row, Value out) {
      AffineExpr number =
          (dim(0).floorDiv(columns) + dim(1)) * stripRows + dim(2);
      // The newest bit of the window, counted from 0.
      Value bit = apply(((number + 1) * scheme.sixteenths).floorDiv(16) - 1,
                        {slice.n0, tile, row});
      return emitRow(bit, row, column, scales, out);
    });
  }

  /// Row `row` of every strip.
  Value emitRow(Value bit, Value row, Value column, ArrayRef<Value> scales,
                Value weights) {
    readPlace(bit);
    int64_t stripRows = blockRows / codec::streamStrips;
    for (int64_t quarter = 0; quarter < kStreamQuarters; ++quarter) {
      SmallVector<Value> before = readBefore(quarter);
      SmallVector<Value> levels;
      for (int64_t channel = 0; channel < kStreamChannels; ++channel)
        levels.push_back(createLevels(createWindows(
            before[channel], readChains(lastRow, channel, quarter))));
      transpose(levels);
      for (int64_t lane = 0; lane < kStreamQuarters; ++lane) {
        int64_t strip = quarter * kStreamQuarters + lane;
        Value to = apply(dim(0) + dim(1) + strip * stripRows, {blockRow, row});
        weights = write(createRow(levels, lane, scales), weights, {to, column});
      }
    }
    return weights;
  }

  /// Emits the rows of words that a window ends in and begins in, and where.
  void readPlace(Value bit) {
    Value row = apply(dim(0).floorDiv(codec::hashRowBits), {bit});
    lastRow = apply(dim(0) + dim(1), {firstBitRow, row});
    hasBefore = {};
    Value before = row;
    if (scheme.start != codec::StreamStart::Stored) {
      before = builder.create<arith::MaxSIOp>(loc, row, createIndex(1));
      hasBefore = builder.create<arith::CmpIOp>(loc, arith::CmpIPredicate::ne,
                                                row, createIndex(0));
    }
    rowBefore = apply(dim(0) + dim(1) - 1, {firstBitRow, before});
    int64_t top = codec::hashRowBits - 1;
    AffineExpr inRow = dim(0) % int64_t(codec::hashRowBits);
    right = createShift(apply(top - inRow, {bit}));
    left = createShift(apply(inRow, {bit}));
  }

  Value createShift(Value amount) {
    Value word =
        builder.create<arith::IndexCastOp>(loc, builder.getI32Type(), amount);
    return builder.create<vector::BroadcastOp>(loc, wordType, word);
  }

  /// Words of the lanes of a channel and a quarter, in a row.
  Value readChains(Value row, int64_t channel, int64_t quarter) {
    int64_t chain = (channel * kStreamQuarters + quarter) * codec::streamLanes;
    return read(components[0], {row, createIndex(chain)}, wordType);
  }

  /// The words before those of lastRow, of the eight channels of a quarter.
  SmallVector<Value> readBefore(int64_t quarter) {
    SmallVector<Value> words;
    auto readAll = [&]() {
      for (int64_t channel = 0; channel < kStreamChannels; ++channel)
        words.push_back(readChains(rowBefore, channel, quarter));
    };
    if (!isLinked(scheme, block)) {
      readAll();
      for (Value &word : words)
        if (hasBefore)
          word = builder.create<arith::SelectOp>(loc, hasBefore, word,
                                                 createSplat(0));
      return words;
    }
    SmallVector<Type> types(kStreamChannels, wordType);
    auto branch = builder.create<scf::IfOp>(loc, types, hasBefore,
                                            /*withElseRegion=*/true);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(branch.thenBlock());
    readAll();
    builder.create<scf::YieldOp>(loc, words);
    builder.setInsertionPointToStart(branch.elseBlock());
    builder.create<scf::YieldOp>(loc, createLinks(quarter));
    return branch.getResults();
  }

  /// The last bits of the chains that those of a quarter continue
  /// (docs/Format.md, "Hashed streams").
  SmallVector<Value> createLinks(int64_t quarter) {
    int64_t lastChannel = kStreamChannels - 1;
    // Channel 7 is followed by channel 8, in the upper lanes of the first
    // words, and channel 15 by channel 0 of the next strip.
    Value last = readTail(lastChannel, quarter);
    Value strip =
        quarter > 0 ? readTail(lastChannel, quarter - 1) : createSplat(0);
    SmallVector<Value> words = {builder.create<vector::ShuffleOp>(
        loc, last, strip, ArrayRef<int64_t>{15, 4, 5, 6, 0, 1, 2, 3})};
    for (int64_t channel = 0; channel < lastChannel; ++channel)
      words.push_back(readTail(channel, quarter));
    return words;
  }

  /// The last 32 bits of the chains of a channel and a quarter.
  Value readTail(int64_t channel, int64_t quarter) {
    auto readFromEnd = [&](int64_t row) {
      Value at = apply(dim(0) + (block.bitRows - row), {firstBitRow});
      return readChains(at, channel, quarter);
    };
    int64_t bits = codec::countHashBits(scheme, block.weights) %
                   int64_t(codec::hashRowBits);
    Value last = readFromEnd(1);
    if (bits == 0)
      return last;
    Value newer = builder.create<arith::ShRUIOp>(
        loc, last, createSplat(int32_t(codec::hashRowBits - bits)));
    if (block.bitRows == 1)
      return newer;
    Value older = builder.create<arith::ShLIOp>(loc, readFromEnd(2),
                                                createSplat(int32_t(bits)));
    return builder.create<arith::OrIOp>(loc, older, newer);
  }

  /// The windows at the current place in the words of chains, with older bits
  /// above them.
  Value createWindows(Value before, Value last) {
    // Two shifts, since one may be by all 32 bits.
    Value twice = builder.create<arith::ShLIOp>(loc, before, createSplat(1));
    Value older = builder.create<arith::ShLIOp>(loc, twice, left);
    Value newer = builder.create<arith::ShRUIOp>(loc, last, right);
    return builder.create<arith::OrIOp>(loc, older, newer);
  }

  /// Bits above the window change nothing below bit stateBits of the product.
  Value createLevels(Value windows) {
    Value other = builder.create<arith::AddIOp>(
        loc, windows, createSplat(int32_t(scheme.offset)));
    Value hash = builder.create<arith::MulIOp>(loc, windows, other);
    Value high = builder.create<arith::ShRUIOp>(
        loc, hash, createSplat(int32_t(scheme.stateBits - scheme.indexBits)));
    Value index = builder.create<arith::AndIOp>(
        loc, high, createSplat((1 << scheme.indexBits) - 1));
    auto maskType = VectorType::get(kStreamChannels, builder.getI1Type());
    Value all = builder.create<arith::ConstantOp>(
        loc, DenseElementsAttr::get(maskType, true));
    Value none =
        builder.create<arith::ConstantOp>(loc, builder.getZeroAttr(levelType));
    return builder.create<vector::GatherOp>(
        loc, levelType, table, ValueRange{createIndex(0)}, index, all, none);
  }

  /// Element j of vector i becomes element i of vector j: blocks of 4, 2 and 1
  /// beside the diagonal change places.
  void transpose(SmallVector<Value> &rows) {
    for (int64_t size : {4, 2, 1}) {
      SmallVector<int64_t> upper, lower;
      for (int64_t j = 0; j < kStreamChannels; ++j) {
        bool isLeft = (j & size) == 0;
        upper.push_back(isLeft ? j : kStreamChannels + j - size);
        lower.push_back(isLeft ? j + size : kStreamChannels + j);
      }
      for (int64_t i = 0; i < kStreamChannels; ++i) {
        if (i & size)
          continue;
        Value first = rows[i], second = rows[i + size];
        rows[i] = builder.create<vector::ShuffleOp>(loc, first, second, upper);
        rows[i + size] =
            builder.create<vector::ShuffleOp>(loc, first, second, lower);
      }
    }
  }

  /// A row of strip `lane` of a quarter, in all channels.
  Value createRow(ArrayRef<Value> levels, int64_t lane,
                  ArrayRef<Value> scales) {
    int64_t channels = 0;
    for (Value scale : scales)
      channels += cast<VectorType>(scale.getType()).getDimSize(0);
    auto type = VectorType::get(channels, builder.getF32Type());
    Value row =
        builder.create<arith::ConstantOp>(loc, builder.getZeroAttr(type));
    for (auto [half, scale] : llvm::enumerate(scales))
      row = builder.create<vector::InsertStridedSliceOp>(
          loc, multiply(levels[int64_t(half) * kStreamQuarters + lane], scale),
          row, ArrayRef<int64_t>{int64_t(half) * kStreamChannels},
          ArrayRef<int64_t>{1});
    return row;
  }

  Value createSplat(int32_t value) {
    return builder.create<arith::ConstantOp>(
        loc, DenseElementsAttr::get(wordType, value));
  }

  codec::HashScheme scheme;
  std::vector<codec::HashBlock> blocks;
  VectorType wordType, levelType;
  Value table;
  codec::HashBlock block;
  /// Row of `codes` with the first bits of the current block.
  Value firstBitRow;
  /// Of the current row of weights: the row of words with the newest bit, the
  /// one before and whether it exists (null: always), and by how much they are
  /// shifted.
  Value lastRow, rowBefore, hasBefore, right, left;
};

} // namespace

Value mlir::ccq::createHashDecodeLoops(OpBuilder &builder, Location loc,
                                       const CodedSlice &slice,
                                       ValueRange components) {
  return HashEmitter(builder, loc, slice, components).emit();
}
