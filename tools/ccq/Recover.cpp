//===- Recover.cpp - ccq recover: tune what coding leaves alone -----------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BudgetOptions.h"
#include "Recovery.h"
#include "SchemeRules.h"
#include "Verbs.h"

#include "ccq/Artifact/Safetensors.h"
#include "ccq/Support/MappedFile.h"
#include "ccq/Support/Sha256.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <set>

using namespace ccq;
using namespace ccq::artifact;
using namespace ccq::tool;

namespace {

struct RecoverOptions {
  TunedModelOptions model;
  DataOptions data;
  std::string scheme = "w2.5";
  std::vector<std::string> tensors;
  SchemeBudget budget;
  OutputOptions output;
  std::string statistics;
  RecoveryOptions recovery;
  bool quiet = false;
};
} // namespace

static void printProgress(const StageProgress &progress) {
  if (progress.weights.empty())
    std::fprintf(stderr, "tuned the rest");
  else
    std::fprintf(stderr, "[%zu/%zu] coded %s", progress.stage,
                 progress.stageCount, progress.weights.front().c_str());
  if (progress.weights.size() > 1)
    std::fprintf(stderr, " and %zu more", progress.weights.size() - 1);
  if (progress.loss > 0)
    std::fprintf(stderr, ", loss per row %.5g", progress.loss);
  std::fprintf(stderr, ", %.1f s\n", progress.seconds);
}

static Result<void> writeWeights(const RecoverOptions &options,
                                 TunedModel &model, const Recovery &recovery) {
  std::vector<TensorSpec> specs;
  for (const TunedWeight &weight : model.weights())
    specs.push_back({weight.name, DataType::F32, weight.dims});
  Result<SafetensorsWriter> writer = SafetensorsWriter::tryCreate(
      options.output.path, specs, {}, options.output.policy());
  if (!writer)
    return writer.takeError();
  for (size_t w = 0; w < specs.size(); ++w) {
    Result<void> written = writer->write(
        specs[w].name, 0, std::as_bytes(std::span(recovery.tunedValues()[w])));
    if (!written)
      return written;
  }
  return writer->commit();
}

/// Model and data that the statistics are of.
static Result<void> describeStatistics(const RecoverOptions &options,
                                       const ModelData &data,
                                       ActivationStatistics &statistics) {
  Result<MappedFile> file = MappedFile::tryOpen(options.model.model);
  if (!file)
    return file.takeError();
  statistics.model = formatHex(computeSha256(file->bytes()));
  for (size_t i = 0; i < data.size(); ++i) {
    Result<DataItem> item = data.load(i);
    if (!item)
      return item.takeError();
    statistics.data.push_back(item->computeDigest());
  }
  return {};
}

/// What `ccq build` lists too: weights that multiply an observed value.
static mlir::ccq::WeightList listWeights(TunedModel &model,
                                         const SchemeRules &rules) {
  std::set<std::string> observed;
  for (const PlanStep &step : model.observedPlan().steps)
    if (const auto *observe = std::get_if<ObserveStep>(&step))
      observed.insert(observe->weights.begin(), observe->weights.end());
  mlir::ccq::WeightList list;
  for (const TunedWeight &weight : model.weights())
    if (observed.count(weight.name))
      list.codable.push_back({weight.name,
                              {weight.dims[0], weight.dims[1]},
                              weight.values.size() * sizeof(float),
                              rules.findName(weight.name)});
  return list;
}

static Result<void> recover(RecoverOptions &options) {
  if (options.statistics.empty())
    options.statistics = options.output.path + ".stats";
  for (const std::string &path : {options.output.path, options.statistics})
    if (Result<void> free = checkOutputPath(path, options.output.policy());
        !free)
      return free;
  if (options.data.paths.empty() && options.data.inputs.empty())
    return Error{ErrorKind::Usage, "expected --data or --input"};
  Result<SchemeRules> schemes =
      SchemeRules::tryParse(options.scheme, options.tensors);
  if (!schemes)
    return schemes.takeError();
  Result<void> complete =
      completeBudget(options.budget, options.scheme, options.model.model);
  if (!complete)
    return complete;
  Result<TunedModel> model = TunedModel::tryCreate(options.model);
  if (!model)
    return model.takeError();
  Result<ModelData> data = ModelData::tryOpen(model->plan(), options.data);
  if (!data)
    return data.takeError();
  std::map<std::string, codec::SchemeChoice> planned;
  if (options.budget.isSet()) {
    auto plan = planSchemes(options.budget, listWeights(*model, *schemes));
    if (!plan)
      return plan.takeError();
    for (const mlir::ccq::PlannedScheme &weight : *plan)
      planned[weight.name] = *codec::parseSchemeName(weight.scheme);
  }
  options.recovery.chooseScheme = [&](const std::string &weight) {
    auto found = planned.find(weight);
    return found == planned.end() ? schemes->choose(weight) : found->second;
  };
  ThreadPool threads(options.model.threads);
  Recovery recovery(*model, *data, threads, options.recovery);
  Result<void> done = recovery.run([&](const StageProgress &progress) {
    if (!options.quiet)
      printProgress(progress);
  });
  if (done)
    done = describeStatistics(options, *data, recovery.statistics());
  if (done)
    done = writeStatistics(options.statistics, recovery.statistics(),
                           options.output.policy());
  if (done)
    done = writeWeights(options, *model, recovery);
  if (done && !options.quiet)
    std::printf("%s: %zu weights, of which %zu groups are to be coded with "
                "%s\n",
                options.output.path.c_str(), model->weights().size(),
                recovery.statistics().inputs.size(),
                options.statistics.c_str());
  return done;
}

static void addTuningOptions(CLI::App &verb, RecoverOptions &options) {
  verb.add_option("--steps", options.recovery.stageSteps,
                  "Steps after each stage (default 15)");
  verb.add_option("--final-steps", options.recovery.finalSteps,
                  "Steps after the last stage (default 80)");
  verb.add_option("--batch", options.recovery.batch,
                  "Data items per step (default 8)")
      ->check(CLI::PositiveNumber);
  verb.add_option("--rate", options.recovery.rate,
                  "Largest change of an element per step (default 0.001)")
      ->check(CLI::PositiveNumber);
  verb.add_flag("--one-stage", options.recovery.isOneStage,
                "Code all weights before the first step");
  static const std::map<std::string, TuningLoss> losses = {
      {"divergence", TuningLoss::Divergence}, {"squares", TuningLoss::Squares}};
  verb.add_option("--loss", options.model.loss,
                  "Distance to the original's output: divergence (of logits; "
                  "the default) or squares")
      ->transform(CLI::CheckedTransformer(losses))
      ->type_name("LOSS");
  verb.add_option("--compare", options.model.output,
                  "Output to compare (default: logits, or the only one)")
      ->type_name("NAME");
}

void tool::registerRecover(CLI::App &app, Session &session) {
  CLI::App &verb = *app.add_subcommand(
      "recover", "Tune weights towards the original's output while others are "
                 "coded, for ccq build --weights --stats");
  auto options = std::make_shared<RecoverOptions>();
  verb.add_option("model", options->model.model, "ONNX file")->required();
  addDataOptions(verb, options->data);
  addOutputOptions(verb, options->output, "Safetensors file of tuned weights");
  verb.add_option("--stats", options->statistics,
                  "Statistics file to write (default: the output's name and "
                  ".stats)")
      ->type_name("FILE");
  verb.add_option("--scheme", options->scheme,
                  "As for ccq build, which has to be given the same");
  verb.add_option("--tensor", options->tensors,
                  "As for ccq build; repeatable, the last match decides")
      ->type_name("REGEX=SCHEME")
      ->allow_extra_args(false);
  addBudgetOptions(verb, options->budget);
  addTuningOptions(verb, *options);
  verb.add_option("--dim", options->model.dimensions,
                  "Size of a symbolic dimension; repeatable")
      ->type_name("NAME=SIZE")
      ->allow_extra_args(false);
  addThreadsOption(verb, options->model.threads);
  verb.add_flag("-q,--quiet", options->quiet, "Print errors only");
  setBody(verb, session, [options] { return recover(*options); });
}
