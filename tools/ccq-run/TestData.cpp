//===- TestData.cpp - data sets in ONNX backend layout --------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestData.h"

#include "Outcome.h"
#include "ccq/Artifact/DataSets.h"

using namespace ccq;
using namespace ccq::artifact;
using namespace ccq::tool;

static Result<bool> runDataSet(ModelRunner &model, const DataSet &set,
                               const RunOptions &options) {
  const std::vector<std::string> names = model.getInputNames();
  const size_t outputCount = model.getOutputNames().size();
  if (set.inputs.size() != names.size() || set.outputs.size() != outputCount)
    return Error{ErrorKind::MalformedInput,
                 set.name + ": expected " + std::to_string(names.size()) +
                     " inputs and " + std::to_string(outputCount) +
                     " outputs, got " + std::to_string(set.inputs.size()) +
                     " and " + std::to_string(set.outputs.size())};
  std::vector<NamedTensorFile> inputs;
  for (size_t i = 0; i < set.inputs.size(); ++i) {
    Result<TensorFile> file = TensorFile::tryOpen(set.inputs[i]);
    if (!file)
      return file.takeError();
    inputs.push_back({names[i], *std::move(file)});
  }
  Result<std::vector<ModelOutput>> outputs = model.run(inputs);
  if (!outputs)
    return Error{outputs.error().kind,
                 set.name + ": " + outputs.error().message};
  bool agrees = true;
  for (size_t i = 0; i < outputs->size(); ++i) {
    Result<bool> checked =
        checkOutput((*outputs)[i], set.outputs[i], set.name + ": ", options);
    if (!checked)
      return checked;
    agrees &= *checked;
  }
  return agrees;
}

Result<bool> tool::runDataSets(ModelRunner &model, const RunOptions &options) {
  Result<std::vector<DataSet>> sets = findDataSets(options.testData);
  if (!sets)
    return sets.takeError();
  bool agrees = true;
  for (const DataSet &set : *sets) {
    Result<bool> checked = runDataSet(model, set, options);
    if (!checked)
      return checked;
    agrees &= *checked;
  }
  return agrees;
}
