//===- Recovery.h - coding weights and tuning the others --------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TOOLS_CCQ_RECOVERY_H
#define CCQ_TOOLS_CCQ_RECOVERY_H

#include "AdamOptimizer.h"
#include "TunedModel.h"
#include "ccq/Artifact/ActivationStatistics.h"
#include "ccq/Codec/Scheme.h"

#include <functional>

namespace ccq::tool {

/// How to recover. Source of the defaults: docs/Rationale/Recovery.md.
struct RecoveryOptions {
  /// Steps after each stage and after the last one.
  unsigned stageSteps = 15, finalSteps = 80;
  /// Items per step.
  unsigned batch = 8;
  /// Largest change of an element per step; twice that for weights of one
  /// dimension.
  double rate = 1e-3;
  /// Code everything before the first step.
  bool isOneStage = false;
  /// The scheme of a weight; no value keeps it.
  std::function<codec::SchemeChoice(const std::string &weight)> chooseScheme;
};

/// What a stage did.
struct StageProgress {
  size_t stage = 0, stageCount = 0;
  /// Weights that were coded; empty after the last stage.
  std::vector<std::string> weights;
  /// Mean loss per row over the last steps.
  double loss = 0;
  double seconds = 0;
};

/// Codes the weights of a model stage by stage, in the order in which it uses
/// them; weights that multiply one value are a stage. Each stage is coded with
/// the activations behind its coded predecessors, and then all weights that are
/// not coded take steps towards the original's output.
class Recovery {
public:
  /// All are used until the object goes.
  Recovery(TunedModel &model, const ModelData &data, ThreadPool &threads,
           RecoveryOptions options);

  using Observer = std::function<void(const StageProgress &)>;

  /// Errors: those of the model's runs and of encodeMatrix.
  Result<void> run(const Observer &observer);

  /// The weights as they were when their turn came, and at the end for those
  /// that are not coded: what a build has to code to get the same codes.
  const std::vector<std::vector<float>> &tunedValues() const { return tuned; }

  /// The statistics that the weights were coded with.
  artifact::ActivationStatistics &statistics() { return coded; }

private:
  struct Stage {
    /// Numbers of weights of the model.
    std::vector<size_t> weights;
    /// Names of the observed values.
    std::vector<std::string> inputs;
  };

  void findStages();
  Result<void> codeStage(const Stage &stage);
  Result<artifact::InputStatistics> collectStatistics(const Stage &stage);
  Result<void> codeWeight(size_t weight,
                          const artifact::InputStatistics &statistics);
  /// Mean loss of the last steps.
  Result<double> tune(unsigned steps);

  TunedModel &model;
  const ModelData &data;
  ThreadPool &threads;
  RecoveryOptions options;
  std::vector<Stage> stages;
  std::vector<std::vector<float>> tuned;
  std::vector<AdamOptimizer> optimizers;
  artifact::ActivationStatistics coded;
  uint64_t nextItem = 0;
};

} // namespace ccq::tool

#endif // CCQ_TOOLS_CCQ_RECOVERY_H
