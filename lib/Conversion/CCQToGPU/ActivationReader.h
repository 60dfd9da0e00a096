//===- ActivationReader.h - activations as f16 B operands -------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_CONVERSION_CCQTOGPU_ACTIVATIONREADER_H
#define CCQ_LIB_CONVERSION_CCQTOGPU_ACTIVATIONREADER_H

#include "StridedView.h"
#include "WeightReader.h"

namespace mlir::ccq {

/// A lane's part of a B tile of eight tokens and 64 k.
struct ActivationGroup {
  /// x * 2^e as the sum of two f16, of the token and the k that this lane owns.
  std::array<Value, kPairsPerGroup> high, low;
  /// 2^-e of tokens 2 * column and 2 * column + 1, which are those of the
  /// lane's accumulators.
  std::array<Value, 2> unscale;
};

/// Emits the code that reads f32 activations and splits them for the tensor
/// cores (docs/Rationale/CudaKernels.md, "Activations").
class ActivationReader {
public:
  /// `rows` has static strides; K is `reductionSize`.
  ActivationReader(const StridedView &rows, int64_t reductionSize,
                   const PairOffsets &pairs)
      : firstElement(rows.offset), rowStride(*rows.findStaticStride(0)),
        columnStride(*rows.findStaticStride(1)), reductionSize(reductionSize),
        pairs(pairs) {}

  /// Emits the pointer to the row of `token` (a word, inside the tensor);
  /// `elements` is the pointer to the first row.
  Value createRowPointer(KernelBuilder &builder, Value elements, Value token);

  /// Emits the loads and the split of group `group`.
  ActivationGroup createGroup(KernelBuilder &builder, Value row, Value column,
                              Value group);

private:
  /// The lane's 16 values in pair order.
  SmallVector<Value> createLoads(KernelBuilder &builder, Value row,
                                 Value column, Value group);
  SmallVector<Value> createFullLoads(KernelBuilder &builder, Value row,
                                     Value column, Value group);
  SmallVector<Value> createGuardedLoads(KernelBuilder &builder, Value row,
                                        Value column, Value group);
  /// Largest power of two up to four that divides the position of every k with
  /// this offset, in every row and group.
  int64_t getVectorWidth(LaneOffset offset) const;

  /// Position of the first row, distances of rows and of neighbouring k, in
  /// elements.
  AffineExpr firstElement;
  int64_t rowStride, columnStride;
  int64_t reductionSize;
  PairOffsets pairs;
};

} // namespace mlir::ccq

#endif // CCQ_LIB_CONVERSION_CCQTOGPU_ACTIVATIONREADER_H
