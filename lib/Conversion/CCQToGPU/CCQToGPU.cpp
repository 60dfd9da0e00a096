//===- CCQToGPU.cpp - coded matmul functions to GPU kernels -----*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MmaKernel.h"
#include "StreamKernel.h"
#include "ccq/Conversion/Passes.h"
#include "ccq/Dialect/CCQ/IR/CCQDialect.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace mlir::ccq {
#define GEN_PASS_DEF_CONVERTCCQTOGPU
#include "ccq/Conversion/Passes.h.inc"
} // namespace mlir::ccq

using namespace mlir;
using namespace mlir::ccq;

/// Discardable attribute of a kernel function: the strategy to apply.
static constexpr llvm::StringLiteral kStrategyAttr = "ccq.strategy";

static LogicalResult convertKernel(func::FuncOp function) {
  FailureOr<CodedMatmul> matmul = analyzeCodedMatmul(function);
  if (failed(matmul))
    return failure();
  bool isStream = findStreamFrame(matmul->weightsType.getScheme()).has_value();
  auto strategy = function->getAttrOfType<MmaStrategyAttr>(kStrategyAttr);
  if (!strategy)
    strategy =
        isStream ? chooseStreamStrategy(*matmul) : chooseMmaStrategy(*matmul);
  FailureOr<gpu::GPUModuleOp> module =
      isStream ? createStreamKernel(*matmul, strategy)
               : createMmaKernel(*matmul, strategy);
  if (failed(module))
    return failure();
  (*module)->setAttr(kStrategyAttr, strategy);
  function.erase();
  return success();
}

namespace {

class ConvertCCQToGPU
    : public mlir::ccq::impl::ConvertCCQToGPUBase<ConvertCCQToGPU> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    bool isFailed = false;
    for (auto function :
         llvm::make_early_inc_range(module.getOps<func::FuncOp>()))
      if (function->hasAttr(CCQDialect::kKernelAttr) &&
          hasCodedMatmul(function))
        isFailed |= failed(convertKernel(function));
    if (isFailed)
      return signalPassFailure();
    module->setAttr(gpu::GPUDialect::getContainerModuleAttrName(),
                    UnitAttr::get(&getContext()));
  }
};

} // namespace
