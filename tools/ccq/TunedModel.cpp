//===- TunedModel.cpp - a model whose weights change ----------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TunedModel.h"

#include "ccq/Artifact/Compare.h"
#include "ccq/Artifact/Safetensors.h"

#include <algorithm>
#include <cmath>
#include <cstring>

using namespace ccq;
using namespace ccq::artifact;
using namespace ccq::tool;
using mlir::ccq::BuildObservation;
using mlir::ccq::BuildWeights;

static constexpr std::string_view targetName = "target";
static constexpr std::string_view gradientPrefix = "gradient.";
/// Behind the name of a weight that a model reads in both orientations.
static constexpr std::string_view transposedSuffix = ".transposed";

static bool isFloat(DataType type) {
  return type == DataType::F32 || type == DataType::F64 ||
         type == DataType::F16 || type == DataType::BF16;
}

Result<TunedModel::Loaded>
TunedModel::Loaded::tryCreate(const TemporaryBuildOptions &options,
                              std::shared_ptr<ThreadPool> threads) {
  Result<TemporaryBuild> build = TemporaryBuild::tryCreate(options);
  if (!build)
    return build.takeError();
  Result<runtime::Model> model = runtime::Model::tryLoad(build->path());
  if (!model)
    return model.takeError();
  return Loaded{*std::move(build), *model,
                runtime::Session(*model, std::move(threads))};
}

Result<TunedModel> TunedModel::tryCreate(const TunedModelOptions &options) {
  auto threads = std::make_shared<ThreadPool>(options.threads);
  TemporaryBuildOptions build{options.model, options.dimensions,
                              BuildObservation::None, options.threads};
  Result<Loaded> original = Loaded::tryCreate(build, threads);
  if (!original)
    return original.takeError();
  const Plan &plan = original->model.plan();
  Result<std::string> output = findTensor(
      plan, plan.outputs, {options.output, "logits", "float output", isFloat});
  if (!output)
    return output.takeError();
  build.observation = BuildObservation::MatmulInputs;
  build.weights = BuildWeights::Inputs;
  Result<Loaded> tuned = Loaded::tryCreate(build, threads);
  if (!tuned)
    return tuned.takeError();
  build.observation = BuildObservation::None;
  build.weights = options.loss == TuningLoss::Divergence
                      ? BuildWeights::DivergenceGradients
                      : BuildWeights::SquaresGradients;
  build.output = *output;
  Result<Loaded> gradients = Loaded::tryCreate(build, threads);
  if (!gradients)
    return gradients.takeError();
  TunedModel model(*std::move(original), *std::move(tuned),
                   *std::move(gradients));
  model.output = *output;
  model.loss = options.loss;
  if (Result<void> read = model.readWeights(); !read)
    return read.takeError();
  return model;
}

/// The tensor of a weight, turned where the file holds its other orientation.
static std::optional<std::vector<float>> findWeight(const SafetensorsFile &file,
                                                    const TunedWeight &weight) {
  std::string_view name = weight.name;
  std::optional<TensorView> tensor = file.findTensor(name);
  if (!tensor && name.ends_with(transposedSuffix)) {
    name.remove_suffix(transposedSuffix.size());
    tensor = file.findTensor(name);
  }
  if (!tensor || tensor->type != DataType::F32)
    return std::nullopt;
  std::vector<float> stored(tensor->bytes.size() / sizeof(float));
  std::memcpy(stored.data(), tensor->bytes.data(), tensor->bytes.size());
  if (tensor->dims == weight.dims)
    return stored;
  if (weight.dims.size() != 2 ||
      tensor->dims != std::vector<int64_t>{weight.dims[1], weight.dims[0]})
    return std::nullopt;
  std::vector<float> values(stored.size());
  auto rows = size_t(weight.dims[0]), columns = size_t(weight.dims[1]);
  for (size_t row = 0; row < rows; ++row)
    for (size_t column = 0; column < columns; ++column)
      values[row * columns + column] = stored[column * rows + row];
  return values;
}

Result<void> TunedModel::readWeights() {
  Result<SafetensorsFile> file =
      SafetensorsFile::tryOpen(original.build.path() / weightsFileName);
  if (!file)
    return file.takeError();
  const Plan &plan = tuned.model.plan();
  for (unsigned index : plan.inputs) {
    const PlanBuffer &buffer = plan.buffers[index];
    const Plan &base = original.model.plan();
    bool isInput =
        std::any_of(base.inputs.begin(), base.inputs.end(), [&](unsigned i) {
          return base.buffers[i].name == buffer.name;
        });
    if (isInput)
      continue;
    TunedWeight weight{buffer.name, {}, {}, false};
    for (const Expression &size : buffer.shape)
      weight.dims.push_back(size.findConstant().value_or(0));
    std::optional<std::vector<float>> values = findWeight(*file, weight);
    if (!values)
      return Error{ErrorKind::Unsupported,
                   "weight '" + weight.name +
                       "': expected float32 elements to tune"};
    weight.values = *std::move(values);
    list.push_back(std::move(weight));
  }
  if (list.empty())
    return Error{ErrorKind::Usage, "the model has no weights to tune"};
  return {};
}

void TunedModel::addWeights(std::vector<runtime::NamedTensor> &inputs) const {
  for (const TunedWeight &weight : list)
    inputs.push_back({weight.name,
                      {DataType::F32, weight.dims,
                       std::as_bytes(std::span(weight.values))}});
}

/// log softmax of a row, in double.
static std::vector<double> computeLogSoftmax(const TensorView &logits,
                                             uint64_t first, uint64_t width) {
  std::vector<double> row(width);
  for (uint64_t i = 0; i < width; ++i)
    row[i] = getElement(logits, first + i);
  double largest = *std::max_element(row.begin(), row.end()), sum = 0;
  for (double value : row)
    sum += std::exp(value - largest);
  double shift = largest + std::log(sum);
  for (double &value : row)
    value -= shift;
  return row;
}

double TunedModel::computeLoss(const TensorView &output,
                               const TensorView &target) const {
  auto width = uint64_t(output.dims.empty() ? 1 : output.dims.back());
  uint64_t count = output.bytes.size() / getDataTypeBytes(output.type);
  double sum = 0;
  for (uint64_t first = 0; first < count; first += width) {
    if (loss == TuningLoss::Squares) {
      for (uint64_t i = first; i < first + width; ++i) {
        double distance = getElement(output, i) - getElement(target, i);
        sum += distance * distance / 2;
      }
      continue;
    }
    std::vector<double> q = computeLogSoftmax(output, first, width);
    std::vector<double> p = computeLogSoftmax(target, first, width);
    for (uint64_t i = 0; i < width; ++i)
      sum += std::exp(p[i]) * (p[i] - q[i]);
  }
  return sum;
}

static const runtime::OutputTensor &
getOutput(const std::vector<runtime::OutputTensor> &outputs,
          std::string_view name) {
  return *std::find_if(outputs.begin(), outputs.end(),
                       [&](const auto &output) { return output.name == name; });
}

Result<void> TunedModel::addGradients(const DataItem &item,
                                      WeightGradients &gradients) {
  auto expected = original.session.run(item.inputs());
  if (!expected)
    return expected.takeError();
  TensorView target = getOutput(*expected, output).view();
  std::vector<runtime::NamedTensor> inputs = item.inputs();
  addWeights(inputs);
  inputs.push_back({targetName, target});
  auto results = differentiated.session.run(inputs);
  if (!results)
    return results.takeError();
  TensorView got = getOutput(*results, output).view();
  gradients.loss += computeLoss(got, target);
  auto width = double(got.dims.empty() ? 1 : got.dims.back());
  gradients.rows +=
      double(got.bytes.size() / getDataTypeBytes(got.type)) / width;
  gradients.sums.resize(list.size());
  for (size_t w = 0; w < list.size(); ++w) {
    std::vector<double> &sum = gradients.sums[w];
    sum.resize(list[w].values.size());
    const runtime::OutputTensor &part =
        getOutput(*results, std::string(gradientPrefix) + list[w].name);
    const auto *values =
        reinterpret_cast<const float *>(part.memory.bytes().data());
    for (size_t i = 0; i < sum.size(); ++i)
      sum[i] += double(values[i]);
  }
  return {};
}

Result<void> TunedModel::observe(const DataItem &item,
                                 MomentCollector &collector) {
  std::vector<runtime::NamedTensor> inputs = item.inputs();
  addWeights(inputs);
  return collector.run(tuned.session, inputs);
}
