//===- ExpandPower.cpp - x^y as double arithmetic ---------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ExpandPower.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

#include <cmath>
#include <limits>
#include <numbers>

using namespace mlir;
using namespace mlir::ccq;

/// Explicit mantissa bits and exponent bias of an f64.
static constexpr int64_t kMantissaBits = 52;
static constexpr int64_t kExponentBias = 1023;
/// Bits of the f64 sqrt(1/2), where the mantissas of the logarithm begin.
static constexpr int64_t kRootOfHalf = 0x3fe6a09e667f3bcd;
/// 1.5 * 2^52: the sum with a smaller number has its rounded value in the low
/// mantissa bits.
static constexpr double kRoundingMagic = 6755399441055744.0;
/// Beyond these powers of two an f32 is infinite, or zero.
static constexpr double kExponentLimit = 200;

namespace {

/// Emits the parts of the expansion. Doubles are f64, words i64.
class PowerBuilder : public ImplicitLocOpBuilder {
public:
  using ImplicitLocOpBuilder::ImplicitLocOpBuilder;

  Value constant(double value) {
    return create<arith::ConstantOp>(getF64FloatAttr(value));
  }
  Value constantF32(float value) {
    return create<arith::ConstantOp>(getF32FloatAttr(value));
  }
  Value word(int64_t value) {
    return create<arith::ConstantOp>(getI64IntegerAttr(value));
  }
  Value bits(Value value) {
    return create<arith::BitcastOp>(getI64Type(), value);
  }
  Value fromBits(Value value) {
    return create<arith::BitcastOp>(getF64Type(), value);
  }
  Value compare(arith::CmpFPredicate predicate, Value lhs, Value rhs) {
    return create<arith::CmpFOp>(predicate, lhs, rhs);
  }
  Value select(Value condition, Value lhs, Value rhs) {
    return create<arith::SelectOp>(condition, lhs, rhs);
  }
  Value both(Value lhs, Value rhs) { return create<arith::AndIOp>(lhs, rhs); }

  /// coefficients[0] + x * (coefficients[1] + x * ...).
  Value evaluatePolynomial(Value x, ArrayRef<double> coefficients) {
    Value sum = constant(coefficients.back());
    for (double coefficient : llvm::reverse(coefficients.drop_back()))
      sum = create<math::FmaOp>(sum, x, constant(coefficient));
    return sum;
  }

  /// log2 of a positive normal f64, or of zero and infinity.
  Value createLog2(Value x);
  /// 2^p, p clamped to +-kExponentLimit; NaN gives a number.
  Value createExp2(Value p);
  /// |x|^y as f32, for y other than 0 and NaN.
  Value createMagnitude(Value x, Value y);
  /// What negative x and the cases of y = 0, x = 1 and NaN make of it.
  Value applySigns(Value x, Value y, Value magnitude);
};

} // namespace

Value PowerBuilder::createLog2(Value x) {
  // x = m * 2^e with m in [sqrt(1/2), sqrt(2)).
  Value above = create<arith::SubIOp>(bits(x), word(kRootOfHalf));
  Value exponent = create<arith::ShRSIOp>(above, word(kMantissaBits));
  Value mantissa = fromBits(create<arith::SubIOp>(
      bits(x), create<arith::ShLIOp>(exponent, word(kMantissaBits))));
  // log m = 2 artanh(t), t = (m - 1) / (m + 1), |t| < 0.1716; the first term
  // left out is t^14 / 15 < 2^-39 of the sum.
  Value one = constant(1);
  Value t = create<arith::DivFOp>(create<arith::SubFOp>(mantissa, one),
                                  create<arith::AddFOp>(mantissa, one));
  SmallVector<double> coefficients;
  for (int term = 0; term < 7; ++term)
    coefficients.push_back(2 * std::numbers::log2e / (2 * term + 1));
  Value series = evaluatePolynomial(create<arith::MulFOp>(t, t), coefficients);
  Value whole = create<arith::SIToFPOp>(getF64Type(), exponent);
  Value log = create<math::FmaOp>(t, series, whole);
  const double infinity = std::numeric_limits<double>::infinity();
  log = select(compare(arith::CmpFPredicate::OEQ, x, constant(0)),
               constant(-infinity), log);
  return select(compare(arith::CmpFPredicate::OEQ, x, constant(infinity)),
                constant(infinity), log);
}

Value PowerBuilder::createExp2(Value p) {
  p = create<arith::MaxNumFOp>(p, constant(-kExponentLimit));
  p = create<arith::MinNumFOp>(p, constant(kExponentLimit));
  Value magic = constant(kRoundingMagic);
  Value shifted = create<arith::AddFOp>(p, magic);
  Value fraction =
      create<arith::SubFOp>(p, create<arith::SubFOp>(shifted, magic));
  // exp(f log 2), |f| <= 1/2: the first term left out is below 2^-41.
  SmallVector<double> coefficients = {1};
  for (int term = 1; term < 11; ++term)
    coefficients.push_back(coefficients.back() * std::numbers::ln2 / term);
  Value power = evaluatePolynomial(fraction, coefficients);
  // The magic's own bits vanish in the shift, but for those of its exponent.
  Value exponent = create<arith::ShLIOp>(
      create<arith::AddIOp>(bits(shifted), word(kExponentBias)),
      word(kMantissaBits));
  return create<arith::MulFOp>(power, fromBits(exponent));
}

Value PowerBuilder::createMagnitude(Value x, Value y) {
  Type f64 = getF64Type();
  Value absolute = create<math::AbsFOp>(x);
  Value base = create<arith::ExtFOp>(f64, absolute);
  Value product =
      create<arith::MulFOp>(createLog2(base), create<arith::ExtFOp>(f64, y));
  Value magnitude = create<arith::TruncFOp>(getF32Type(), createExp2(product));
  // 1^infinity would be 2^(0 * infinity).
  return select(compare(arith::CmpFPredicate::OEQ, base, constant(1)),
                constantF32(1), magnitude);
}

Value PowerBuilder::applySigns(Value x, Value y, Value magnitude) {
  using Predicate = arith::CmpFPredicate;
  Value zero = constantF32(0);
  Value half = create<arith::MulFOp>(y, constantF32(0.5f));
  Value isInteger = compare(Predicate::OEQ, create<math::FloorOp>(y), y);
  Value isEven = compare(Predicate::OEQ, create<math::FloorOp>(half), half);
  Value xBits = create<arith::BitcastOp>(getI32Type(), x);
  Value isSigned =
      create<arith::CmpIOp>(arith::CmpIPredicate::slt, xBits,
                            create<arith::ConstantOp>(getI32IntegerAttr(0)));
  Value negative = create<arith::NegFOp>(magnitude);
  Value result =
      select(both(isSigned,
                  select(isEven, create<arith::ConstantOp>(getBoolAttr(false)),
                         isInteger)),
             negative, magnitude);
  // Negative finite x has no power but integer ones.
  const float infinity = std::numeric_limits<float>::infinity();
  Value isFinite = compare(Predicate::OGT, x, constantF32(-infinity));
  Value isNegative = both(compare(Predicate::OLT, x, zero), isFinite);
  Value isFraction = compare(Predicate::ONE, create<math::FloorOp>(y), y);
  Value nan = constantF32(std::numeric_limits<float>::quiet_NaN());
  result = select(both(isNegative, isFraction), nan, result);
  result = select(compare(Predicate::UNO, x, y), nan, result);
  Value one = constantF32(1);
  result = select(compare(Predicate::OEQ, x, one), one, result);
  return select(compare(Predicate::OEQ, y, zero), one, result);
}

namespace {

struct ExpandPower : OpRewritePattern<math::PowFOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(math::PowFOp op,
                                PatternRewriter &rewriter) const override {
    if (!op.getType().isF32())
      return failure();
    PowerBuilder builder(op.getLoc(), rewriter);
    Value x = op.getLhs(), y = op.getRhs();
    Value magnitude = builder.createMagnitude(x, y);
    rewriter.replaceOp(op, builder.applySigns(x, y, magnitude));
    return success();
  }
};

} // namespace

void mlir::ccq::populateExpandPowerPatterns(RewritePatternSet &patterns) {
  patterns.add<ExpandPower>(patterns.getContext());
}
