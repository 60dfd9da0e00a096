//===- Passes.h - passes that know a target ---------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TARGET_PASSES_H
#define CCQ_TARGET_PASSES_H

#include "ccq/Dialect/CCQ/IR/CCQEnums.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

#include <memory>
#include <string>

namespace mlir::ccq {

// One create function and one options struct per pass; Passes.td documents
// them. registerCCQTargetPasses() makes all of them known by flag.
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "ccq/Target/Passes.h.inc"

} // namespace mlir::ccq

#endif // CCQ_TARGET_PASSES_H
