//===- VerifyDispatched.cpp - contract of the dispatched form -*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Dialect/CCQ/IR/CCQObserveOps.h"
#include "ccq/Dialect/CCQ/Transforms/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::ccq {
#define GEN_PASS_DEF_VERIFYDISPATCHED
#include "ccq/Dialect/CCQ/Transforms/Passes.h.inc"
} // namespace mlir::ccq

using namespace mlir;
using namespace mlir::ccq;

/// Whether `op` makes a weight or an index, or shows a value.
static bool isOutsideOfKernels(Operation &op) {
  if (auto decode = dyn_cast<DecodeOp>(op))
    return decode.getMaterialized();
  if (op.getNumResults() > 0 &&
      llvm::all_of(op.getResultTypes(), [](Type t) { return t.isIndex(); }))
    return true;
  return isa<SourceOp, DequantizeOp, EncodeOp, PackOp, ComponentsOp, ComposeOp,
             arith::ConstantOp, DispatchOp, ObserveOp, func::ReturnOp>(op);
}

/// dispatched_c3 for one argument or result.
static LogicalResult verifyExtents(func::FuncOp kernel, Type type,
                                   Attribute attr, int64_t scalars) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  int64_t expected = tensor ? tensor.getNumDynamicDims() : 0;
  auto extents = dyn_cast_if_present<DenseI64ArrayAttr>(attr);
  int64_t got = extents ? extents.size() : 0;
  if (got != expected)
    return kernel.emitError()
           << "dispatched_c3: expected " << expected
           << " entries in ccq.extents of " << type << ", got " << got;
  for (int64_t i = 0; i < got; ++i)
    if (extents[i] < 0 || extents[i] >= scalars)
      return kernel.emitError()
             << "dispatched_c3: expected a scalar in 0.." << scalars
             << " in ccq.extents, got " << extents[i];
  return success();
}

static LogicalResult verifyKernel(func::FuncOp kernel) {
  WalkResult walk = kernel.walk([&](Operation *op) {
    if (!isa<SourceOp, DequantizeOp, EncodeOp, DispatchOp, DispatchRegionOp,
             DimOp>(op))
      return WalkResult::advance();
    op->emitOpError("dispatched_c2: is not allowed in a kernel");
    return WalkResult::interrupt();
  });
  if (walk.wasInterrupted())
    return failure();
  auto arguments = kernel.getArgumentTypes();
  int64_t scalars =
      llvm::count_if(arguments, [](Type t) { return t.isIndex(); });
  for (auto [index, type] : llvm::enumerate(arguments))
    if (failed(verifyExtents(kernel, type,
                             kernel.getArgAttr(index, CCQDialect::kExtentsAttr),
                             scalars)))
      return failure();
  for (auto [index, type] : llvm::enumerate(kernel.getResultTypes()))
    if (failed(verifyExtents(
            kernel, type, kernel.getResultAttr(index, CCQDialect::kExtentsAttr),
            scalars)))
      return failure();
  return success();
}

static LogicalResult verifyCaller(func::FuncOp function) {
  for (Block &block : function.getBody())
    for (Operation &op : block)
      if (!isOutsideOfKernels(op))
        return op.emitOpError("dispatched_c1: expected only dispatches, "
                              "weights, sizes and observations outside of "
                              "kernels");
  return success();
}

namespace {

struct VerifyDispatched
    : public mlir::ccq::impl::VerifyDispatchedBase<VerifyDispatched> {
  using VerifyDispatchedBase::VerifyDispatchedBase;

  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      bool isKernel = function->hasAttr(CCQDialect::kKernelAttr);
      if (failed(isKernel ? verifyKernel(function) : verifyCaller(function)))
        return signalPassFailure();
    }
  }
};

} // namespace
