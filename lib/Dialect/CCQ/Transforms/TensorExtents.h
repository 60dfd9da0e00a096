//===- TensorExtents.h - sizes of tensors as values outside of dispatches -*-
// C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_DIALECT_CCQ_TRANSFORMS_TENSOREXTENTS_H
#define CCQ_DIALECT_CCQ_TRANSFORMS_TENSOREXTENTS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"

namespace mlir::ccq {

/// The size of dimension `dim` of `tensor`, a value at the top level of a
/// function, without reading the tensor: traced through destinations, views
/// and dispatches to constants, `ccq.dim`, the operands of `tensor.empty` and
/// `tensor.dim` of function arguments. Ops that are needed are created by
/// `builder`, which stands after the tensor's definition. Null when the size
/// cannot be traced.
OpFoldResult findExtent(OpBuilder &builder, Value tensor, int64_t dim);

/// The sizes of all dynamic dimensions of `tensor`, in order, as index values.
/// Reports an error at the definition of the tensor when one of them cannot be
/// traced.
FailureOr<SmallVector<Value>> getDynamicExtents(OpBuilder &builder,
                                                Value tensor);

/// Replaces every `tensor.dim` of a computed tensor by its traced size, so that
/// sizes no longer depend on computations. Fails with an error at the first
/// `tensor.dim` at the top level of `function` that cannot be traced.
LogicalResult traceDims(func::FuncOp function);

} // namespace mlir::ccq

#endif // CCQ_DIALECT_CCQ_TRANSFORMS_TENSOREXTENTS_H
