//===- SerializeKernels.cpp - compile lowered kernels -----------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Dialect/CCQ/IR/CCQOps.h"
#include "ccq/Target/CPU/CompileKernels.h"
#include "ccq/Target/Passes.h"

namespace mlir::ccq {
#define GEN_PASS_DEF_SERIALIZEKERNELS
#include "ccq/Target/Passes.h.inc"
} // namespace mlir::ccq

using namespace mlir;
using namespace mlir::ccq;
namespace artifact = ::ccq::artifact;

/// Adds the objects of a CPU target's kernels after `kernels`.
static LogicalResult serializeForCpu(ModuleOp kernels,
                                     const artifact::CpuTarget &target,
                                     StringRef linker) {
  FailureOr<SmallVector<CpuObject>> objects =
      compileCpuKernels(kernels, target, linker);
  if (failed(objects))
    return failure();
  OpBuilder builder(kernels->getContext());
  builder.setInsertionPointToEnd(kernels->getBlock());
  for (const CpuObject &object : *objects)
    builder.create<ObjectOp>(
        kernels.getLoc(), object.kernel + "_" + kernels.getName()->str(),
        StringRef(target.name.data(), target.name.size()), object.kernel,
        ObjectFormat::SharedObject, object.kernel, object.grid,
        /*block=*/DenseI64ArrayAttr(), /*shared_bytes=*/0, object.bytes);
  return success();
}

namespace {

struct SerializeKernels
    : public ::mlir::ccq::impl::SerializeKernelsBase<SerializeKernels> {
  using SerializeKernelsBase::SerializeKernelsBase;

  void runOnOperation() override {
    SmallVector<ModuleOp> modules;
    for (auto nested : getOperation().getOps<ModuleOp>())
      if (nested->hasAttr(CCQDialect::kTargetAttr))
        modules.push_back(nested);
    for (ModuleOp nested : modules) {
      if (failed(serialize(nested)))
        return signalPassFailure();
      nested.erase();
    }
  }

private:
  LogicalResult serialize(ModuleOp nested) {
    auto name =
        nested->getAttrOfType<StringAttr>(CCQDialect::kTargetAttr).getValue();
    if (const artifact::CpuTarget *target =
            artifact::findCpuTarget(std::string_view(name.data(), name.size())))
      return serializeForCpu(nested, *target, linker);
    return nested.emitError()
           << "expected a target that `ccq targets` lists, got \"" << name
           << "\"";
  }
};

} // namespace
