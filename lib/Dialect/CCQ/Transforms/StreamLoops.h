//===- StreamLoops.h - loops over the tiles of a stream ---------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_DIALECT_CCQ_TRANSFORMS_STREAMLOOPS_H
#define CCQ_LIB_DIALECT_CCQ_TRANSFORMS_STREAMLOOPS_H

#include "TensorLoops.h"
#include "ccq/Codec/Stream.h"
#include "ccq/Dialect/CCQ/IR/CCQOps.h"

namespace mlir::ccq {

/// A part of a coded matrix: rows from `k0`, channels from `n0`.
struct CodedSlice {
  /// Type of the whole matrix.
  CodedTensorType whole;
  /// Type of the part: the extents.
  CodedTensorType part;
  /// Offsets, of type index.
  Value k0, n0;
};

/// Channels of a tile that are decoded side by side: those of the words of a
/// quarter of its strips.
inline constexpr int64_t kStreamChannels = 8;
/// Quarters of the strips, and strips of a quarter.
inline constexpr int64_t kStreamQuarters = 4;

/// Emits the loops over the blocks and tiles of a part of a matrix coded with
/// `#ccq.stream` or `#ccq.hash`; what a tile becomes is left to a subclass.
class StreamLoopEmitter : protected TensorLoopEmitter {
public:
  virtual ~StreamLoopEmitter() = default;

  /// Emits everything at the insertion point and returns the f32 weights.
  Value emit();

protected:
  StreamLoopEmitter(OpBuilder &builder, Location loc, const CodedSlice &slice,
                    ValueRange components)
      : TensorLoopEmitter(builder, loc), slice(slice), components(components),
        frame(*findStreamFrame(slice.whole.getScheme())) {}

  /// Begins block number `number` of the matrix, or, with `index`, block
  /// `index` of the part, which is like the first.
  virtual void enterBlock(size_t number, Value index) = 0;

  /// Writes the weights of tile number `tile` of the part in the current block,
  /// of which `channels` are wanted.
  virtual Value emitTile(Value tile, int64_t channels, Value weights) = 0;

  /// Scales of the channels of a tile, kStreamChannels to a vector; the last
  /// one may be shorter.
  SmallVector<Value> createScales(Value tile, int64_t channels);

  /// As many levels as there are scales, times the scales.
  Value multiply(Value levels, Value scales);

  Value apply(AffineExpr expression, ArrayRef<Value> operands);
  AffineExpr dim(unsigned position) {
    return builder.getAffineDimExpr(position);
  }

  const CodedSlice &slice;
  ValueRange components;
  ::ccq::codec::StreamFrame frame;
  /// Rows of the current block, and its first row in the result.
  int64_t blockRows = 0;
  Value blockRow;

private:
  Value emitBlock(Value weights);
  Value trim(Value weights, int64_t rows);
};

} // namespace mlir::ccq

#endif // CCQ_LIB_DIALECT_CCQ_TRANSFORMS_STREAMLOOPS_H
