//===- ScratchArena.cpp - symbolic placement of scratch buffers -*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ScratchArena.h"

#include "llvm/ADT/MapVector.h"

#include "llvm/ADT/ArrayRef.h"

using namespace mlir;
using namespace mlir::ccq;

/// Scratch buffers start at multiples of this many bytes: a cache line, and
/// the widest vector register.
static constexpr int64_t kAlignmentBytes = 64;

/// Splits `expr` into unit and constant factor; the unit of a constant is 1.
static std::pair<AffineExpr, int64_t> splitFactor(AffineExpr expr) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return {getAffineConstantExpr(1, expr.getContext()), constant.getValue()};
  // Simplification keeps constants on the right-hand side.
  if (expr.getKind() == AffineExprKind::Mul) {
    auto product = cast<AffineBinaryOpExpr>(expr);
    if (auto factor = dyn_cast<AffineConstantExpr>(product.getRHS()))
      return {product.getLHS(), factor.getValue()};
  }
  return {expr, 1};
}

ScratchArena::Slot ScratchArena::place(AffineExpr elements,
                                       int64_t elementBytes) {
  auto [unit, factor] = splitFactor(elements * elementBytes);
  SlotState *best = nullptr;
  for (SlotState &slot : slots) {
    if (!slot.isFree || slot.unit != unit)
      continue;
    // The tightest slot that is large enough, else the largest one.
    bool fits = slot.factor >= factor;
    bool bestFits = best && best->factor >= factor;
    if (!best || (fits && !bestFits) ||
        (fits == bestFits &&
         (fits ? slot.factor < best->factor : slot.factor > best->factor)))
      best = &slot;
  }
  if (!best)
    best = &slots.emplace_back(SlotState{unit, factor, false});
  best->factor = std::max(best->factor, factor);
  best->isFree = false;
  return best - slots.begin();
}

AffineExpr ScratchArena::getOffset(Slot slot) const {
  // Slots of one size make one term: plans limit the size of expressions, and
  // those of gradients keep every activation.
  llvm::MapVector<AffineExpr, int64_t> terms;
  for (const SlotState &before : llvm::ArrayRef(slots).take_front(slot)) {
    auto [unit, factor] =
        splitFactor((before.unit * before.factor).ceilDiv(kAlignmentBytes) *
                    kAlignmentBytes);
    terms[unit] += factor;
  }
  AffineExpr offset = getAffineConstantExpr(0, context);
  for (auto [unit, factor] : terms)
    offset = offset + unit * factor;
  return offset;
}
