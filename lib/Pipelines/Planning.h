//===- Planning.h - the passes that all targets share -----------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_PIPELINES_PLANNING_H
#define CCQ_LIB_PIPELINES_PLANNING_H

#include "mlir/Pass/PassManager.h"

namespace mlir::ccq {

/// From a quantized module to a plan and kernels on tensors; a planned module
/// stays as it is.
void addPlanning(OpPassManager &passes);

} // namespace mlir::ccq

#endif // CCQ_LIB_PIPELINES_PLANNING_H
