//===- FuseElementwise.cpp - one elementwise op instead of many -*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Target/Passes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::ccq {
#define GEN_PASS_DEF_FUSEELEMENTWISE
#include "ccq/Target/Passes.h.inc"
} // namespace mlir::ccq

using namespace mlir;
using namespace mlir::ccq;

/// Whether computing `operand` where it is read would compute it several times:
/// for a reduction that also has loops over other things, a product.
static bool isReadRepeatedly(OpOperand *operand) {
  auto reader = cast<linalg::LinalgOp>(operand->getOwner());
  AffineMap map = reader.getMatchingIndexingMap(operand);
  SmallVector<unsigned> loops;
  reader.getParallelDims(loops);
  return reader.getNumReductionLoops() > 0 &&
         llvm::any_of(
             loops, [&](unsigned loop) { return !map.isFunctionOfDim(loop); });
}

namespace {

struct FuseElementwise
    : public ::mlir::ccq::impl::FuseElementwiseBase<FuseElementwise> {
  using FuseElementwiseBase::FuseElementwiseBase;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    linalg::populateElementwiseOpsFusionPatterns(
        patterns, [](OpOperand *operand) {
          Operation *producer = operand->get().getDefiningOp();
          return producer && producer->hasOneUse() &&
                 !isReadRepeatedly(operand);
        });
    affine::AffineApplyOp::getCanonicalizationPatterns(patterns, &getContext());
    linalg::GenericOp::getCanonicalizationPatterns(patterns, &getContext());
    if (failed(
            applyPatternsAndFoldGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
