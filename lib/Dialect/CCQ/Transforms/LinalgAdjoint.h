//===- LinalgAdjoint.h - adjoints of linalg ops -----------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_DIALECT_CCQ_TRANSFORMS_LINALGADJOINT_H
#define CCQ_LIB_DIALECT_CCQ_TRANSFORMS_LINALGADJOINT_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace mlir::ccq {

/// What a reverse sweep over tensors offers to its rules.
struct AdjointSink {
  /// Whether the adjoint of a tensor is wanted.
  llvm::function_ref<bool(Value)> isActive;
  /// Adds to the adjoint of a tensor a tensor of its type.
  llvm::function_ref<void(Value, Value)> add;
};

/// A tensor of the type and sizes of `like`, all zero. Reports an error when
/// the sizes cannot be traced.
FailureOr<Value> createZerosLike(OpBuilder &builder, Value like);

/// Adds what the result of `op`, whose adjoint is `cotangent`, passes on to the
/// tensors that `op` reads: operands, and tensors that its body extracts from.
/// `builder` stands after everything that the op reads. Reports an error for an
/// op without a rule.
LogicalResult emitLinalgAdjoint(OpBuilder &builder, linalg::LinalgOp op,
                                Value cotangent, AdjointSink sink);

} // namespace mlir::ccq

#endif // CCQ_LIB_DIALECT_CCQ_TRANSFORMS_LINALGADJOINT_H
