//===- InitPasses.h - every pass the compiler uses --------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_INITPASSES_H
#define CCQ_INITPASSES_H

#include <string>

namespace mlir::ccq {

/// Registers by flag the passes of CCQ and the upstream passes that its
/// pipelines consist of. `cudaPath` names the CUDA toolkit that pipelines use
/// when their options name none; empty leaves the search to findPtxas. Call
/// once per process.
void registerCompilerPasses(const std::string &cudaPath);

} // namespace mlir::ccq

#endif // CCQ_INITPASSES_H
