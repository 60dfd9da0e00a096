//===- InitDialects.h - every dialect the compiler uses ---------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_INITDIALECTS_H
#define CCQ_INITDIALECTS_H

#include "mlir/IR/DialectRegistry.h"

namespace mlir::ccq {

/// Registers the dialects that modules hold in any form of the compiler, with
/// the external interface implementations that the passes ask for (tiling,
/// bufferization, value bounds, translation to LLVM IR). Nothing is loaded.
void registerCompilerDialects(DialectRegistry &registry);

} // namespace mlir::ccq

#endif // CCQ_INITDIALECTS_H
