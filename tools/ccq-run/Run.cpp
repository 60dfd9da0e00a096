//===- Run.cpp - what ccq-run does ----------------------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Run.h"

#include "ModelRunner.h"
#include "Outcome.h"
#include "TestData.h"
#include "ccq/Artifact/ArtifactDirectory.h"
#include "ccq/Artifact/Npy.h"
#include "ccq/Artifact/TensorFile.h"

#include <algorithm>
#include <cstdio>
#include <optional>

using namespace ccq;
using namespace ccq::artifact;
using namespace ccq::tool;

/// Elements that are printed of an output that goes nowhere else.
static constexpr uint64_t printedElements = 8;

namespace {
/// `NAME=FILE` taken apart.
struct NamedFile {
  std::string name;
  std::string path;
};
} // namespace

static Result<std::vector<NamedFile>>
parseNamedFiles(const std::vector<std::string> &texts, const char *option) {
  std::vector<NamedFile> files;
  for (const std::string &text : texts) {
    size_t equals = text.find('=');
    if (equals == 0 || equals == std::string::npos || equals + 1 == text.size())
      return Error{ErrorKind::Usage, std::string("expected ") + option +
                                         " NAME=FILE, got '" + text + "'"};
    files.push_back({text.substr(0, equals), text.substr(equals + 1)});
  }
  return files;
}

/// Checks the names of outputs before anything runs.
static Result<void> checkOutputNames(const std::vector<std::string> &known,
                                     const std::vector<NamedFile> &files) {
  for (const NamedFile &file : files) {
    std::string names;
    bool isKnown = false;
    for (const std::string &name : known) {
      names += (names.empty() ? "'" : ", '") + name + "'";
      isKnown |= name == file.name;
    }
    if (!isKnown)
      return Error{ErrorKind::Usage, "unknown output '" + file.name +
                                         "', the model has " + names};
  }
  return {};
}

static const ModelOutput &findOutput(const std::vector<ModelOutput> &outputs,
                                     const std::string &name) {
  return *std::find_if(outputs.begin(), outputs.end(),
                       [&](const ModelOutput &o) { return o.name == name; });
}

static void printOutput(const ModelOutput &output) {
  const TensorView &view = output.tensor;
  uint64_t count = view.bytes.size() / getDataTypeBytes(view.type);
  std::printf("%s: %s%s", output.name.c_str(),
              getSafetensorsName(view.type).data(),
              printDims(view.dims).c_str());
  for (uint64_t i = 0; i < std::min(count, printedElements); ++i)
    std::printf("%s%.6g", i == 0 ? " = " : ", ", getElement(view, i));
  std::printf(count > printedElements ? ", ...\n" : "\n");
}

static Result<bool> runInputs(ModelRunner &model, const RunOptions &options) {
  Result<std::vector<NamedFile>> inputs =
      parseNamedFiles(options.inputs, "--input");
  Result<std::vector<NamedFile>> outputs =
      parseNamedFiles(options.outputs, "--output");
  Result<std::vector<NamedFile>> expected =
      parseNamedFiles(options.expected, "--expect");
  for (auto *files : {&inputs, &outputs, &expected})
    if (!*files)
      return files->takeError();
  OverwritePolicy policy =
      options.force ? OverwritePolicy::Replace : OverwritePolicy::Refuse;
  const std::vector<std::string> names = model.getOutputNames();
  Result<void> checked = checkOutputNames(names, *outputs);
  if (checked)
    checked = checkOutputNames(names, *expected);
  for (const NamedFile &file : *outputs)
    if (checked)
      checked = checkOutputPath(file.path, policy);
  if (!checked)
    return checked.takeError();

  std::vector<NamedTensorFile> tensors;
  for (const NamedFile &input : *inputs) {
    Result<TensorFile> file = TensorFile::tryOpen(input.path);
    if (!file)
      return file.takeError();
    tensors.push_back({input.name, *std::move(file)});
  }
  Result<std::vector<ModelOutput>> results = model.run(tensors);
  if (!results)
    return results.takeError();
  for (const NamedFile &file : *outputs) {
    Result<void> written =
        writeNpy(file.path, findOutput(*results, file.name).tensor, policy);
    if (!written)
      return written.takeError();
  }
  bool agrees = true;
  for (const NamedFile &file : *expected) {
    Result<bool> matches =
        checkOutput(findOutput(*results, file.name), file.path, "", options);
    if (!matches)
      return matches;
    agrees &= *matches;
  }
  if (outputs->empty() && expected->empty() && !options.quiet)
    for (const ModelOutput &output : *results)
      printOutput(output);
  return agrees;
}

/// Devices other than the CPU are named on the command line before the runtime
/// can run them; the message says what the artifact could offer.
static Result<void> checkDevice(const RunOptions &options) {
  if (options.device == "cpu")
    return {};
  Result<ArtifactDirectory> artifact =
      ArtifactDirectory::tryOpen(options.model);
  if (!artifact)
    return artifact.takeError();
  std::string names;
  for (const PlanTarget &target : artifact->plan().targets)
    names += (names.empty() ? "" : ", ") + target.name;
  return Error{ErrorKind::MissingTool,
               "device " + options.device +
                   " is not available in this release, expected cpu; the "
                   "artifact holds " +
                   (names.empty() ? "no target" : names)};
}

Result<bool> tool::run(const RunOptions &options) {
  if (Result<void> checked = checkDevice(options); !checked)
    return checked.takeError();
  Result<ModelRunner> model =
      ModelRunner::tryLoad(options.model, options.threads);
  if (!model)
    return model.takeError();
  if (!options.testData.empty())
    return runDataSets(*model, options);
  return runInputs(*model, options);
}
