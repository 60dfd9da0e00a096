//===- CompileMatmul.h - the kernel of one matmul ---------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_COMPILER_COMPILEMATMUL_H
#define CCQ_COMPILER_COMPILEMATMUL_H

#include "ccq/Codec/Scheme.h"
#include "ccq/Support/MatrixView.h"
#include "ccq/Support/Result.h"

#include <cstdint>
#include <optional>
#include <string>

namespace mlir::ccq {

/// y[M, N] = x[M, K] W[K, N] in f32, without an epilogue.
struct MatmulProblem {
  /// Of W; none for weights in f32.
  std::optional<::ccq::codec::Scheme> scheme;
  ::ccq::MatrixShape shape;
  /// M, for the number of work items only: the kernel takes any.
  int64_t rows = 1;
  /// A CPU target of artifact::getCpuTargets.
  std::string target;
};

/// A kernel as `ccq build` puts it into an artifact.
struct MatmulKernel {
  /// A shared object.
  std::string object;
  /// Its function, a runtime::KernelFunction. Buffers: x; the components of W
  /// in the order of codec::getComponentSpecs, or W; y. Scalars: M.
  std::string entry;
  int64_t workItems = 0;
};

/// Compiles the dispatch of a matmul with the passes of `ccq build`. Errors:
/// Internal with the findings of the passes. The caller checks scheme, shape
/// and target.
::ccq::Result<MatmulKernel> compileMatmul(const MatmulProblem &problem);

} // namespace mlir::ccq

#endif // CCQ_COMPILER_COMPILEMATMUL_H
