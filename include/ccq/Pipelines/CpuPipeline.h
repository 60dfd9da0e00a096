//===- CpuPipeline.h - from quantized modules to CPU objects ----*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_PIPELINES_CPUPIPELINE_H
#define CCQ_PIPELINES_CPUPIPELINE_H

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"

#include <string>

namespace mlir::ccq {

/// Options of `ccq-cpu-pipeline`.
struct CpuPipelineOptions : public PassPipelineOptions<CpuPipelineOptions> {
  Option<std::string> target{
      *this, "target",
      llvm::cl::desc("CPU target, as `ccq targets` lists them"),
      llvm::cl::init("cpu:native")};
  Option<std::string> linker{
      *this, "linker",
      llvm::cl::desc("path of ld.lld; empty looks for one on PATH"),
      llvm::cl::init("")};
};

/// Options of `ccq-cpu-kernel-pipeline`.
struct CpuKernelPipelineOptions
    : public PassPipelineOptions<CpuKernelPipelineOptions> {
  Option<int64_t> tileM{*this, "tile-m",
                        llvm::cl::desc("rows of the result per work item"),
                        llvm::cl::init(64)};
  Option<int64_t> tileN{*this, "tile-n",
                        llvm::cl::desc("output channels per work item"),
                        llvm::cl::init(64)};
  Option<int64_t> tileK{*this, "tile-k",
                        llvm::cl::desc("rows of weights decoded at a time"),
                        llvm::cl::init(64)};
  Option<int64_t> registerLanes{
      *this, "register-lanes", llvm::cl::desc("f32 lanes of a vector register"),
      llvm::cl::init(8)};
  Option<bool> byteShuffle{*this, "byte-shuffle",
                           llvm::cl::desc("the target has AVX2"),
                           llvm::cl::init(false)};
  Option<bool> expandHalf{*this, "expand-half",
                          llvm::cl::desc("the target cannot convert f16"),
                          llvm::cl::init(false)};
};

/// From a quantized module to a plan with one `ccq.object` per kernel. A module
/// that is planned already keeps its plan, so that the pipelines of several
/// targets can follow each other.
void buildCpuPipeline(OpPassManager &passes, const CpuPipelineOptions &options);

/// From kernels on tensors to functions of the LLVM dialect with the calling
/// convention of CPU kernels (ccq-bind-buffers), in a module of kernels only.
void buildCpuKernelPipeline(OpPassManager &passes,
                            const CpuKernelPipelineOptions &options);

/// Makes both pipelines known by flag.
void registerCpuPipelines();

} // namespace mlir::ccq

#endif // CCQ_PIPELINES_CPUPIPELINE_H
