//===- AttentionAlignment.cpp - attention in loops that agree -------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AttentionAlignment.h"

#include "LoopSplitting.h"
#include "MoveAbsorption.h"
#include "ccq/Dialect/CCQ/IR/CCQOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/SetVector.h"

#include <set>

using namespace mlir;
using namespace mlir::ccq;

/// Whether `value` is a weight, up to views.
static bool isWeight(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (isa<SourceOp, DecodeOp, arith::ConstantOp>(op))
      return true;
    if (!isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp, tensor::CastOp,
             tensor::ExtractSliceOp>(op))
      return false;
    value = op->getOperand(0);
  }
  return false;
}

bool mlir::ccq::isProductOfActivations(linalg::LinalgOp op) {
  if (!op.hasPureTensorSemantics() || op.getNumDpsInputs() != 2 ||
      op->getNumResults() != 1 || op.getNumReductionLoops() != 1)
    return false;
  SmallVector<unsigned> reductions;
  op.getReductionDims(reductions);
  return llvm::all_of(op.getDpsInputOperands(), [&](OpOperand *input) {
    return isa<RankedTensorType>(input->get().getType()) &&
           op.getMatchingIndexingMap(input).isFunctionOfDim(reductions[0]) &&
           !isWeight(input->get());
  });
}

namespace {

/// Two products, the second of which reads what is made of the first.
struct Attention {
  linalg::LinalgOp scores;
  linalg::LinalgOp mixture;
  /// Which operand of the mixture that is.
  unsigned weights;
};

/// Block order.
struct ComesBefore {
  bool operator()(Operation *a, Operation *b) const {
    return a != b && a->isBeforeInBlock(b);
  }
};

} // namespace

/// Whether `op`, a reader of scores, can stand between the two products.
static bool staysInRows(Operation *op) {
  if (isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp>(op))
    return true;
  auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
  return linalgOp && linalgOp.hasPureTensorSemantics() &&
         op->getNumResults() == 1;
}

/// The product that alone reads what is computed from `scores`, and by at least
/// one reduction.
static std::optional<Attention> findAttention(linalg::LinalgOp scores) {
  llvm::SmallPtrSet<Operation *, 16> members;
  std::set<Operation *, ComesBefore> users;
  auto add = [&](Operation *op) {
    members.insert(op);
    for (Operation *user : op->getUsers())
      users.insert(op->getBlock()->findAncestorOpInBlock(*user));
  };
  add(scores);
  bool reduces = false;
  while (!users.empty()) {
    Operation *op = *users.begin();
    users.erase(users.begin());
    auto reader = dyn_cast<linalg::LinalgOp>(op);
    if (!reader || !isProductOfActivations(reader)) {
      if (!staysInRows(op))
        return std::nullopt;
      reduces |= reader && reader.getNumReductionLoops() > 0;
      add(op);
      continue;
    }
    if (!users.empty() || !reduces)
      return std::nullopt;
    for (OpOperand *input : reader.getDpsInputOperands())
      if (members.contains(input->get().getDefiningOp()))
        return Attention{scores, reader, input->getOperandNumber()};
  }
  return std::nullopt;
}

/// `op` as a linalg.generic, or null.
static linalg::GenericOp generalize(RewriterBase &rewriter,
                                    linalg::LinalgOp op) {
  if (auto generic = dyn_cast<linalg::GenericOp>(op.getOperation()))
    return generic;
  rewriter.setInsertionPoint(op);
  FailureOr<linalg::GenericOp> generic =
      linalg::generalizeNamedOp(rewriter, op);
  return succeeded(generic) ? *generic : linalg::GenericOp();
}

static void align(RewriterBase &rewriter, const Attention &attention) {
  linalg::GenericOp scores = generalize(rewriter, attention.scores);
  linalg::GenericOp mixture = generalize(rewriter, attention.mixture);
  if (!scores || !mixture)
    return;
  if (auto split = splitByResult(rewriter, scores); succeeded(split))
    scores = *split;
  if (auto split = splitByInput(rewriter, mixture, attention.weights);
      succeeded(split))
    mixture = *split;
  for (unsigned input : {0, 1})
    absorbMovesOfInput(rewriter, scores, input);
  absorbMovesOfInput(rewriter, mixture, 1 - attention.weights);
  absorbTransposeOfResult(rewriter, mixture);
}

void mlir::ccq::alignAttention(func::FuncOp function) {
  IRRewriter rewriter(function.getContext());
  SmallVector<linalg::LinalgOp> products;
  for (auto op : function.getOps<linalg::LinalgOp>())
    if (isProductOfActivations(op))
      products.push_back(op);
  SmallVector<Attention> found;
  for (linalg::LinalgOp product : products) {
    std::optional<Attention> attention = findAttention(product);
    if (attention && (found.empty() || found.back().mixture != product))
      found.push_back(*attention);
  }
  for (const Attention &attention : found)
    align(rewriter, attention);
}
