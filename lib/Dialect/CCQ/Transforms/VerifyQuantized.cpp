//===- VerifyQuantized.cpp - contract of the quantized form -*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ModelFunction.h"
#include "ccq/Dialect/CCQ/IR/CCQObserveOps.h"
#include "ccq/Dialect/CCQ/Transforms/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

namespace mlir::ccq {
#define GEN_PASS_DEF_VERIFYQUANTIZED
#include "ccq/Dialect/CCQ/Transforms/Passes.h.inc"
} // namespace mlir::ccq

using namespace mlir;
using namespace mlir::ccq;

static LogicalResult verifyEncode(EncodeOp encode) {
  Operation *source = encode.getSource().getDefiningOp();
  if (!isa_and_present<SourceOp, DequantizeOp, arith::ConstantOp>(source))
    return encode.emitOpError("quantized_c2: expected a ccq.source, a "
                              "ccq.dequantize or a constant as operand");
  for (Operation *user : encode->getUsers())
    if (!isa<DecodeOp>(user))
      return encode.emitOpError("quantized_c3: expected users that are "
                                "ccq.decode, got ")
             << user->getName();
  return success();
}

static LogicalResult verifyQuantized(func::FuncOp function) {
  if (failed(verifyModelFunction(function)))
    return failure();
  WalkResult walk =
      function.getBody().walk<WalkOrder::PreOrder>([](Operation *op) {
        if (auto encode = dyn_cast<EncodeOp>(op))
          return WalkResult(verifyEncode(encode));
        if (isComputation(op) ||
            isa<SourceOp, DequantizeOp, DimOp, DecodeOp, ObserveOp>(op))
          return WalkResult::advance();
        op->emitOpError("quantized_c1: is not allowed in the quantized form");
        return WalkResult::interrupt();
      });
  return failure(walk.wasInterrupted());
}

namespace {

struct VerifyQuantized
    : public ::mlir::ccq::impl::VerifyQuantizedBase<VerifyQuantized> {
  using VerifyQuantizedBase::VerifyQuantizedBase;

  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (failed(verifyQuantized(function)))
        return signalPassFailure();
  }
};

} // namespace
