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

/// Largest number of bytes that `alloc` can need, if constant.
static FailureOr<int64_t> computeBytes(memref::AllocOp alloc) {
  MemRefType type = alloc.getType();
  int64_t bytes = llvm::divideCeil(type.getElementTypeBitWidth(), 8);
  for (auto [dim, extent] : llvm::enumerate(type.getShape())) {
    FailureOr<int64_t> bound = extent;
    if (ShapedType::isDynamic(extent))
      bound = ValueBoundsConstraintSet::computeConstantBound(
          presburger::BoundType::UB, {alloc.getResult(), int64_t(dim)},
          /*stopCondition=*/nullptr, /*closedUB=*/true);
    if (failed(bound))
      return failure();
    bytes *= *bound;
  }
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
