//===- CudaPipeline.cpp - quantized modules to PTX and cubins ---*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Pipelines/CudaPipeline.h"

#include "Planning.h"
#include "ccq/Conversion/Passes.h"
#include "ccq/Dialect/CCQ/Transforms/Passes.h"
#include "ccq/Pipelines/Passes.h"
#include "ccq/Target/Passes.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace mlir::ccq;

void mlir::ccq::buildCudaKernelPipeline(OpPassManager &passes) {
  passes.addNestedPass<func::FuncOp>(createRotateActivations());
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

void mlir::ccq::buildCudaPipeline(OpPassManager &passes,
                                  const CudaPipelineOptions &options) {
  addPlanning(passes);
  std::vector<std::string> formats(options.formats.begin(),
                                   options.formats.end());
  if (formats.empty())
    formats.push_back("ptx");
  // Cubins and PTX of one chip come from one compilation.
  bool isPtxOnly = llvm::all_of(
      formats, [](const std::string &format) { return format == "ptx"; });
  SpecializeKernelsOptions specialize;
  specialize.target = (isPtxOnly ? "ptx:" : "cuda:") + options.chip;
  specialize.formats = formats;
  passes.addPass(createSpecializeKernels(specialize));
  passes.addPass(createLowerCudaKernels());
  SerializeKernelsOptions serialize;
  serialize.cudaPath = options.cudaPath;
  passes.addPass(createSerializeKernels(serialize));
}

void mlir::ccq::registerCudaPipelines(std::string cudaPath) {
  PassPipelineRegistration<CudaPipelineOptions>(
      "ccq-cuda-pipeline",
      "from a quantized module to a plan with PTX or cubins for one chip",
      [cudaPath](OpPassManager &passes, const CudaPipelineOptions &options) {
        CudaPipelineOptions completed;
        completed.copyOptionValuesFrom(options);
        if (completed.cudaPath.empty())
          completed.cudaPath = cudaPath;
        buildCudaPipeline(passes, completed);
      });
  PassPipelineRegistration<>(
      "ccq-cuda-kernel-pipeline",
      "from kernels with coded weights to the NVVM dialect",
      buildCudaKernelPipeline);
}
