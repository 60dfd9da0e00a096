//===- CollapseElementwise.cpp - elementwise ops on rows --------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CollapseElementwise.h"

#include "AttentionAlignment.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::ccq;

/// The expanded result of a linalg op among the inputs that `op` reads element
/// by element, or null.
static tensor::ExpandShapeOp findExpandedInput(linalg::GenericOp op) {
  for (OpOperand *input : op.getDpsInputOperands()) {
    auto expand = input->get().getDefiningOp<tensor::ExpandShapeOp>();
    if (expand && op.getMatchingIndexingMap(input).isIdentity() &&
        expand.getSrc().getDefiningOp<linalg::LinalgOp>())
      return expand;
  }
  return {};
}

/// `map` in terms of the loops that `groups` leave, or null when it reads a
/// dimension of a group of several on its own.
static AffineMap collapseMap(AffineMap map,
                             ArrayRef<ReassociationIndices> groups) {
  SmallVector<AffineExpr> results;
  if (map.isIdentity())
    return AffineMap::getMultiDimIdentityMap(groups.size(), map.getContext());
  for (AffineExpr result : map.getResults()) {
    auto dim = dyn_cast<AffineDimExpr>(result);
    if (!dim)
      return {};
    const auto *group = llvm::find_if(groups, [&](ArrayRef<int64_t> indices) {
      return llvm::is_contained(indices, int64_t(dim.getPosition()));
    });
    if (group->size() != 1)
      return {};
    results.push_back(
        getAffineDimExpr(group - groups.begin(), map.getContext()));
  }
  return AffineMap::get(groups.size(), 0, results, map.getContext());
}

/// The value that an identity map reads, with the dimensions of `groups`.
static Value collapseInput(OpBuilder &builder, Location loc, Value input,
                           ArrayRef<ReassociationIndices> groups) {
  auto expand = input.getDefiningOp<tensor::ExpandShapeOp>();
  if (expand && ArrayRef(expand.getReassociationIndices()) == groups)
    return expand.getSrc();
  return builder.create<tensor::CollapseShapeOp>(loc, input, groups);
}

/// Whether a reduction of rows reads the result: `op` then shares its dispatch.
static bool feedsReduction(linalg::GenericOp op) {
  return llvm::any_of(op->getUsers(), [](Operation *user) {
    auto reader = dyn_cast<linalg::LinalgOp>(user);
    return reader && reader.getNumReductionLoops() > 0 &&
           !isProductOfActivations(reader);
  });
}

/// Computes `op` on collapsed dimensions and expands the result; false when it
/// is not an op that allows that.
static bool collapse(linalg::GenericOp op) {
  if (!op.hasPureTensorSemantics() || op->getNumResults() != 1 ||
      op.getNumParallelLoops() != op.getNumLoops() || op.hasIndexSemantics() ||
      feedsReduction(op) ||
      !op.getDpsInitOperand(0)->get().getDefiningOp<tensor::EmptyOp>() ||
      !op.getMatchingIndexingMap(op.getDpsInitOperand(0)).isIdentity())
    return false;
  tensor::ExpandShapeOp expand = findExpandedInput(op);
  if (!expand)
    return false;
  SmallVector<ReassociationIndices> groups = expand.getReassociationIndices();
  SmallVector<AffineMap> maps;
  for (AffineMap map : op.getIndexingMapsArray()) {
    maps.push_back(collapseMap(map, groups));
    if (!maps.back())
      return false;
  }
  OpBuilder builder(op);
  Location loc = op.getLoc();
  SmallVector<Value> inputs;
  for (OpOperand *input : op.getDpsInputOperands())
    inputs.push_back(op.getMatchingIndexingMap(input).isIdentity()
                         ? collapseInput(builder, loc, input->get(), groups)
                         : input->get());
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  Value empty = builder.create<tensor::EmptyOp>(
      loc, tensor::getMixedSizes(builder, loc, expand.getSrc()),
      type.getElementType());
  SmallVector<utils::IteratorType> iterators(groups.size(),
                                             utils::IteratorType::parallel);
  auto rows = builder.create<linalg::GenericOp>(loc, empty.getType(), inputs,
                                                empty, maps, iterators);
  rows.getRegion().takeBody(op.getRegion());
  Value expanded = builder.create<tensor::ExpandShapeOp>(
      loc, type, rows.getResult(0), groups,
      getMixedValues(expand.getStaticOutputShape(), expand.getOutputShape(),
                     builder));
  op->getResult(0).replaceAllUsesWith(expanded);
  op.erase();
  return true;
}

void mlir::ccq::collapseElementwise(func::FuncOp function) {
  // In order, so that a chain follows its head.
  for (Block &block : function.getBody())
    for (Operation &op : llvm::make_early_inc_range(block))
      if (auto generic = dyn_cast<linalg::GenericOp>(op))
        collapse(generic);
}
