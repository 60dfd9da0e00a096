//===- main.cpp - the ccq-run command -------------------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OnnxBuild.h"
#include "Run.h"

#include <CLI/CLI.hpp>
#include <cctype>

using namespace ccq;

namespace {
/// Tolerances as given; which ones were decides between the two rules.
struct ToleranceOptions {
  artifact::ElementTolerance element;
  artifact::PeakTolerance peak;
  CLI::Option *relative = nullptr;
  CLI::Option *absolute = nullptr;

  artifact::Tolerance get() const {
    if (*relative || *absolute)
      return element;
    return peak;
  }
};
} // namespace

static void addNamedFiles(CLI::App &app, const std::string &name,
                          std::vector<std::string> &files,
                          const std::string &help) {
  app.add_option(name, files, help)
      ->type_name("NAME=FILE")
      ->allow_extra_args(false);
}

static void addToleranceOptions(CLI::App &app, ToleranceOptions &tolerance) {
  tolerance.relative =
      app.add_option("--rtol", tolerance.element.relative,
                     "Allow a difference of ATOL + RTOL * |expected|")
          ->check(CLI::NonNegativeNumber);
  tolerance.absolute =
      app.add_option("--atol", tolerance.element.absolute, "See --rtol")
          ->check(CLI::NonNegativeNumber);
  app.add_option("--tol-peak", tolerance.peak.fraction,
                 "Allow a difference of this fraction of the largest expected "
                 "magnitude, one unit in the last place of the type there, or "
                 "1e-6 (default 1e-4, when there is no --rtol or --atol)")
      ->check(CLI::NonNegativeNumber)
      ->excludes(tolerance.relative)
      ->excludes(tolerance.absolute);
}

static void addOptions(CLI::App &app, tool::RunOptions &options,
                       ToleranceOptions &tolerance) {
  app.add_option("model", options.model,
                 "Artifact directory, or an ONNX file, which is built first, "
                 "with its weights as they are")
      ->required();
  addNamedFiles(app, "--input", options.inputs,
                "Input of the model from a file .npy or .pb; repeatable");
  addNamedFiles(app, "--output", options.outputs,
                "Write an output to a file .npy; repeatable");
  addNamedFiles(app, "--expect", options.expected,
                "Compare an output with a file .npy or .pb; repeatable");
  CLI::Option *testData =
      app.add_option("--test-data", options.testData,
                     "Run and compare every test_data_set_* of a directory in "
                     "ONNX backend layout");
  for (const char *name : {"--input", "--output", "--expect"})
    testData->excludes(app.get_option(name));
  addToleranceOptions(app, tolerance);
  app.add_option("--device", options.device, "Where to run (default cpu)")
      ->check(CLI::IsMember({"cpu", "cuda", "ptx-sim"}));
  app.add_option("-j,--threads", options.threads,
                 "Threads; 0 is one per processor (default 0)")
      ->check(CLI::Range(0, 1024));
  app.add_flag("--force", options.force, "Replace existing outputs");
  app.add_flag("-q,--quiet", options.quiet, "Print errors only");
}

/// Exit code for what stopped the parser: help, version or a usage error.
static int reportParseStop(const CLI::App &app, const CLI::ParseError &stop) {
  if (stop.get_exit_code() == 0)
    return app.exit(stop);
  std::string message = stop.what();
  // CLI11 starts its sentences with a capital; names of options stay.
  if (message.size() > 1 && std::islower((unsigned char)message[1]))
    message[0] = char(std::tolower((unsigned char)message[0]));
  return tool::reportError(
      {ErrorKind::Usage, message + "; see 'ccq-run --help'"});
}

static int runModel(tool::RunOptions options) {
  std::optional<tool::TemporaryArtifact> built;
  if (options.model.ends_with(".onnx")) {
    std::optional<int> exitCode;
    Result<tool::TemporaryArtifact> artifact =
        tool::TemporaryArtifact::tryBuild(options.model, exitCode);
    if (exitCode)
      return *exitCode;
    if (!artifact)
      return tool::reportError(artifact.error());
    built.emplace(*std::move(artifact));
    options.model = built->path();
  }
  Result<bool> agrees = tool::run(options);
  if (!agrees)
    return tool::reportError(agrees.error());
  return *agrees ? 0 : getExitCode(ErrorKind::Mismatch);
}

int main(int argc, char **argv) {
  CLI::App app("Runs a model and compares what comes out", "ccq-run");
  tool::RunOptions options;
  ToleranceOptions tolerance;
  app.set_version_flag("--version", "ccq-run " CCQ_VERSION);
  addOptions(app, options, tolerance);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError &stop) {
    return reportParseStop(app, stop);
  }
  options.tolerance = tolerance.get();
  return runModel(std::move(options));
}
