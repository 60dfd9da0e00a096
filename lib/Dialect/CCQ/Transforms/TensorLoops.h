//===- TensorLoops.h - loops that fill a tensor with vectors ----*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_DIALECT_CCQ_TRANSFORMS_TENSORLOOPS_H
#define CCQ_LIB_DIALECT_CCQ_TRANSFORMS_TENSORLOOPS_H

#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Builders.h"

namespace mlir::ccq {

/// What emitters of loops that thread a tensor through have in common.
class TensorLoopEmitter {
protected:
  /// Emits what one iteration makes of the tensor.
  using Body = llvm::function_ref<Value(Value index, Value tensor)>;

  TensorLoopEmitter(OpBuilder &builder, Location loc)
      : builder(builder), loc(loc) {}

  Value createIndex(int64_t value);

  /// `body` for 0 .. count - 1; no loop when `count` is at most 1.
  Value emitLoop(int64_t count, Value tensor, Body body);

  /// A loop over 0, step, ... below `end`.
  Value emitLoop(Value end, int64_t step, Value tensor, Body body);

  /// Every access is inside its tensor by construction.
  Value read(Value source, ValueRange position, VectorType type);
  Value write(Value vector, Value destination, ValueRange position);

  OpBuilder &builder;
  Location loc;
};

} // namespace mlir::ccq

#endif // CCQ_LIB_DIALECT_CCQ_TRANSFORMS_TENSORLOOPS_H
