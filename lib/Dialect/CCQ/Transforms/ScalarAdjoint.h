//===- ScalarAdjoint.h - derivatives of the bodies of linalg ops *- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_DIALECT_CCQ_TRANSFORMS_SCALARADJOINT_H
#define CCQ_LIB_DIALECT_CCQ_TRANSFORMS_SCALARADJOINT_H

#include "mlir/IR/Builders.h"

namespace mlir::ccq {

/// `seed` times the derivative of `result` with respect to `target`, both
/// floats of the block in which `builder` stands; null when `result` does not
/// depend on `target`. Reports an error at an op between them that has no rule.
/// Numerics: formulas of the derivative in the type of the values; where a
/// function has none (absf at 0) it is taken to be 0.
FailureOr<Value> emitScalarAdjoint(OpBuilder &builder, Value result, Value seed,
                                   Value target);

} // namespace mlir::ccq

#endif // CCQ_LIB_DIALECT_CCQ_TRANSFORMS_SCALARADJOINT_H
