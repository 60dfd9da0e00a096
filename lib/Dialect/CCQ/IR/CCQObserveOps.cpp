//===- CCQObserveOps.cpp - values that a run shows ------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Dialect/CCQ/IR/CCQObserveOps.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/OpImplementation.h"

using namespace mlir;
using namespace mlir::ccq;

#define GET_OP_CLASSES
#include "ccq/Dialect/CCQ/IR/CCQObserveOps.cpp.inc"

LogicalResult ObserveOp::verify() {
  if (getName().empty())
    return emitOpError() << "observe_c1: expected a name, got \"\"";
  if (isa<PlanOp>((*this)->getParentOp()) &&
      !getValue().getDefiningOp<BufferOp>())
    return emitOpError() << "observe_c2: expected a ccq.buffer";
  return success();
}
