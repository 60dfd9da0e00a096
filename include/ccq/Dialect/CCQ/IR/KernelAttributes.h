//===- KernelAttributes.h - marks of kernels in lowering --------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_DIALECT_CCQ_IR_KERNELATTRIBUTES_H
#define CCQ_DIALECT_CCQ_IR_KERNELATTRIBUTES_H

#include "llvm/ADT/StringRef.h"

namespace mlir::ccq {

/// On a lowered kernel: how much there is to launch, as an AffineMap with one
/// dim per index argument of the original kernel. On a CPU function (set by
/// ccq-distribute-items) its one result is the number of independent work
/// items, and the last two arguments are the half-open range of items of a
/// call. On a GPU module (set by convert-ccq-to-gpu) its three results count
/// blocks.
inline constexpr llvm::StringLiteral kGridAttr = "ccq.grid";

/// On a GPU module: three thread counts, set by convert-ccq-to-gpu.
inline constexpr llvm::StringLiteral kBlockAttr = "ccq.block";

/// On the nested module of a CUDA target: the formats wanted, "ptx" and
/// "cubin", set by ccq-specialize-kernels.
inline constexpr llvm::StringLiteral kFormatsAttr = "ccq.formats";

} // namespace mlir::ccq

#endif // CCQ_DIALECT_CCQ_IR_KERNELATTRIBUTES_H
