//===- EmitArtifact.cpp - from a planned module to an artifact ------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Target/Artifact/EmitArtifact.h"

#include "PlanTranslation.h"
#include "Report.h"
#include "RunWeightJob.h"
#include "StoreFiles.h"
#include "WeightTable.h"
#include "ccq/Artifact/CodedTensors.h"
#include "ccq/Artifact/Plan.h"
#include "ccq/Artifact/Safetensors.h"

#include <chrono>
#include <fstream>

using namespace mlir;
using namespace mlir::ccq;
using ::ccq::AtomicDirectory;
using ::ccq::Error;
using ::ccq::ErrorKind;
using ::ccq::MatrixShape;
using ::ccq::OverwritePolicy;
using ::ccq::Result;
namespace artifact = ::ccq::artifact;
namespace fs = std::filesystem;

/// Writes a file below the directory that is being filled.
static Result<void> writeFile(const fs::path &directory,
                              const std::string &name, StringRef text) {
  std::error_code code;
  fs::path path = directory / name;
  fs::create_directories(path.parent_path(), code);
  std::ofstream stream(path, std::ios::binary);
  stream.write(text.data(), std::streamsize(text.size()));
  stream.close();
  if (!stream)
    return Error{ErrorKind::Output, path.string() + ": cannot write"};
  return {};
}

static Result<artifact::SafetensorsWriter>
createWeightsFile(const fs::path &directory, const WeightTable &weights) {
  std::vector<artifact::TensorSpec> tensors;
  artifact::Metadata metadata;
  for (const WeightJob &job : weights.jobs()) {
    tensors.insert(tensors.end(), job.tensors.begin(), job.tensors.end());
    if (job.kind != WeightJobKind::Encode)
      continue;
    auto type = cast<RankedTensorType>(job.source->getResult(0).getType());
    MatrixShape shape{type.getDimSize(0), type.getDimSize(1)};
    artifact::addCodedMetadata(job.name, *job.scheme, shape, metadata);
  }
  return artifact::SafetensorsWriter::tryCreate(
      directory / artifact::weightsFileName, std::move(tensors), metadata,
      OverwritePolicy::Refuse);
}

/// Runs all weight jobs, in order.
static Result<void> writeWeights(ModuleOp module, const fs::path &directory,
                                 const WeightTable &weights,
                                 const ArtifactOptions &options,
                                 ArtifactReport &report) {
  Result<artifact::SafetensorsWriter> file =
      createWeightsFile(directory, weights);
  if (!file)
    return emitResultError(module, file.takeError());
  StoreFiles stores(module);
  for (const WeightJob &job : weights.jobs()) {
    Result<WeightReport> done =
        runWeightJob(job, stores, options.threads, *file);
    if (!done)
      return emitResultError(
          job.origin, {done.error().kind,
                       "weight '" + job.name + "': " + done.error().message});
    auto allocation = options.allocations.find(job.name);
    if (job.scheme && allocation != options.allocations.end())
      done->allocation = allocation->second;
    report.weights.push_back(*std::move(done));
    if (options.observer)
      options.observer(report.weights.size(), weights.jobs().size(),
                       report.weights.back());
  }
  if (Result<void> committed = file->commit(); !committed)
    return emitResultError(module, committed.takeError());
  std::error_code code;
  report.weightBytes =
      fs::file_size(directory / artifact::weightsFileName, code);
  return {};
}

static Result<void> writeKernels(ModuleOp module, const fs::path &directory,
                                 const TranslatedPlan &translated,
                                 ArtifactReport &report) {
  for (const auto &[name, data] : translated.kernelFiles) {
    if (Result<void> written = writeFile(directory, name, data); !written)
      return emitResultError(module, written.takeError());
    report.kernelBytes += data.size();
  }
  return {};
}

/// Fills the directory with everything but the report.
static Result<ArtifactReport> fill(ModuleOp module, const fs::path &directory,
                                   const ArtifactOptions &options) {
  auto start = std::chrono::steady_clock::now();
  Result<TranslatedPlan> translated = translatePlan(module);
  if (!translated)
    return translated.takeError();
  ArtifactReport report;
  report.stepCount = unsigned(translated->plan.steps.size());
  report.targets = describeTargets(translated->plan);
  Result<void> written = writeKernels(module, directory, *translated, report);
  if (written)
    written =
        writeWeights(module, directory, translated->weights, options, report);
  if (!written)
    return written.takeError();
  written = writeFile(directory, std::string(artifact::planFileName),
                      printPlan(translated->plan));
  if (!written)
    return emitResultError(module, written.takeError());
  report.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
          .count();
  return report;
}

Result<ArtifactReport> mlir::ccq::emitArtifact(ModuleOp module,
                                               const ArtifactOptions &options) {
  Result<AtomicDirectory> directory = AtomicDirectory::tryCreate(
      options.path, options.policy, std::string(artifact::planFileName));
  if (!directory)
    return emitResultError(module, directory.takeError());
  Result<ArtifactReport> report =
      fill(module, directory->stagingPath(), options);
  if (!report)
    return report;
  Result<void> done =
      writeFile(directory->stagingPath(), std::string(artifact::reportFileName),
                printReport(*report, options.provenance));
  if (done)
    done = directory->commit();
  if (!done)
    return emitResultError(module, done.takeError());
  return report;
}
