//===- TunedModel.h - a model whose weights change --------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TOOLS_CCQ_TUNEDMODEL_H
#define CCQ_TOOLS_CCQ_TUNEDMODEL_H

#include "ModelData.h"
#include "MomentCollector.h"
#include "TemporaryBuild.h"
#include "ccq/Runtime/Model.h"
#include "ccq/Runtime/Session.h"

#include <memory>
#include <string>
#include <vector>

namespace ccq::tool {

/// What a tuned model is compared with its original by.
enum class TuningLoss {
  /// Divergence of softmax(output) from that of the original, per row.
  Divergence,
  /// Half the squared distance to the output of the original, per row.
  Squares,
};

/// A weight of which every run takes the values of the moment.
struct TunedWeight {
  std::string name;
  std::vector<int64_t> dims;
  std::vector<float> values;
  /// Coded: its values stay.
  bool isFrozen = false;
};

/// Gradients of all weights, in their order, summed over data.
struct WeightGradients {
  std::vector<std::vector<double>> sums;
  /// The loss, and the rows of the output that it is about.
  double loss = 0;
  double rows = 0;
};

struct TunedModelOptions {
  std::string model;
  std::vector<std::string> dimensions;
  /// Output to compare; empty: `logits`, else the only output of floats.
  std::string output;
  TuningLoss loss = TuningLoss::Divergence;
  unsigned threads = 0;
};

/// A model built three times: as it is, with its weights as inputs, and with
/// gradients. Movable.
class TunedModel {
public:
  /// The weights start with the values of the model. Errors: those of
  /// TemporaryBuild; Usage without a single output; Unsupported for weights
  /// that are not float32.
  static Result<TunedModel> tryCreate(const TunedModelOptions &options);

  /// What the original takes and gives.
  const artifact::Plan &plan() const { return original.model.plan(); }
  /// Shows what weights are multiplied with.
  const artifact::Plan &observedPlan() const { return tuned.model.plan(); }

  std::vector<TunedWeight> &weights() { return list; }

  /// Runs original and tuned model on an item and adds gradients and loss.
  /// Numerics: gradients in float32, the same for any number of threads, and
  /// their sum and the loss in double.
  Result<void> addGradients(const DataItem &item, WeightGradients &gradients);

  /// Adds what the tuned model shows on an item.
  Result<void> observe(const DataItem &item, MomentCollector &collector);

private:
  /// A build, loaded.
  struct Loaded {
    static Result<Loaded> tryCreate(const TemporaryBuildOptions &options,
                                    std::shared_ptr<ThreadPool> threads);
    TemporaryBuild build;
    runtime::Model model;
    runtime::Session session;
  };

  TunedModel(Loaded original, Loaded tuned, Loaded gradients)
      : original(std::move(original)), tuned(std::move(tuned)),
        differentiated(std::move(gradients)) {}

  Result<void> readWeights();
  void addWeights(std::vector<runtime::NamedTensor> &inputs) const;
  double computeLoss(const artifact::TensorView &output,
                     const artifact::TensorView &target) const;

  Loaded original, tuned, differentiated;
  std::vector<TunedWeight> list;
  std::string output;
  TuningLoss loss = TuningLoss::Divergence;
};

} // namespace ccq::tool

#endif // CCQ_TOOLS_CCQ_TUNEDMODEL_H
