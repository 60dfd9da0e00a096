//===- StreamReader.cpp - words of a stream as A operands -------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StreamReader.h"

#include "HashStreamReader.h"
#include "WeightReader.h"
#include "ccq/Dialect/CCQ/IR/CCQOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::ccq;
namespace codec = ::ccq::codec;

/// Bytes of a row of codes or extra bits, and of a word.
static constexpr int64_t kRowBytes = 4 * int64_t(codec::streamThreads);
static constexpr int64_t kWordBytes = 4;
/// Steps of a frame of extra bits; of each eight, some carry one.
static constexpr int64_t kFrameSteps = 32;
static constexpr int64_t kCycleSteps = 8;

std::unique_ptr<StreamReader> StreamReader::create(CodedTensorType type) {
  if (isa<HashAttr>(type.getScheme()))
    return std::make_unique<HashStreamReader>(type);
  return std::make_unique<LaneStreamReader>(type);
}

LaneStreamReader::LaneStreamReader(CodedTensorType type)
    : type(type), scheme(cast<StreamAttr>(type.getScheme()).getStream()) {}

void LaneStreamReader::createPointers(KernelBuilder &builder,
                                      KernelFrame &frame, int64_t, int64_t) {
  lane = frame.inWarp;
  codes = builder.advance(frame.components.front(), lane, kWordBytes);
  if (scheme.sixteenths > 32)
    extraBits = builder.advance(frame.components.back(), lane, kWordBytes);
}

std::vector<codec::StreamBlock> LaneStreamReader::getBlocks() const {
  return codec::getStreamBlocks(scheme, {type.getK(), type.getN()});
}

StreamReader::Block LaneStreamReader::locate(KernelBuilder &builder,
                                             const codec::StreamBlock &block,
                                             Value number) {
  Block result{block, {}, {}};
  result.words =
      builder.advance(codes, (block.codeRow + block.startRows) * kRowBytes);
  if (number)
    result.words = builder.advance(result.words, number,
                                   (block.startRows + block.steps) * kRowBytes);
  if (!extraBits)
    return result;
  result.extra = builder.advance(extraBits, block.extraRow * kRowBytes);
  if (number)
    result.extra =
        builder.advance(result.extra, number, block.extraRows * kRowBytes);
  return result;
}

SmallVector<Value> LaneStreamReader::createMemory(KernelBuilder &builder,
                                                  const Block &block,
                                                  Value tile) {
  Type i32 = builder.getI32Type();
  auto memoryWords = int64_t(scheme.memory);
  Value step = builder.mul(tile, block.getTileSteps());
  Value pointer = builder.advance(block.words, step, kRowBytes);
  auto loadBefore = [&]() {
    SmallVector<Value> words;
    for (int64_t back = 1; back <= memoryWords; ++back)
      words.push_back(builder.load(i32, pointer, -back * kRowBytes));
    return words;
  };
  if (scheme.start == codec::StreamStart::Stored)
    return loadBefore();
  // Before the first step nothing is stored, so nothing may be read there.
  SmallVector<Type> types(scheme.memory, i32);
  auto branch = builder.create<scf::IfOp>(types, builder.isEqual(tile, 0),
                                          /*withElse=*/true);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(branch.thenBlock());
  SmallVector<Value> first(scheme.memory, builder.word(0));
  if (codec::isLinked(scheme, block.geometry))
    first = createLinkedWords(builder, block);
  builder.create<scf::YieldOp>(first);
  builder.setInsertionPointToStart(branch.elseBlock());
  builder.create<scf::YieldOp>(loadBefore());
  return SmallVector<Value>(branch.getResults());
}

/// The words before the first step of a linked block: the last ones of the
/// chains that the lane's chains continue (docs/Format.md, "Blocks, tiles,
/// steps").
SmallVector<Value> LaneStreamReader::createLinkedWords(KernelBuilder &builder,
                                                       const Block &block) {
  Type i32 = builder.getI32Type();
  // Lane 4 row + column follows the one a row before; the first row, the last
  // one, from its upper channels to the lower ones of the next strip.
  Value isFirstRow = builder.create<arith::CmpIOp>(
      arith::CmpIPredicate::ult, lane, builder.word(kLaneColumns));
  Value before = builder.advance(block.words, -kLaneColumns * kWordBytes);
  auto advanceFirstRow = [&](int64_t words) {
    Value distance = builder.create<arith::SelectOp>(
        isFirstRow, builder.word(words), builder.word(0));
    return builder.advance(before, distance, kWordBytes);
  };
  Value pointer = advanceFirstRow(codec::streamThreads);
  Value stripPointer = advanceFirstRow(int64_t(codec::streamThreads) - 1);
  Value isFirst = builder.isEqual(lane, 0);
  SmallVector<Value> words;
  for (int64_t step = 1; step <= int64_t(scheme.memory); ++step) {
    int64_t offset = (block.geometry.steps - step) * kRowBytes;
    Value word = builder.load(i32, pointer, offset);
    Value strip = builder.load(i32, stripPointer, offset);
    strip = builder.create<arith::SelectOp>(
        isFirst, builder.word(0), builder.apply<arith::ShRUIOp>(strip, 28));
    Value lower = builder.apply<arith::AndIOp>(
        builder.apply<arith::ShRUIOp>(word, 12), 0xFFF0);
    Value upper = builder.apply<arith::ShLIOp>(word, 16);
    Value moved = builder.create<arith::OrIOp>(
        builder.create<arith::OrIOp>(lower, upper), strip);
    words.push_back(builder.create<arith::SelectOp>(isFirstRow, moved, word));
  }
  return words;
}

/// Row of the block with the first extra bits of a parity in a frame.
Value LaneStreamReader::createPlaneRow(KernelBuilder &builder,
                                       const Block &block, Value frame,
                                       int64_t isOdd) {
  int64_t odd = scheme.oddExtraBits(), even = scheme.evenExtraBits();
  Value row = builder.mul(frame, odd + even);
  if (isOdd)
    return row;
  // The even weights' rows are behind those of the odd ones, of which the last
  // frame may have fewer.
  Value left = builder.create<arith::SubIOp>(builder.word(block.geometry.steps),
                                             builder.mul(frame, kFrameSteps));
  Value steps = builder.apply<arith::MinUIOp>(left, kFrameSteps);
  Value carriers = builder.apply<arith::ShRUIOp>(builder.mul(steps, odd), 3);
  Value oddRows = builder.apply<arith::ShRUIOp>(builder.add(carriers, 3), 2);
  return builder.add(row, oddRows);
}

/// Bit `carrier` of a frame's bits of one parity, which begin in row `row`, in
/// bit 0 of every nibble.
Value LaneStreamReader::loadExtra(KernelBuilder &builder, const Block &block,
                                  Value row, Value carrier) {
  row = builder.add(row, builder.apply<arith::ShRUIOp>(carrier, 2));
  row = builder.apply<arith::MinUIOp>(row, block.geometry.extraRows - 1);
  Value word = builder.load(builder.getI32Type(),
                            builder.advance(block.extra, row, kRowBytes));
  Value shift = builder.apply<arith::AndIOp>(carrier, 3);
  return builder.apply<arith::ShRUIOp>(word, shift);
}

Value LaneStreamReader::createExtra(KernelBuilder &builder, const Block &block,
                                    Value tile, int64_t step, int64_t isOdd) {
  int64_t bits = isOdd ? scheme.oddExtraBits() : scheme.evenExtraBits();
  if (bits == 0 || block.geometry.extraRows == 0)
    return builder.word(0);
  int64_t tileSteps = block.getTileSteps();
  Value number = builder.add(builder.mul(tile, tileSteps), step);
  Value frame = builder.apply<arith::ShRUIOp>(number, 5);
  Value row = createPlaneRow(builder, block, frame, isOdd);
  Value inFrame = builder.apply<arith::AndIOp>(number, kFrameSteps - 1);
  Value carrier = builder.apply<arith::ShRUIOp>(builder.mul(inFrame, bits), 3);
  // A tile of whole cycles: which of its steps carry a bit is known.
  if (tileSteps % kCycleSteps == 0) {
    bool carries = (step + 1) * bits / kCycleSteps != step * bits / kCycleSteps;
    return carries ? loadExtra(builder, block, row, carrier) : builder.word(0);
  }
  Value next = builder.apply<arith::ShRUIOp>(
      builder.mul(builder.add(inFrame, 1), bits), 3);
  Value carries =
      builder.create<arith::CmpIOp>(arith::CmpIPredicate::ne, carrier, next);
  return builder.create<arith::SelectOp>(
      carries, loadExtra(builder, block, row, carrier), builder.word(0));
}

/// Words below each other, as the decode takes them.
static Value stack(KernelBuilder &builder, ArrayRef<Value> words) {
  auto type = VectorType::get({int64_t(words.size()), 1}, builder.getI32Type());
  Value rows = builder.create<arith::ConstantOp>(builder.getZeroAttr(type));
  for (auto [i, word] : llvm::enumerate(words))
    rows = builder.create<vector::InsertOp>(word, rows,
                                            ArrayRef<int64_t>{int64_t(i), 0});
  return rows;
}

StreamStep LaneStreamReader::createStep(KernelBuilder &builder,
                                        ArrayRef<Value> words,
                                        ArrayRef<Value> extra) {
  int64_t count = 2 * codec::streamLanes;
  Value bits = extra.empty() ? Value() : stack(builder, extra);
  Value decoded = builder.create<TrellisDecodeOp>(
      VectorType::get({count, 1}, builder.getF16Type()), type.getScheme(),
      stack(builder, words), bits, 0);
  Value flat = builder.create<vector::ShapeCastOp>(
      VectorType::get(count, builder.getF16Type()), decoded);
  StreamStep step;
  for (int64_t parity : {0, 1})
    for (int64_t channel : {0, 1})
      for (int64_t half : {0, 1})
        step.weights[channel][2 * parity + half] =
            builder.create<vector::ExtractStridedSliceOp>(
                flat,
                ArrayRef<int64_t>{parity * int64_t(codec::streamLanes) +
                                  4 * channel + 2 * half},
                ArrayRef<int64_t>{2}, ArrayRef<int64_t>{1});
  return step;
}

SmallVector<Value> LaneStreamReader::createLoads(KernelBuilder &builder,
                                                 const Block &block,
                                                 Value tile) {
  int64_t count = block.getTileSteps();
  Value last =
      builder.apply<arith::MinUIOp>(tile, block.geometry.steps / count - 1);
  Value pointer =
      builder.advance(block.words, builder.mul(last, count), kRowBytes);
  SmallVector<Value> words;
  for (int64_t step = count - 1; step >= 0; --step)
    words.push_back(
        builder.load(builder.getI32Type(), pointer, step * kRowBytes));
  return words;
}

SmallVector<StreamStep>
LaneStreamReader::createTile(KernelBuilder &builder, const Block &block,
                             Value tile, ValueRange words,
                             SmallVector<Value> &memory) {
  int64_t count = block.getTileSteps();
  SmallVector<Value> all(words);
  llvm::append_range(all, memory);
  SmallVector<StreamStep> steps;
  for (int64_t step = 0; step < count; ++step) {
    SmallVector<Value> extra;
    if (extraBits)
      for (int64_t isOdd : {0, 1})
        extra.push_back(createExtra(builder, block, tile, step, isOdd));
    ArrayRef<Value> own = ArrayRef(all).slice(count - 1 - step);
    steps.push_back(
        createStep(builder, own.take_front(scheme.memory + 1), extra));
  }
  memory.assign(all.begin(), all.begin() + scheme.memory);
  return steps;
}
