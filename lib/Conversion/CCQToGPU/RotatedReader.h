//===- RotatedReader.h - activations in the basis of a stream ---*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_CONVERSION_CCQTOGPU_ROTATEDREADER_H
#define CCQ_LIB_CONVERSION_CCQTOGPU_ROTATEDREADER_H

#include "KernelFrame.h"
#include "WeightReader.h"

namespace mlir::ccq {

/// Emits the code that reads activations and rotates them: whole tiles of K in
/// registers, what is left of K in shared memory.
class RotatedReader {
public:
  /// `tileRows` is that of the stream, at least the largest block of the
  /// rotation in use.
  RotatedReader(const CodedMatmul &matmul, int64_t tileRows, KernelFrame &frame,
                KernelBuilder &builder);

  /// f32 of shared memory for `tokens` rows of what is left of K, padded.
  int64_t getSharedElements(int64_t tokens) const {
    return restRows ? tokens * getRestStride() : 0;
  }

  /// Emits the pointers to rows. `lane` says which token and strips the lane
  /// has; the rest of K begins at element `sharedBegin`.
  void createPointers(const LanePosition &lane, int64_t sharedBegin);

  /// The lane's quarter of whole tile `number`, rotated: rows of strips
  /// 4 column to 4 column + 3, one after the other.
  SmallVector<Value> createTile(Value number);

  /// Emits the rotation of what is left of K into shared memory, by all
  /// `threads` threads for `tokens` tokens, and barriers.
  void createRest(int64_t threads, int64_t tokens);

  /// The lane's quarter of the `rows` rows from `first` of the rest.
  SmallVector<Value> readRest(int64_t first, int64_t rows);

private:
  int64_t getRestStride() const { return paddedRestRows + 1; }
  Value createRowPointer(Value token);
  SmallVector<Value> createLoads(Value pointer, int64_t count);
  Value createSignBits(Value k);
  Value createRestFactor(Value row);
  void createRestValue(Value element);
  void createRestStage(Value pair, int64_t half, int64_t pairs);
  void createThreadLoop(int64_t count, int64_t threads,
                        llvm::function_ref<void(Value)> body);

  const CodedMatmul &matmul;
  KernelFrame &frame;
  KernelBuilder &builder;
  int64_t tileRows, rotationRows, restBegin, restRows, paddedRestRows;
  int64_t rowStride, columnStride, sharedBegin = 0;
  Value elements, lastToken;
  Value tokenRow;
  LanePosition lane;
};

} // namespace mlir::ccq

#endif // CCQ_LIB_CONVERSION_CCQTOGPU_ROTATEDREADER_H
