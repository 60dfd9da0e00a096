//===- ScratchArena.h - symbolic placement of scratch buffers -*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_DIALECT_CCQ_TRANSFORMS_SCRATCHARENA_H
#define CCQ_LIB_DIALECT_CCQ_TRANSFORMS_SCRATCHARENA_H

#include "mlir/IR/AffineExpr.h"
#include "llvm/ADT/SmallVector.h"

namespace mlir::ccq {

/// Places buffers of symbolic size in one arena, with reuse over time.
///
/// The arena is a row of slots. A slot is reused by a later buffer when both
/// sizes are a constant times the same expression, so that the larger one is
/// known without knowing the dimensions; the slot then has the larger constant.
/// Call `place` and `release` in execution order, `getOffset` after the last
/// `place`. All sizes and offsets are bytes, offsets are multiples of 64.
class ScratchArena {
public:
  using Slot = unsigned;

  explicit ScratchArena(MLIRContext *context) : context(context) {}

  /// Takes a slot for a buffer of `elements` times `elementBytes` bytes.
  /// Cost: linear in the number of slots.
  Slot place(AffineExpr elements, int64_t elementBytes);

  /// Frees a slot for buffers placed from now on.
  void release(Slot slot) { slots[slot].isFree = true; }

  /// First byte of a slot: the sum of the sizes of the slots before it.
  AffineExpr getOffset(Slot slot) const;

  /// Size of the arena.
  AffineExpr getSize() const { return getOffset(slots.size()); }

private:
  /// A size of `factor` * `unit` bytes.
  struct SlotState {
    AffineExpr unit;
    int64_t factor = 0;
    bool isFree = false;
  };

  MLIRContext *context;
  llvm::SmallVector<SlotState> slots;
};

} // namespace mlir::ccq

#endif // CCQ_LIB_DIALECT_CCQ_TRANSFORMS_SCRATCHARENA_H
