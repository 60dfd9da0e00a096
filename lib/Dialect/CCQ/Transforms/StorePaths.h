//===- StorePaths.h - paths from one directory to another -------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_DIALECT_CCQ_TRANSFORMS_STOREPATHS_H
#define CCQ_LIB_DIALECT_CCQ_TRANSFORMS_STOREPATHS_H

#include "llvm/ADT/StringRef.h"

#include <optional>
#include <string>

namespace mlir::ccq {

/// Path from directory `from` to `target`; nothing when that cannot be told
/// from the text because `from` climbs above what both share. Links are not
/// followed.
std::optional<std::string> findRelativePath(llvm::StringRef from,
                                            llvm::StringRef target);

} // namespace mlir::ccq

#endif // CCQ_LIB_DIALECT_CCQ_TRANSFORMS_STOREPATHS_H
