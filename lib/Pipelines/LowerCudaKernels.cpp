//===- LowerCudaKernels.cpp - lower CUDA target modules ---------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Dialect/CCQ/IR/CCQDialect.h"
#include "ccq/Pipelines/CudaPipeline.h"
#include "ccq/Pipelines/Passes.h"
#include "ccq/Target/Cubin/CompileKernels.h"

namespace mlir::ccq {
#define GEN_PASS_DEF_LOWERCUDAKERNELS
#include "ccq/Pipelines/Passes.h.inc"
} // namespace mlir::ccq

using namespace mlir;
using namespace mlir::ccq;

namespace {

struct LowerCudaKernels
    : public ::mlir::ccq::impl::LowerCudaKernelsBase<LowerCudaKernels> {
  using LowerCudaKernelsBase::LowerCudaKernelsBase;

  void getDependentDialects(DialectRegistry &registry) const override {
    OpPassManager passes(ModuleOp::getOperationName());
    buildCudaKernelPipeline(passes);
    passes.getDependentDialects(registry);
  }

  void runOnOperation() override {
    for (auto nested : getOperation().getOps<ModuleOp>()) {
      auto target = nested->getAttrOfType<StringAttr>(CCQDialect::kTargetAttr);
      if (!target || getCudaChip(target).empty())
        continue;
      OpPassManager passes(ModuleOp::getOperationName());
      buildCudaKernelPipeline(passes);
      if (failed(runPipeline(passes, nested)))
        return signalPassFailure();
    }
  }
};

} // namespace
