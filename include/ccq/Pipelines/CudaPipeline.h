//===- CudaPipeline.h - from quantized modules to PTX and cubins -*- C++-*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_PIPELINES_CUDAPIPELINE_H
#define CCQ_PIPELINES_CUDAPIPELINE_H

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"

#include <string>

namespace mlir::ccq {

/// Options of `ccq-cuda-pipeline`.
struct CudaPipelineOptions : public PassPipelineOptions<CudaPipelineOptions> {
  Option<std::string> chip{
      *this, "chip", llvm::cl::desc("CUDA architecture, e.g. sm_80 or sm_90a"),
      llvm::cl::init("sm_80")};
  ListOption<std::string> formats{
      *this, "formats",
      llvm::cl::desc("ptx, cubin (needs ptxas) or both; ptx when empty")};
  Option<std::string> cudaPath{
      *this, "cuda-path",
      llvm::cl::desc("CUDA toolkit whose bin/ptxas makes cubins, or the "
                     "program; empty looks for ptxas on PATH"),
      llvm::cl::init("")};
};

/// From a quantized module to a plan with one `ccq.object` per kernel with
/// coded weights and format. A module that is planned already keeps its plan,
/// so that the pipelines of several targets can follow each other.
void buildCudaPipeline(OpPassManager &passes,
                       const CudaPipelineOptions &options);

/// From coded matmul functions in the module that ccq-specialize-kernels made
/// for a CUDA target to GPU modules in the LLVM and NVVM dialects, from which
/// emitPTX goes on. `passes` runs on a ModuleOp.
void buildCudaKernelPipeline(OpPassManager &passes);

/// Makes both pipelines known by flag. `cudaPath` is what `cuda-path` stands
/// for when a pipeline is asked for without it.
void registerCudaPipelines(std::string cudaPath);

} // namespace mlir::ccq

#endif // CCQ_PIPELINES_CUDAPIPELINE_H
