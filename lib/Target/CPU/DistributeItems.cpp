//===- DistributeItems.cpp - parallel loops to work items -------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelExtents.h"
#include "ccq/Dialect/CCQ/IR/CCQDialect.h"
#include "ccq/Dialect/CCQ/IR/KernelAttributes.h"
#include "ccq/Target/Passes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Transforms/RegionUtils.h"

namespace mlir::ccq {
#define GEN_PASS_DEF_DISTRIBUTEITEMS
#include "ccq/Target/Passes.h.inc"
} // namespace mlir::ccq

using namespace mlir;
using namespace mlir::ccq;

//===----------------------------------------------------------------------===//
// Which loops are independent
//===----------------------------------------------------------------------===//

/// Whether two slices differ in their constant range along some dimension.
static bool areDisjoint(OffsetSizeAndStrideOpInterface a,
                        OffsetSizeAndStrideOpInterface b) {
  for (auto [offsetA, sizeA, offsetB, sizeB] :
       llvm::zip(a.getMixedOffsets(), a.getMixedSizes(), b.getMixedOffsets(),
                 b.getMixedSizes())) {
    auto beginA = getConstantIntValue(offsetA);
    auto extentA = getConstantIntValue(sizeA);
    auto beginB = getConstantIntValue(offsetB);
    auto extentB = getConstantIntValue(sizeB);
    if (!beginA || !beginB)
      continue;
    if ((extentA && *beginA + *extentA <= *beginB) ||
        (extentB && *beginB + *extentB <= *beginA))
      return true;
  }
  return false;
}

/// Whether `op` moves or names tensors without computing elements: it may stand
/// beside work items, each of which repeats it.
static bool isFreeOfWork(Operation *op) {
  if (isa<tensor::EmptyOp, tensor::ExtractSliceOp, tensor::InsertSliceOp,
          tensor::CollapseShapeOp, tensor::ExpandShapeOp, tensor::CastOp,
          tensor::DimOp, func::ReturnOp>(op))
    return true;
  return llvm::none_of(op->getResultTypes(),
                       [](Type type) { return isa<TensorType>(type); }) ||
         op->hasTrait<OpTrait::ConstantLike>();
}

/// Whether the elements of `value` can come from one of `loops`. A slice of
/// what was inserted elsewhere does not.
static bool dependsOn(Value value,
                      const llvm::SmallPtrSetImpl<Operation *> &loops) {
  SmallVector<Value> worklist{value};
  while (!worklist.empty()) {
    Operation *op = worklist.pop_back_val().getDefiningOp();
    if (!op)
      continue;
    if (loops.contains(op))
      return true;
    if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op)) {
      Value source = slice.getSource();
      auto insert = source.getDefiningOp<tensor::InsertSliceOp>();
      while (insert && areDisjoint(slice, insert)) {
        source = insert.getDest();
        insert = source.getDefiningOp<tensor::InsertSliceOp>();
      }
      worklist.push_back(source);
      continue;
    }
    worklist.append(op->operand_begin(), op->operand_end());
  }
  return false;
}

/// Whether any split of all iterations of `loops` over calls gives the same
/// result: no loop reads what another wrote, and nothing beside the loops
/// computes.
static bool areIndependent(func::FuncOp kernel, ArrayRef<scf::ForallOp> loops) {
  llvm::SmallPtrSet<Operation *, 4> earlier;
  for (Operation &op : kernel.getBody().front()) {
    auto loop = dyn_cast<scf::ForallOp>(op);
    if (!loop) {
      if (!isFreeOfWork(&op))
        return false;
      continue;
    }
    llvm::SetVector<Value> read;
    getUsedValuesDefinedAbove(loop.getRegion(), read);
    for (Value value : read)
      if (dependsOn(value, earlier))
        return false;
    for (Value init : loop.getOutputs())
      if (dependsOn(init, earlier))
        return false;
    earlier.insert(loop);
  }
  return !loops.empty();
}

//===----------------------------------------------------------------------===//
// The number of items as a function of the kernel's index arguments
//===----------------------------------------------------------------------===//

/// `value` over the index arguments of its kernel as symbols, or null.
static AffineExpr findScalarExpression(OpFoldResult value,
                                       ArrayRef<Value> scalars,
                                       MLIRContext *context) {
  if (std::optional<int64_t> constant = getConstantIntValue(value))
    return getAffineConstantExpr(*constant, context);
  Value dynamic = cast<Value>(value);
  for (auto [position, scalar] : llvm::enumerate(scalars))
    if (scalar == dynamic)
      return getAffineSymbolExpr(position, context);
  auto apply = dynamic.getDefiningOp<affine::AffineApplyOp>();
  if (!apply)
    return {};
  AffineMap map = apply.getAffineMap();
  SmallVector<AffineExpr> dims, symbols;
  for (auto [index, operand] : llvm::enumerate(apply.getMapOperands())) {
    AffineExpr expr = findScalarExpression(operand, scalars, context);
    if (!expr)
      return {};
    (index < map.getNumDims() ? dims : symbols).push_back(expr);
  }
  return map.getResult(0).replaceDimsAndSymbols(dims, symbols);
}

/// Iterations of all loops together over the index arguments as symbols, or
/// null.
static AffineExpr findItemCount(ArrayRef<scf::ForallOp> loops,
                                ArrayRef<Value> scalars, MLIRContext *context) {
  AffineExpr total = getAffineConstantExpr(0, context);
  for (scf::ForallOp loop : loops) {
    AffineExpr trips = getAffineConstantExpr(1, context);
    for (auto [lower, upper, step] :
         llvm::zip(loop.getMixedLowerBound(), loop.getMixedUpperBound(),
                   loop.getMixedStep())) {
      AffineExpr begin = findScalarExpression(lower, scalars, context);
      AffineExpr end = findScalarExpression(upper, scalars, context);
      std::optional<int64_t> stride = getConstantIntValue(step);
      if (!begin || !end || !stride)
        return {};
      trips = trips * (end - begin).ceilDiv(*stride);
    }
    total = total + trips;
  }
  return total;
}

/// `count` as a map of the index arguments: of dims where it is affine, of
/// symbols, which may be multiplied, where it is not.
static AffineMap createGrid(AffineExpr count, unsigned scalarCount) {
  if (!count.isPureAffine())
    return AffineMap::get(0, scalarCount, count);
  SmallVector<AffineExpr> dims;
  for (unsigned i = 0; i < scalarCount; ++i)
    dims.push_back(getAffineDimExpr(i, count.getContext()));
  return AffineMap::get(scalarCount, 0, count.replaceSymbols(dims));
}

//===----------------------------------------------------------------------===//
// Loops over items
//===----------------------------------------------------------------------===//

namespace {

/// Turns one parallel loop into a sequential loop over a range of its items.
class ItemLoopBuilder {
public:
  ItemLoopBuilder(IRRewriter &rewriter, scf::ForallOp loop)
      : rewriter(rewriter), loop(loop), loc(loop.getLoc()) {
    rewriter.setInsertionPoint(loop);
    for (auto [lower, upper, step] :
         llvm::zip(loop.getMixedLowerBound(), loop.getMixedUpperBound(),
                   loop.getMixedStep())) {
      AffineExpr begin, end, stride;
      bindSymbols(rewriter.getContext(), begin, end, stride);
      trips.push_back(getValueOrCreateConstantIndexOp(
          rewriter, loc,
          affine::makeComposedFoldedAffineApply(rewriter, loc,
                                                (end - begin).ceilDiv(stride),
                                                {lower, upper, step})));
    }
  }

  /// Number of items.
  Value createCount() {
    Value count = createIndex(1);
    for (Value trip : trips)
      count = rewriter.createOrFold<arith::MulIOp>(loc, count, trip);
    return count;
  }

  /// Replaces the loop by one over the items [first, last).
  void replace(Value first, Value last) {
    auto items = rewriter.create<scf::ForOp>(loc, first, last, createIndex(1),
                                             loop.getOutputs());
    rewriter.setInsertionPointToStart(items.getBody());
    SmallVector<Value> arguments = createInductionValues(items);
    llvm::append_range(arguments, items.getRegionIterArgs());
    Operation *terminator = loop.getTerminator();
    rewriter.inlineBlockBefore(loop.getBody(), items.getBody(),
                               items.getBody()->end(), arguments);
    finish(items, cast<scf::InParallelOp>(terminator));
    rewriter.replaceOp(loop, items);
  }

private:
  Value createIndex(int64_t value) {
    return rewriter.create<arith::ConstantIndexOp>(loc, value);
  }

  /// Induction values of the parallel loop for the item, last one fastest.
  SmallVector<Value> createInductionValues(scf::ForOp items) {
    Value rest = items.getInductionVar();
    SmallVector<Value> values(trips.size());
    for (int64_t i = trips.size() - 1; i >= 0; --i) {
      Value index = rest;
      if (i > 0) {
        index = rewriter.create<arith::RemUIOp>(loc, rest, trips[i]);
        rest = rewriter.create<arith::DivUIOp>(loc, rest, trips[i]);
      }
      AffineExpr position = rewriter.getAffineDimExpr(0);
      AffineExpr begin, stride;
      bindSymbols(rewriter.getContext(), begin, stride);
      values[i] = getValueOrCreateConstantIndexOp(
          rewriter, loc,
          affine::makeComposedFoldedAffineApply(
              rewriter, loc, begin + position * stride,
              {index, loop.getMixedLowerBound()[i], loop.getMixedStep()[i]}));
    }
    return values;
  }

  /// Writes the tiles of an item one after the other and yields the outputs.
  void finish(scf::ForOp items, scf::InParallelOp terminator) {
    rewriter.setInsertionPoint(terminator);
    SmallVector<Value> outputs(items.getRegionIterArgs());
    for (Operation &op : terminator.getYieldingOps()) {
      auto insert = cast<tensor::ParallelInsertSliceOp>(op);
      Value &output = *llvm::find(outputs, insert.getDest());
      output = rewriter.create<tensor::InsertSliceOp>(
          loc, insert.getSource(), output, insert.getMixedOffsets(),
          insert.getMixedSizes(), insert.getMixedStrides());
    }
    rewriter.create<scf::YieldOp>(loc, outputs);
    rewriter.eraseOp(terminator);
  }

  IRRewriter &rewriter;
  scf::ForallOp loop;
  Location loc;
  SmallVector<Value> trips;
};

struct DistributeItems
    : public ::mlir::ccq::impl::DistributeItemsBase<DistributeItems> {
  using DistributeItemsBase::DistributeItemsBase;

  void runOnOperation() override {
    func::FuncOp kernel = getOperation();
    if (kernel.isExternal() || kernel->hasAttr(kGridAttr))
      return;
    if (!kernel.getBody().hasOneBlock()) {
      kernel.emitError() << "expected a kernel of one block";
      return signalPassFailure();
    }
    if (failed(resolveArgumentDims(kernel)))
      return signalPassFailure();
    SmallVector<Value> scalars = getKernelScalars(kernel);
    auto loops = llvm::to_vector(kernel.getOps<scf::ForallOp>());
    AffineExpr count;
    if (areIndependent(kernel, loops))
      count = findItemCount(loops, scalars, &getContext());
    distribute(kernel, loops, /*wholeRange=*/!count);
    if (!count)
      count = getAffineConstantExpr(1, &getContext());
    kernel->setAttr(kGridAttr,
                    AffineMapAttr::get(createGrid(count, scalars.size())));
  }

private:
  /// Adds the range arguments and replaces the parallel loops: by loops over
  /// their part of the range, or over everything.
  void distribute(func::FuncOp kernel, ArrayRef<scf::ForallOp> loops,
                  bool wholeRange) {
    Location loc = kernel.getLoc();
    IRRewriter rewriter(&getContext());
    Type index = rewriter.getIndexType();
    for (int i = 0; i < 2; ++i)
      kernel.insertArgument(kernel.getNumArguments(), index, {}, loc);
    Value begin = kernel.getArguments().drop_back().back();
    Value end = kernel.getArguments().back();
    rewriter.setInsertionPointToStart(&kernel.getBody().front());
    Value base = rewriter.create<arith::ConstantIndexOp>(loc, 0);
    Value zero = base;
    for (scf::ForallOp loop : loops) {
      ItemLoopBuilder items(rewriter, loop);
      Value count = items.createCount();
      if (wholeRange || loops.size() == 1) {
        items.replace(wholeRange ? zero : begin, wholeRange ? count : end);
        continue;
      }
      auto subtract = [&](Value from) {
        return rewriter.createOrFold<arith::SubIOp>(loc, from, base);
      };
      Value first = rewriter.create<arith::MaxSIOp>(loc, subtract(begin), zero);
      Value last = rewriter.create<arith::MinSIOp>(loc, subtract(end), count);
      base = rewriter.createOrFold<arith::AddIOp>(loc, base, count);
      items.replace(first, last);
    }
  }
};

} // namespace
