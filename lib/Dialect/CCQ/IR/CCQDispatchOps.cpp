//===- CCQDispatchOps.cpp - verify dispatches and plans ---------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Dialect/CCQ/IR/CCQObserveOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace mlir::ccq;

/// Number of dynamic dimensions in `types`, all of them ranked tensors.
static int64_t countDynamicDims(TypeRange types) {
  int64_t count = 0;
  for (Type type : types)
    count += cast<RankedTensorType>(type).getNumDynamicDims();
  return count;
}

/// The function marked `ccq.kernel` that `symbol` names, or null.
static func::FuncOp findKernel(Operation *from, FlatSymbolRefAttr symbol,
                               SymbolTableCollection &symbols) {
  auto kernel = symbols.lookupNearestSymbolFrom<func::FuncOp>(from, symbol);
  if (kernel && kernel->hasAttr(CCQDialect::kKernelAttr))
    return kernel;
  return {};
}

//===----------------------------------------------------------------------===//
// dispatch_region, dispatch
//===----------------------------------------------------------------------===//

LogicalResult DispatchRegionOp::verify() {
  int64_t dynamicDims = countDynamicDims(getResultTypes());
  if (static_cast<int64_t>(getResultDims().size()) != dynamicDims)
    return emitOpError() << "dispatch_region_c1: expected " << dynamicDims
                         << " result dims, got " << getResultDims().size();
  auto yield = cast<YieldOp>(getBody().front().getTerminator());
  if (yield.getOperandTypes() != getResultTypes())
    return yield.emitOpError()
           << "dispatch_region_c2: expected values of types ("
           << getResultTypes() << "), got (" << yield.getOperandTypes() << ")";
  return success();
}

LogicalResult DispatchOp::verify() {
  int64_t dynamicDims = countDynamicDims(getResultTypes());
  if (static_cast<int64_t>(getResultDims().size()) != dynamicDims)
    return emitOpError() << "dispatch_c3: expected " << dynamicDims
                         << " result dims, got " << getResultDims().size();
  return success();
}

LogicalResult DispatchOp::verifySymbolUses(SymbolTableCollection &symbols) {
  func::FuncOp kernel = findKernel(*this, getKernelAttr(), symbols);
  if (!kernel)
    return emitOpError() << "dispatch_c1: expected " << getKernelAttr()
                         << " to name a function marked ccq.kernel";
  FunctionType type = kernel.getFunctionType();
  if (type.getInputs() != getInputs().getTypes() ||
      type.getResults() != getResultTypes())
    return emitOpError() << "dispatch_c2: expected " << type << ", got ("
                         << getInputs().getTypes() << ") -> ("
                         << getResultTypes() << ")";
  return success();
}

//===----------------------------------------------------------------------===//
// plan, buffer, launch
//===----------------------------------------------------------------------===//

LogicalResult PlanOp::verify() {
  llvm::StringSet<> names;
  for (StringRef name : getDims().getAsValueRange<StringAttr>())
    if (name.empty() || !names.insert(name).second)
      return emitOpError() << "plan_c1: expected distinct names, got \"" << name
                           << "\"";
  AffineMap arena = getArena();
  if (arena.getNumDims() != 0 || arena.getNumSymbols() != getDims().size() ||
      arena.getNumResults() != 1)
    return emitOpError() << "plan_c2: expected an arena map with "
                         << getDims().size() << " symbols and one result, got "
                         << AffineMapAttr::get(arena);
  for (Operation &op : getBody().front())
    if (!isa<BufferOp, LaunchOp, ObserveOp, SourceOp, DequantizeOp, EncodeOp,
             ComponentsOp, ComposeOp, PackOp, arith::ConstantOp>(op) &&
        !(isa<DecodeOp>(op) && cast<DecodeOp>(op).getMaterialized()))
      return op.emitOpError() << "plan_c3: is not allowed in a ccq.plan";
  return success();
}

/// Checks that `map` ranges over the plan's dimensions.
static LogicalResult verifyPlanMap(Operation *op, StringRef label,
                                   AffineMap map) {
  size_t dims = op->getParentOfType<PlanOp>().getDims().size();
  if (map.getNumDims() == 0 && map.getNumSymbols() == dims)
    return success();
  return op->emitOpError() << label << ": expected a map with no dims and "
                           << dims << " symbols, got "
                           << AffineMapAttr::get(map);
}

LogicalResult BufferOp::verify() {
  bool isScratch = getKind() == BufferKind::Scratch;
  if (isScratch != getOffset().has_value() ||
      isScratch == getName().has_value())
    return emitOpError() << "buffer_c1: expected a name for inputs and outputs "
                            "and an offset for scratch";
  auto type = cast<RankedTensorType>(getResult().getType());
  if (failed(verifyPlanMap(*this, "buffer_c3", getShape())) ||
      (getOffset() && failed(verifyPlanMap(*this, "buffer_c3", *getOffset()))))
    return failure();
  bool agrees = getShape().getNumResults() == type.getRank();
  for (int64_t i = 0; agrees && i < type.getRank(); ++i) {
    auto constant = dyn_cast<AffineConstantExpr>(getShape().getResult(i));
    agrees = type.isDynamicDim(i) ||
             (constant && constant.getValue() == type.getDimSize(i));
  }
  if (!agrees)
    return emitOpError() << "buffer_c2: expected a shape that agrees with "
                         << type << ", got " << AffineMapAttr::get(getShape());
  return success();
}

LogicalResult LaunchOp::verify() {
  for (Value output : getOutputs()) {
    auto buffer = output.getDefiningOp<BufferOp>();
    if (!buffer || buffer.getKind() == BufferKind::Input)
      return emitOpError() << "launch_c2: expected outputs that are ccq.buffer "
                              "and not inputs";
  }
  return verifyPlanMap(*this, "launch_c3", getScalars());
}

LogicalResult LaunchOp::verifySymbolUses(SymbolTableCollection &symbols) {
  if (!findKernel(*this, getKernelAttr(), symbols))
    return emitOpError() << "launch_c1: expected " << getKernelAttr()
                         << " to name a function marked ccq.kernel";
  return success();
}

//===----------------------------------------------------------------------===//
// object
//===----------------------------------------------------------------------===//

LogicalResult ObjectOp::verify() {
  bool isGPU =
      getFormat() == ObjectFormat::PTX || getFormat() == ObjectFormat::Cubin;
  unsigned counts = isGPU ? 3 : 1;
  AffineMap grid = getGrid();
  if ((grid.getNumDims() != 0 && grid.getNumSymbols() != 0) ||
      grid.getNumResults() != counts)
    return emitOpError() << "object_c1: expected a grid map of dims or of "
                            "symbols with "
                         << counts << " results, got "
                         << AffineMapAttr::get(getGrid());
  if (isGPU != getBlock().has_value() ||
      (getBlock() && getBlock()->size() != 3))
    return emitOpError() << "object_c2: expected "
                         << (isGPU ? "three block counts" : "no block");
  return success();
}
