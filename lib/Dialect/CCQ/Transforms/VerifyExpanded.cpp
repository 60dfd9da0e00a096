//===- VerifyExpanded.cpp - contract of the expanded form -------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Dialect/CCQ/IR/CCQOps.h"
#include "ccq/Dialect/CCQ/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::ccq {
#define GEN_PASS_DEF_VERIFYEXPANDED
#include "ccq/Dialect/CCQ/Transforms/Passes.h.inc"
} // namespace mlir::ccq

using namespace mlir;
using namespace mlir::ccq;

namespace {

struct VerifyExpanded
    : public ::mlir::ccq::impl::VerifyExpandedBase<VerifyExpanded> {
  using VerifyExpandedBase::VerifyExpandedBase;

  void runOnOperation() override {
    WalkResult result = getOperation().walk(
        [&](Operation *op) { return WalkResult(verify(op)); });
    markAllAnalysesPreserved();
    if (result.wasInterrupted())
      signalPassFailure();
  }

private:
  LogicalResult verify(Operation *op) {
    if (auto function = dyn_cast<func::FuncOp>(op))
      for (Type type : function.getArgumentTypes())
        if (isa<CodedTensorType>(type))
          return function.emitOpError()
                 << "expanded_c1: expected arguments that are not coded, got "
                 << type << "; run ccq-expand-storage first";
    // Weights are coded at emission, so encode and pack stay in the plan.
    if (isa<EncodeOp, PackOp, ComponentsOp>(op))
      return success();
    for (Value operand : op->getOperands())
      if (isa<CodedTensorType>(operand.getType()))
        return op->emitOpError()
               << "expanded_c2: expected component tensors as operands, got "
               << operand.getType() << "; run ccq-expand-storage first";
    return success();
  }
};

} // namespace
