//===- ModelFunction.h - find and check the model function ------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_DIALECT_CCQ_TRANSFORMS_MODELFUNCTION_H
#define CCQ_DIALECT_CCQ_TRANSFORMS_MODELFUNCTION_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::ccq {

/// Checks what the imported and the quantized form share: constraints
/// `imported_c1` to `imported_c3` of VerifyPasses.td. Reports the first
/// violation at the function.
LogicalResult verifyModelFunction(func::FuncOp function);

/// Whether `op` may compute activations in the imported and quantized forms:
/// linalg, tensor, arith, math, affine and scf, and what they contain.
bool isComputation(Operation *op);

} // namespace mlir::ccq

#endif // CCQ_DIALECT_CCQ_TRANSFORMS_MODELFUNCTION_H
