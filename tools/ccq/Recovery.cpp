//===- Recovery.cpp - coding weights and tuning the others ----------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Recovery.h"

#include "ccq/Codec/Decode.h"
#include "ccq/Quantizer/Encode.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <numbers>
#include <set>

using namespace ccq;
using namespace ccq::artifact;
using namespace ccq::tool;

/// Losses of this many steps at the end are averaged for the report.
static constexpr unsigned reportedSteps = 5;
/// Steps over which the rate rises, and where it ends, of its largest value.
static constexpr double warmUpSteps = 3, lastRate = 0.1;
/// Gains and biases take larger steps than matrices.
static constexpr double vectorRate = 2;

Recovery::Recovery(TunedModel &model, const ModelData &data,
                   ThreadPool &threads, RecoveryOptions options)
    : model(model), data(data), threads(threads), options(std::move(options)),
      tuned(model.weights().size()), optimizers(model.weights().size()) {
  findStages();
}

void Recovery::findStages() {
  std::map<std::string, std::vector<std::string>> readers;
  std::vector<std::string> order;
  for (const PlanStep &step : model.observedPlan().steps)
    if (const auto *observe = std::get_if<ObserveStep>(&step))
      for (const std::string &weight : observe->weights) {
        if (readers.find(weight) == readers.end())
          order.push_back(weight);
        readers[weight].push_back(observe->name);
      }
  for (const std::string &name : order) {
    auto &weights = model.weights();
    auto found = std::find_if(
        weights.begin(), weights.end(),
        [&](const TunedWeight &weight) { return weight.name == name; });
    if (found == weights.end() || !options.chooseScheme(name))
      continue;
    auto number = size_t(found - weights.begin());
    const std::vector<std::string> &inputs = readers[name];
    if (stages.empty() || stages.back().inputs != inputs)
      stages.push_back({{}, inputs});
    stages.back().weights.push_back(number);
  }
}

/// The sums of all values that the stage's weights multiply, as one.
Result<InputStatistics> Recovery::collectStatistics(const Stage &stage) {
  Result<MomentCollector> collector =
      MomentCollector::tryCreate(model.observedPlan(), {}, threads);
  if (!collector)
    return collector.takeError();
  for (size_t i = 0; i < data.size(); ++i) {
    Result<DataItem> item = data.load(i);
    if (!item)
      return item.takeError();
    if (Result<void> seen = model.observe(*item, *collector); !seen)
      return seen.takeError();
  }
  std::optional<InputStatistics> sum;
  for (InputStatistics &entry : collector->statistics().inputs) {
    if (std::find(stage.inputs.begin(), stage.inputs.end(), entry.input.name) ==
        stage.inputs.end())
      continue;
    if (!sum) {
      sum.emplace(std::move(entry));
      continue;
    }
    sum->input.rows += entry.input.rows;
    for (size_t i = 0; i < sum->secondMoment.size(); ++i)
      sum->secondMoment[i] += entry.secondMoment[i];
    for (size_t i = 0; i < sum->sum.size(); ++i)
      sum->sum[i] += entry.sum[i];
  }
  sum->input.name = model.weights()[stage.weights.front()].name;
  sum->input.weights.clear();
  for (size_t number : stage.weights)
    sum->input.weights.push_back(model.weights()[number].name);
  return *std::move(sum);
}

Result<void> Recovery::codeWeight(size_t number,
                                  const InputStatistics &statistics) {
  TunedWeight &weight = model.weights()[number];
  tuned[number] = weight.values;
  codec::SchemeChoice scheme = options.chooseScheme(weight.name);
  MatrixShape shape{weight.dims[0], weight.dims[1]};
  auto depth = size_t(shape.k);
  std::vector<double> hessian(depth * depth);
  size_t next = 0;
  for (size_t i = 0; i < depth; ++i)
    for (size_t j = i; j < depth; ++j)
      hessian[i * depth + j] = hessian[j * depth + i] =
          statistics.secondMoment[next++] / double(statistics.input.rows);
  quantizer::EncodeOptions encode;
  encode.threads = &threads;
  encode.hessian.emplace(hessian.data(), MatrixShape{shape.k, shape.k});
  Result<quantizer::EncodeResult> result = quantizer::encodeMatrix(
      MatrixView<const float>(weight.values.data(), shape), *scheme, encode);
  if (!result)
    return Error{result.error().kind,
                 "weight '" + weight.name + "': " + result.error().message};
  weight.values = codec::decodeMatrix(result->matrix.view());
  weight.isFrozen = true;
  return {};
}

Result<void> Recovery::codeStage(const Stage &stage) {
  Result<InputStatistics> statistics = collectStatistics(stage);
  if (!statistics)
    return statistics.takeError();
  for (size_t number : stage.weights)
    if (Result<void> done = codeWeight(number, *statistics); !done)
      return done;
  coded.inputs.push_back(*std::move(statistics));
  return {};
}

/// Up over the first steps, then down along half a cosine.
static double computeRate(unsigned step, unsigned steps) {
  double rise = std::min(1.0, (step + 1) / warmUpSteps);
  double fall =
      0.5 * (1 + std::cos(std::numbers::pi * double(step) / double(steps)));
  return rise * (fall * (1 - lastRate) + lastRate);
}

Result<double> Recovery::tune(unsigned steps) {
  double loss = 0, rows = 0;
  for (unsigned step = 0; step < steps; ++step) {
    WeightGradients gradients;
    for (unsigned i = 0; i < std::min<size_t>(options.batch, data.size());
         ++i) {
      Result<DataItem> item = data.load(size_t(nextItem++ % data.size()));
      if (!item)
        return item.takeError();
      if (Result<void> added = model.addGradients(*item, gradients); !added)
        return Error{added.error().kind,
                     item->name() + ": " + added.error().message};
    }
    double rate = options.rate * computeRate(step, steps);
    for (size_t w = 0; w < optimizers.size(); ++w) {
      TunedWeight &weight = model.weights()[w];
      if (weight.isFrozen)
        continue;
      bool isVector = weight.dims.size() <= 1;
      optimizers[w].step(weight.values, gradients.sums[w], 1 / gradients.rows,
                         isVector ? rate * vectorRate : rate);
    }
    if (step + reportedSteps >= steps) {
      loss += gradients.loss;
      rows += gradients.rows;
    }
  }
  return rows > 0 ? loss / rows : 0;
}

Result<void> Recovery::run(const Observer &observer) {
  auto start = std::chrono::steady_clock::now();
  StageProgress progress;
  progress.stageCount = stages.size();
  auto report = [&](double loss) {
    progress.loss = loss;
    progress.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
            .count();
    observer(progress);
  };
  for (const Stage &stage : stages) {
    if (Result<void> done = codeStage(stage); !done)
      return done;
    ++progress.stage;
    progress.weights.clear();
    for (size_t number : stage.weights)
      progress.weights.push_back(model.weights()[number].name);
    Result<double> loss = tune(options.isOneStage ? 0 : options.stageSteps);
    if (!loss)
      return loss.takeError();
    report(*loss);
  }
  Result<double> loss = tune(options.finalSteps);
  if (!loss)
    return loss.takeError();
  progress.weights.clear();
  report(*loss);
  for (size_t w = 0; w < tuned.size(); ++w)
    if (!model.weights()[w].isFrozen)
      tuned[w] = model.weights()[w].values;
  return {};
}
