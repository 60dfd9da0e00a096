//===- StorePaths.cpp - paths from one directory to another ---------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StorePaths.h"

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"

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

std::optional<std::string> mlir::ccq::findRelativePath(StringRef from,
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
