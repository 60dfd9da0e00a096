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
using namespace ccq::runtime;
using namespace ccq::tool;

static Result<bool> runDataSet(Session &session, const Plan &plan,
                               const DataSet &set, const RunOptions &options) {
  if (set.inputs.size() != plan.inputs.size() ||
      set.outputs.size() != plan.outputs.size())
    return Error{ErrorKind::MalformedInput,
                 set.name + ": expected " + std::to_string(plan.inputs.size()) +
                     " inputs and " + std::to_string(plan.outputs.size()) +
                     " outputs, got " + std::to_string(set.inputs.size()) +
                     " and " + std::to_string(set.outputs.size())};
  std::vector<NamedTensorFile> inputs;
  for (size_t i = 0; i < set.inputs.size(); ++i) {
    Result<TensorFile> file = TensorFile::tryOpen(set.inputs[i]);
    if (!file)
      return file.takeError();
    inputs.push_back({plan.buffers[plan.inputs[i]].name, *std::move(file)});
  }
  Result<std::vector<OutputTensor>> outputs = runOn(session, inputs);
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

Result<bool> tool::runDataSets(Session &session, const Plan &plan,
                               const RunOptions &options) {
  Result<std::vector<DataSet>> sets = findDataSets(options.testData);
  if (!sets)
    return sets.takeError();
  bool agrees = true;
  for (const DataSet &set : *sets) {
    Result<bool> checked = runDataSet(session, plan, set, options);
    if (!checked)
      return checked;
    agrees &= *checked;
  }
  return agrees;
}
