//===- CollapseElementwise.h - elementwise ops on rows ----------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_DIALECT_CCQ_TRANSFORMS_COLLAPSEELEMENTWISE_H
#define CCQ_LIB_DIALECT_CCQ_TRANSFORMS_COLLAPSEELEMENTWISE_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::ccq {

/// Moves reshapes behind the elementwise ops that read them: where the rows of
/// a contraction were expanded ([B S, N] to [B, S, N]), a bias, an activation
/// or the sum with a residual is computed on the rows and expanded afterwards,
/// so that it can be part of the contraction's dispatch. What is computed does
/// not change.
void collapseElementwise(func::FuncOp function);

} // namespace mlir::ccq

#endif // CCQ_LIB_DIALECT_CCQ_TRANSFORMS_COLLAPSEELEMENTWISE_H
