//===- RebaseStores.cpp - move a module without its weights -----*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Dialect/CCQ/IR/CCQOps.h"
#include "ccq/Dialect/CCQ/Transforms/Passes.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"

namespace mlir::ccq {
#define GEN_PASS_DEF_REBASESTORES
#include "ccq/Dialect/CCQ/Transforms/Passes.h.inc"
} // namespace mlir::ccq

using namespace mlir;
using namespace mlir::ccq;
namespace path = llvm::sys::path;

/// Components of a path without `.` and with `..` resolved as text.
static SmallVector<StringRef> getNormalComponents(StringRef text) {
  SmallVector<StringRef> parts;
  for (StringRef part : llvm::make_range(path::begin(text), path::end(text))) {
    if (part == ".")
      continue;
    if (part == ".." && !parts.empty() && parts.back() != ".." &&
        parts.back() != "/")
      parts.pop_back();
    else if (part != ".." || parts.empty() || parts.back() != "/")
      parts.push_back(part);
  }
  return parts;
}

/// Path from directory `from` to `target`; nothing when that cannot be told
/// from the text because `from` climbs above what both share.
static std::optional<std::string> findRelativePath(StringRef from,
                                                   StringRef target) {
  SmallVector<StringRef> fromParts = getNormalComponents(from);
  SmallVector<StringRef> targetParts = getNormalComponents(target);
  size_t shared = 0;
  while (shared < fromParts.size() && shared < targetParts.size() &&
         fromParts[shared] == targetParts[shared])
    ++shared;
  SmallVector<StringRef> parts;
  for (StringRef part : ArrayRef(fromParts).drop_front(shared)) {
    if (part == "..")
      return std::nullopt;
    parts.push_back("..");
  }
  llvm::append_range(parts, ArrayRef(targetParts).drop_front(shared));
  return parts.empty() ? "." : llvm::join(parts, "/");
}

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
