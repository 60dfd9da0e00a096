//===- CompileKernels.h - lowered kernels to shared objects -----*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TARGET_CPU_COMPILEKERNELS_H
#define CCQ_TARGET_CPU_COMPILEKERNELS_H

#include "ccq/Artifact/CpuTargets.h"
#include "mlir/IR/BuiltinOps.h"

#include <string>

namespace mlir::ccq {

/// One compiled kernel.
struct CpuObject {
  /// Name of the kernel and of the symbol
  /// `void k(void *const *buffers, const int64_t *scalars, int64_t begin,
  /// int64_t end)`.
  std::string kernel;
  /// Number of work items as a function of the scalars (as dims).
  AffineMap grid;
  /// A shared object for 64-bit x86 Linux.
  std::string bytes;
};

/// Compiles every kernel of `kernels`, functions of the LLVM dialect with the
/// attribute `ccq.grid`, for `target` and links each with the program `linker`
/// (SharedLinker finds one when it is empty). Results are in the order of the
/// functions. Kernels compile in parallel on the context's threads; the bytes
/// depend on the kernel and the target only. Errors are emitted at the kernel.
FailureOr<SmallVector<CpuObject>>
compileCpuKernels(ModuleOp kernels, const ::ccq::artifact::CpuTarget &target,
                  StringRef linker);

} // namespace mlir::ccq

#endif // CCQ_TARGET_CPU_COMPILEKERNELS_H
