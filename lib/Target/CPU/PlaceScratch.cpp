//===- PlaceScratch.cpp - bounded scratch on the stack ----------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Target/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Dominance.h"
#include "mlir/Interfaces/ValueBoundsOpInterface.h"
#include "llvm/Support/MathExtras.h"

namespace mlir::ccq {
#define GEN_PASS_DEF_PLACESCRATCH
#include "ccq/Target/Passes.h.inc"
} // namespace mlir::ccq

using namespace mlir;
using namespace mlir::ccq;

/// Alignment of scratch: a cache line, also the widest vector register.
static constexpr int64_t kScratchAlignment = 64;

static int64_t getElementBytes(memref::AllocOp alloc) {
  return llvm::divideCeil(alloc.getType().getElementTypeBitWidth(), 8);
}

/// Largest size of dimension `dim` of `alloc`, if constant.
static FailureOr<int64_t> findBound(memref::AllocOp alloc, int64_t dim) {
  if (!alloc.getType().isDynamicDim(dim))
    return alloc.getType().getDimSize(dim);
  return ValueBoundsConstraintSet::computeConstantBound(
      presburger::BoundType::UB, {alloc.getResult(), dim},
      /*stopCondition=*/nullptr, /*closedUB=*/true);
}

/// Largest number of bytes that `alloc` can need, if constant.
static FailureOr<int64_t> computeBytes(memref::AllocOp alloc) {
  int64_t bytes = getElementBytes(alloc);
  for (int64_t dim = 0; dim < alloc.getType().getRank(); ++dim) {
    FailureOr<int64_t> bound = findBound(alloc, dim);
    if (failed(bound))
      return failure();
    bytes *= *bound;
  }
  return bytes;
}

/// Largest number of bytes that `alloc` can need in any iteration of `loop`,
/// computed in front of it; null when that is not known there.
static Value createBytes(memref::AllocOp alloc, Operation *loop) {
  OpBuilder builder(loop);
  Location loc = alloc.getLoc();
  int64_t constant = getElementBytes(alloc);
  SmallVector<Value> factors;
  DominanceInfo dominance;
  ValueRange sizes = alloc.getDynamicSizes();
  for (int64_t dim = 0; dim < alloc.getType().getRank(); ++dim) {
    if (alloc.getType().isDynamicDim(dim)) {
      Value size = sizes.front();
      sizes = sizes.drop_front();
      if (dominance.properlyDominates(size, loop)) {
        factors.push_back(size);
        continue;
      }
    }
    FailureOr<int64_t> bound = findBound(alloc, dim);
    if (failed(bound))
      return {};
    constant *= *bound;
  }
  Value bytes = builder.create<arith::ConstantIndexOp>(loc, constant);
  for (Value factor : factors)
    bytes = builder.create<arith::MulIOp>(loc, bytes, factor);
  return bytes;
}

namespace {

struct PlaceScratch : public ::mlir::ccq::impl::PlaceScratchBase<PlaceScratch> {
  using PlaceScratchBase::PlaceScratchBase;

  void runOnOperation() override {
    SmallVector<memref::AllocOp> allocs;
    getOperation().walk([&](memref::AllocOp op) { allocs.push_back(op); });
    int64_t total = 0;
    for (memref::AllocOp alloc : allocs) {
      FailureOr<int64_t> bytes = computeBytes(alloc);
      if (failed(bytes) ||
          total + int64_t(llvm::alignTo(*bytes, kScratchAlignment)) >
              maxBytes) {
        if (!shareBetweenIterations(alloc))
          freeAtEnd(alloc);
        continue;
      }
      total += llvm::alignTo(*bytes, kScratchAlignment);
      place(alloc, *bytes);
    }
  }

private:
  static void eraseDeallocations(memref::AllocOp alloc) {
    for (Operation *user :
         llvm::make_early_inc_range(alloc.getResult().getUsers()))
      if (isa<memref::DeallocOp>(user))
        user->erase();
  }

  /// Keeps the memory where it is, until the end of its block.
  static void freeAtEnd(memref::AllocOp alloc) {
    eraseDeallocations(alloc);
    OpBuilder builder(alloc->getBlock()->getTerminator());
    builder.create<memref::DeallocOp>(alloc.getLoc(), alloc);
  }

  /// Takes the memory in front of the outermost loop, once for all iterations;
  /// false when there is none or the size is not known there.
  bool shareBetweenIterations(memref::AllocOp alloc) {
    Block &body = getOperation().getBody().front();
    Operation *loop = body.findAncestorOpInBlock(*alloc);
    if (!loop || loop == alloc)
      return false;
    Value bytes = createBytes(alloc, loop);
    if (!bytes)
      return false;
    eraseDeallocations(alloc);
    OpBuilder builder(loop);
    Location loc = alloc.getLoc();
    auto raw = MemRefType::get(ShapedType::kDynamic, builder.getI8Type());
    Value whole = builder.create<memref::AllocOp>(
        loc, raw, bytes, builder.getI64IntegerAttr(kScratchAlignment));
    builder.setInsertionPoint(body.getTerminator());
    builder.create<memref::DeallocOp>(loc, whole);
    builder.setInsertionPoint(alloc);
    Value zero = builder.create<arith::ConstantIndexOp>(loc, 0);
    Value memory = builder.create<memref::ViewOp>(
        loc, alloc.getType(), whole, zero, alloc.getDynamicSizes());
    alloc.replaceAllUsesWith(memory);
    alloc.erase();
    return true;
  }

  /// Moves the memory to the function's entry, where it is taken once per call.
  void place(memref::AllocOp alloc, int64_t bytes) {
    Location loc = alloc.getLoc();
    eraseDeallocations(alloc);
    OpBuilder builder(&getContext());
    builder.setInsertionPointToStart(&getOperation().getBody().front());
    auto alignment = builder.getI64IntegerAttr(kScratchAlignment);
    Value memory;
    if (alloc.getType().hasStaticShape()) {
      memory =
          builder.create<memref::AllocaOp>(loc, alloc.getType(), alignment);
    } else {
      auto raw = MemRefType::get(bytes, builder.getI8Type());
      Value whole = builder.create<memref::AllocaOp>(loc, raw, alignment);
      builder.setInsertionPoint(alloc);
      Value zero = builder.create<arith::ConstantIndexOp>(loc, 0);
      memory = builder.create<memref::ViewOp>(loc, alloc.getType(), whole, zero,
                                              alloc.getDynamicSizes());
    }
    alloc.replaceAllUsesWith(memory);
    alloc.erase();
  }
};

} // namespace
