//===- CompileKernels.h - PTX and cubins of GPU modules ---------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TARGET_CUBIN_COMPILEKERNELS_H
#define CCQ_TARGET_CUBIN_COMPILEKERNELS_H

#include "ccq/Support/Result.h"
#include "mlir/IR/BuiltinOps.h"

#include <string>

namespace mlir::ccq {

/// One compiled kernel of a CUDA target.
struct CudaObject {
  /// Name of the kernel and of the entry point.
  std::string kernel;
  /// Three block counts as a function of the scalars (as dims).
  AffineMap grid;
  /// Three thread counts.
  SmallVector<int64_t, 3> block;
  /// PTX text.
  std::string ptx;
  /// Machine code for the chip; empty unless asked for.
  std::string cubin;
};

/// The chip of a CUDA target's name ("sm_90a" of "cuda:sm_90a" and of
/// "ptx:sm_90a"), or an empty string when the name is of another kind.
StringRef getCudaChip(StringRef target);

/// Compiles the GPU modules of `kernels` (ccq-lower-cuda-kernels) for `chip`,
/// in their order: to PTX, and with `ptxas` (a program, as findPtxas returns
/// it) to cubins as well. ptxas runs on the context's threads; the bytes depend
/// on the kernel, the chip and the version of ptxas only. Errors are emitted at
/// the kernel.
FailureOr<SmallVector<CudaObject>>
compileCudaKernels(ModuleOp kernels, StringRef chip,
                   std::optional<StringRef> ptxas);

} // namespace mlir::ccq

#endif // CCQ_TARGET_CUBIN_COMPILEKERNELS_H
