//===- MoveAbsorption.h - moved operands as indexing maps -------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_DIALECT_CCQ_TRANSFORMS_MOVEABSORPTION_H
#define CCQ_LIB_DIALECT_CCQ_TRANSFORMS_MOVEABSORPTION_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/PatternMatch.h"

namespace mlir::ccq {

/// Lets `op` read operand number `input` from where it was moved from: linalg
/// ops that only transpose or repeat elements become part of the indexing map,
/// also behind reshapes, as far as every dimension is then a loop, a constant
/// or the quotient of a loop by a constant (the key head of several heads).
void absorbMovesOfInput(RewriterBase &rewriter, linalg::GenericOp op,
                        unsigned input);

/// Lets `op`, the result of which a transpose alone reads, write transposed.
/// The result's destination has to be a fill; returns `op` or its successor.
linalg::GenericOp absorbTransposeOfResult(RewriterBase &rewriter,
                                          linalg::GenericOp op);

} // namespace mlir::ccq

#endif // CCQ_LIB_DIALECT_CCQ_TRANSFORMS_MOVEABSORPTION_H
