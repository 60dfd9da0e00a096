//===- DropUnitDims.h - loops without dimensions of size one ----*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_DIALECT_CCQ_TRANSFORMS_DROPUNITDIMS_H
#define CCQ_LIB_DIALECT_CCQ_TRANSFORMS_DROPUNITDIMS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::ccq {

/// Rewrites elementwise ops that read the result of a `tensor.expand_shape` so
/// that their last loop is not one of one iteration: a mean that keeps its
/// axis, [B, S, 1], is then computed and read as [B, S], loop for loop like the
/// reduction in front of it and the rows behind it, and a normalization is one
/// dispatch. What is computed does not change. Fails when the rewriting does
/// not converge.
LogicalResult dropUnitDims(func::FuncOp function);

} // namespace mlir::ccq

#endif // CCQ_LIB_DIALECT_CCQ_TRANSFORMS_DROPUNITDIMS_H
