//===- CudaPipeline.h - from kernel functions to PTX and cubins -*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_PIPELINES_CUDAPIPELINE_H
#define CCQ_PIPELINES_CUDAPIPELINE_H

#include "mlir/Pass/PassManager.h"

namespace mlir::ccq {

/// Adds the passes from coded matmul functions (the module that
/// ccq-specialize-kernels made for a CUDA target) to GPU modules in the LLVM
/// and NVVM dialects, from which emitPTX goes on. `passes` runs on a ModuleOp.
void buildCudaLowering(OpPassManager &passes);

} // namespace mlir::ccq

#endif // CCQ_PIPELINES_CUDAPIPELINE_H
