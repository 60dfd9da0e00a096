//===- AttentionAlignment.h - attention in loops that agree -----*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_DIALECT_CCQ_TRANSFORMS_ATTENTIONALIGNMENT_H
#define CCQ_LIB_DIALECT_CCQ_TRANSFORMS_ATTENTIONALIGNMENT_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace mlir::ccq {

/// Whether `op` adds up, over its one reduction loop, what a body makes of one
/// element each of two operands, neither of which is a weight: scores of rows
/// against rows, or a mixture of rows.
bool isProductOfActivations(linalg::LinalgOp op);

/// Brings the ops of attention, two such products with reductions and
/// elementwise ops of the rows of the first in between, into loops that agree:
/// products get the loops of what is in between, and read and write where their
/// operands come from and the result goes to. docs/Rationale/Attention.md.
/// Whether they then form one dispatch is decided by these loops
/// (DispatchGroups.h).
void alignAttention(func::FuncOp function);

} // namespace mlir::ccq

#endif // CCQ_LIB_DIALECT_CCQ_TRANSFORMS_ATTENTIONALIGNMENT_H
