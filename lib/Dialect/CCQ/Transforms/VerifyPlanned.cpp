//===- VerifyPlanned.cpp - contract of the planned form -*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Dialect/CCQ/IR/CCQObserveOps.h"
#include "ccq/Dialect/CCQ/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseSet.h"

namespace mlir::ccq {
#define GEN_PASS_DEF_VERIFYPLANNED
#include "ccq/Dialect/CCQ/Transforms/Passes.h.inc"
} // namespace mlir::ccq

using namespace mlir;
using namespace mlir::ccq;

/// planned_c2: the launch's operands are the kernel's arguments and results.
static LogicalResult verifyOperands(LaunchOp launch, func::FuncOp kernel) {
  SmallVector<Type> inputs;
  unsigned scalars = 0;
  for (Type type : kernel.getArgumentTypes()) {
    if (type.isIndex())
      ++scalars;
    else
      inputs.push_back(type);
  }
  if (TypeRange(inputs) != launch.getInputs().getTypes() ||
      kernel.getResultTypes() != launch.getOutputs().getTypes())
    return launch.emitError() << "planned_c2: expected operands of kernel type "
                              << kernel.getFunctionType() << ", got ("
                              << launch.getInputs().getTypes() << ") -> ("
                              << launch.getOutputs().getTypes() << ")";
  if (scalars != launch.getScalars().getNumResults())
    return launch.emitError()
           << "planned_c2: expected " << scalars << " scalars, got "
           << launch.getScalars().getNumResults();
  return success();
}

/// planned_c3 and planned_c4: scratch is written before it is read, every
/// output is written.
static LogicalResult verifyOrder(PlanOp plan) {
  llvm::DenseSet<Value> written;
  for (Operation &step : plan.getBody().front()) {
    auto launch = dyn_cast<LaunchOp>(step);
    if (!launch && !isa<ObserveOp>(step))
      continue;
    for (Value input : launch ? launch.getInputs() : step.getOperands()) {
      auto buffer = input.getDefiningOp<BufferOp>();
      if (buffer && buffer.getKind() != BufferKind::Input &&
          !written.contains(input))
        return step.emitError()
               << "planned_c3: expected a buffer that an earlier launch wrote";
    }
    if (launch)
      written.insert(launch.getOutputs().begin(), launch.getOutputs().end());
  }
  for (auto buffer : plan.getOps<BufferOp>())
    if (buffer.getKind() == BufferKind::Output &&
        !written.contains(buffer.getResult()))
      return buffer.emitError()
             << "planned_c4: expected a launch that writes output \""
             << *buffer.getName() << "\"";
  return success();
}

namespace {

struct VerifyPlanned
    : public mlir::ccq::impl::VerifyPlannedBase<VerifyPlanned> {
  using VerifyPlannedBase::VerifyPlannedBase;

  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function->hasAttr(CCQDialect::kKernelAttr)) {
        function.emitError()
            << "planned_c1: expected only kernels beside the plan";
        return signalPassFailure();
      }
    for (auto plan : getOperation().getOps<PlanOp>()) {
      for (auto launch : plan.getOps<LaunchOp>())
        if (failed(verifyOperands(
                launch, symbols.lookup<func::FuncOp>(launch.getKernel()))))
          return signalPassFailure();
      if (failed(verifyOrder(plan)))
        return signalPassFailure();
    }
  }
};

} // namespace
