//===- DropUnitDims.cpp - loops without dimensions of size one --*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DropUnitDims.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

/// Whether `op` is elementwise and reads a value that a reshape gave dimensions
/// to.
static bool readsExpanded(linalg::GenericOp op) {
  return op.getNumLoops() > 0 && op.getNumParallelLoops() == op.getNumLoops() &&
         llvm::any_of(op.getInputs(), [](Value input) {
           return input.getDefiningOp<tensor::ExpandShapeOp>() != nullptr;
         });
}

namespace {

/// Drops the last loop of an elementwise op that reads an expanded value. The
/// patterns that MLIR has around it are not used: they compose reshapes, and
/// with several sizes that are not constant divide by a size they do not know.
struct DropLastLoop : public OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    if (!readsExpanded(op))
      return failure();
    linalg::ControlDropUnitDims options;
    // The last one alone: a size-one dimension in the middle, such as a single
    // head, is one of the reduction's loops too.
    options.controlFn = [](Operation *op) -> SmallVector<unsigned> {
      return {cast<linalg::GenericOp>(op).getNumLoops() - 1};
    };
    return linalg::dropUnitDims(rewriter, op, options);
  }
};

} // namespace

LogicalResult mlir::ccq::dropUnitDims(func::FuncOp function) {
  RewritePatternSet patterns(function.getContext());
  patterns.add<DropLastLoop>(function.getContext());
  // Nothing else is folded: the decode of a small constant would be.
  SmallVector<Operation *> ops;
  function.walk([&](Operation *op) {
    if (isa<linalg::GenericOp, tensor::ExpandShapeOp, tensor::CollapseShapeOp>(
            op))
      ops.push_back(op);
  });
  GreedyRewriteConfig config;
  config.strictMode = GreedyRewriteStrictness::ExistingAndNewOps;
  return applyOpPatternsAndFold(ops, std::move(patterns), config);
}
