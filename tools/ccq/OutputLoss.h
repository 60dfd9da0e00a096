//===- OutputLoss.h - what a change of weights does to outputs --*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TOOLS_CCQ_OUTPUTLOSS_H
#define CCQ_TOOLS_CCQ_OUTPUTLOSS_H

#include "ModelData.h"

#include "ccq/Artifact/Plan.h"
#include "ccq/Runtime/Session.h"
#include "ccq/Support/Result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ccq::tool {

/// How outputs are compared.
enum class LossMeasure {
  /// Mean over rows of the output `logits` of KL(p || q): p is the softmax of
  /// the reference, q the other, in nats.
  KlDivergence,
  /// Squared error over squared norm, of all float outputs together.
  RelativeSquaredError,
};

/// `kl_divergence` or `relative_squared_error`.
std::string_view getLossMeasureName(LossMeasure measure);

/// The outputs of a model on some data, to compare those of others with.
class OutputLoss {
public:
  /// Runs the first items of the data, until they have `rowLimit` rows: tokens
  /// for the Kullback-Leibler divergence, items for the squared error. The
  /// measure is the divergence if the model has an output `logits`. Errors:
  /// those of ModelData::load and Session::run; Usage for a model without a
  /// float output.
  static Result<OutputLoss> tryCreate(runtime::Session &session,
                                      const artifact::Plan &plan,
                                      const ModelData &data, uint64_t rowLimit);

  LossMeasure measure() const { return kind; }
  uint64_t rows() const { return rowCount; }

  /// Runs the same items on another model with these outputs. Not negative;
  /// infinite when the outputs are not finite. Numerics: float64. Errors: those
  /// of Session::run.
  Result<double> compute(runtime::Session &session) const;

private:
  using Outputs = std::vector<runtime::OutputTensor>;

  Result<Outputs> run(runtime::Session &session, size_t item) const;

  LossMeasure kind = LossMeasure::RelativeSquaredError;
  uint64_t rowCount = 0;
  std::vector<DataItem> items;
  std::vector<Outputs> references;
};

} // namespace ccq::tool

#endif // CCQ_TOOLS_CCQ_OUTPUTLOSS_H
