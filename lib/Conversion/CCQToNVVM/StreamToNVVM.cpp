//===- StreamToNVVM.cpp - one step of a stream on registers -----*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StreamToNVVM.h"

#include "ccq/Codec/Stream.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::ccq;
namespace codec = ::ccq::codec;

/// Truth tables of lop3: a ^ b ^ c, (a & c) ^ b, and
/// ((a ^ b) & c) | (~a & ~c).
static constexpr unsigned kXor = 0x96, kMaskAndFlip = 0x6c, kSelectIndex = 0x2d;
/// Top bits of four bytes: flipping them makes level + 128.
static constexpr uint32_t kSignBits = 0x80808080;
/// High byte of the f16 1024 in every byte, and selectors that put it above
/// bytes 0 and 1 or 2 and 3 of a register.
static constexpr uint32_t kHalfMagic = 0x64646464;
static constexpr std::array<uint32_t, 2> kHalfSelectors = {0x4140, 0x4342};
/// 1024 and the 128 of the flipped sign.
static constexpr float kHalfBias = 1024 + 128;

namespace {

/// Emits the decode of one step: a word has eight nibbles, each of which gives
/// an even and an odd weight.
class RegisterEmitter {
public:
  RegisterEmitter(OpBuilder &builder, TrellisDecodeOp op)
      : builder(builder), loc(op.getLoc()), op(op),
        scheme(op.getStreamScheme().getStream()) {
    for (int64_t i = 0; i < op.getWords().getType().getDimSize(0); ++i)
      words.push_back(extract(op.getWords(), i));
  }

  Value emit() {
    int64_t count = 2 * codec::streamLanes;
    auto type = VectorType::get(count, builder.getF16Type());
    Value result =
        builder.create<arith::ConstantOp>(loc, builder.getZeroAttr(type));
    int64_t next = 0;
    for (bool isOdd : {false, true})
      for (Value levels : emitParity(isOdd))
        for (uint32_t selector : kHalfSelectors) {
          result = builder.create<vector::InsertStridedSliceOp>(
              loc, emitHalves(levels, selector), result, next, int64_t(1));
          next += 2;
        }
    return builder.create<vector::ShapeCastOp>(loc, op.getResult().getType(),
                                               result);
  }

private:
  Value extract(Value rows, int64_t row) {
    return builder.createOrFold<vector::ExtractOp>(loc, rows,
                                                   ArrayRef<int64_t>{row, 0});
  }

  Value createWord(uint32_t value) {
    return builder.create<arith::ConstantOp>(
        loc, builder.getI32IntegerAttr(int32_t(value)));
  }

  Value createShift(Value value, int64_t left) {
    Value amount = createWord(uint32_t(std::abs(left)));
    if (left < 0)
      return builder.create<arith::ShRUIOp>(loc, value, amount);
    return builder.create<arith::ShLIOp>(loc, value, amount);
  }

  /// One lop3, opaque to LLVM, which would not form it.
  Value combine(Value a, Value b, Value c, unsigned table) {
    std::string text =
        "lop3.b32 $0, $1, $2, $3, " + std::to_string(table) + ";";
    bool isConstant = bool(c.getDefiningOp<arith::ConstantOp>());
    return builder
        .create<LLVM::InlineAsmOp>(
            loc, builder.getI32Type(), ValueRange{a, b, c}, text,
            isConstant ? "=r,r,r,n" : "=r,r,r,r", /*has_side_effects=*/false,
            /*is_align_stack=*/false, LLVM::AsmDialectAttr(), ArrayAttr())
        .getRes();
  }

  Value permute(Value low, Value high, Value selector) {
    return builder
        .create<LLVM::CallIntrinsicOp>(loc, builder.getI32Type(),
                                       builder.getStringAttr("llvm.nvvm.prmt"),
                                       ValueRange{low, high, selector})
        .getResults();
  }

  /// XOR of the words that `taps` selects, two with every lop3.
  Value combineWords(unsigned taps) {
    SmallVector<Value> tapped;
    for (auto [back, word] : llvm::enumerate(words))
      if (taps >> back & 1)
        tapped.push_back(word);
    while (tapped.size() > 2) {
      Value c = tapped.pop_back_val(), b = tapped.pop_back_val();
      tapped.back() = combine(tapped.back(), b, c, kXor);
    }
    if (tapped.empty())
      return createWord(0);
    if (tapped.size() == 1)
      return tapped.front();
    return builder.create<arith::XOrIOp>(loc, tapped[0], tapped[1]);
  }

  /// Flips the bits of every nibble that `pattern` names where bit 0 of
  /// `plane`'s nibble is set.
  Value flip(Value value, Value plane, unsigned pattern) {
    // A step without an extra bit has a zero there.
    if (matchPattern(plane, m_Zero()))
      return value;
    if (pattern == 0)
      return value;
    if (llvm::popcount(pattern) > 1) {
      // A product puts the pattern where the bit is, without carries.
      Value bits =
          builder.create<arith::AndIOp>(loc, plane, createWord(0x11111111u));
      Value flips =
          builder.create<arith::MulIOp>(loc, bits, createWord(pattern));
      return builder.create<arith::XOrIOp>(loc, value, flips);
    }
    unsigned position = llvm::countr_zero(pattern);
    Value moved = position ? createShift(plane, position) : plane;
    return combine(moved, value, createWord(0x11111111u << position),
                   kMaskAndFlip);
  }

  /// The levels plus 128 of nibbles 0 to 3, then of 4 to 7, as bytes.
  std::array<Value, 2> emitParity(bool isOdd) {
    const codec::StreamScheme::Weight &weight =
        isOdd ? scheme.odd : scheme.even;
    Value n = combineWords(weight.tapsN);
    // y = n ^ difference.
    Value difference = combineWords(weight.tapsN ^ weight.tapsY);
    if (op.getExtra()) {
      Value plane = extract(op.getExtra(), isOdd);
      n = flip(n, plane, weight.extraN);
      difference = flip(difference, plane, (weight.extraN ^ weight.extraY) & 7);
    }
    // m = (y & 7) | (~n & 8) in every nibble.
    Value m = combine(n, difference, createWord(0x77777777), kSelectIndex);
    std::array<Value, 2> levels;
    for (int64_t half : {0, 1}) {
      Value first = lookUp(weight.tables.data(), n, half);
      Value second = lookUp(weight.tables.data() + 8, m, half);
      levels[half] = combine(first, second, createWord(kSignBits), kXor);
    }
    return levels;
  }

  /// Table entries of four nibbles: what prmt does by default.
  Value lookUp(const uint8_t *table, Value selectors, int64_t half) {
    std::array<uint32_t, 2> words = {0, 0};
    for (unsigned i = 0; i < 8; ++i)
      words[i / 4] |= uint32_t(table[i]) << (8 * (i % 4));
    if (half)
      selectors = createShift(selectors, -16);
    return permute(createWord(words[0]), createWord(words[1]), selectors);
  }

  /// Two of four levels plus 128 as f16x2 of level + 0.5, exactly. Both
  /// constants are f16 numbers, their sum is not.
  Value emitHalves(Value levels, uint32_t selector) {
    Value bits = permute(levels, createWord(kHalfMagic), createWord(selector));
    auto type = VectorType::get(2, builder.getF16Type());
    auto splat = [&](float value) -> Value {
      return builder.create<arith::ConstantOp>(
          loc, DenseElementsAttr::get(type, builder.getF16FloatAttr(value)));
    };
    Value word = builder.create<vector::BroadcastOp>(
        loc, VectorType::get(1, builder.getI32Type()), bits);
    Value halves = builder.create<vector::BitCastOp>(loc, type, word);
    Value level = builder.create<arith::SubFOp>(loc, halves, splat(kHalfBias));
    return builder.create<arith::AddFOp>(loc, level, splat(0.5f));
  }

  OpBuilder &builder;
  Location loc;
  TrellisDecodeOp op;
  codec::StreamScheme scheme;
  SmallVector<Value> words;
};

} // namespace

FailureOr<Value> mlir::ccq::createStreamRegisters(OpBuilder &builder,
                                                  TrellisDecodeOp op) {
  VectorType words = op.getWords().getType(), type = op.getResult().getType();
  if (words.getNumElements() != words.getDimSize(0) || words.getRank() != 2)
    return op.emitOpError()
           << "expected one word per step of a stream on NVVM, got " << words;
  if (!type.getElementType().isF16())
    return op.emitOpError()
           << "expected f16 results on NVVM, got " << type.getElementType();
  return RegisterEmitter(builder, op).emit();
}
