//===- StreamToArith.cpp - one step of a stream on vectors ------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StreamToArith.h"

#include "ccq/Codec/Stream.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::ccq;
namespace codec = ::ccq::codec;

/// Bytes of the registers that the byte shuffle works on.
static constexpr int64_t kShuffleBytes = 32;

namespace {

/// Emits the decode of one step. All values are vectors with one element per
/// word, or per byte of the words.
class StepEmitter {
public:
  StepEmitter(OpBuilder &builder, TrellisDecodeOp op, bool hasByteShuffle)
      : builder(builder), loc(op.getLoc()), op(op),
        scheme(op.getStreamScheme().getStream()),
        hasByteShuffle(hasByteShuffle) {
    VectorType type = op.getWords().getType();
    rows = type.getDimSize(0);
    lanes = type.getNumElements() / rows;
    wordType = VectorType::get(lanes, builder.getI32Type());
    byteType = VectorType::get(4 * lanes, builder.getI8Type());
    words = flatten(op.getWords(), rows);
    if (op.getExtra())
      extra = flatten(op.getExtra(), 2);
  }

  Value emit() {
    VectorType type = op.getResult().getType();
    auto flatType =
        VectorType::get({type.getDimSize(0), lanes}, type.getElementType());
    Value result =
        builder.create<arith::ConstantOp>(loc, builder.getZeroAttr(flatType));
    for (bool isOdd : {false, true}) {
      SmallVector<Value> levels = emitParity(isOdd);
      for (unsigned lane = 0; lane < codec::streamLanes; ++lane)
        result = builder.create<vector::InsertOp>(
            loc, emitLane(levels[lane % 2], lane, flatType.getElementType()),
            result, int64_t(isOdd * codec::streamLanes + lane));
    }
    if (flatType == type)
      return result;
    return builder.create<vector::ShapeCastOp>(loc, type, result);
  }

private:
  Value flatten(Value value, int64_t count) {
    auto type = VectorType::get({count, lanes}, builder.getI32Type());
    if (value.getType() == type)
      return value;
    return builder.create<vector::ShapeCastOp>(loc, type, value);
  }

  Value createSplat(VectorType type, uint64_t bits) {
    APInt value(type.getElementTypeBitWidth(), bits);
    return builder.create<arith::ConstantOp>(
        loc, DenseElementsAttr::get(type, value));
  }

  Value createAnd(Value value, uint64_t bits) {
    return builder.create<arith::AndIOp>(
        loc, value, createSplat(cast<VectorType>(value.getType()), bits));
  }

  Value createXor(Value a, Value b) {
    return a ? builder.create<arith::XOrIOp>(loc, a, b) : b;
  }

  /// XOR of the words that `taps` selects, onto `sum` if there is one.
  Value combine(unsigned taps, Value sum = {}) {
    for (int64_t back = 0; back < rows; ++back)
      if (taps >> back & 1)
        sum =
            createXor(sum, builder.create<vector::ExtractOp>(loc, words, back));
    return sum;
  }

  /// Flips the bits of every nibble that `pattern` names where `bit` is set.
  Value flip(Value value, Value bit, unsigned pattern) {
    for (unsigned position = 0; position < 4; ++position) {
      if (!(pattern >> position & 1))
        continue;
      Value moved = bit;
      if (position != 0)
        moved = builder.create<arith::ShLIOp>(loc, bit,
                                              createSplat(wordType, position));
      value = createXor(value, moved);
    }
    return value;
  }

  /// The levels of the even or of the odd weights as bytes: first those of the
  /// even nibbles of the words, then those of the odd ones.
  SmallVector<Value> emitParity(bool isOdd) {
    const codec::StreamScheme::Weight &weight =
        isOdd ? scheme.odd : scheme.even;
    Value n = combine(weight.tapsN);
    Value y = combine(weight.tapsN ^ weight.tapsY, n);
    bool carriesBits =
        (isOdd ? scheme.oddExtraBits() : scheme.evenExtraBits()) > 0;
    if (extra && carriesBits) {
      Value plane =
          builder.create<vector::ExtractOp>(loc, extra, int64_t(isOdd));
      Value bit = createAnd(plane, 0x11111111);
      n = flip(n, bit, weight.extraN);
      y = flip(y, bit, weight.extraY);
    }
    // m = (y & 7) | (~n & 8) in every nibble.
    Value inverted = createXor(n, createSplat(wordType, 0xffffffff));
    Value m = builder.create<arith::OrIOp>(loc, createAnd(y, 0x77777777),
                                           createAnd(inverted, 0x88888888));
    SmallVector<Value> levels;
    for (unsigned nibble : {0u, 1u}) {
      ArrayRef<uint8_t> tables(weight.tables);
      Value first = lookUp(tables.take_front(8), selectNibbles(n, nibble));
      Value second = lookUp(tables.drop_front(8), selectNibbles(m, nibble));
      levels.push_back(builder.create<vector::BitCastOp>(
          loc, wordType, createXor(first, second)));
    }
    return levels;
  }

  /// The low or the high nibble of every byte, as bytes.
  Value selectNibbles(Value value, unsigned nibble) {
    if (nibble != 0)
      value =
          builder.create<arith::ShRUIOp>(loc, value, createSplat(wordType, 4));
    return builder.create<vector::BitCastOp>(loc, byteType,
                                             createAnd(value, 0x0f0f0f0f));
  }

  /// table[s] for s < 8, else the sign of table[s - 8] spread over the byte.
  Value lookUp(ArrayRef<uint8_t> table, Value selectors) {
    if (hasByteShuffle && byteType.getNumElements() == kShuffleBytes)
      return shuffleBytes(table, selectors);
    SmallVector<Value> level;
    for (uint8_t entry : table)
      level.push_back(createSplat(byteType, entry));
    for (unsigned bit = 0; level.size() > 1; ++bit) {
      Value condition = testBit(selectors, bit);
      SmallVector<Value> next;
      for (size_t i = 0; i < level.size(); i += 2)
        next.push_back(builder.create<arith::SelectOp>(loc, condition,
                                                       level[i + 1], level[i]));
      level = std::move(next);
    }
    Value sign = builder.create<arith::ShRSIOp>(loc, level.front(),
                                                createSplat(byteType, 7));
    return builder.create<arith::SelectOp>(loc, testBit(selectors, 3), sign,
                                           level.front());
  }

  Value testBit(Value selectors, unsigned bit) {
    return builder.create<arith::CmpIOp>(loc, arith::CmpIPredicate::ne,
                                         createAnd(selectors, 1u << bit),
                                         createSplat(byteType, 0));
  }

  Value shuffleBytes(ArrayRef<uint8_t> table, Value selectors) {
    SmallVector<uint8_t> bytes;
    for (int64_t i = 0; i < kShuffleBytes; ++i) {
      uint8_t entry = table[i % 8];
      uint8_t sign = entry & 0x80 ? 0xff : 0x00;
      bytes.push_back(i % 16 < 8 ? entry : sign);
    }
    Value entries = builder.create<arith::ConstantOp>(
        loc, DenseElementsAttr::get(byteType, ArrayRef(bytes)));
    return builder
        .create<LLVM::CallIntrinsicOp>(
            loc, byteType, builder.getStringAttr("llvm.x86.avx2.pshuf.b"),
            ValueRange{entries, selectors})
        .getResults();
  }

  /// The level of nibble `lane` of every word in the element type of the
  /// result.
  Value emitLane(Value levels, unsigned lane, Type type) {
    unsigned byte = lane / 2;
    Value value = levels;
    if (byte != 3)
      value = builder.create<arith::ShLIOp>(
          loc, value, createSplat(wordType, 24 - 8 * byte));
    value =
        builder.create<arith::ShRSIOp>(loc, value, createSplat(wordType, 24));
    auto resultType = VectorType::get(lanes, type);
    if (type.isInteger(32))
      return value;
    if (type.isInteger(8))
      return builder.create<arith::TruncIOp>(loc, resultType, value);
    value = builder.create<arith::SIToFPOp>(loc, resultType, value);
    Value half = builder.create<arith::ConstantOp>(
        loc, DenseElementsAttr::get(
                 resultType, Attribute(builder.getFloatAttr(type, 0.5))));
    return builder.create<arith::AddFOp>(loc, value, half);
  }

  OpBuilder &builder;
  Location loc;
  TrellisDecodeOp op;
  codec::StreamScheme scheme;
  bool hasByteShuffle;
  int64_t rows = 0, lanes = 0;
  VectorType wordType, byteType;
  Value words, extra;
};

} // namespace

Value mlir::ccq::createStreamDecode(OpBuilder &builder, TrellisDecodeOp op,
                                    bool hasByteShuffle) {
  return StepEmitter(builder, op, hasByteShuffle).emit();
}
