//===- VerifyFused.cpp - contract of the fused form -------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Dialect/CCQ/IR/CCQOps.h"
#include "ccq/Dialect/CCQ/Transforms/Passes.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace mlir::ccq {
#define GEN_PASS_DEF_VERIFYFUSED
#include "ccq/Dialect/CCQ/Transforms/Passes.h.inc"
} // namespace mlir::ccq

using namespace mlir;
using namespace mlir::ccq;

namespace {

struct VerifyFused : public ::mlir::ccq::impl::VerifyFusedBase<VerifyFused> {
  using VerifyFusedBase::VerifyFusedBase;

  void runOnOperation() override {
    WalkResult result = getOperation().walk([&](DecodeOp decode) {
      return failed(verify(decode)) ? WalkResult::interrupt()
                                    : WalkResult::advance();
    });
    markAllAnalysesPreserved();
    if (result.wasInterrupted())
      signalPassFailure();
  }

private:
  LogicalResult verify(DecodeOp decode) {
    CodedTensorType type = decode.getSource().getType();
    int64_t depth = std::max(int64_t(maxK), type.getScheme().getGroupSize());
    if (type.getK() > depth || type.getN() > maxN)
      return decode.emitOpError()
             << "fused_c1: expected a tile of at most " << depth << "x"
             << int64_t(maxN) << " weights, got " << type.getK() << "x"
             << type.getN() << "; run ccq-fuse-decode first";
    for (Operation *user : decode->getUsers()) {
      if (isa<linalg::LinalgOp>(user))
        continue;
      InFlightDiagnostic diag = decode.emitOpError()
                                << "fused_c2: expected linalg users, got "
                                << user->getName();
      diag.attachNote(user->getLoc()) << "used here";
      return diag;
    }
    return success();
  }
};

} // namespace
