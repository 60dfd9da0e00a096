//===- LowerCpuKernels.cpp - lower CPU target modules -----------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Artifact/CpuTargets.h"
#include "ccq/Dialect/CCQ/IR/CCQDialect.h"
#include "ccq/Pipelines/CpuPipeline.h"
#include "ccq/Pipelines/Passes.h"

namespace mlir::ccq {
#define GEN_PASS_DEF_LOWERCPUKERNELS
#include "ccq/Pipelines/Passes.h.inc"
} // namespace mlir::ccq

using namespace mlir;
using namespace mlir::ccq;
namespace artifact = ::ccq::artifact;

/// f32 lanes of the target's widest register.
static int64_t getRegisterLanes(const artifact::CpuTarget &target) {
  if (target.llvmCpu == "x86-64")
    return 4;
  return target.llvmCpu == "x86-64-v3" ? 8 : 16;
}

/// The CPU target that a nested module is for, or null.
static const artifact::CpuTarget *findTarget(ModuleOp nested) {
  auto name = nested->getAttrOfType<StringAttr>(CCQDialect::kTargetAttr);
  if (!name)
    return nullptr;
  return artifact::findCpuTarget(std::string_view(name.data(), name.size()));
}

namespace {

struct LowerCpuKernels
    : public ::mlir::ccq::impl::LowerCpuKernelsBase<LowerCpuKernels> {
  using LowerCpuKernelsBase::LowerCpuKernelsBase;

  void getDependentDialects(DialectRegistry &registry) const override {
    OpPassManager passes(ModuleOp::getOperationName());
    buildCpuKernelPipeline(passes, {});
    passes.getDependentDialects(registry);
  }

  void runOnOperation() override {
    for (auto nested : getOperation().getOps<ModuleOp>()) {
      const artifact::CpuTarget *target = findTarget(nested);
      if (!target)
        continue;
      CpuKernelPipelineOptions options;
      options.registerLanes = getRegisterLanes(*target);
      options.expandHalf = target->llvmCpu == "x86-64";
      options.byteShuffle = options.registerLanes >= 8;
      OpPassManager passes(ModuleOp::getOperationName());
      buildCpuKernelPipeline(passes, options);
      if (failed(runPipeline(passes, nested)))
        return signalPassFailure();
    }
  }
};

} // namespace
