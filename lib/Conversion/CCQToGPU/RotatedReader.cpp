//===- RotatedReader.cpp - activations in the basis of a stream -*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RotatedReader.h"

#include "ccq/Codec/Stream.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::ccq;
namespace codec = ::ccq::codec;

RotatedReader::RotatedReader(const CodedMatmul &matmul, int64_t tileRows,
                             KernelFrame &frame, KernelBuilder &builder)
    : matmul(matmul), frame(frame), builder(builder), tileRows(tileRows),
      rotationRows(matmul.rotation ? matmul.rotation->block : 1),
      restBegin(matmul.weightsType.getK() / tileRows * tileRows),
      restRows(matmul.weightsType.getK() - restBegin),
      paddedRestRows(llvm::alignTo(restRows, codec::streamStepRows)),
      rowStride(*matmul.activations.findStaticStride(0)),
      columnStride(*matmul.activations.findStaticStride(1)) {
  // Blocks above a tile do not occur, or K ends before the second tile.
  rotationRows = std::min(rotationRows, tileRows);
}

Value RotatedReader::createRowPointer(Value token) {
  Value inside = builder.create<arith::MinUIOp>(token, lastToken);
  return builder.advance(elements, inside, 4 * rowStride);
}

void RotatedReader::createPointers(const LanePosition &position,
                                   int64_t begin) {
  lane = position;
  sharedBegin = begin;
  elements = frame.createActivationPointer();
  Value tokens = builder.create<arith::IndexCastUIOp>(builder.getI32Type(),
                                                      frame.getTokenCount());
  lastToken = builder.add(tokens, -1);
  tokenRow = createRowPointer(builder.add(frame.blockToken, lane.row));
}

SmallVector<Value> RotatedReader::createLoads(Value pointer, int64_t count) {
  int64_t width = 4;
  while (width > 1 && (columnStride != 1 || rowStride % width != 0 ||
                       !matmul.activations.offset.isMultipleOf(width)))
    width /= 2;
  SmallVector<Value> values;
  for (int64_t i = 0; i < count; i += width) {
    if (width == 1) {
      values.push_back(
          builder.load(builder.getF32Type(), pointer, 4 * i * columnStride));
      continue;
    }
    Value loaded = builder.load(VectorType::get(width, builder.getF32Type()),
                                pointer, 4 * i);
    for (int64_t j = 0; j < width; ++j)
      values.push_back(builder.create<vector::ExtractOp>(loaded, j));
  }
  return values;
}

/// The number of SplitMix64 whose bits are the signs of the 64 rows around row
/// `k`, shifted so that bit 0 is that of row k (codec::isRowNegated).
Value RotatedReader::createSignBits(Value k) {
  Type i64 = builder.getI64Type();
  auto constant = [&](uint64_t value) -> Value {
    return builder.create<arith::ConstantOp>(
        builder.getI64IntegerAttr(int64_t(value)));
  };
  Value number = builder.create<arith::ExtUIOp>(
      i64, builder.apply<arith::ShRUIOp>(k, llvm::Log2_64(codec::signRows)));
  Value z = builder.create<arith::AddIOp>(
      builder.create<arith::MulIOp>(number, constant(codec::signStep)),
      constant(matmul.rotation->seed + codec::signStep));
  for (const codec::SignMix &mix : codec::signMixes) {
    Value shifted = builder.create<arith::ShRUIOp>(z, constant(mix.shift));
    z = builder.create<arith::XOrIOp>(z, shifted);
    if (mix.factor != 1)
      z = builder.create<arith::MulIOp>(z, constant(mix.factor));
  }
  Value offset = builder.create<arith::ExtUIOp>(
      i64, builder.apply<arith::AndIOp>(k, codec::signRows - 1));
  return builder.create<arith::ShRUIOp>(z, offset);
}

/// `value` negated where bit `bit` of `bits` is set.
static Value flipSign(KernelBuilder &builder, Value value, Value bits,
                      int64_t bit) {
  Value sign = builder.apply<arith::AndIOp>(
      builder.apply<arith::ShLIOp>(bits, 31 - bit), int64_t(0x80000000));
  Value word = builder.reinterpret(value, builder.getI32Type());
  return builder.reinterpret(builder.apply<arith::XOrIOp>(word, sign),
                             builder.getF32Type());
}

/// Sums and differences of values `half` apart.
static void transformInThread(KernelBuilder &builder,
                              MutableArrayRef<Value> values, int64_t half) {
  for (int64_t i = 0; i < int64_t(values.size()); ++i) {
    if (i & half)
      continue;
    Value sum = builder.create<arith::AddFOp>(values[i], values[i + half]);
    values[i + half] =
        builder.create<arith::SubFOp>(values[i], values[i + half]);
    values[i] = sum;
  }
}

/// The same with the values of the lane whose column differs in bit `distance`.
static void transformAcrossLanes(KernelBuilder &builder,
                                 MutableArrayRef<Value> values, Value column,
                                 int32_t distance) {
  Value isFirst =
      builder.isEqual(builder.apply<arith::AndIOp>(column, distance), 0);
  Value sign = builder.create<arith::SelectOp>(isFirst, builder.real(1),
                                               builder.real(-1));
  for (Value &value : values) {
    Value other =
        builder
            .create<gpu::ShuffleOp>(value, distance, 32, gpu::ShuffleMode::XOR)
            .getShuffleResult();
    value = builder.create<math::FmaOp>(value, sign, other);
  }
}

SmallVector<Value> RotatedReader::createTile(Value number) {
  int64_t count = tileRows / kLaneColumns;
  Value k = builder.add(builder.mul(number, tileRows),
                        builder.mul(lane.column, count));
  SmallVector<Value> values =
      createLoads(builder.advance(tokenRow, k, 4 * columnStride), count);
  if (!matmul.rotation)
    return values;
  Value bits = createSignBits(k);
  std::array<Value, 2> words;
  for (int64_t half : {0, 1}) {
    Value shifted = builder.create<arith::ShRUIOp>(
        bits, builder.create<arith::ConstantOp>(
                  builder.getI64IntegerAttr(32 * half)));
    words[half] =
        builder.create<arith::TruncIOp>(builder.getI32Type(), shifted);
  }
  Value factor = builder.real(2 * codec::getRotationFactor(rotationRows));
  for (int64_t i = 0; i < count; ++i)
    values[i] =
        flipSign(builder, builder.create<arith::MulFOp>(values[i], factor),
                 words[i / 32], i % 32);
  for (int64_t half = 1; 2 * half <= rotationRows; half *= 2) {
    if (half < count)
      transformInThread(builder, values, half);
    else
      transformAcrossLanes(builder, values, lane.column, int32_t(half / count));
  }
  return values;
}

void RotatedReader::createThreadLoop(int64_t count, int64_t threads,
                                     llvm::function_ref<void(Value)> body) {
  auto loop = builder.create<scf::ForOp>(frame.thread, builder.word(count),
                                         builder.word(threads));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  body(loop.getInductionVar());
}

/// 1 / sqrt(rows) of the rotation block that holds row `row` of the rest.
Value RotatedReader::createRestFactor(Value row) {
  Value factor = builder.real(1);
  SmallVector<codec::RotationBlock> blocks;
  for (int64_t i = 0; i < restRows; i += blocks.back().rows)
    blocks.push_back(codec::getRotationBlock(
        unsigned(rotationRows), matmul.weightsType.getK(), restBegin + i));
  int64_t end = restRows;
  for (const codec::RotationBlock &block : llvm::reverse(blocks)) {
    Value isBefore = builder.create<arith::CmpIOp>(arith::CmpIPredicate::ult,
                                                   row, builder.word(end));
    factor = builder.create<arith::SelectOp>(
        isBefore, builder.real(2 * codec::getRotationFactor(block.rows)),
        factor);
    end = block.k0 - restBegin;
  }
  return factor;
}

/// Scales, and gives its sign to, element `element` of the padded rest.
void RotatedReader::createRestValue(Value element) {
  Value token = builder.apply<arith::DivUIOp>(element, paddedRestRows);
  Value row = builder.apply<arith::RemUIOp>(element, paddedRestRows);
  Value pointer = createRowPointer(builder.add(frame.blockToken, token));
  Value inside = builder.apply<arith::MinUIOp>(row, restRows - 1);
  Value k = builder.add(inside, restBegin);
  Value value = builder.load(builder.getF32Type(),
                             builder.advance(pointer, k, 4 * columnStride));
  if (matmul.rotation) {
    value = builder.create<arith::MulFOp>(value, createRestFactor(inside));
    Value sign = builder.create<arith::TruncIOp>(builder.getI32Type(),
                                                 createSignBits(k));
    value = flipSign(builder, value, sign, 0);
  }
  Value isInside = builder.create<arith::CmpIOp>(arith::CmpIPredicate::ult, row,
                                                 builder.word(restRows));
  value = builder.create<arith::SelectOp>(isInside, value, builder.real(0));
  Value position = builder.add(builder.mul(token, getRestStride()), row);
  frame.storeShared(value, builder.add(position, sharedBegin));
}

/// Sum and difference of one pair of rows `half` apart; a token has `pairs`.
void RotatedReader::createRestStage(Value pair, int64_t half, int64_t pairs) {
  Value token = builder.apply<arith::DivUIOp>(pair, pairs);
  Value inToken = builder.apply<arith::RemUIOp>(pair, pairs);
  // Insert a zero bit at the place of `half`.
  Value low = builder.apply<arith::AndIOp>(inToken, half - 1);
  Value row = builder.add(inToken, builder.apply<arith::SubIOp>(inToken, low));
  Value first = builder.add(
      builder.add(builder.mul(token, getRestStride()), row), sharedBegin);
  Value second = builder.add(first, half);
  Value a = frame.loadShared(first), b = frame.loadShared(second);
  frame.storeShared(builder.create<arith::AddFOp>(a, b), first);
  frame.storeShared(builder.create<arith::SubFOp>(a, b), second);
}

void RotatedReader::createRest(int64_t threads, int64_t tokens) {
  if (restRows == 0)
    return;
  createThreadLoop(tokens * paddedRestRows, threads,
                   [&](Value element) { createRestValue(element); });
  builder.create<gpu::BarrierOp>();
  // Falling powers of two: rows in blocks of at least 2 * half are the first
  // ones, as many as are whole pairs of halves.
  for (int64_t half = 1; 2 * half <= std::min(rotationRows, restRows);
       half *= 2) {
    int64_t pairs = restRows / (2 * half) * half;
    createThreadLoop(tokens * pairs, threads,
                     [&](Value pair) { createRestStage(pair, half, pairs); });
    builder.create<gpu::BarrierOp>();
  }
}

SmallVector<Value> RotatedReader::readRest(int64_t first, int64_t rows) {
  int64_t count = rows / kLaneColumns;
  Value position = builder.add(builder.mul(lane.row, getRestStride()),
                               builder.mul(lane.column, count));
  SmallVector<Value> values;
  for (int64_t i = 0; i < count; ++i)
    values.push_back(
        frame.loadShared(builder.add(position, sharedBegin + first + i)));
  return values;
}
