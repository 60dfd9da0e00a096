//===- GradientSeed.h - gradients of losses by a model's output -*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_DIALECT_CCQ_TRANSFORMS_GRADIENTSEED_H
#define CCQ_LIB_DIALECT_CCQ_TRANSFORMS_GRADIENTSEED_H

#include "ccq/Dialect/CCQ/Transforms/Passes.h"
#include "mlir/IR/Builders.h"

namespace mlir::ccq {

/// The gradient of a loss with respect to `output`, a float tensor; `given` is
/// the cotangent or the target, of the same type. Reports an error for
/// `divergence` of an output without dimensions. Numerics: softmax with the
/// largest element of a row taken off, in the type of the output.
FailureOr<Value> emitGradientSeed(OpBuilder &builder, GradientLoss loss,
                                  Value output, Value given);

/// a + b of two tensors of one type, of which the sizes can be traced.
FailureOr<Value> emitTensorSum(OpBuilder &builder, Value a, Value b);

} // namespace mlir::ccq

#endif // CCQ_LIB_DIALECT_CCQ_TRANSFORMS_GRADIENTSEED_H
