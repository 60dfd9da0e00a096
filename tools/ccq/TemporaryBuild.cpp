//===- TemporaryBuild.cpp - an artifact for one command -------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TemporaryBuild.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

using namespace ccq;
using namespace ccq::tool;
using mlir::ccq::BuildDiagnostic;
using mlir::ccq::BuildResult;
using mlir::ccq::BuildSeverity;
namespace fs = std::filesystem;

TemporaryBuild::TemporaryBuild(TemporaryBuild &&other) noexcept
    : directory(std::exchange(other.directory, {})),
      built(std::move(other.built)) {}

TemporaryBuild::~TemporaryBuild() {
  std::error_code code;
  if (!directory.empty())
    fs::remove_all(directory, code);
}

/// The errors of a build as one, the others printed.
static Error reportFailure(const BuildResult &result) {
  const BuildDiagnostic *last = nullptr;
  for (const BuildDiagnostic &diagnostic : result.diagnostics) {
    if (diagnostic.severity != BuildSeverity::Error)
      continue;
    if (last)
      std::fputs(last->format().c_str(), stderr);
    last = &diagnostic;
  }
  if (!last)
    return {ErrorKind::Internal, "the build failed without a reason"};
  std::string message =
      (last->location.empty() ? "" : last->location + ": ") + last->message;
  for (const std::string &note : last->notes)
    message += "; " + note;
  return {result.kind, message};
}

Result<TemporaryBuild>
TemporaryBuild::tryCreate(const TemporaryBuildOptions &options) {
  std::error_code code;
  std::string pattern = fs::temp_directory_path(code) / "ccq-XXXXXX";
  if (code || !::mkdtemp(pattern.data()))
    return Error{ErrorKind::Output, pattern + ": cannot create a directory"};
  TemporaryBuild build{fs::path(pattern)};
  mlir::ccq::BuildOptions buildOptions;
  buildOptions.input = options.model;
  buildOptions.output = build.path();
  buildOptions.materializeDecode = !options.materializedScheme.empty();
  buildOptions.scheme =
      buildOptions.materializeDecode ? options.materializedScheme : "keep";
  buildOptions.allowFallback = buildOptions.materializeDecode;
  buildOptions.dimensions = options.dimensions;
  buildOptions.observation = options.observation;
  buildOptions.threads = options.threads;
  buildOptions.weights = options.weights;
  buildOptions.gradientOutput = options.output;
  BuildResult result = mlir::ccq::buildArtifact(buildOptions);
  if (!result.report)
    return reportFailure(result);
  build.built = *std::move(result.report);
  return build;
}
