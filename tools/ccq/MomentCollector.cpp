//===- MomentCollector.cpp - statistics of what runs show -----------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MomentCollector.h"

#include "ccq/Quantizer/SecondMoment.h"

#include <algorithm>
#include <cmath>

using namespace ccq;
using namespace ccq::artifact;
using namespace ccq::tool;

Result<void> MomentCollector::addInput(const Plan &plan,
                                       const ObserveStep &step) {
  const PlanBuffer &buffer = plan.buffers[step.buffer];
  std::optional<int64_t> channels =
      buffer.shape.empty() ? std::nullopt : buffer.shape.back().findConstant();
  if (!channels || step.weights.empty())
    return {};
  ObservedInput input{step.name, *channels, 0, step.weights};
  auto known = std::find_if(sums.inputs.begin(), sums.inputs.end(),
                            [&](const InputStatistics &entry) {
                              return entry.input.name == step.name;
                            });
  if (known == sums.inputs.end()) {
    indexOfName[step.name] = sums.inputs.size();
    sums.inputs.push_back(
        {input, std::vector<double>(quantizer::getTriangleSize(*channels)),
         std::vector<double>(size_t(*channels))});
    return {};
  }
  input.rows = known->input.rows;
  if (known->input != input)
    return Error{ErrorKind::Mismatch,
                 "cannot resume: expected input '" + step.name + "' with " +
                     std::to_string(*channels) +
                     " channels and the weights of the model"};
  indexOfName[step.name] = size_t(known - sums.inputs.begin());
  return {};
}

Result<MomentCollector>
MomentCollector::tryCreate(const Plan &plan, ActivationStatistics statistics,
                           ThreadPool &threads) {
  MomentCollector collector(std::move(statistics), threads);
  for (const PlanStep &step : plan.steps)
    if (const auto *observe = std::get_if<ObserveStep>(&step))
      if (Result<void> added = collector.addInput(plan, *observe); !added)
        return added.takeError();
  if (collector.indexOfName.empty())
    return Error{ErrorKind::Usage,
                 "the model has no weights that can be coded, so there is "
                 "nothing to calibrate"};
  return collector;
}

/// Adds rows to the sum of x, in order.
static void addSum(std::span<const float> rows, std::span<double> sum) {
  for (size_t first = 0; first < rows.size(); first += sum.size())
    for (size_t k = 0; k < sum.size(); ++k)
      sum[k] += double(rows[first + k]);
}

Result<void> MomentCollector::add(const runtime::Observation &observation) {
  auto index = indexOfName.find(observation.step.name);
  if (index == indexOfName.end())
    return {};
  InputStatistics &entry = sums.inputs[index->second];
  const TensorView &tensor = observation.tensor;
  std::vector<float> converted;
  std::span<const float> rows(
      reinterpret_cast<const float *>(tensor.bytes.data()),
      tensor.bytes.size() / sizeof(float));
  if (tensor.type != DataType::F32) {
    Result<std::vector<float>> floats = tryConvertToFloat32(tensor);
    if (!floats)
      return floats.takeError();
    converted = *std::move(floats);
    rows = converted;
  }
  int64_t channels = entry.input.channels;
  auto bad = std::find_if_not(rows.begin(), rows.end(),
                              [](float value) { return std::isfinite(value); });
  if (bad != rows.end())
    return Error{ErrorKind::MalformedInput,
                 "input of weight '" + entry.input.weights.front() +
                     "': expected finite activations, got " +
                     std::to_string(*bad) + " in row " +
                     std::to_string((bad - rows.begin()) / channels)};
  if (rows.empty())
    return {};
  quantizer::addSecondMoment(rows, channels, entry.secondMoment, threads);
  addSum(rows, entry.sum);
  entry.input.rows += rows.size() / size_t(channels);
  return {};
}

Result<void>
MomentCollector::run(runtime::Session &session,
                     std::span<const runtime::NamedTensor> inputs) {
  Result<void> added;
  auto outputs =
      session.run(inputs, [&](const runtime::Observation &observation) {
        if (added)
          added = add(observation);
      });
  if (!outputs)
    return outputs.takeError();
  return added;
}

uint64_t MomentCollector::getLargestRowCount() const {
  uint64_t largest = 0;
  for (const InputStatistics &entry : sums.inputs)
    largest = std::max(largest, entry.input.rows);
  return largest;
}
