//===- BenchMatmul.cpp - ccq bench matmul: one product --------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MatmulBench.h"
#include "Verbs.h"

#include "ccq/Artifact/CpuTargets.h"
#include "ccq/Codec/Decode.h"
#include "ccq/Compiler/BuildTargets.h"

#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <random>

using namespace ccq;
using namespace ccq::tool;

namespace {
/// 16 GiB of float32.
constexpr int64_t largestWeights = int64_t(1) << 32;
/// Largest |y - exact| over the largest |exact| that passes, as in ccq-run.
constexpr double tolerance = 1e-4;
/// Channels that are compared with the reference decode.
constexpr int64_t checkedChannels = 64;

struct BenchMatmulOptions {
  std::string scheme = "w2.5";
  int64_t rows = 1;
  MatrixShape shape = {14336, 4096};
  std::string target = "cpu:native";
  unsigned threads = 0;
  unsigned rounds = 7;
  uint64_t seed = 1;
  bool json = false;
};

/// The operands of one product and its results.
struct Operands {
  int64_t rows;
  MatrixShape shape;
  codec::CodedMatrix coded;
  std::vector<float> weights, x, y;

  std::vector<void *> getBuffers(bool onCodes) {
    std::vector<void *> buffers{x.data()};
    if (onCodes)
      for (codec::Component &component : coded.components)
        buffers.push_back(component.bytes.data());
    else
      buffers.push_back(weights.data());
    buffers.push_back(y.data());
    return buffers;
  }
};
} // namespace

/// The CPU target that a name stands for, if this machine can run it.
static Result<std::string> resolveTarget(const std::string &name) {
  Result<mlir::ccq::BuildTargets> targets = mlir::ccq::parseTargets({name}, "");
  if (!targets)
    return targets.takeError();
  if (targets->cpu.empty())
    return Error{ErrorKind::Usage, "expected a CPU target, got '" + name + "'"};
  if (!artifact::isSupportedHere(*artifact::findCpuTarget(targets->cpu[0])))
    return Error{ErrorKind::MissingTool,
                 targets->cpu[0] + ": this machine cannot run it"};
  return targets->cpu[0];
}

static Operands drawOperands(const BenchMatmulOptions &options,
                             const codec::Scheme &scheme) {
  Operands operands{options.rows,
                    options.shape,
                    drawCodes(scheme, options.shape, options.seed),
                    {},
                    {},
                    {}};
  operands.weights = codec::decodeMatrix(operands.coded.view());
  std::mt19937_64 random(options.seed + 1);
  std::normal_distribution<float> gauss;
  operands.x.resize(size_t(options.rows * options.shape.k));
  for (float &value : operands.x)
    value = gauss(random);
  operands.y.resize(size_t(options.rows * options.shape.n));
  return operands;
}

/// Largest difference of the results from sums in double precision over the
/// reference decode, over the largest such sum: the first, last and some middle
/// rows, and channels from all over N.
static double measureError(const Operands &operands) {
  auto [k, n] = operands.shape;
  int64_t channelStep = std::max<int64_t>(1, n / checkedChannels);
  int64_t rowStep = std::max<int64_t>(1, operands.rows / 4);
  double worst = 0, peak = 0;
  for (int64_t row = 0; row < operands.rows; row += rowStep)
    for (int64_t channel = 0; channel < n; channel += channelStep) {
      double sum = 0;
      for (int64_t i = 0; i < k; ++i)
        sum +=
            double(operands.x[row * k + i]) * operands.weights[i * n + channel];
      double error = std::fabs(sum - operands.y[row * n + channel]);
      worst = std::max(worst, std::isnan(error) ? HUGE_VAL : error);
      peak = std::max(peak, std::fabs(sum));
    }
  return peak > 0 ? worst / peak : worst;
}

static nlohmann::ordered_json printBaseline(const Timing &coded,
                                            const Timing &baseline) {
  return {{"seconds", baseline.seconds},
          {"cpu_seconds", baseline.cpuSeconds},
          {"ratio", baseline.seconds / coded.seconds},
          {"cpu_ratio", baseline.cpuSeconds / coded.cpuSeconds}};
}

/// What was measured of the product on codes, on float32 weights, of a read of
/// the codes and, as a fourth, of OpenBLAS.
static nlohmann::ordered_json createReport(const BenchMatmulOptions &options,
                                           const std::string &target,
                                           unsigned threads, uint64_t bytes,
                                           double error,
                                           const std::vector<Timing> &timings) {
  const Timing &coded = timings[0];
  double weights = double(options.shape.k) * double(options.shape.n);
  nlohmann::ordered_json report = {
      {"scheme", options.scheme},
      {"m", options.rows},
      {"k", options.shape.k},
      {"n", options.shape.n},
      {"target", target},
      {"threads", threads},
      {"rounds", options.rounds},
      {"bytes", bytes},
      {"relative_error", error},
      {"seconds", coded.seconds},
      {"cpu_seconds", coded.cpuSeconds},
      {"gweights_per_second", weights / coded.seconds * 1e-9},
      {"gweights_per_cpu_second", weights / coded.cpuSeconds * 1e-9},
      {"gbytes_per_second", double(bytes) / coded.seconds * 1e-9},
      {"gflops", 2 * weights * double(options.rows) / coded.seconds * 1e-9},
      {"float32", printBaseline(coded, timings[1])},
      {"read", printBaseline(coded, timings[2])},
      {"openblas", nullptr}};
  if (timings.size() > 3)
    report["openblas"] = printBaseline(coded, timings[3]);
  return report;
}

static Result<void> checkExtents(const BenchMatmulOptions &options) {
  auto [k, n] = options.shape;
  if (k <= largestWeights / n && options.rows <= largestWeights / k &&
      options.rows <= largestWeights / n)
    return {};
  return Error{ErrorKind::Usage,
               "expected matrices of at most 2^32 elements, got -M " +
                   std::to_string(options.rows) + " -K " + std::to_string(k) +
                   " -N " + std::to_string(n)};
}

static Result<void> runBenchMatmul(const BenchMatmulOptions &options) {
  Result<codec::Scheme> scheme = parseCodingScheme(options.scheme);
  if (!scheme)
    return scheme.takeError();
  Result<std::string> target = resolveTarget(options.target);
  if (!target)
    return target.takeError();
  if (Result<void> extents = checkExtents(options); !extents)
    return extents;
  Result<LoadedMatmul> coded =
      LoadedMatmul::tryCreate({*scheme, options.shape, options.rows, *target});
  if (!coded)
    return coded.takeError();
  Result<LoadedMatmul> plain = LoadedMatmul::tryCreate(
      {std::nullopt, options.shape, options.rows, *target});
  if (!plain)
    return plain.takeError();
  Operands operands = drawOperands(options, *scheme);
  ThreadPool threads(options.threads);
  coded->run(threads, operands.getBuffers(true));
  double error = measureError(operands);
  std::vector<std::function<void()>> calls = {
      [&] { coded->run(threads, operands.getBuffers(true)); },
      [&] { plain->run(threads, operands.getBuffers(false)); },
      [&] { readComponents(threads, operands.coded); }};
  if (BlasProduct blas = loadBlas(threads.threadCount()))
    calls.push_back([&operands, blas] {
      blas(operands.rows, operands.shape, operands.x.data(),
           operands.weights.data(), operands.y.data());
    });
  nlohmann::ordered_json report = createReport(
      options, *target, threads.threadCount(), operands.coded.sizeBytes(),
      error, measureInTurn(calls, options.rounds));
  if (options.json)
    std::printf("%s\n", report.dump(2).c_str());
  else
    for (const auto &[key, value] : report.items())
      std::printf("%-24s %s\n", key.c_str(), value.dump().c_str());
  if (error <= tolerance)
    return {};
  return Error{ErrorKind::Mismatch,
               "expected results within 1e-4 of the peak of the reference "
               "decode, got " +
                   std::to_string(error)};
}

void tool::registerBenchMatmul(CLI::App &bench, Session &session) {
  CLI::App &verb = *bench.add_subcommand(
      "matmul", "Multiply with random codes; print speed beside float32, "
                "OpenBLAS and a read of the codes");
  auto options = std::make_shared<BenchMatmulOptions>();
  auto extents = CLI::Range(int64_t(1), largestWeights);
  verb.add_option("--scheme", options->scheme, "Of the weights (default w2.5)");
  verb.add_option("-M", options->rows, "Rows of activations (default 1)")
      ->check(extents);
  verb.add_option("-K", options->shape.k, "Rows of weights (default 14336)")
      ->check(extents);
  verb.add_option("-N", options->shape.n, "Columns of weights (default 4096)")
      ->check(extents);
  verb.add_option("--target", options->target,
                  "CPU target to compile for (default cpu:native)");
  verb.add_option("--rounds", options->rounds,
                  "Calls of which the median counts (default 7)")
      ->check(CLI::Range(1u, 10000u));
  verb.add_option("--seed", options->seed, "Of codes and rows (default 1)");
  addThreadsOption(verb, options->threads);
  verb.add_flag("--json", options->json, "Print JSON");
  setBody(verb, session, [options] { return runBenchMatmul(*options); });
}
