//===- ExpandCopies.cpp - copies of buffers as loops ------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Target/Passes.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace mlir::ccq {
#define GEN_PASS_DEF_EXPANDCOPIES
#include "ccq/Target/Passes.h.inc"
} // namespace mlir::ccq

using namespace mlir;
using namespace mlir::ccq;

namespace {

struct ExpandCopies : public ::mlir::ccq::impl::ExpandCopiesBase<ExpandCopies> {
  using ExpandCopiesBase::ExpandCopiesBase;

  void runOnOperation() override {
    SmallVector<memref::CopyOp> copies;
    getOperation().walk([&](memref::CopyOp op) { copies.push_back(op); });
    for (memref::CopyOp copy : copies) {
      OpBuilder builder(copy);
      if (copy.getSource() != copy.getTarget())
        builder.create<linalg::CopyOp>(copy.getLoc(), copy.getSource(),
                                       copy.getTarget());
      copy.erase();
    }
  }
};

} // namespace
