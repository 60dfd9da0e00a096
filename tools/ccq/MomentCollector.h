//===- MomentCollector.h - statistics of what a run shows -------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TOOLS_CCQ_MOMENTCOLLECTOR_H
#define CCQ_TOOLS_CCQ_MOMENTCOLLECTOR_H

#include "ccq/Artifact/ActivationStatistics.h"
#include "ccq/Artifact/Plan.h"
#include "ccq/Runtime/Session.h"
#include "ccq/Support/Result.h"
#include "ccq/Support/ThreadPool.h"

#include <map>
#include <optional>
#include <string>

namespace ccq::tool {

/// Adds up what the observations of a model show.
class MomentCollector {
public:
  /// Continues `statistics`, which may be empty, with the observations of a
  /// plan. Errors: Usage for a plan that shows nothing; Mismatch for statistics
  /// with other inputs.
  static Result<MomentCollector>
  tryCreate(const artifact::Plan &plan,
            artifact::ActivationStatistics statistics, ThreadPool &threads);

  /// Runs the model on one item and adds what it shows. Errors: those of
  /// Session::run; MalformedInput for activations that are not finite; what has
  /// been added then is of no use.
  Result<void> run(runtime::Session &session,
                   std::span<const runtime::NamedTensor> inputs);

  const artifact::ActivationStatistics &statistics() const { return sums; }
  artifact::ActivationStatistics &statistics() { return sums; }

  /// Most rows that an input has seen.
  uint64_t getLargestRowCount() const;

private:
  MomentCollector(artifact::ActivationStatistics statistics,
                  ThreadPool &threads)
      : sums(std::move(statistics)), threads(&threads) {}

  Result<void> addInput(const artifact::Plan &plan,
                        const artifact::ObserveStep &step);
  Result<void> add(const runtime::Observation &observation);

  artifact::ActivationStatistics sums;
  std::map<std::string, size_t> indexOfName;
  ThreadPool *threads;
};

} // namespace ccq::tool

#endif // CCQ_TOOLS_CCQ_MOMENTCOLLECTOR_H
