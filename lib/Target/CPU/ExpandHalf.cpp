//===- ExpandHalf.cpp - f16 to f32 without conversion hardware --*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Target/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
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
static constexpr uint32_t kHalfMagnitude = 0x7fff, kHalfSign = 0x8000;
/// An f16 with all exponent bits set, moved to f32's exponent field.
static constexpr uint32_t kMovedInfinity = 0x7c00u << 13;
static constexpr uint32_t kFloatInfinity = 0x7f800000;

static Type withElementType(Type type, Type elementType) {
  if (auto vector = dyn_cast<VectorType>(type))
    return vector.cloneWith(std::nullopt, elementType);
  return elementType;
}

namespace {

/// Moves the fields to their places in an f32; the exponent is then too small
/// by the difference of the biases, which one multiplication by a power of two
/// repairs, exactly and for subnormal numbers too. Infinities and NaNs get
/// their exponent back afterwards.
struct ExpandExtension : public OpRewritePattern<arith::ExtFOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(arith::ExtFOp op,
                                PatternRewriter &rewriter) const override {
    if (!getElementTypeOrSelf(op.getIn().getType()).isF16() ||
        !getElementTypeOrSelf(op.getType()).isF32())
      return failure();
    Location loc = op.getLoc();
    Type i32 = withElementType(op.getType(), rewriter.getI32Type());
    Type i16 = withElementType(op.getType(), rewriter.getI16Type());
    auto splat = [&](Type type, TypedAttr value) -> Value {
      TypedAttr attribute = value;
      if (auto vector = dyn_cast<VectorType>(type))
        attribute = DenseElementsAttr::get(vector, ArrayRef<Attribute>(value));
      return rewriter.create<arith::ConstantOp>(loc, attribute);
    };
    auto integer = [&](uint32_t value) {
      return splat(i32, rewriter.getI32IntegerAttr(int32_t(value)));
    };
    Value half = rewriter.create<arith::ExtUIOp>(
        loc, i32, rewriter.create<arith::BitcastOp>(loc, i16, op.getIn()));
    Value magnitude = rewriter.create<arith::ShLIOp>(
        loc, rewriter.create<arith::AndIOp>(loc, half, integer(kHalfMagnitude)),
        integer(kFloatMantissaBits - kHalfMantissaBits));
    Value sign = rewriter.create<arith::ShLIOp>(
        loc, rewriter.create<arith::AndIOp>(loc, half, integer(kHalfSign)),
        integer(16));
    float scale = std::ldexp(1.0f, kFloatBias - kHalfBias);
    Value scaled = rewriter.create<arith::MulFOp>(
        loc, rewriter.create<arith::BitcastOp>(loc, op.getType(), magnitude),
        splat(op.getType(), rewriter.getF32FloatAttr(scale)));
    Value bits = rewriter.create<arith::BitcastOp>(loc, i32, scaled);
    Value isSpecial = rewriter.create<arith::CmpIOp>(
        loc, arith::CmpIPredicate::uge, magnitude, integer(kMovedInfinity));
    Value special =
        rewriter.create<arith::OrIOp>(loc, magnitude, integer(kFloatInfinity));
    bits = rewriter.create<arith::SelectOp>(loc, isSpecial, special, bits);
    bits = rewriter.create<arith::OrIOp>(loc, bits, sign);
    rewriter.replaceOpWithNewOp<arith::BitcastOp>(op, op.getType(), bits);
    return success();
  }
};

struct ExpandHalf : public ::mlir::ccq::impl::ExpandHalfBase<ExpandHalf> {
  using ExpandHalfBase::ExpandHalfBase;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<ExpandExtension>(&getContext());
    if (failed(
            applyPatternsAndFoldGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
