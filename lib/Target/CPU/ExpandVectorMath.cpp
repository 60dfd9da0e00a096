//===- ExpandVectorMath.cpp - exp on vectors as polynomials ---------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Target/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::ccq {
#define GEN_PASS_DEF_EXPANDVECTORMATH
#include "ccq/Target/Passes.h.inc"
} // namespace mlir::ccq

using namespace mlir;
using namespace mlir::ccq;

namespace {

struct ExpandVectorMath
    : public ::mlir::ccq::impl::ExpandVectorMathBase<ExpandVectorMath> {
  using ExpandVectorMathBase::ExpandVectorMathBase;

  void runOnOperation() override {
    SmallVector<Operation *> calls;
    getOperation().walk([&](math::ExpOp op) {
      auto type = dyn_cast<VectorType>(op.getType());
      if (type && type.getElementType().isF32())
        calls.push_back(op);
    });
    RewritePatternSet patterns(&getContext());
    populateMathPolynomialApproximationPatterns(patterns);
    GreedyRewriteConfig config;
    config.strictMode = GreedyRewriteStrictness::ExistingOps;
    if (failed(applyOpPatternsAndFold(calls, std::move(patterns), config)))
      signalPassFailure();
  }
};

} // namespace
