//===- Calibrate.cpp - ccq calibrate: activation statistics ---------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Interruption.h"
#include "ModelData.h"
#include "MomentCollector.h"
#include "TemporaryBuild.h"
#include "Verbs.h"

#include "ccq/Runtime/Model.h"
#include "ccq/Support/MappedFile.h"
#include "ccq/Support/Sha256.h"

#include <algorithm>
#include <cstdio>
#include <set>
#include <unistd.h>

using namespace ccq;
using namespace ccq::artifact;
using namespace ccq::tool;

namespace {
struct CalibrateOptions {
  std::string model;
  DataOptions data;
  std::vector<std::string> merge;
  std::vector<std::string> dimensions;
  OutputOptions output;
  bool resume = false;
  uint64_t limit = 0;
  unsigned threads = 0;
  bool quiet = false;
  bool verbose = false;
  /// How to start again after an interruption.
  std::string commandLine;
  /// Set when there was one.
  bool isInterrupted = false;

  OverwritePolicy policy() const {
    return resume ? OverwritePolicy::Replace : output.policy();
  }
};

/// Exit code of work that the user ended and can take up again.
constexpr int interruptedExitCode = 75;

/// How far a calibration came.
struct Progress {
  size_t done = 0;
  size_t skipped = 0;
  bool isInterrupted = false;
};
} // namespace

static Result<ActivationStatistics> readStatistics(const std::string &path) {
  Result<StatisticsFile> file = StatisticsFile::tryOpen(path);
  if (!file)
    return file.takeError();
  return file->tryRead();
}

//===----------------------------------------------------------------------===//
// Summary
//===----------------------------------------------------------------------===//

static void printSummary(const CalibrateOptions &options,
                         const ActivationStatistics &statistics) {
  std::set<std::string_view> weights;
  uint64_t rows = 0;
  size_t fewRows = 0;
  for (const InputStatistics &entry : statistics.inputs) {
    weights.insert(entry.input.weights.begin(), entry.input.weights.end());
    rows = std::max(rows, entry.input.rows);
    fewRows += entry.input.rows < uint64_t(entry.input.channels);
    if (options.verbose)
      std::printf("%s: %lld channels, %llu rows, %zu weights\n",
                  entry.input.name.c_str(), (long long)entry.input.channels,
                  (unsigned long long)entry.input.rows,
                  entry.input.weights.size());
  }
  std::printf("%s: %zu inputs of %zu weights, %zu data items, %llu rows\n",
              options.output.path.c_str(), statistics.inputs.size(),
              weights.size(), statistics.data.size(), (unsigned long long)rows);
  if (fewRows > 0)
    std::printf("%zu inputs have seen fewer rows than they have channels: more "
                "data would say more about them\n",
                fewRows);
}

//===----------------------------------------------------------------------===//
// Merging
//===----------------------------------------------------------------------===//

/// Says how many items both hold.
static void warnOfOverlap(const std::string &path,
                          const ActivationStatistics &merged,
                          const ActivationStatistics &next) {
  std::multiset<std::string> known(merged.data.begin(), merged.data.end());
  size_t shared = 0;
  for (const std::string &digest : next.data)
    shared += known.count(digest) > 0;
  if (shared > 0)
    std::fprintf(stderr, "ccq: warning: %s: %zu data items count twice\n",
                 path.c_str(), shared);
}

static Result<void> mergeFiles(const CalibrateOptions &options) {
  std::optional<ActivationStatistics> merged;
  for (const std::string &path : options.merge) {
    Result<ActivationStatistics> next = readStatistics(path);
    if (!next)
      return next.takeError();
    if (!merged) {
      merged.emplace(*std::move(next));
      continue;
    }
    warnOfOverlap(path, *merged, *next);
    if (Result<void> added = mergeStatistics(*merged, *next); !added)
      return Error{added.error().kind, path + ": " + added.error().message};
  }
  Result<void> written =
      writeStatistics(options.output.path, *merged, options.policy());
  if (written && !options.quiet)
    printSummary(options, *merged);
  return written;
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

static Result<std::string> computeModelDigest(const std::string &path) {
  Result<MappedFile> file = MappedFile::tryOpen(path);
  if (!file)
    return file.takeError();
  return formatHex(computeSha256(file->bytes()));
}

/// The statistics to go on with: those of the output when there are any.
static Result<ActivationStatistics>
openCheckpoint(const CalibrateOptions &options) {
  Result<std::string> digest = computeModelDigest(options.model);
  if (!digest)
    return digest.takeError();
  std::error_code code;
  if (!options.resume || !std::filesystem::exists(options.output.path, code))
    return ActivationStatistics{*digest, {}, {}};
  Result<ActivationStatistics> statistics = readStatistics(options.output.path);
  if (statistics && statistics->model != *digest)
    return Error{ErrorKind::Mismatch,
                 options.output.path + ": cannot resume: expected statistics "
                                       "of this model, got those of another"};
  return statistics;
}

static void printProgress(const CalibrateOptions &options, size_t done,
                          size_t total, uint64_t rows) {
  if (options.quiet || !::isatty(STDERR_FILENO))
    return;
  std::fprintf(stderr, "\r\x1b[K[%zu/%zu] %llu rows%s", done, total,
               (unsigned long long)rows, done < total ? "" : "\n");
}

/// Runs the model on all items that the statistics lack.
static Result<Progress> collect(const CalibrateOptions &options,
                                runtime::Session &session,
                                const ModelData &data,
                                MomentCollector &collector) {
  std::vector<std::string> &seen = collector.statistics().data;
  std::multiset<std::string> known(seen.begin(), seen.end());
  Progress progress;
  if (!options.quiet && !::isatty(STDERR_FILENO))
    std::fprintf(stderr, "%zu data items\n", data.size());
  for (size_t i = 0; i < data.size(); ++i) {
    if (options.limit > 0 && collector.getLargestRowCount() >= options.limit)
      break;
    progress.isInterrupted = isInterrupted();
    if (progress.isInterrupted)
      break;
    Result<DataItem> item = data.load(i);
    if (!item)
      return item.takeError();
    std::string digest = item->computeDigest();
    if (auto found = known.find(digest); found != known.end()) {
      known.erase(found);
      ++progress.skipped;
      continue;
    }
    Result<void> ran = collector.run(session, item->inputs());
    if (!ran)
      return Error{ran.error().kind, item->name() + ": " + ran.error().message};
    seen.push_back(digest);
    ++progress.done;
    printProgress(options, i + 1, data.size(), collector.getLargestRowCount());
  }
  return progress;
}

static Result<void> finish(const CalibrateOptions &options,
                           const ModelData &data, const Progress &progress,
                           const ActivationStatistics &statistics) {
  Result<void> written =
      writeStatistics(options.output.path, statistics, options.policy());
  if (!written)
    return written;
  if (progress.isInterrupted) {
    std::fprintf(stderr,
                 "ccq: interrupted after %zu of %zu data items, checkpoint "
                 "saved; resume with: %s\n",
                 progress.done + progress.skipped, data.size(),
                 options.commandLine.c_str());
    return {};
  }
  if (!options.quiet) {
    if (progress.skipped > 0)
      std::printf("%zu data items were there already\n", progress.skipped);
    printSummary(options, statistics);
  }
  return {};
}

static Result<void> calibrate(CalibrateOptions &options) {
  Result<ActivationStatistics> checkpoint = openCheckpoint(options);
  if (!checkpoint)
    return checkpoint.takeError();
  deferInterruption();
  Result<TemporaryBuild> build = TemporaryBuild::tryCreate(
      {options.model, options.dimensions,
       mlir::ccq::BuildObservation::MatmulInputs, options.threads});
  // The programs that a build starts are ended by the signal as well.
  options.isInterrupted = !build && isInterrupted();
  if (options.isInterrupted) {
    std::fprintf(
        stderr, "ccq: interrupted before the first data item; start with: %s\n",
        options.commandLine.c_str());
    return {};
  }
  if (!build)
    return build.takeError();
  Result<runtime::Model> model = runtime::Model::tryLoad(build->path());
  if (!model)
    return model.takeError();
  Result<ModelData> data = ModelData::tryOpen(model->plan(), options.data);
  if (!data)
    return data.takeError();
  auto threads = std::make_shared<ThreadPool>(options.threads);
  Result<MomentCollector> collector = MomentCollector::tryCreate(
      model->plan(), *std::move(checkpoint), *threads);
  if (!collector)
    return collector.takeError();
  runtime::Session session(*model, threads);
  Result<Progress> progress = collect(options, session, *data, *collector);
  if (!progress)
    return progress.takeError();
  options.isInterrupted = progress->isInterrupted;
  return finish(options, *data, *progress, collector->statistics());
}

static Result<void> runCalibrate(CalibrateOptions &options) {
  if (Result<void> free =
          checkOutputPath(options.output.path, options.policy());
      !free)
    return free;
  bool hasData = !options.data.paths.empty() || !options.data.inputs.empty();
  if (options.merge.empty()) {
    if (options.model.empty() || !hasData)
      return Error{ErrorKind::Usage,
                   "expected a model with --data or --input, or --merge"};
    return calibrate(options);
  }
  if (!options.model.empty() || hasData || options.resume)
    return Error{ErrorKind::Usage,
                 "expected --merge without a model, data and --resume"};
  return mergeFiles(options);
}

void tool::registerCalibrate(CLI::App &app, Session &session) {
  CLI::App &verb = *app.add_subcommand(
      "calibrate", "Collect statistics of activations, for ccq build --stats");
  auto options = std::make_shared<CalibrateOptions>();
  verb.add_option("model", options->model, "ONNX file");
  addDataOptions(verb, options->data);
  addOutputOptions(verb, options->output, "Statistics file to write");
  verb.add_flag("--resume", options->resume,
                "Go on with the output where it lacks data items");
  verb.add_option("--merge", options->merge,
                  "Add up statistics files instead of running a model")
      ->type_name("FILE...");
  verb.add_option("--limit", options->limit,
                  "Stop after the data item with which an input has seen this "
                  "many rows (tokens)");
  verb.add_option("--dim", options->dimensions,
                  "Size of a symbolic dimension; repeatable")
      ->type_name("NAME=SIZE")
      ->allow_extra_args(false);
  addThreadsOption(verb, options->threads);
  verb.add_flag("-q,--quiet", options->quiet, "Print errors only");
  verb.add_flag("-v,--verbose", options->verbose, "Print every input");
  setBody(verb, session, [options, &session] {
    options->commandLine =
        session.commandLine + (options->resume ? "" : " --resume");
    Result<void> done = runCalibrate(*options);
    if (done && options->isInterrupted)
      session.exitCode = interruptedExitCode;
    return done;
  });
}
