//===- Outcome.cpp - runs on files and what is said of them ---------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Outcome.h"

#include "ccq/Artifact/Compare.h"

#include <cstdio>

using namespace ccq;
using namespace ccq::artifact;
using namespace ccq::tool;

int tool::reportError(const Error &error) {
  std::fprintf(stderr, "ccq-run: error: %s\n", error.message.c_str());
  return getExitCode(error.kind);
}

Result<bool> tool::checkOutput(const ModelOutput &output,
                               const std::filesystem::path &path,
                               const std::string &where,
                               const RunOptions &options) {
  Result<TensorFile> want = TensorFile::tryOpen(path);
  if (!want)
    return want.takeError();
  std::string line = where + "output '" + output.name + "': ";
  Result<Comparison> comparison =
      compareTensors(output.tensor, want->tensor(), options.tolerance);
  if (!comparison) {
    reportError({comparison.error().kind, line + comparison.error().message});
    return false;
  }
  line += printComparison(*comparison);
  if (!comparison->agrees())
    reportError({ErrorKind::Mismatch, line});
  else if (!options.quiet)
    std::printf("ok: %s\n", line.c_str());
  return comparison->agrees();
}
