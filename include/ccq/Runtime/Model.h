//===- Model.h - an artifact ready to run -----------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_RUNTIME_MODEL_H
#define CCQ_RUNTIME_MODEL_H

#include "ccq/Artifact/Plan.h"
#include "ccq/Support/Result.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace ccq::runtime {

/// Entry point of a CPU kernel: pointers to the inputs and then the outputs,
/// the scalar arguments, and the work items [begin, end) to do. Work items are
/// independent of one another. Source: docs/Artifact.md, "CPU kernels".
using KernelFunction = void (*)(void *const *buffers, const int64_t *scalars,
                                int64_t begin, int64_t end);

/// Choices that loading leaves to the caller.
struct LoadOptions {
  /// A CPU target that the artifact holds; empty: the last one in the order of
  /// artifact::getCpuTargets that this machine supports.
  std::string target;
};

/// An artifact with its CPU kernels loaded and its weights mapped. Immutable;
/// copies share everything, and any number of threads and sessions may use one
/// model.
///
/// The kernels are machine code that runs with the rights of the process. Their
/// SHA-256 is checked against the plan, which detects damage, not malice: load
/// artifacts from sources that you would run programs from.
class Model {
public:
  /// Errors: those of artifact::ArtifactDirectory; MalformedInput when the
  /// target lacks a kernel, or a kernel file is missing, damaged or cannot be
  /// linked; MissingTool when the artifact holds no target that this machine
  /// can run, with the targets that it does hold; Budget without memory.
  static Result<Model> tryLoad(const std::filesystem::path &path,
                               const LoadOptions &options = {});

  const artifact::Plan &plan() const;

  /// Name of the target that runs.
  std::string_view target() const;

  /// Function of a kernel of the plan; null for one that no step launches.
  KernelFunction getKernel(unsigned kernel) const;

  /// Number of work items of a kernel for these scalars. Errors: those of
  /// Expression::evaluate; MalformedInput for a negative count.
  Result<int64_t> computeWorkItems(unsigned kernel,
                                   std::span<const int64_t> scalars) const;

  /// Memory of the weight that a launch step passes as its `argument`-th
  /// buffer, in the layout that the kernel expects; null when that buffer is
  /// not a weight. For a copy or observe step, argument 0 is what it reads.
  const std::byte *getWeight(size_t step, size_t argument) const;

private:
  struct State;
  explicit Model(std::shared_ptr<const State> state)
      : state(std::move(state)) {}

  std::shared_ptr<const State> state;
};

} // namespace ccq::runtime

#endif // CCQ_RUNTIME_MODEL_H
