//===- CodeGenerator.h - LLVM IR to x86-64 objects --------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_TARGET_CPU_CODEGENERATOR_H
#define CCQ_LIB_TARGET_CPU_CODEGENERATOR_H

#include "ccq/Artifact/CpuTargets.h"
#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace llvm {
class Module;
} // namespace llvm

namespace mlir::ccq {

/// A relocatable ELF object.
struct CpuCode {
  std::string bytes;
  /// Functions that the object calls and does not define, sorted.
  std::vector<std::string> undefined;
};

/// Optimizes `module` at O3 for the processor of `target` and generates
/// position-independent code. The same module gives the same bytes. Fused
/// multiply-adds come only from llvm.fma and llvm.fmuladd. Thread safe for
/// modules of different contexts.
llvm::Expected<CpuCode>
generateCpuCode(llvm::Module &module, const ::ccq::artifact::CpuTarget &target);

} // namespace mlir::ccq

#endif // CCQ_LIB_TARGET_CPU_CODEGENERATOR_H
