//===- LowerGPUMath.cpp - math ops without libdevice ------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ExpandPower.h"
#include "ccq/Conversion/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::ccq {
#define GEN_PASS_DEF_LOWERGPUMATH
#include "ccq/Conversion/Passes.h.inc"
} // namespace mlir::ccq

using namespace mlir;
using namespace mlir::ccq;

/// Ops that the GPU has instructions for, and the intrinsics that select them.
static StringRef getIntrinsic(Operation *op) {
  return llvm::StringSwitch<StringRef>(op->getName().getStringRef())
      .Case("math.absf", "llvm.fabs")
      .Case("math.ceil", "llvm.ceil")
      .Case("math.copysign", "llvm.copysign")
      .Case("math.floor", "llvm.floor")
      .Case("math.fma", "llvm.fma")
      .Case("math.round", "llvm.round")
      .Case("math.roundeven", "llvm.roundeven")
      .Case("math.sqrt", "llvm.sqrt")
      .Case("math.trunc", "llvm.trunc")
      .Default("");
}

/// Ops with an expansion whose error is measured
/// (docs/Rationale/CudaKernels.md, "Elementary functions").
static bool isExpanded(Operation *op) {
  return isa<math::AbsIOp, math::ErfOp, math::ExpOp, math::LogOp, math::Log1pOp,
             math::PowFOp, math::RsqrtOp, math::TanhOp>(op);
}

static bool isMath(Operation *op) {
  return isa_and_nonnull<math::MathDialect>(op->getDialect());
}

/// Reports the math ops that have neither instruction nor expansion.
static LogicalResult checkMath(Operation *root) {
  WalkResult result = root->walk([](Operation *op) -> WalkResult {
    if (!isMath(op) || !getIntrinsic(op).empty())
      return WalkResult::advance();
    if (!isExpanded(op))
      return op->emitOpError() << "expected a function with a GPU expansion: "
                                  "absi, erf, exp, log, log1p, powf, rsqrt, "
                                  "tanh";
    Type type = op->getResult(0).getType();
    if (!isa<math::AbsIOp>(op) && !type.isF32())
      return op->emitOpError()
             << "expected f32 operands of a GPU expansion, got " << type;
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

namespace {

/// |x| as the larger of x and -x; the smallest integer wraps to itself.
struct ExpandAbsI : OpRewritePattern<math::AbsIOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(math::AbsIOp op,
                                PatternRewriter &rewriter) const override {
    Value x = op.getOperand();
    Value zero = rewriter.create<arith::ConstantOp>(
        op.getLoc(), rewriter.getZeroAttr(x.getType()));
    Value negative = rewriter.create<arith::SubIOp>(op.getLoc(), zero, x);
    rewriter.replaceOpWithNewOp<arith::MaxSIOp>(op, x, negative);
    return success();
  }
};

} // namespace

namespace {

class LowerGPUMath : public mlir::ccq::impl::LowerGPUMathBase<LowerGPUMath> {
  void runOnOperation() override {
    Operation *root = getOperation();
    if (failed(checkMath(root)))
      return signalPassFailure();
    RewritePatternSet patterns(&getContext());
    populateMathPolynomialApproximationPatterns(patterns, {});
    populateExpandRsqrtPattern(patterns);
    populateExpandPowerPatterns(patterns);
    patterns.add<ExpandAbsI>(&getContext());
    if (failed(applyPatternsAndFoldGreedily(root, std::move(patterns))))
      return signalPassFailure();
    root->walk([](Operation *op) {
      StringRef intrinsic = getIntrinsic(op);
      if (intrinsic.empty())
        return;
      OpBuilder builder(op);
      auto call = builder.create<LLVM::CallIntrinsicOp>(
          op->getLoc(), op->getResult(0).getType(),
          builder.getStringAttr(intrinsic), op->getOperands());
      op->replaceAllUsesWith(call);
      op->erase();
    });
  }
};

} // namespace
