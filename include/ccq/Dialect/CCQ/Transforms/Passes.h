//===- Passes.h - passes of the CCQ dialect ---------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_DIALECT_CCQ_TRANSFORMS_PASSES_H
#define CCQ_DIALECT_CCQ_TRANSFORMS_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

#include <memory>
#include <string>

namespace mlir::ccq {

/// What ccq-differentiate differentiates; see GradientPasses.td.
enum class GradientLoss { Cotangent, Squares, Divergence };

// One create function and one options struct per pass; Passes.td documents
// them. registerCCQTransformsPasses() makes all of them known by flag.
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "ccq/Dialect/CCQ/Transforms/Passes.h.inc"

} // namespace mlir::ccq

#endif // CCQ_DIALECT_CCQ_TRANSFORMS_PASSES_H
