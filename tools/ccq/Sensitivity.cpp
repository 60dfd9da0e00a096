//===- Sensitivity.cpp - ccq sensitivity: what coding each weight costs ---===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OutputLoss.h"
#include "Sensitivities.h"
#include "SwappableModel.h"
#include "Verbs.h"

#include "ccq/Artifact/ActivationStatistics.h"
#include "ccq/Codec/Decode.h"
#include "ccq/Quantizer/Encode.h"
#include "ccq/Quantizer/SecondMoment.h"
#include "ccq/Support/MappedFile.h"
#include "ccq/Support/Sha256.h"

#include <cmath>
#include <cstdio>
#include <unistd.h>

using namespace ccq;
using namespace ccq::artifact;
using namespace ccq::tool;

namespace {
struct SensitivityOptions {
  std::string model;
  DataOptions data;
  std::string statistics;
  std::vector<std::string> schemes;
  std::vector<std::string> dimensions;
  OutputOptions output;
  uint64_t limit = 2048;
  unsigned threads = 0;
  bool quiet = false;
};

/// A scheme with its short name.
struct TrialScheme {
  std::string name;
  codec::Scheme scheme;
};

/// What one trial left of a weight.
struct Trial {
  TriedScheme result;
  std::vector<float> decoded;
};
} // namespace

/// Tried when the user names none: with and without rotation, scales of 4 and
/// of 16 bits per channel.
static const std::vector<std::string> usualSchemes = {
    "t2.5:L=12,rotate=none,scale=channel4", "t2.5:L=12,rotate=none",
    "t2.5:L=12,scale=channel4", "t2.5:L=12"};

static Result<std::vector<TrialScheme>>
parseSchemes(const std::vector<std::string> &names) {
  std::vector<TrialScheme> schemes;
  for (const std::string &name : names.empty() ? usualSchemes : names) {
    Result<codec::Scheme> scheme = parseCodingScheme(name);
    if (!scheme)
      return scheme.takeError();
    schemes.push_back({name, *scheme});
  }
  return schemes;
}

/// Codes a weight once and measures what is lost.
static Result<Trial>
tryScheme(const TrialScheme &trial, const std::vector<float> &weight,
          MatrixShape shape, const std::optional<WeightStatistics> &statistics,
          ThreadPool &threads) {
  quantizer::EncodeOptions options;
  options.threads = &threads;
  if (statistics)
    options.hessian.emplace(statistics->hessian.data(),
                            MatrixShape{shape.k, shape.k});
  MatrixView<const float> view(weight.data(), shape);
  auto coded = quantizer::encodeMatrix(view, trial.scheme, options);
  if (!coded)
    return coded.takeError();
  Trial result{
      {trial.name, coded->statistics.relativeMse(),
       8.0 * double(coded->matrix.sizeBytes()) / double(shape.k * shape.n)},
      codec::decodeMatrix(coded->matrix.view())};
  if (!statistics)
    return result;
  std::vector<float> error(weight.size());
  for (size_t i = 0; i < weight.size(); ++i)
    error[i] = weight[i] - result.decoded[i];
  double lost = quantizer::computeWeightedSquare(
      MatrixView<const float>(error.data(), shape), statistics->hessian,
      &threads);
  double norm =
      quantizer::computeWeightedSquare(view, statistics->hessian, &threads);
  result.result.relativeError = norm > 0 ? lost / norm : 0;
  return result;
}

/// Error at equal size: a bit more divides it by four.
static double getScore(const TriedScheme &tried) {
  return tried.relativeError * std::exp2(2 * tried.bits);
}

namespace {
/// One measurement of all weights.
class Measurement {
public:
  Measurement(SwappableModel &model, std::shared_ptr<ThreadPool> threads,
              std::vector<TrialScheme> schemes,
              std::optional<StatisticsFile> statistics)
      : model(model), threads(std::move(threads)), schemes(std::move(schemes)),
        statistics(std::move(statistics)) {}

  Result<WeightSensitivity> measure(size_t index, const OutputLoss &loss);

private:
  Result<Trial> findBest(size_t index, WeightSensitivity &result);

  SwappableModel &model;
  std::shared_ptr<ThreadPool> threads;
  std::vector<TrialScheme> schemes;
  std::optional<StatisticsFile> statistics;
};
} // namespace

Result<Trial> Measurement::findBest(size_t index, WeightSensitivity &result) {
  std::optional<WeightStatistics> weightStatistics;
  if (statistics) {
    auto read = statistics->tryGet(result.name, result.shape.k);
    if (!read)
      return read.takeError();
    weightStatistics.emplace(*std::move(read));
  }
  std::optional<Trial> best;
  for (const TrialScheme &scheme : schemes) {
    Result<Trial> trial = tryScheme(scheme, model.original(index), result.shape,
                                    weightStatistics, *threads);
    if (!trial)
      return trial;
    result.tried.push_back(trial->result);
    if (!best || getScore(trial->result) < getScore(best->result))
      best.emplace(*std::move(trial));
  }
  return *std::move(best);
}

Result<WeightSensitivity> Measurement::measure(size_t index,
                                               const OutputLoss &loss) {
  const SwappableWeight &weight = model.weights()[index];
  WeightSensitivity result;
  result.name = weight.name;
  result.shape = weight.shape;
  Result<Trial> best = findBest(index, result);
  if (!best)
    return Error{best.error().kind,
                 "weight '" + weight.name + "': " + best.error().message};
  result.scheme = best->result.scheme;
  if (Result<void> done = model.write(index, best->decoded); !done)
    return done.takeError();
  Result<runtime::Model> loaded = model.tryLoad();
  if (!loaded)
    return loaded.takeError();
  runtime::Session session(*loaded, threads);
  Result<double> lost = loss.compute(session);
  if (!lost)
    return lost.takeError();
  result.loss = *lost;
  if (Result<void> done = model.write(index, model.original(index)); !done)
    return done.takeError();
  return result;
}

static void printProgress(const SensitivityOptions &options, size_t total,
                          size_t done, const WeightSensitivity &last) {
  if (options.quiet)
    return;
  bool isTerminal = ::isatty(STDERR_FILENO);
  std::fprintf(stderr, "%s[%zu/%zu] %s: %s, loss %.4g%s",
               isTerminal ? "\r\x1b[K" : "", done, total, last.name.c_str(),
               last.scheme.c_str(), last.loss,
               isTerminal && done < total ? "" : "\n");
}

static Result<Sensitivities> measureAll(const SensitivityOptions &options,
                                        std::vector<TrialScheme> schemes) {
  std::optional<StatisticsFile> statistics;
  if (!options.statistics.empty()) {
    Result<StatisticsFile> file = StatisticsFile::tryOpen(options.statistics);
    if (!file)
      return file.takeError();
    statistics.emplace(*std::move(file));
  }
  Result<MappedFile> content = MappedFile::tryOpen(options.model);
  if (!content)
    return content.takeError();
  Result<SwappableModel> model =
      SwappableModel::tryCreate({options.model,
                                 options.dimensions,
                                 mlir::ccq::BuildObservation::None,
                                 options.threads,
                                 {}});
  if (!model)
    return model.takeError();
  Result<runtime::Model> loaded = model->tryLoad();
  if (!loaded)
    return loaded.takeError();
  Result<ModelData> data = ModelData::tryOpen(loaded->plan(), options.data);
  if (!data)
    return data.takeError();
  auto threads = std::make_shared<ThreadPool>(options.threads);
  runtime::Session session(*loaded, threads);
  Result<OutputLoss> loss =
      OutputLoss::tryCreate(session, loaded->plan(), *data, options.limit);
  if (!loss)
    return loss.takeError();
  Sensitivities result{formatHex(computeSha256(content->bytes())),
                       std::string(getLossMeasureName(loss->measure())),
                       loss->rows(),
                       statistics.has_value(),
                       {}};
  Measurement measurement(*model, threads, std::move(schemes),
                          std::move(statistics));
  size_t total = model->weights().size();
  for (size_t i = 0; i < total; ++i) {
    Result<WeightSensitivity> weight = measurement.measure(i, *loss);
    if (!weight)
      return weight.takeError();
    result.weights.push_back(*std::move(weight));
    printProgress(options, total, i + 1, result.weights.back());
  }
  return result;
}

static Result<void> runSensitivity(const SensitivityOptions &options) {
  Result<void> free =
      checkOutputPath(options.output.path, options.output.policy());
  if (!free)
    return free;
  if (options.data.paths.empty() && options.data.inputs.empty())
    return Error{ErrorKind::Usage, "expected --data or --input"};
  Result<std::vector<TrialScheme>> schemes = parseSchemes(options.schemes);
  if (!schemes)
    return schemes.takeError();
  Result<Sensitivities> result = measureAll(options, *std::move(schemes));
  if (!result)
    return result.takeError();
  Result<void> written =
      writeSensitivities(options.output.path, *result, options.output.policy());
  if (written && !options.quiet)
    std::printf("%s: %zu weights, %s over %llu rows\n",
                options.output.path.c_str(), result->weights.size(),
                result->measure.c_str(), (unsigned long long)result->rows);
  return written;
}

void tool::registerSensitivity(CLI::App &app, Session &session) {
  CLI::App &verb = *app.add_subcommand(
      "sensitivity",
      "Measure what coding each weight does to outputs, for ccq build --bits");
  auto options = std::make_shared<SensitivityOptions>();
  verb.add_option("model", options->model, "ONNX file")->required();
  addDataOptions(verb, options->data);
  verb.add_option("--stats", options->statistics,
                  "Activation statistics of 'ccq calibrate' to code with")
      ->type_name("FILE");
  verb.add_option("--scheme", options->schemes,
                  "Scheme to try on every weight; repeatable (default t2.5 "
                  "with L=12, with and without rotation, with both scales)")
      ->type_name("SCHEME")
      ->allow_extra_args(false);
  addOutputOptions(verb, options->output, "Sensitivities to write (JSON)");
  verb.add_option("--limit", options->limit,
                  "Stop after the data item with which there are this many "
                  "rows: tokens of models with logits, else items (default "
                  "2048)")
      ->check(CLI::PositiveNumber);
  verb.add_option("--dim", options->dimensions,
                  "Size of a symbolic dimension; repeatable")
      ->type_name("NAME=SIZE")
      ->allow_extra_args(false);
  addThreadsOption(verb, options->threads);
  verb.add_flag("-q,--quiet", options->quiet, "Print errors only");
  setBody(verb, session, [options] { return runSensitivity(*options); });
}
