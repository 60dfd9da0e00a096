//===- TestData.cpp - data sets in ONNX backend layout --------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestData.h"

#include "Outcome.h"

#include <algorithm>

using namespace ccq;
using namespace ccq::artifact;
using namespace ccq::runtime;
using namespace ccq::tool;
namespace fs = std::filesystem;

namespace {
/// One `test_data_set_*`: files of the inputs and outputs by their position in
/// the model, `input_0.pb`, `input_1.pb`, ... and `output_0.pb`, ...
struct DataSet {
  std::string name;
  std::vector<std::filesystem::path> inputs;
  std::vector<std::filesystem::path> outputs;
};
} // namespace

/// `prefix`0.pb, `prefix`1.pb, ... up to the first that is not there.
static std::vector<fs::path> findNumbered(const fs::path &directory,
                                          const std::string &prefix) {
  std::vector<fs::path> files;
  std::error_code code;
  for (;;) {
    fs::path file = directory / (prefix + std::to_string(files.size()) + ".pb");
    if (!fs::exists(file, code))
      return files;
    files.push_back(std::move(file));
  }
}

/// The data sets of a directory, by name, numbers in their order. Fails with
/// MalformedInput when there is none.
static Result<std::vector<DataSet>> findDataSets(const fs::path &directory) {
  std::vector<DataSet> sets;
  std::error_code code;
  fs::directory_iterator entry(directory, code);
  for (; !code && entry != fs::directory_iterator(); entry.increment(code)) {
    std::string name = entry->path().filename();
    if (name.starts_with("test_data_set_"))
      sets.push_back({name, findNumbered(entry->path(), "input_"),
                      findNumbered(entry->path(), "output_")});
  }
  if (code)
    return Error{ErrorKind::MalformedInput,
                 directory.string() + ": cannot list: " + code.message()};
  if (sets.empty())
    return Error{ErrorKind::MalformedInput,
                 directory.string() + ": expected folders test_data_set_*"};
  std::sort(sets.begin(), sets.end(), [](const DataSet &a, const DataSet &b) {
    // Of two numbers the longer one is larger.
    return std::pair(a.name.size(), a.name) < std::pair(b.name.size(), b.name);
  });
  return sets;
}

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
