//===- Bench.cpp - ccq bench: measured figures ----------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Verbs.h"

#include "ccq/Quantizer/Encode.h"

#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>
#include <random>

using namespace ccq;

namespace {
/// 16 GiB of float32.
constexpr int64_t largestWeights = int64_t(1) << 32;

/// Distribution of the random weights.
enum class Source { Gauss, Laplace, Student5 };

struct BenchEncodeOptions {
  std::string scheme = "w2.5";
  MatrixShape shape = {4096, 1024};
  std::string source = "gauss";
  uint64_t seed = 1;
  unsigned threads = 0;
  bool json = false;
};
} // namespace

static Result<Source> parseSource(const std::string &name) {
  if (name == "gauss")
    return Source::Gauss;
  if (name == "laplace")
    return Source::Laplace;
  if (name == "student5")
    return Source::Student5;
  return Error{ErrorKind::Usage,
               "expected a source of gauss, laplace, student5, got '" + name +
                   "'"};
}

/// Independent draws; the relative error does not depend on their scale.
static std::vector<float> drawWeights(Source source, uint64_t seed,
                                      size_t count) {
  std::mt19937_64 random(seed);
  std::vector<float> weights(count);
  std::normal_distribution<float> gauss;
  std::exponential_distribution<float> exponential;
  std::student_t_distribution<float> student(5.0f);
  for (float &weight : weights) {
    if (source == Source::Gauss)
      weight = gauss(random);
    else if (source == Source::Laplace)
      weight = exponential(random) - exponential(random);
    else
      weight = student(random);
  }
  return weights;
}

static Result<void> runBenchEncode(const BenchEncodeOptions &options) {
  Result<codec::Scheme> scheme = tool::parseCodingScheme(options.scheme);
  if (!scheme)
    return scheme.takeError();
  Result<Source> source = parseSource(options.source);
  if (!source)
    return source.takeError();
  if (options.shape.k > largestWeights / options.shape.n)
    return Error{ErrorKind::Usage, "expected at most 2^32 weights, got -K " +
                                       std::to_string(options.shape.k) +
                                       " -N " +
                                       std::to_string(options.shape.n)};
  std::vector<float> weights = drawWeights(
      *source, options.seed, size_t(options.shape.k * options.shape.n));
  ThreadPool threads(options.threads);
  auto start = std::chrono::steady_clock::now();
  std::clock_t cpuStart = std::clock();
  Result<quantizer::EncodeResult> result = quantizer::encodeMatrix(
      {weights.data(), options.shape}, *scheme, {&threads});
  std::chrono::duration<double> seconds =
      std::chrono::steady_clock::now() - start;
  double cpuSeconds = double(std::clock() - cpuStart) / CLOCKS_PER_SEC;
  if (!result)
    return result.takeError();
  double bits =
      8.0 * double(result->matrix.sizeBytes()) / double(weights.size());
  nlohmann::ordered_json report = {
      {"scheme", options.scheme},
      {"k", options.shape.k},
      {"n", options.shape.n},
      {"source", options.source},
      {"seed", options.seed},
      {"threads", threads.threadCount()},
      {"isa", quantizer::getInstructionSet()},
      {"relative_mse", result->statistics.relativeMse()},
      {"bits_per_weight", bits},
      {"seconds", seconds.count()},
      {"cpu_seconds", cpuSeconds},
      {"weights_per_second", double(weights.size()) / seconds.count()},
      {"weights_per_cpu_second", double(weights.size()) / cpuSeconds},
  };
  // No code of that rate for independent Gaussian weights does better.
  if (*source == Source::Gauss) {
    double bound = std::exp2(-2.0 * bits);
    report["rate_distortion_bound"] = bound;
    report["gap_db"] =
        10 * std::log10(result->statistics.relativeMse() / bound);
  }
  if (options.json) {
    std::printf("%s\n", report.dump(2).c_str());
    return {};
  }
  for (const auto &[key, value] : report.items())
    std::printf("%-22s %s\n", key.c_str(), value.dump().c_str());
  return {};
}

static void registerBenchEncode(CLI::App &bench, tool::Session &session) {
  CLI::App &verb = *bench.add_subcommand(
      "encode", "Code random weights; print error, size and speed");
  auto options = std::make_shared<BenchEncodeOptions>();
  auto extents = CLI::Range(int64_t(1), largestWeights);
  verb.add_option("--scheme", options->scheme, "How to code (default w2.5)");
  verb.add_option("-K", options->shape.k, "Rows (default 4096)")
      ->check(extents);
  verb.add_option("-N", options->shape.n, "Columns (default 1024)")
      ->check(extents);
  verb.add_option("--source", options->source,
                  "Distribution: gauss, laplace or student5 (default gauss)");
  verb.add_option("--seed", options->seed, "Of the weights (default 1)");
  tool::addThreadsOption(verb, options->threads);
  verb.add_flag("--json", options->json, "Print JSON");
  tool::setBody(verb, session, [options] { return runBenchEncode(*options); });
}

void tool::registerBench(CLI::App &app, Session &session) {
  CLI::App &verb = *app.add_subcommand("bench", "Measure");
  registerBenchEncode(verb, session);
  registerBenchMatmul(verb, session);
  setBody(verb, session, [&verb]() -> Result<void> {
    if (verb.get_subcommands().empty())
      return Error{ErrorKind::Usage,
                   "expected what to measure: encode, matmul"};
    return {};
  });
}
