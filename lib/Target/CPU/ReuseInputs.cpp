//===- ReuseInputs.cpp - elementwise ops in place ---------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Target/Passes.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Interfaces/LoopLikeInterface.h"

namespace mlir::ccq {
#define GEN_PASS_DEF_REUSEINPUTS
#include "ccq/Target/Passes.h.inc"
} // namespace mlir::ccq

using namespace mlir;
using namespace mlir::ccq;

/// Whether nothing reads `value` after `op`.
static bool isLastRead(Value value, Operation *op) {
  return llvm::all_of(value.getUsers(), [&](Operation *user) {
    return user == op ||
           (user->getBlock() == op->getBlock() && user->isBeforeInBlock(op));
  });
}

/// The operand whose memory the result of `op` can take: computed by an op of
/// the kernel, last read here, of the result's type and at the same element.
static OpOperand *findReusableInput(linalg::LinalgOp op) {
  OpOperand *init = op.getDpsInitOperand(0);
  AffineMap map = op.getMatchingIndexingMap(init);
  for (OpOperand *input : op.getDpsInputOperands()) {
    Operation *producer = input->get().getDefiningOp();
    if (producer && isa<linalg::LinalgOp, LoopLikeOpInterface>(producer) &&
        isLastRead(input->get(), op) &&
        input->get().getType() == init->get().getType() &&
        op.getMatchingIndexingMap(input) == map)
      return input;
  }
  return nullptr;
}

namespace {

struct ReuseInputs : public ::mlir::ccq::impl::ReuseInputsBase<ReuseInputs> {
  using ReuseInputsBase::ReuseInputsBase;

  void runOnOperation() override {
    getOperation().walk([](linalg::LinalgOp op) {
      if (!op.hasPureTensorSemantics() || op.getNumDpsInits() != 1 ||
          op.getNumLoops() != op.getNumParallelLoops() ||
          op.payloadUsesValueFromOperand(op.getDpsInitOperand(0)))
        return;
      if (OpOperand *input = findReusableInput(op))
        op.getDpsInitOperand(0)->set(input->get());
    });
  }
};

} // namespace
