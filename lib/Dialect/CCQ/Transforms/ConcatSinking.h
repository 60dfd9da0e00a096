//===- ConcatSinking.h - elementwise ops on parts of tensors ----*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_DIALECT_CCQ_TRANSFORMS_CONCATSINKING_H
#define CCQ_LIB_DIALECT_CCQ_TRANSFORMS_CONCATSINKING_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::ccq {

/// Computes elementwise ops that alone read a concatenation of parts of
/// constant size on each part, and concatenates the results: the rotation of
/// halves, `x * cos + concat(-x2, x1) * sin`, becomes the concatenation of two
/// elementwise expressions, in which nothing but x is read twice. Other
/// elementwise operands with one reader are computed on the parts, too.
void sinkConcats(func::FuncOp function);

} // namespace mlir::ccq

#endif // CCQ_LIB_DIALECT_CCQ_TRANSFORMS_CONCATSINKING_H
