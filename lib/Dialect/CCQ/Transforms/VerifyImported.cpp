//===- VerifyImported.cpp - contract of the imported form -*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ModelFunction.h"
#include "ccq/Dialect/CCQ/IR/CCQObserveOps.h"
#include "ccq/Dialect/CCQ/Transforms/Passes.h"

namespace mlir::ccq {
#define GEN_PASS_DEF_VERIFYIMPORTED
#include "ccq/Dialect/CCQ/Transforms/Passes.h.inc"
} // namespace mlir::ccq

using namespace mlir;
using namespace mlir::ccq;

static LogicalResult verifyImported(func::FuncOp function) {
  if (failed(verifyModelFunction(function)))
    return failure();
  WalkResult walk =
      function.getBody().walk<WalkOrder::PreOrder>([](Operation *op) {
        if (isComputation(op) ||
            isa<SourceOp, DequantizeOp, DimOp, ObserveOp>(op))
          return WalkResult::advance();
        op->emitOpError("imported_c4: is not allowed in the imported form");
        return WalkResult::interrupt();
      });
  return failure(walk.wasInterrupted());
}

namespace {

struct VerifyImported
    : public ::mlir::ccq::impl::VerifyImportedBase<VerifyImported> {
  using VerifyImportedBase::VerifyImportedBase;

  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (failed(verifyImported(function)))
        return signalPassFailure();
  }
};

} // namespace
