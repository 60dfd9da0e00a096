//===- KernelExtents.h - which index argument is which extent ---*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_TARGET_CPU_KERNELEXTENTS_H
#define CCQ_LIB_TARGET_CPU_KERNELEXTENTS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::ccq {

/// Index arguments of a kernel, in order; they are its scalars.
SmallVector<Value> getKernelScalars(func::FuncOp kernel);

/// The scalars that `ccq.extents` names for the dynamic dimensions of argument
/// `index`, in order. An error at the kernel when the attribute does not name
/// one for each.
FailureOr<SmallVector<Value>> getArgumentExtents(func::FuncOp kernel,
                                                 unsigned index);

/// The same for result `index`.
FailureOr<SmallVector<Value>> getResultExtents(func::FuncOp kernel,
                                               unsigned index);

/// Replaces tensor.dim of the kernel's arguments by the extents above.
LogicalResult resolveArgumentDims(func::FuncOp kernel);

} // namespace mlir::ccq

#endif // CCQ_LIB_TARGET_CPU_KERNELEXTENTS_H
