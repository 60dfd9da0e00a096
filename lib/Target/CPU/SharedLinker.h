//===- SharedLinker.h - objects to shared objects ---------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_TARGET_CPU_SHAREDLINKER_H
#define CCQ_LIB_TARGET_CPU_SHAREDLINKER_H

#include "CodeGenerator.h"

namespace mlir::ccq {

/// Links with the program ld.lld.
class SharedLinker {
public:
  /// Finds the program: `path` when it is not empty, else ld.lld-19 and ld.lld
  /// on PATH, else ld.lld beside LLVM's tools. Fails, with the remedy, when
  /// there is none.
  static llvm::Expected<SharedLinker> tryCreate(llvm::StringRef path);

  /// A shared object of `code` without build id, symbols that are not exported
  /// or paths: the same code gives the same bytes. It asks for libm when the
  /// code calls functions that libc does not have. Thread safe.
  llvm::Expected<std::string> link(const CpuCode &code) const;

private:
  explicit SharedLinker(std::string program) : program(std::move(program)) {}

  std::string program;
};

} // namespace mlir::ccq

#endif // CCQ_LIB_TARGET_CPU_SHAREDLINKER_H
