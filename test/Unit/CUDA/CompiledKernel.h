//===- CompiledKernel.h - kernels compiled to PTX for tests -----*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TEST_UNIT_CUDA_COMPILEDKERNEL_H
#define CCQ_TEST_UNIT_CUDA_COMPILEDKERNEL_H

#include "PTX/Module.h"
#include "ccq/Codec/CodedMatrix.h"
#include "mlir/IR/AffineMap.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ccq::cuda_test {

/// What a kernel under test computes: y[M, N] = epilogue(x[M, K] W[K, N]).
struct KernelSpec {
  /// Short name of the scheme, e.g. "w2.5", or its text.
  std::string scheme;
  MatrixShape shape;
  /// M when the kernel is compiled for one number of tokens.
  std::optional<int64_t> tokens;
  /// Body of an elementwise op on the product %p and a bias element %b (both
  /// f32) that defines %r; empty: no epilogue and no bias argument.
  std::string epilogue;
  /// Attribute that overrides the chosen tiles, e.g. "#ccq.mma_strategy<...>".
  std::string strategy;

  codec::Scheme getScheme() const;
};

/// PTX of a kernel and how to launch it.
struct CompiledKernel {
  KernelSpec spec;
  std::string text;
  ptx::Dim3 block;
  /// Blocks by the number of tokens; lives in the context.
  mlir::AffineMap grid;
  std::shared_ptr<mlir::MLIRContext> context;

  ptx::Dim3 getGrid(int64_t tokens) const;
};

/// The kernel function in MLIR, named dispatch_0.
std::string printKernelFunction(const KernelSpec &spec);

/// Compiles a module with one kernel function. Adds a test failure and returns
/// an empty text when that fails.
CompiledKernel compileFunction(const std::string &function,
                               const std::string &chip = "sm_80");

/// Compiles the function that printKernelFunction prints.
CompiledKernel compileKernel(const KernelSpec &spec,
                             const std::string &chip = "sm_80");

} // namespace ccq::cuda_test

#endif // CCQ_TEST_UNIT_CUDA_COMPILEDKERNEL_H
