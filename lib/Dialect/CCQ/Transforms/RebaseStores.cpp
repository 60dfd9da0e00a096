//===- RebaseStores.cpp - move a module without its weights -----*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StorePaths.h"
#include "ccq/Dialect/CCQ/IR/CCQOps.h"
#include "ccq/Dialect/CCQ/Transforms/Passes.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/Path.h"

namespace mlir::ccq {
#define GEN_PASS_DEF_REBASESTORES
#include "ccq/Dialect/CCQ/Transforms/Passes.h.inc"
} // namespace mlir::ccq

using namespace mlir;
using namespace mlir::ccq;
namespace path = llvm::sys::path;

namespace {

struct RebaseStores : public ::mlir::ccq::impl::RebaseStoresBase<RebaseStores> {
  using RebaseStoresBase::RebaseStoresBase;

  void runOnOperation() override {
    if (path::is_absolute(from) != path::is_absolute(to)) {
      emitError(getOperation().getLoc())
          << "expected directories that are both absolute or both relative, "
             "got from=\""
          << from << "\" and to=\"" << to << "\"";
      return signalPassFailure();
    }
    WalkResult result = getOperation().walk([&](StoreOp store) {
      SmallString<128> oldRoot(StringRef(from).str());
      path::append(oldRoot, store.getRoot());
      std::optional<std::string> root = findRelativePath(to, oldRoot);
      if (!root) {
        store.emitError() << "cannot tell the path from \"" << to << "\" to \""
                          << oldRoot << "\"; pass absolute directories";
        return WalkResult::interrupt();
      }
      store.setRoot(*root);
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};

} // namespace
