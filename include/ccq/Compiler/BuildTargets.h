//===- BuildTargets.h - names of targets on the command line ----*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_COMPILER_BUILDTARGETS_H
#define CCQ_COMPILER_BUILDTARGETS_H

#include "ccq/Support/Result.h"
#include "mlir/Pass/PassManager.h"

#include <string>
#include <vector>

namespace mlir::ccq {

/// What is made for one CUDA architecture.
struct CudaBuildTarget {
  /// For example `sm_90a`.
  std::string chip;
  bool hasPtx = false;
  bool hasCubin = false;
};

/// The targets of a build, checked and without duplicates.
struct BuildTargets {
  /// Names of the CPU table, `cpu:native` resolved.
  std::vector<std::string> cpu;
  /// One per chip.
  std::vector<CudaBuildTarget> cuda;
  /// Path of the program ptxas; empty when no target needs it.
  std::string ptxas;
};

/// Reads names such as `cpu:x86-64-v3`, `cpu:native`, `cuda:sm_90a` (cubins)
/// and `ptx:sm_80`. `cudaPath` is a CUDA toolkit or a ptxas program, as
/// findPtxas takes it. Fails with Usage on unknown names; the message lists the
/// known ones. Fails with MissingTool for `cpu:native` on a machine without a
/// target, and for `cuda:` without ptxas.
::ccq::Result<BuildTargets> parseTargets(const std::vector<std::string> &names,
                                         const std::string &cudaPath);

/// Adds the passes that lead from a quantized module to a planned one with
/// objects for all targets.
void buildTargetPipelines(OpPassManager &passes, const BuildTargets &targets);

} // namespace mlir::ccq

#endif // CCQ_COMPILER_BUILDTARGETS_H
