//===- InitPasses.cpp - every pass the compiler uses ------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/InitPasses.h"

#include "ccq/Conversion/Passes.h"
#include "ccq/Dialect/CCQ/Transforms/Passes.h"
#include "ccq/Pipelines/CpuPipeline.h"
#include "ccq/Pipelines/CudaPipeline.h"
#include "ccq/Pipelines/Passes.h"
#include "ccq/Target/Passes.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Transforms/Passes.h"

/// The conversions that our pipelines use: what `--dump-pass-pipeline` or a
/// reproducer prints has to run as well.
static void registerUsedConversions() {
  mlir::registerArithToLLVMConversionPass();
  mlir::registerConvertAffineToStandard();
  mlir::registerConvertControlFlowToLLVMPass();
  mlir::registerConvertFuncToLLVMPass();
  mlir::registerConvertGpuOpsToNVVMOps();
  mlir::registerConvertIndexToLLVMPass();
  mlir::registerConvertMathToLLVMPass();
  mlir::registerConvertMathToLibm();
  mlir::registerConvertVectorToLLVMPass();
  mlir::registerConvertVectorToSCF();
  mlir::registerFinalizeMemRefToLLVMConversionPass();
  mlir::registerReconcileUnrealizedCasts();
  mlir::registerSCFToControlFlow();
}

void mlir::ccq::registerCompilerPasses(const std::string &cudaPath) {
  registerTransformsPasses();
  registerUsedConversions();
  arith::registerArithPasses();
  bufferization::registerBufferizationPasses();
  memref::registerMemRefPasses();
  registerLinalgPasses();

  registerCCQTransformsPasses();
  registerCCQConversionPasses();
  registerCCQTargetPasses();
  registerCCQPipelinesPasses();
  registerCpuPipelines();
  registerCudaPipelines(cudaPath);
}
