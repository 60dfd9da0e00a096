//===- CudaPipeline.cpp - from kernel functions to PTX and cubins -*- C++
//-*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Pipelines/CudaPipeline.h"

#include "ccq/Conversion/Passes.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace mlir::ccq;

void mlir::ccq::buildCudaLowering(OpPassManager &passes) {
  passes.addPass(createConvertCCQToGPU());
  OpPassManager &kernel = passes.nest<gpu::GPUModuleOp>();
  kernel.addPass(createConvertCCQToNVVM());
  // Before the conversion to NVVM, which would call libdevice functions.
  kernel.addPass(createLowerGPUMath());
  // Folds the insert / extract chains of decoded vectors while they are ops.
  kernel.addPass(createCanonicalizerPass());
  kernel.addPass(createCSEPass());
  kernel.addPass(createLowerAffinePass());
  kernel.addPass(createConvertSCFToCFPass());
  kernel.addPass(createConvertVectorToLLVMPass());
  ConvertGpuOpsToNVVMOpsOptions options;
  options.useBarePtrCallConv = true;
  kernel.addPass(createConvertGpuOpsToNVVMOps(options));
  kernel.addPass(createArithToLLVMConversionPass());
  kernel.addPass(createConvertIndexToLLVMPass());
  kernel.addPass(createReconcileUnrealizedCastsPass());
  kernel.addPass(createCanonicalizerPass());
  kernel.addPass(createCSEPass());
}
