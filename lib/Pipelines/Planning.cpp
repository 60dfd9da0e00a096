//===- Planning.cpp - the passes that all targets share ---------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Planning.h"

#include "ccq/Dialect/CCQ/Transforms/Passes.h"

using namespace mlir;
using namespace mlir::ccq;

void mlir::ccq::addPlanning(OpPassManager &passes) {
  passes.addPass(createFormDispatches());
  passes.addPass(createOutlineDispatches());
  passes.addPass(createDeduplicateDispatches());
  passes.addPass(createPlan());
}
