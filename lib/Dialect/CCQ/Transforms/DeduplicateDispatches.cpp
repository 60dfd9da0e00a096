//===- DeduplicateDispatches.cpp - one function per kernel ------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Dialect/CCQ/IR/CCQOps.h"
#include "ccq/Dialect/CCQ/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/StringMap.h"

namespace mlir::ccq {
#define GEN_PASS_DEF_DEDUPLICATEDISPATCHES
#include "ccq/Dialect/CCQ/Transforms/Passes.h.inc"
} // namespace mlir::ccq

using namespace mlir;
using namespace mlir::ccq;

/// Text of the function without its name and locations: equal text, equal code.
static std::string getStructure(func::FuncOp kernel) {
  StringAttr name = kernel.getSymNameAttr();
  kernel.setSymName("kernel");
  std::string text;
  llvm::raw_string_ostream os(text);
  kernel->print(os, OpPrintingFlags().useLocalScope().printGenericOpForm());
  kernel.setSymNameAttr(name);
  return text;
}

namespace {

struct DeduplicateDispatches
    : public mlir::ccq::impl::DeduplicateDispatchesBase<DeduplicateDispatches> {
  using DeduplicateDispatchesBase::DeduplicateDispatchesBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    llvm::StringMap<func::FuncOp> canonical;
    llvm::DenseMap<StringAttr, func::FuncOp> replacement;
    for (auto kernel : module.getOps<func::FuncOp>())
      if (kernel->hasAttr(CCQDialect::kKernelAttr))
        replacement[kernel.getSymNameAttr()] =
            canonical.try_emplace(getStructure(kernel), kernel).first->second;

    llvm::DenseSet<Operation *> used;
    auto redirect = [&](auto op) {
      func::FuncOp kernel = replacement.lookup(op.getKernelAttr().getAttr());
      op.setKernelAttr(FlatSymbolRefAttr::get(kernel.getSymNameAttr()));
      used.insert(kernel);
    };
    module.walk([&](DispatchOp op) { redirect(op); });
    module.walk([&](LaunchOp op) { redirect(op); });
    for (auto kernel :
         llvm::make_early_inc_range(module.getOps<func::FuncOp>()))
      if (kernel->hasAttr(CCQDialect::kKernelAttr) && !used.contains(kernel))
        kernel.erase();
  }
};

} // namespace
