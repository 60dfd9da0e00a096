//===- KernelAttributes.h - marks of CPU kernels in lowering ----*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TARGET_CPU_KERNELATTRIBUTES_H
#define CCQ_TARGET_CPU_KERNELATTRIBUTES_H

#include "llvm/ADT/StringRef.h"

namespace mlir::ccq {

/// On a kernel function: the number of independent work items as an AffineMap
/// with one dim per index argument of the original kernel and one result. Set
/// by ccq-distribute-items; the last two arguments are then the half-open range
/// of items of a call.
inline constexpr llvm::StringLiteral kGridAttr = "ccq.grid";

} // namespace mlir::ccq

#endif // CCQ_TARGET_CPU_KERNELATTRIBUTES_H
