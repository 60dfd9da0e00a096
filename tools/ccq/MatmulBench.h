//===- MatmulBench.h - products to measure ----------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TOOLS_CCQ_MATMULBENCH_H
#define CCQ_TOOLS_CCQ_MATMULBENCH_H

#include "ccq/Codec/CodedMatrix.h"
#include "ccq/Compiler/CompileMatmul.h"
#include "ccq/Runtime/Model.h"
#include "ccq/Support/Result.h"
#include "ccq/Support/ThreadPool.h"

#include <functional>
#include <memory>
#include <vector>

namespace ccq::tool {

/// A compiled product, loaded the way the runtime loads kernels. Movable.
class LoadedMatmul {
public:
  /// Compiles and loads. Errors: those of compileMatmul; Output without a
  /// temporary directory; Internal when the object cannot be linked.
  static Result<LoadedMatmul>
  tryCreate(const mlir::ccq::MatmulProblem &problem);

  /// Runs all work items on the pool, split as Session::run splits them.
  void run(ThreadPool &threads, std::vector<void *> buffers) const;

private:
  std::shared_ptr<void> library;
  runtime::KernelFunction function = nullptr;
  int64_t workItems = 0;
  int64_t rows = 0;
};

/// y[M, N] = x[M, K] w[K, N] of OpenBLAS with this many threads; empty where
/// the system has no OpenBLAS.
using BlasProduct = std::function<void(
    int64_t rows, MatrixShape shape, const float *x, const float *w, float *y)>;
BlasProduct loadBlas(unsigned threads);

/// Random codes, with scales around 1/1024 where the scheme has scales in
/// floating point. Any bits are codes.
codec::CodedMatrix drawCodes(const codec::Scheme &scheme, MatrixShape shape,
                             uint64_t seed);

/// Reads all components, so that none of it can be left out.
void readComponents(ThreadPool &threads, const codec::CodedMatrix &matrix);

/// Medians of one call.
struct Timing {
  double seconds = 0;
  /// Of all threads of the process.
  double cpuSeconds = 0;
};

/// Times the calls in turn, so that load from outside hits all alike, after one
/// round that does not count. Gives the medians in the order of the calls.
std::vector<Timing>
measureInTurn(const std::vector<std::function<void()>> &calls, unsigned rounds);

} // namespace ccq::tool

#endif // CCQ_TOOLS_CCQ_MATMULBENCH_H
