//===- Passes.h - passes that run pipelines ---------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_PIPELINES_PASSES_H
#define CCQ_PIPELINES_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

#include <memory>

namespace mlir::ccq {

// One create function per pass; Passes.td documents them.
// registerCCQPipelinesPasses() makes all of them known by flag.
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "ccq/Pipelines/Passes.h.inc"

} // namespace mlir::ccq

#endif // CCQ_PIPELINES_PASSES_H
