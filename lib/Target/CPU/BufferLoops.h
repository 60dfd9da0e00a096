//===- BufferLoops.h - loops of a linalg op on buffers ----------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_TARGET_CPU_BUFFERLOOPS_H
#define CCQ_LIB_TARGET_CPU_BUFFERLOOPS_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace mlir::ccq {

/// Whether `type` is a memref of f32 with at least one dimension.
bool isF32MemRef(Type type);

/// Whether `operand` is a memref whose last dimension is contiguous and indexed
/// by `loop`, as no other dimension is.
bool isInnermost(linalg::LinalgOp op, OpOperand *operand, unsigned loop);

/// Whether `a` and `b` are one value or equal constants.
bool isSame(Value a, Value b);

/// Emits loops over the iterations of `op`, in front of it, with accesses to
/// its operands at the iteration that was set last.
class BufferLoops {
public:
  BufferLoops(OpBuilder &builder, linalg::LinalgOp op);

  Value createIndex(int64_t value);
  /// The largest multiple of `step` up to `size`.
  Value createWhole(Value size, int64_t step);

  /// Iterations of `loop`.
  Value getSize(unsigned loop) const { return sizes[loop]; }
  /// Makes `value` the iteration of `loop`.
  void set(unsigned loop, Value value) { position[loop] = value; }

  /// `body` in loops over all iterations of `loops`, the first outermost.
  void emitNest(ArrayRef<unsigned> loops, llvm::function_ref<void()> body);

  /// `body` for [0, size) in blocks: as many as fit of the first size, of the
  /// rest as many of the next, and so on; the last size is 1.
  void emitBlocks(Value size, ArrayRef<int64_t> blocks,
                  llvm::function_ref<void(Value first, int64_t count)> body);

  /// The elements of `operand` from the iteration on, a vector of `type` along
  /// its last dimension or, for a null type, one element.
  Value load(OpOperand *operand, VectorType type);
  void store(OpOperand *operand, Value value);

private:
  SmallVector<Value> createIndices(OpOperand *operand);

  OpBuilder &builder;
  linalg::LinalgOp op;
  Location loc;
  SmallVector<Value> sizes;
  SmallVector<Value> position;
};

} // namespace mlir::ccq

#endif // CCQ_LIB_TARGET_CPU_BUFFERLOOPS_H
