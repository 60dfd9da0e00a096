//===- RequireCodedWeights.cpp - a pass in a plugin of ccq-opt ------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Tools/Plugins/PassPlugin.h"
#include "llvm/Config/llvm-config.h"

using namespace mlir;

namespace {

/// Refuses a quantized model in which a matmul still reads a large float
/// weight: a gate for a deployment that cannot afford one. Looks at names of
/// ops only, so that the plugin needs the headers of MLIR and none of CCQ.
class RequireCodedWeights
    : public PassWrapper<RequireCodedWeights, OperationPass<ModuleOp>> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(RequireCodedWeights)

  RequireCodedWeights() = default;
  RequireCodedWeights(const RequireCodedWeights &other) : PassWrapper(other) {}

  StringRef getArgument() const override { return "require-coded-weights"; }
  StringRef getDescription() const override {
    return "Refuse matmuls that read large weights which are not coded";
  }

  void runOnOperation() override {
    WalkResult walk = getOperation().walk([&](Operation *op) {
      if (op->getName().getStringRef() != "linalg.matmul")
        return WalkResult::advance();
      Operation *weight = op->getOperand(1).getDefiningOp();
      if (!weight || weight->getName().getStringRef() != "ccq.source")
        return WalkResult::advance();
      auto type = cast<ShapedType>(weight->getResult(0).getType());
      if (type.getNumElements() < largest.getValue())
        return WalkResult::advance();
      op->emitError("expected a coded weight or fewer than ")
          << largest.getValue() << " elements, got " << type;
      return WalkResult::interrupt();
    });
    if (walk.wasInterrupted())
      signalPassFailure();
  }

private:
  Option<int64_t> largest{*this, "largest",
                          llvm::cl::desc("Elements that a weight which is not "
                                         "coded has to stay below"),
                          llvm::cl::init(65536)};
};

} // namespace

extern "C" LLVM_ATTRIBUTE_WEAK PassPluginLibraryInfo mlirGetPassPluginInfo() {
  return {MLIR_PLUGIN_API_VERSION, "RequireCodedWeights", LLVM_VERSION_STRING,
          [] { PassRegistration<RequireCodedWeights>(); }};
}
