//===- MmaKernel.h - the tensor-core kernel of a coded matmul ---*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_CONVERSION_CCQTOGPU_MMAKERNEL_H
#define CCQ_LIB_CONVERSION_CCQTOGPU_MMAKERNEL_H

#include "CodedMatmul.h"
#include "ccq/Dialect/CCQ/IR/CCQAttrs.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"

namespace mlir::ccq {

/// Chooses warps and token tiles of a block from the shapes alone: as many
/// warps (at most eight) as there are groups of 64 k, two token tiles when M
/// may exceed eight, within the shared memory for the partial sums.
MmaStrategyAttr chooseMmaStrategy(const CodedMatmul &matmul);

/// Emits, after the function, a gpu.module of the same name with one kernel.
/// Its attributes `ccq.grid` (map of the scalar arguments to blocks) and
/// `ccq.block` say how to launch it. Parameters: one pointer to global memory
/// per buffer (coded arguments as their components, then the results), 16-byte
/// aligned, then one u32 per scalar argument. Reports an error at the op that
/// the kernel cannot contain.
FailureOr<gpu::GPUModuleOp> createMmaKernel(const CodedMatmul &matmul,
                                            MmaStrategyAttr strategy);

} // namespace mlir::ccq

#endif // CCQ_LIB_CONVERSION_CCQTOGPU_MMAKERNEL_H
