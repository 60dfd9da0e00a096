//===- OutlineDispatches.cpp - regions become functions ---------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Dialect/CCQ/IR/CCQOps.h"
#include "ccq/Dialect/CCQ/Transforms/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/MapVector.h"

namespace mlir::ccq {
#define GEN_PASS_DEF_OUTLINEDISPATCHES
#include "ccq/Dialect/CCQ/Transforms/Passes.h.inc"
} // namespace mlir::ccq

using namespace mlir;
using namespace mlir::ccq;

namespace {

/// Sizes of the dynamic dimensions of tensors in one function, as index values
/// that dominate every dispatch: one value per symbolic dimension.
class ExtentTable {
public:
  /// Also makes the function use one value per size: its `ccq.dim`s and the
  /// `tensor.dim`s of its arguments are merged.
  explicit ExtentTable(func::FuncOp function)
      : builder(OpBuilder::atBlockBegin(&function.getBody().front())),
        function(function) {
    mergeSizes();
  }

  /// The size of the symbolic dimension `name`.
  Value getDim(StringAttr name, Location loc) {
    Value &value = dims[name];
    if (!value)
      value = builder.create<DimOp>(loc, builder.getIndexType(), name);
    return value;
  }

  /// Sizes of the dynamic dimensions of `tensor`, in order.
  SmallVector<Value> getExtents(Value tensor);

  /// Says that `op` is about to be erased in favor of `replacement`, which
  /// stands right before it: sizes may go before it.
  void replaceAnchor(Operation *op, Operation *replacement) {
    if (builder.getInsertionPoint() == op->getIterator())
      builder.setInsertionPoint(replacement);
  }

private:
  void mergeSizes();
  SmallVector<Value> getArgumentExtents(BlockArgument argument);

  OpBuilder builder;
  func::FuncOp function;
  llvm::DenseMap<StringAttr, Value> dims;
  llvm::DenseMap<std::pair<Value, int64_t>, Value> argumentDims;
};

} // namespace

void ExtentTable::mergeSizes() {
  SmallVector<Operation *> sizes;
  function.walk([&](Operation *op) {
    if (isa<DimOp, tensor::DimOp>(op))
      sizes.push_back(op);
  });
  for (Operation *op : sizes) {
    Value merged;
    if (auto dim = dyn_cast<DimOp>(op)) {
      merged = getDim(dim.getNameAttr(), dim.getLoc());
    } else {
      auto tensorDim = cast<tensor::DimOp>(op);
      auto argument = dyn_cast<BlockArgument>(tensorDim.getSource());
      auto position = tensorDim.getConstantIndex();
      if (!argument || !position ||
          argument.getOwner()->getParentOp() != function)
        continue;
      auto type = cast<RankedTensorType>(argument.getType());
      if (!type.isDynamicDim(*position))
        continue;
      merged = getArgumentExtents(argument)[type.getDynamicDimIndex(*position)];
    }
    op->replaceAllUsesWith(ValueRange(merged));
    // Sizes go before the first op of the function, which may be this one.
    if (builder.getInsertionPoint() == op->getIterator())
      builder.setInsertionPointAfter(op);
    op->erase();
  }
}

SmallVector<Value> ExtentTable::getArgumentExtents(BlockArgument argument) {
  auto type = cast<RankedTensorType>(argument.getType());
  auto names = dyn_cast_if_present<ArrayAttr>(
      function.getArgAttr(argument.getArgNumber(), CCQDialect::kDimsAttr));
  SmallVector<Value> extents;
  for (int64_t d = 0; d < type.getRank(); ++d) {
    if (!type.isDynamicDim(d))
      continue;
    if (names && extents.size() < names.size()) {
      extents.push_back(
          getDim(cast<StringAttr>(names[extents.size()]), argument.getLoc()));
      continue;
    }
    Value &value = argumentDims[{argument, d}];
    if (!value)
      value = builder.create<tensor::DimOp>(argument.getLoc(), argument, d);
    extents.push_back(value);
  }
  return extents;
}

SmallVector<Value> ExtentTable::getExtents(Value tensor) {
  auto type = dyn_cast<RankedTensorType>(tensor.getType());
  if (!type || type.hasStaticShape())
    return {};
  if (auto argument = dyn_cast<BlockArgument>(tensor))
    return getArgumentExtents(argument);
  auto take = [&](ValueRange results, ValueRange resultDims) {
    for (Value result : results) {
      auto resultType = cast<RankedTensorType>(result.getType());
      if (result == tensor)
        break;
      resultDims = resultDims.drop_front(resultType.getNumDynamicDims());
    }
    return SmallVector<Value>(resultDims.take_front(type.getNumDynamicDims()));
  };
  if (auto region = tensor.getDefiningOp<DispatchRegionOp>())
    return take(region.getResults(), region.getResultDims());
  if (auto dispatch = tensor.getDefiningOp<DispatchOp>())
    return take(dispatch.getResults(), dispatch.getResultDims());
  return {};
}

namespace {

/// Outlines one region.
class Outliner {
public:
  Outliner(DispatchRegionOp region, ExtentTable &extents)
      : region(region), extents(extents) {}

  /// Replaces the region with a call of a new function named `name`, which is
  /// inserted before the function that holds the region.
  LogicalResult run(StringRef name);

private:
  void internalizeConstants();
  void collectArguments();
  func::FuncOp createKernel(StringRef name);

  DispatchRegionOp region;
  ExtentTable &extents;
  /// Values from outside: tensors and coded tensors, then index scalars.
  SmallVector<Value> tensors;
  llvm::MapVector<Value, unsigned> scalars;
  SmallVector<DenseI64ArrayAttr> argumentExtents, resultExtents;

  unsigned getScalar(Value index) {
    return scalars.insert({index, scalars.size()}).first->second;
  }
  FailureOr<DenseI64ArrayAttr> getExtentsAttr(Value tensor, ValueRange sizes);
};

} // namespace

/// Copies constants of one value into the region.
void Outliner::internalizeConstants() {
  llvm::SetVector<Value> captured;
  getUsedValuesDefinedAbove(region.getBody(), captured);
  OpBuilder builder = OpBuilder::atBlockBegin(&region.getBody().front());
  for (Value value : captured) {
    auto constant = value.getDefiningOp<arith::ConstantOp>();
    if (!constant)
      continue;
    auto dense = dyn_cast<DenseElementsAttr>(constant.getValue());
    if (dense && !dense.isSplat())
      continue;
    Value inside = builder.clone(*constant)->getResult(0);
    replaceAllUsesInRegionWith(value, inside, region.getBody());
  }
}

void Outliner::collectArguments() {
  llvm::SetVector<Value> captured;
  getUsedValuesDefinedAbove(region.getBody(), captured);
  for (Value value : captured) {
    if (value.getType().isIndex())
      getScalar(value);
    else
      tensors.push_back(value);
  }
}

FailureOr<DenseI64ArrayAttr> Outliner::getExtentsAttr(Value tensor,
                                                      ValueRange sizes) {
  auto type = dyn_cast<RankedTensorType>(tensor.getType());
  if (!type || type.hasStaticShape())
    return DenseI64ArrayAttr();
  if (int64_t(sizes.size()) != type.getNumDynamicDims())
    return emitError(tensor.getLoc(), "expected a tensor whose dynamic sizes "
                                      "are known outside of the dispatch");
  SmallVector<int64_t> numbers;
  for (Value size : sizes)
    numbers.push_back(getScalar(size));
  return DenseI64ArrayAttr::get(region.getContext(), numbers);
}

func::FuncOp Outliner::createKernel(StringRef name) {
  auto parent = region->getParentOfType<func::FuncOp>();
  SmallVector<Type> inputTypes(ValueRange(tensors).getTypes());
  inputTypes.append(scalars.size(), IndexType::get(region.getContext()));
  OpBuilder builder(parent);
  auto kernel = builder.create<func::FuncOp>(
      region.getLoc(), name,
      builder.getFunctionType(inputTypes, region.getResultTypes()));
  kernel.setPrivate();
  kernel->setAttr(CCQDialect::kKernelAttr, builder.getUnitAttr());
  for (auto [index, attr] : llvm::enumerate(argumentExtents))
    if (attr)
      kernel.setArgAttr(index, CCQDialect::kExtentsAttr, attr);
  for (auto [index, attr] : llvm::enumerate(resultExtents))
    if (attr)
      kernel.setResultAttr(index, CCQDialect::kExtentsAttr, attr);

  Block *entry = kernel.addEntryBlock();
  auto arguments = entry->getArguments();
  for (auto [value, argument] :
       llvm::zip(tensors, arguments.take_front(tensors.size())))
    replaceAllUsesInRegionWith(value, argument, region.getBody());
  for (auto &[value, number] : scalars)
    replaceAllUsesInRegionWith(value, arguments[tensors.size() + number],
                               region.getBody());
  Block &body = region.getBody().front();
  entry->getOperations().splice(entry->end(), body.getOperations());
  auto yield = cast<YieldOp>(entry->getTerminator());
  builder.setInsertionPoint(yield);
  builder.create<func::ReturnOp>(yield.getLoc(), yield.getValues());
  yield.erase();
  return kernel;
}

LogicalResult Outliner::run(StringRef name) {
  internalizeConstants();
  collectArguments();
  for (Value tensor : tensors) {
    auto attr = getExtentsAttr(tensor, extents.getExtents(tensor));
    if (failed(attr))
      return failure();
    argumentExtents.push_back(*attr);
  }
  for (Value result : region.getResults()) {
    auto attr = getExtentsAttr(result, extents.getExtents(result));
    if (failed(attr))
      return failure();
    resultExtents.push_back(*attr);
  }
  createKernel(name);
  SmallVector<Value> inputs = tensors;
  for (auto &[value, number] : scalars)
    inputs.push_back(value);
  OpBuilder builder(region);
  auto dispatch = builder.create<DispatchOp>(
      region.getLoc(), region.getResultTypes(),
      FlatSymbolRefAttr::get(builder.getContext(), name), inputs,
      region.getResultDims());
  region.replaceAllUsesWith(dispatch.getResults());
  extents.replaceAnchor(region, dispatch);
  region.erase();
  return success();
}

namespace {

struct OutlineDispatches
    : public mlir::ccq::impl::OutlineDispatchesBase<OutlineDispatches> {
  using OutlineDispatchesBase::OutlineDispatchesBase;

  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    unsigned number = 0;
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      SmallVector<DispatchRegionOp> regions(
          function.getOps<DispatchRegionOp>());
      if (regions.empty())
        continue;
      ExtentTable extents(function);
      for (DispatchRegionOp region : regions) {
        std::string name;
        do
          name = "dispatch_" + std::to_string(number++);
        while (symbols.lookup(name));
        if (failed(Outliner(region, extents).run(name)))
          return signalPassFailure();
      }
    }
  }
};

} // namespace
