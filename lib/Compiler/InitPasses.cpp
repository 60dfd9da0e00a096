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
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Transforms/Passes.h"

void mlir::ccq::registerCompilerPasses(const std::string &cudaPath) {
  registerTransformsPasses();
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
