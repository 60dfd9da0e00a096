//===- ExpandHalf.cpp - f16 and bf16 without library calls ------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Target/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

#include <cmath>

namespace mlir::ccq {
#define GEN_PASS_DEF_EXPANDHALF
#include "ccq/Target/Passes.h.inc"
} // namespace mlir::ccq

using namespace mlir;
using namespace mlir::ccq;

// Fields of the two formats (IEEE 754-2019, table 3.5).
static constexpr int kHalfMantissaBits = 10, kFloatMantissaBits = 23;
static constexpr int kHalfBias = 15, kFloatBias = 127;
static constexpr int kMantissaDifference =
    kFloatMantissaBits - kHalfMantissaBits;
static constexpr uint32_t kHalfMagnitude = 0x7fff, kHalfSign = 0x8000;
static constexpr uint32_t kHalfMantissa = 0x3ff, kHalfInfinity = 0x7c00,
                          kHalfQuietNan = 0x7e00;
static constexpr uint32_t kFloatMagnitude = 0x7fffffff;
/// As f32: 2^-14, the smallest normal f16, and 2^16, above all of them.
static constexpr uint32_t kHalfNormal = 0x38800000, kHalfOverflow = 0x47800000;
/// An f16 with all exponent bits set, moved to f32's exponent field.
static constexpr uint32_t kMovedInfinity = 0x7c00u << 13;
static constexpr uint32_t kFloatInfinity = 0x7f800000;

static Type withElementType(Type type, Type elementType) {
  if (auto vector = dyn_cast<VectorType>(type))
    return vector.cloneWith(std::nullopt, elementType);
  return elementType;
}

namespace {

/// Creates integer and float operations on values shaped like one operation's
/// result.
class BitBuilder {
public:
  BitBuilder(PatternRewriter &rewriter, Operation *op)
      : rewriter(rewriter), loc(op->getLoc()),
        shaped(op->getResult(0).getType()) {}

  /// The operation's type with other elements.
  Type getType(Type element) { return withElementType(shaped, element); }
  Type getI32() { return getType(rewriter.getI32Type()); }

  Value createConstant(uint32_t value) {
    return createSplat(getI32(), rewriter.getI32IntegerAttr(int32_t(value)));
  }
  Value createFloat(float value) {
    return createSplat(getType(rewriter.getF32Type()),
                       rewriter.getF32FloatAttr(value));
  }
  Value castBits(Type type, Value value) {
    return rewriter.create<arith::BitcastOp>(loc, type, value);
  }
  template <typename OpT, typename... Args> Value create(Args &&...args) {
    return rewriter.create<OpT>(loc, std::forward<Args>(args)...);
  }

private:
  Value createSplat(Type type, TypedAttr value) {
    TypedAttr attribute = value;
    if (auto vector = dyn_cast<VectorType>(type))
      attribute = DenseElementsAttr::get(vector, ArrayRef<Attribute>(value));
    return rewriter.create<arith::ConstantOp>(loc, attribute);
  }

  PatternRewriter &rewriter;
  Location loc;
  Type shaped;
};

static Type getElement(Value value) {
  return getElementTypeOrSelf(value.getType());
}

/// Through f32, which holds every f16.
struct SplitExtension : public OpRewritePattern<arith::ExtFOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(arith::ExtFOp op,
                                PatternRewriter &rewriter) const override {
    if (!getElement(op.getIn()).isF16() || !getElement(op.getOut()).isF64())
      return failure();
    BitBuilder bits(rewriter, op);
    Value single = bits.create<arith::ExtFOp>(
        bits.getType(rewriter.getF32Type()), op.getIn());
    rewriter.replaceOpWithNewOp<arith::ExtFOp>(op, op.getType(), single);
    return success();
  }
};

/// Moves the fields to their places in an f32; the exponent is then too small
/// by the difference of the biases, which one multiplication by a power of two
/// repairs, exactly and for subnormal numbers too. Infinities and NaNs get
/// their exponent back afterwards.
struct ExpandExtension : public OpRewritePattern<arith::ExtFOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(arith::ExtFOp op,
                                PatternRewriter &rewriter) const override {
    if (!getElement(op.getIn()).isF16() || !getElement(op.getOut()).isF32())
      return failure();
    BitBuilder bits(rewriter, op);
    Value half = bits.create<arith::ExtUIOp>(
        bits.getI32(),
        bits.castBits(bits.getType(rewriter.getI16Type()), op.getIn()));
    Value magnitude = bits.create<arith::ShLIOp>(
        bits.create<arith::AndIOp>(half, bits.createConstant(kHalfMagnitude)),
        bits.createConstant(kMantissaDifference));
    Value sign = bits.create<arith::ShLIOp>(
        bits.create<arith::AndIOp>(half, bits.createConstant(kHalfSign)),
        bits.createConstant(16));
    Value scaled = bits.create<arith::MulFOp>(
        bits.castBits(op.getType(), magnitude),
        bits.createFloat(std::ldexp(1.0f, kFloatBias - kHalfBias)));
    Value isSpecial =
        bits.create<arith::CmpIOp>(arith::CmpIPredicate::uge, magnitude,
                                   bits.createConstant(kMovedInfinity));
    Value special = bits.create<arith::OrIOp>(
        magnitude, bits.createConstant(kFloatInfinity));
    Value result = bits.create<arith::SelectOp>(
        isSpecial, special, bits.castBits(bits.getI32(), scaled));
    result = bits.create<arith::OrIOp>(result, sign);
    rewriter.replaceOpWithNewOp<arith::BitcastOp>(op, op.getType(), result);
    return success();
  }
};

/// Through f32 rounded to odd: towards zero, with the last bit set when that
/// was inexact. f32 has more than two bits more than f16 and bf16, so that the
/// second rounding gives what one alone would have (Boldo and Melquiond,
/// Emulation of FMA and correctly rounded sums, 2008).
struct SplitTruncation : public OpRewritePattern<arith::TruncFOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(arith::TruncFOp op,
                                PatternRewriter &rewriter) const override {
    Type to = getElement(op.getOut());
    if (!getElement(op.getIn()).isF64() || !(to.isF16() || to.isBF16()))
      return failure();
    BitBuilder bits(rewriter, op);
    Type f32 = bits.getType(rewriter.getF32Type());
    Value nearest = bits.create<arith::TruncFOp>(f32, op.getIn());
    Value back = bits.create<arith::ExtFOp>(op.getIn().getType(), nearest);
    auto magnitude = [&](Value value) {
      return bits.create<math::AbsFOp>(value);
    };
    // Ordered comparisons: NaN counts as exact.
    Value isAway = bits.create<arith::CmpFOp>(
        arith::CmpFPredicate::OGT, magnitude(back), magnitude(op.getIn()));
    Value isInexact =
        bits.create<arith::CmpFOp>(arith::CmpFPredicate::ONE, back, op.getIn());
    Value one = bits.createConstant(1), zero = bits.createConstant(0);
    Value number = bits.castBits(bits.getI32(), nearest);
    number = bits.create<arith::SubIOp>(
        number, bits.create<arith::SelectOp>(isAway, one, zero));
    number = bits.create<arith::OrIOp>(
        number, bits.create<arith::SelectOp>(isInexact, one, zero));
    rewriter.replaceOpWithNewOp<arith::TruncFOp>(op, op.getType(),
                                                 bits.castBits(f32, number));
    return success();
  }
};

/// Rounds to nearest, ties to even. The difference of the biases comes off the
/// exponent of normal numbers, and half a unit in the last place, less one if
/// that place is even, rounds by carrying; the sum of a subnormal result and
/// 0.5 has that result in its last bits, rounded by the addition. NaNs keep the
/// upper bits of their payload and become quiet, as the hardware does it.
struct ExpandTruncation : public OpRewritePattern<arith::TruncFOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(arith::TruncFOp op,
                                PatternRewriter &rewriter) const override {
    if (!getElement(op.getIn()).isF32() || !getElement(op.getOut()).isF16())
      return failure();
    BitBuilder bits(rewriter, op);
    Value number = bits.castBits(bits.getI32(), op.getIn());
    Value magnitude = bits.create<arith::AndIOp>(
        number, bits.createConstant(kFloatMagnitude));
    Value sign = bits.create<arith::AndIOp>(
        bits.create<arith::ShRUIOp>(number, bits.createConstant(16)),
        bits.createConstant(kHalfSign));
    auto isLess = [&](Value value, uint32_t limit) {
      return bits.create<arith::CmpIOp>(arith::CmpIPredicate::ult, value,
                                        bits.createConstant(limit));
    };
    Value result = bits.create<arith::SelectOp>(
        isLess(magnitude, kHalfNormal), createSubnormal(bits, magnitude),
        createNormal(bits, magnitude));
    Value isNan =
        bits.create<arith::CmpIOp>(arith::CmpIPredicate::ugt, magnitude,
                                   bits.createConstant(kFloatInfinity));
    Value special = bits.create<arith::SelectOp>(
        isNan, createNan(bits, magnitude), bits.createConstant(kHalfInfinity));
    result = bits.create<arith::SelectOp>(isLess(magnitude, kHalfOverflow),
                                          result, special);
    result = bits.create<arith::OrIOp>(result, sign);
    Type i16 = bits.getType(rewriter.getI16Type());
    rewriter.replaceOpWithNewOp<arith::BitcastOp>(
        op, op.getType(), bits.create<arith::TruncIOp>(i16, result));
    return success();
  }

private:
  static Value createNormal(BitBuilder &bits, Value magnitude) {
    Value moved = bits.create<arith::ShRUIOp>(
        magnitude, bits.createConstant(kMantissaDifference));
    Value isOdd = bits.create<arith::AndIOp>(moved, bits.createConstant(1));
    uint32_t bias = uint32_t(kHalfBias - kFloatBias) << kFloatMantissaBits;
    uint32_t below = (1u << (kMantissaDifference - 1)) - 1;
    Value rounded = bits.create<arith::AddIOp>(
        bits.create<arith::AddIOp>(magnitude,
                                   bits.createConstant(bias + below)),
        isOdd);
    return bits.create<arith::ShRUIOp>(
        rounded, bits.createConstant(kMantissaDifference));
  }

  static Value createSubnormal(BitBuilder &bits, Value magnitude) {
    Value half = bits.createFloat(0.5f);
    Value sum = bits.create<arith::AddFOp>(
        bits.castBits(half.getType(), magnitude), half);
    return bits.create<arith::SubIOp>(bits.castBits(bits.getI32(), sum),
                                      bits.castBits(bits.getI32(), half));
  }

  static Value createNan(BitBuilder &bits, Value magnitude) {
    Value payload = bits.create<arith::AndIOp>(
        bits.create<arith::ShRUIOp>(magnitude,
                                    bits.createConstant(kMantissaDifference)),
        bits.createConstant(kHalfMantissa));
    return bits.create<arith::OrIOp>(payload,
                                     bits.createConstant(kHalfQuietNan));
  }
};

struct ExpandHalf : public ::mlir::ccq::impl::ExpandHalfBase<ExpandHalf> {
  using ExpandHalfBase::ExpandHalfBase;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<SplitTruncation>(&getContext());
    if (!hasConversion)
      patterns.add<ExpandExtension, ExpandTruncation, SplitExtension>(
          &getContext());
    if (failed(
            applyPatternsAndFoldGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
