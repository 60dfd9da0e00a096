//===- ResolvedPlan.h - a plan for given dimensions -------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_RUNTIME_RESOLVEDPLAN_H
#define CCQ_LIB_RUNTIME_RESOLVEDPLAN_H

#include "ccq/Runtime/Model.h"
#include "ccq/Support/Result.h"

#include <cstdint>
#include <span>
#include <vector>

namespace ccq::runtime {

/// A buffer with its size.
struct ResolvedBuffer {
  std::vector<int64_t> dims;
  uint64_t sizeBytes = 0;
  /// Scratch: place in the arena.
  uint64_t offsetBytes = 0;
};

/// A launch with its scalars; other steps leave it empty.
struct ResolvedStep {
  KernelFunction function = nullptr;
  /// Filled at each run.
  std::vector<void *> arguments;
  std::vector<int64_t> scalars;
  int64_t workItems = 0;
};

/// What the expressions of a plan come to.
struct ResolvedPlan {
  /// Parallel to the plan's buffers.
  std::vector<ResolvedBuffer> buffers;
  /// Parallel to the plan's steps.
  std::vector<ResolvedStep> steps;
  uint64_t arenaBytes = 0;
};

/// Evaluates all expressions. Every scratch buffer lies inside the arena at an
/// aligned offset, and copies have equal sizes; the MalformedInput error says
/// which buffer or step breaks this or has no 63-bit size.
Result<ResolvedPlan> resolvePlan(const Model &model,
                                 std::span<const int64_t> dims);

} // namespace ccq::runtime

#endif // CCQ_LIB_RUNTIME_RESOLVEDPLAN_H
