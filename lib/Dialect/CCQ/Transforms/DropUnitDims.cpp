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

LogicalResult mlir::ccq::dropUnitDims(func::FuncOp function) {
  linalg::ControlDropUnitDims options;
  options.controlFn = [](Operation *op) -> SmallVector<unsigned> {
    auto generic = dyn_cast<linalg::GenericOp>(op);
    if (!generic || !readsExpanded(generic))
      return {};
    // The last one alone: a size-one dimension in the middle, such as a single
    // head, is one of the reduction's loops too.
    return {unsigned(generic.getNumLoops()) - 1};
  };
  RewritePatternSet patterns(function.getContext());
  linalg::populateFoldUnitExtentDimsPatterns(patterns, options);
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
