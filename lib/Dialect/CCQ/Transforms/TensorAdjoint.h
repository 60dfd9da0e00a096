//===- TensorAdjoint.h - adjoints of ops that move elements -----*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_DIALECT_CCQ_TRANSFORMS_TENSORADJOINT_H
#define CCQ_LIB_DIALECT_CCQ_TRANSFORMS_TENSORADJOINT_H

#include "LinalgAdjoint.h"

namespace mlir::ccq {

/// As emitLinalgAdjoint, for the ops of the tensor dialect that move whole
/// tensors.
LogicalResult emitTensorAdjoint(OpBuilder &builder, Operation *op,
                                Value cotangent, AdjointSink sink);

} // namespace mlir::ccq

#endif // CCQ_LIB_DIALECT_CCQ_TRANSFORMS_TENSORADJOINT_H
