//===- FormDispatches.cpp - group work into kernels -------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AttentionAlignment.h"
#include "CollapseElementwise.h"
#include "ConcatSinking.h"
#include "DispatchGroups.h"
#include "DropUnitDims.h"
#include "OpPlacement.h"
#include "TensorExtents.h"
#include "ccq/Dialect/CCQ/IR/CCQObserveOps.h"
#include "ccq/Dialect/CCQ/Transforms/Passes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Dominance.h"
#include "mlir/Transforms/CSE.h"
#include "mlir/Transforms/DialectConversion.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/SetVector.h"

namespace mlir::ccq {
#define GEN_PASS_DEF_FORMDISPATCHES
#include "ccq/Dialect/CCQ/Transforms/Passes.h.inc"
} // namespace mlir::ccq

using namespace mlir;
using namespace mlir::ccq;

/// Whether `op` is scalar arithmetic applied to whole tensors.
static bool isElementwiseOnTensors(Operation *op) {
  return OpTrait::hasElementwiseMappableTraits(op) &&
         op->getNumOperands() > 0 &&
         llvm::all_of(op->getOperandTypes(), llvm::IsaPred<RankedTensorType>);
}

/// Rewrites arith and math ops on tensors as linalg, the form of kernels.
static LogicalResult convertToLinalg(func::FuncOp function) {
  MLIRContext *context = function.getContext();
  RewritePatternSet patterns(context);
  linalg::populateElementwiseToLinalgConversionPatterns(patterns);
  ConversionTarget target(*context);
  target.markUnknownOpDynamicallyLegal(
      [](Operation *op) { return !isElementwiseOnTensors(op); });
  return applyPartialConversion(function, target, std::move(patterns));
}

/// Gives every destination whose content is not read memory of its own, so that
/// no kernel depends on a tensor it only overwrites.
static LogicalResult localizeDestinations(Block &block) {
  for (auto op : block.getOps<linalg::LinalgOp>()) {
    if (!op.hasPureTensorSemantics())
      continue;
    for (OpOperand &init : op.getDpsInitsMutable()) {
      Value value = init.get();
      if (value.getDefiningOp<tensor::EmptyOp>() ||
          op.payloadUsesValueFromOperand(&init))
        continue;
      OpBuilder builder(op);
      FailureOr<SmallVector<Value>> extents = getDynamicExtents(builder, value);
      if (failed(extents))
        return failure();
      init.set(builder.create<tensor::EmptyOp>(op.getLoc(), value.getType(),
                                               *extents));
    }
  }
  return success();
}

static LogicalResult checkPlacements(Block &block) {
  for (Operation &op : block)
    if (getPlacement(&op) == Placement::Unsupported)
      return op.emitOpError() << "cannot be part of a dispatch: expected no "
                                 "side effects and results that are tensors "
                                 "or scalars";
  return success();
}

/// Creates a region that does nothing but yield `results`.
static FailureOr<DispatchRegionOp>
createRegion(OpBuilder &builder, Location loc, ValueRange results) {
  SmallVector<Value> sizes;
  for (Value result : results) {
    FailureOr<SmallVector<Value>> extents = getDynamicExtents(builder, result);
    if (failed(extents))
      return failure();
    sizes.append(*extents);
  }
  auto region =
      builder.create<DispatchRegionOp>(loc, TypeRange(results), sizes);
  OpBuilder::InsertionGuard guard(builder);
  builder.createBlock(&region.getBody());
  builder.create<YieldOp>(loc, results);
  return region;
}

/// Moves the ops of a group into a region where the last of them stands.
static FailureOr<DispatchRegionOp> moveIntoRegion(const DispatchGroup &group) {
  Operation *last = group.back();
  SmallVector<Value> results;
  for (Value result : last->getResults())
    if (!result.use_empty())
      results.push_back(result);
  OpBuilder builder(last->getContext());
  builder.setInsertionPointAfter(last);
  FailureOr<DispatchRegionOp> region =
      createRegion(builder, last->getLoc(), results);
  if (failed(region))
    return failure();
  Operation *yield = region->getBody().front().getTerminator();
  for (auto [result, outside] : llvm::zip(results, region->getResults()))
    result.replaceUsesWithIf(
        outside, [&](OpOperand &use) { return use.getOwner() != yield; });
  for (Operation *op : group)
    op->moveBefore(yield);
  return region;
}

/// The last op before `region` that it reads and that is Placement::Copied.
static Operation *findCopiedProducer(DispatchRegionOp region) {
  llvm::SetVector<Value> captured;
  getUsedValuesDefinedAbove(region.getBody(), captured);
  Operation *last = nullptr;
  for (Value value : captured) {
    Operation *producer = value.getDefiningOp();
    if (producer && getPlacement(producer) == Placement::Copied &&
        (!last || last->isBeforeInBlock(producer)))
      last = producer;
  }
  return last;
}

/// Copies what Placement::Copied says into `region`. The last producer first:
/// a copy then comes before everything that reads it.
static void copyProducers(DispatchRegionOp region) {
  while (Operation *producer = findCopiedProducer(region)) {
    auto builder = OpBuilder::atBlockBegin(&region.getBody().front());
    Operation *copy = builder.clone(*producer);
    for (auto [from, to] :
         llvm::zip(producer->getResults(), copy->getResults()))
      replaceAllUsesInRegionWith(from, to, region.getBody());
  }
}

static void eraseDeadOps(Block &block) {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
    if (isOpTriviallyDead(&op))
      op.erase();
}

/// Gives every function result a dispatch of its own that produces it: a copy
/// where it is an argument, a weight, a view or the result of another position.
static LogicalResult
dispatchResults(func::ReturnOp terminator,
                SmallVectorImpl<DispatchRegionOp> &regions) {
  llvm::SmallPtrSet<Value, 4> returned;
  for (OpOperand &operand : terminator->getOpOperands()) {
    Value value = operand.get();
    bool isComputed =
        isa_and_present<DispatchRegionOp, DispatchOp>(value.getDefiningOp());
    if (!isa<RankedTensorType>(value.getType()) ||
        (isComputed && returned.insert(value).second))
      continue;
    OpBuilder builder(terminator);
    FailureOr<DispatchRegionOp> region =
        createRegion(builder, value.getLoc(), value);
    if (failed(region))
      return failure();
    operand.set(region->getResult(0));
    regions.push_back(*region);
  }
  return success();
}

/// Gives every observed value that no kernel computes, such as a view, a
/// dispatch that copies it.
static LogicalResult
dispatchObserved(Block &block, SmallVectorImpl<DispatchRegionOp> &regions) {
  for (auto observe : block.getOps<ObserveOp>()) {
    Value value = observe.getValue();
    if (isa<BlockArgument>(value) ||
        isa<DispatchRegionOp, DispatchOp>(value.getDefiningOp()))
      continue;
    OpBuilder builder(observe);
    FailureOr<DispatchRegionOp> region =
        createRegion(builder, value.getLoc(), value);
    if (failed(region))
      return failure();
    observe.getValueMutable().assign(region->getResult(0));
    regions.push_back(*region);
  }
  return success();
}

static LogicalResult formDispatches(func::FuncOp function,
                                    AttentionPolicy attention) {
  if (!llvm::hasSingleElement(function.getBody()))
    return function.emitOpError() << "expected a body of one block";
  if (failed(convertToLinalg(function)))
    return failure();
  if (attention == AttentionPolicy::Fuse)
    alignAttention(function);
  if (failed(dropUnitDims(function)))
    return failure();
  sinkConcats(function);
  collapseElementwise(function);
  if (failed(traceDims(function)))
    return failure();
  Block &block = function.getBody().front();
  eraseDeadOps(block);
  if (failed(localizeDestinations(block)))
    return failure();
  IRRewriter rewriter(function.getContext());
  DominanceInfo dominance(function);
  eliminateCommonSubExpressions(rewriter, dominance, function);
  if (failed(checkPlacements(block)))
    return failure();
  SmallVector<DispatchRegionOp> regions;
  for (const DispatchGroup &group : formDispatchGroups(block, attention)) {
    FailureOr<DispatchRegionOp> region = moveIntoRegion(group);
    if (failed(region))
      return failure();
    regions.push_back(*region);
  }
  auto terminator = cast<func::ReturnOp>(block.getTerminator());
  if (failed(dispatchResults(terminator, regions)) ||
      failed(dispatchObserved(block, regions)))
    return failure();
  for (DispatchRegionOp region : regions)
    copyProducers(region);
  eraseDeadOps(block);
  return success();
}

namespace {

struct FormDispatches
    : public ::mlir::ccq::impl::FormDispatchesBase<FormDispatches> {
  using FormDispatchesBase::FormDispatchesBase;

  void runOnOperation() override {
    AttentionPolicy attention =
        fuseAttention ? AttentionPolicy::Fuse : AttentionPolicy::Separate;
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isDeclaration() &&
          !function->hasAttr(CCQDialect::kKernelAttr) &&
          failed(formDispatches(function, attention)))
        return signalPassFailure();
  }
};

} // namespace
