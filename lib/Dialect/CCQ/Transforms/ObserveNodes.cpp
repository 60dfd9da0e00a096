//===- ObserveNodes.cpp - show the result of every node -------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ObservationNames.h"
#include "OpPlacement.h"
#include "ccq/Dialect/CCQ/IR/CCQObserveOps.h"
#include "ccq/Dialect/CCQ/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/MapVector.h"

namespace mlir::ccq {
#define GEN_PASS_DEF_OBSERVENODES
#include "ccq/Dialect/CCQ/Transforms/Passes.h.inc"
} // namespace mlir::ccq

using namespace mlir;
using namespace mlir::ccq;

/// The first name in the location of an op, without the model's file, which
/// may be called otherwise for the build to compare with; null when it has
/// none.
static StringAttr findNodeName(Operation &op) {
  StringAttr name;
  op.getLoc()->walk([&](Location part) {
    auto named = dyn_cast<NameLoc>(part);
    if (!named)
      return WalkResult::advance();
    name = named.getName();
    return WalkResult::interrupt();
  });
  if (!name)
    return name;
  auto [file, node] = name.getValue().split(".onnx:");
  return node.empty() ? name : StringAttr::get(op.getContext(), node);
}

namespace {

struct ObserveNodes : public ::mlir::ccq::impl::ObserveNodesBase<ObserveNodes> {
  using ObserveNodesBase::ObserveNodesBase;

  void runOnOperation() override {
    ObservationNames names(getOperation());
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isDeclaration() &&
          !function->hasAttr(CCQDialect::kKernelAttr))
        observe(function, names);
  }

private:
  static void observe(func::FuncOp function, ObservationNames &names) {
    llvm::MapVector<StringAttr, Operation *> lastOps;
    for (Operation &op : function.getBody().front())
      if (getPlacement(&op) == Placement::Computed)
        if (StringAttr name = findNodeName(op))
          lastOps[name] = &op;
    for (auto [name, op] : lastOps) {
      MLIRContext &context = *function.getContext();
      OpBuilder builder(&context);
      builder.setInsertionPointAfter(op);
      for (Value result : op->getResults())
        if (!llvm::any_of(result.getUsers(), llvm::IsaPred<ObserveOp>))
          builder.create<ObserveOp>(op->getLoc(), result,
                                    names.makeUnique(name, &context),
                                    ArrayAttr());
    }
  }
};

} // namespace
