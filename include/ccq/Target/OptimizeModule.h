//===- OptimizeModule.h - LLVM optimization of kernels ----------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TARGET_OPTIMIZEMODULE_H
#define CCQ_TARGET_OPTIMIZEMODULE_H

namespace llvm {
class Module;
class TargetMachine;
} // namespace llvm

namespace mlir::ccq {

/// Runs LLVM's default pipeline of level 3 for `machine`.
void optimizeModule(llvm::Module &module, llvm::TargetMachine &machine);

} // namespace mlir::ccq

#endif // CCQ_TARGET_OPTIMIZEMODULE_H
