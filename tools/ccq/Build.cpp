//===- Build.cpp - ccq build: from an ONNX model to an artifact -----------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BudgetOptions.h"
#include "QualityGate.h"
#include "Verbs.h"

#include "ccq/Compiler/Compiler.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <unistd.h>

using namespace ccq;
using namespace ccq::tool;
using mlir::ccq::ArtifactReport;
using mlir::ccq::BuildDiagnostic;
using mlir::ccq::BuildObservation;
using mlir::ccq::BuildResult;
using mlir::ccq::BuildSeverity;
using mlir::ccq::TargetReport;
using mlir::ccq::WeightReport;

namespace {
struct BuildVerbOptions {
  std::string input;
  tool::OutputOptions output;
  mlir::ccq::BuildOptions build;
  SchemeBudget budget;
  std::vector<std::string> gates;
  std::string diagnostics = "text";
  bool quiet = false;
  bool verbose = false;
};
} // namespace

/// Progress after one weight: a line that is written over on a terminal, a line
/// of its own elsewhere.
static void printProgress(size_t done, size_t total, const WeightReport &last) {
  bool isTerminal = ::isatty(STDERR_FILENO);
  std::fprintf(stderr, "%s[%zu/%zu] %s: ", isTerminal ? "\r\x1b[K" : "", done,
               total, last.name.c_str());
  if (last.scheme == "keep")
    std::fprintf(stderr, "as in the model");
  else
    std::fprintf(stderr, "%s, %.4g bits per weight, relative MSE %.4g",
                 last.scheme.c_str(), last.actualBits(), last.relativeMse);
  if (last.calibration)
    std::fprintf(stderr, ", weighted %.4g", last.calibration->relativeMse);
  if (last.scheme != "keep")
    std::fprintf(stderr, ", %.2f s", last.seconds);
  std::fputs(isTerminal && done < total ? "" : "\n", stderr);
}

static void printSummary(const std::string &path,
                         const ArtifactReport &report) {
  size_t coded = 0;
  uint64_t weights = 0, bytes = 0;
  double nominalBits = 0;
  for (const WeightReport &weight : report.weights) {
    if (weight.scheme == "keep")
      continue;
    ++coded;
    weights += weight.weightCount;
    bytes += weight.bytes;
    nominalBits += weight.nominalBits * double(weight.weightCount);
  }
  std::printf("%s: %zu of %zu tensors coded", path.c_str(), coded,
              report.weights.size());
  if (weights > 0)
    std::printf(", %llu weights, bits per weight %.4g nominal, %.4g actual",
                (unsigned long long)weights, nominalBits / double(weights),
                8.0 * double(bytes) / double(weights));
  std::printf("; %u steps; %llu bytes of weights, %llu of kernels\n",
              report.stepCount, (unsigned long long)report.weightBytes,
              (unsigned long long)report.kernelBytes);
}

/// Targets with the kernels that they have no code for.
static void printTargets(const ArtifactReport &report) {
  for (const TargetReport &target : report.targets) {
    std::printf("%s: %u of %zu kernels", target.name.c_str(),
                target.kernelCount,
                target.kernelCount + target.missingKernels.size());
    const char *separator = ", without ";
    for (const std::string &name : target.missingKernels) {
      std::printf("%s%s", separator, name.c_str());
      separator = ", ";
    }
    std::printf("\n");
  }
}

/// One JSON object per line.
static std::string formatJson(const BuildDiagnostic &diagnostic) {
  nlohmann::ordered_json json = {
      {"severity", getSeverityName(diagnostic.severity)},
      {"location", diagnostic.location},
      {"message", diagnostic.message},
      {"notes", diagnostic.notes}};
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) +
         "\n";
}

static void printDiagnostic(const BuildVerbOptions &options,
                            const BuildDiagnostic &diagnostic) {
  if (options.quiet && diagnostic.severity != BuildSeverity::Error)
    return;
  std::string prefix = diagnostic.location.empty() ? "ccq: " : "";
  std::string text = options.diagnostics == "json"
                         ? formatJson(diagnostic)
                         : prefix + diagnostic.format();
  std::fputs(text.c_str(), stderr);
}

/// The largest errors of coded tensors, and the bits of all of them.
static Metrics measure(const ArtifactReport &report) {
  double relative = 0, weighted = 0, bytes = 0, weights = 0;
  for (const WeightReport &weight : report.weights) {
    if (weight.scheme == "keep")
      continue;
    relative = std::max(relative, std::sqrt(weight.relativeMse));
    if (weight.calibration)
      weighted = std::max(weighted, std::sqrt(weight.calibration->relativeMse));
    bytes += double(weight.bytes);
    weights += double(weight.weightCount);
  }
  return {{"rel_error", relative},
          {"weighted_rel_error", weighted},
          {"bits", weights > 0 ? 8 * bytes / weights : 0}};
}

static int runBuild(BuildVerbOptions &options) {
  Result<void> gates =
      checkGates(options.gates, {"rel_error", "weighted_rel_error", "bits"});
  if (!gates)
    return reportError(gates.error());
  Result<void> complete =
      completeBudget(options.budget, options.build.scheme, options.input);
  if (!complete)
    return reportError(complete.error());
  if (options.budget.isSet())
    options.build.planner = [&](const mlir::ccq::WeightList &weights) {
      return planSchemes(options.budget, weights);
    };
  options.build.input = options.input;
  options.build.output = options.output.path;
  options.build.policy = options.output.policy();
  if (!options.quiet)
    options.build.observer = printProgress;
  BuildResult result = mlir::ccq::buildArtifact(options.build);
  for (const BuildDiagnostic &diagnostic : result.diagnostics)
    printDiagnostic(options, diagnostic);
  if (!result.report)
    return getExitCode(result.kind);
  if (!options.quiet) {
    printSummary(options.output.path, *result.report);
    if (options.verbose)
      printTargets(*result.report);
  }
  gates = applyGates(options.gates, measure(*result.report));
  return gates ? 0 : reportError(gates.error());
}

static void addCompileOptions(CLI::App &verb, mlir::ccq::BuildOptions &build) {
  verb.add_option("--scheme", build.scheme,
                  "How to code weights of matmuls; see 'ccq schemes' (default "
                  "w2.5)");
  verb.add_option("--tensor", build.tensorSchemes,
                  "Scheme of the weights whose name matches; repeatable, the "
                  "last match decides")
      ->type_name("REGEX=SCHEME")
      ->allow_extra_args(false);
  verb.add_option("--stats", build.statistics,
                  "Activation statistics of 'ccq calibrate': errors count by "
                  "what they do to the products")
      ->type_name("FILE");
  verb.add_option("--weights", build.weightsFile,
                  "Safetensors file of weights to use instead of the model's, "
                  "as 'ccq recover' writes it")
      ->type_name("FILE");
  static const std::map<std::string, BuildObservation> observations = {
      {"matmul-inputs", BuildObservation::MatmulInputs},
      {"nodes", BuildObservation::Nodes}};
  verb.add_option("--observe", build.observation,
                  "Values that a run shows: matmul-inputs (for calibration) or "
                  "nodes (for 'ccq diff'); costs speed")
      ->transform(CLI::CheckedTransformer(observations))
      ->type_name("WHAT");
  // The default goes when the user names targets.
  verb.add_option("--target", build.targets,
                  "What to compile for; see 'ccq targets'; repeatable (default "
                  "cpu:native)")
      ->type_name("TARGET")
      ->allow_extra_args(false);
  if (const char *home = std::getenv("CUDA_HOME"))
    build.cudaPath = home;
  verb.add_option("--cuda-path", build.cudaPath,
                  "CUDA toolkit whose bin/ptxas makes cubins (default: "
                  "CUDA_HOME, then ptxas on PATH)")
      ->type_name("DIR");
  verb.add_option("--dim", build.dimensions,
                  "Size of a symbolic dimension; repeatable")
      ->type_name("NAME=SIZE")
      ->allow_extra_args(false);
  verb.add_flag("--materialize-decode", build.materializeDecode,
                "Store the decoded weights as float32: the same values without "
                "the compression, to compare with");
  verb.add_flag("--allow-fallback", build.allowFallback,
                "Keep weights that cannot be coded, and list them");
}

void tool::registerBuild(CLI::App &app, Session &session) {
  CLI::App &verb = *app.add_subcommand(
      "build", "Import, code, compile and package an ONNX model");
  auto options = std::make_shared<BuildVerbOptions>();
  verb.add_option("input", options->input, "ONNX file")->required();
  addOutputOptions(verb, options->output, "Artifact directory to write");
  addCompileOptions(verb, options->build);
  addBudgetOptions(verb, options->budget);
  addTargetSizeOption(verb, options->budget);
  addThreadsOption(verb, options->build.threads);
  addGateOption(verb, options->gates,
                "rel_error, weighted_rel_error (largest of a coded tensor), "
                "bits (per coded weight)");
  verb.add_option("--diagnostics", options->diagnostics,
                  "How to print errors: text or json (default text)")
      ->check(CLI::IsMember({"text", "json"}));
  verb.add_flag("-q,--quiet", options->quiet, "Print errors only");
  verb.add_flag("-v,--verbose", options->verbose, "Print targets as well");
  verb.callback([options, &session] { session.exitCode = runBuild(*options); });
}
