//===- LoopSplitting.h - loops of an op by reshapes of its tensors -*- C++ -*-//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_DIALECT_CCQ_TRANSFORMS_LOOPSPLITTING_H
#define CCQ_LIB_DIALECT_CCQ_TRANSFORMS_LOOPSPLITTING_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/PatternMatch.h"

namespace mlir::ccq {

/// Splits the loops of `op` as the expand_shape that is the only reader of its
/// result splits the result, and puts the new op in the place of both. Operands
/// are expanded; one that is a collapse_shape of the same dimensions becomes
/// what was collapsed. The result's destination has to be a fill.
///
/// Returns `op` itself when nothing reads it that way, failure when the loops
/// cannot be split.
FailureOr<linalg::GenericOp> splitByResult(RewriterBase &rewriter,
                                           linalg::GenericOp op);

/// Splits the loops of `op` as the collapse_shape that defines operand number
/// `input` merged them; the result is collapsed again. Otherwise as above.
FailureOr<linalg::GenericOp> splitByInput(RewriterBase &rewriter,
                                          linalg::GenericOp op, unsigned input);

} // namespace mlir::ccq

#endif // CCQ_LIB_DIALECT_CCQ_TRANSFORMS_LOOPSPLITTING_H
