//===- MaterializeDecode.cpp - decoded values as float weights --*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Dialect/CCQ/IR/CCQOps.h"
#include "ccq/Dialect/CCQ/Transforms/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"

namespace mlir::ccq {
#define GEN_PASS_DEF_MATERIALIZEDECODE
#include "ccq/Dialect/CCQ/Transforms/Passes.h.inc"
} // namespace mlir::ccq

using namespace mlir;
using namespace mlir::ccq;

namespace {

struct MaterializeDecode
    : public ::mlir::ccq::impl::MaterializeDecodeBase<MaterializeDecode> {
  using MaterializeDecodeBase::MaterializeDecodeBase;

  void runOnOperation() override {
    getOperation().walk([](DecodeOp decode) {
      OpBuilder builder(decode);
      SmallVector<Value> folded;
      if (failed(builder.tryFold(decode, folded))) {
        decode.setMaterialized(true);
        return;
      }
      decode.getResult().replaceAllUsesWith(folded.front());
      decode.erase();
    });
  }
};

} // namespace
