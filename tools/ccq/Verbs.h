//===- Verbs.h - the verbs of the ccq command -------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TOOLS_CCQ_VERBS_H
#define CCQ_TOOLS_CCQ_VERBS_H

#include "ModelData.h"
#include "ccq/Codec/Scheme.h"
#include "ccq/Support/AtomicOutput.h"
#include "ccq/Support/Result.h"

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>

namespace ccq::tool {

/// What the verbs leave behind for main.
struct Session {
  int exitCode = 0;
  /// What the user typed, for messages that say how to go on.
  std::string commandLine;
};

/// Makes `verb` run `body` when the user names it. An error is printed to
/// standard error as `ccq: error: MESSAGE`, and its exit code goes to the
/// session.
void setBody(CLI::App &verb, Session &session,
             std::function<Result<void>()> body);

/// Prints an error as setBody does and returns its exit code.
int reportError(const Error &error);

/// The options that verbs with an output share: `-o`, `--force`.
struct OutputOptions {
  std::string path;
  bool force = false;

  OverwritePolicy policy() const {
    return force ? OverwritePolicy::Replace : OverwritePolicy::Refuse;
  }
};

/// Adds `-o PATH` (required) and `--force`. `what` describes the output. The
/// options must outlive parsing.
void addOutputOptions(CLI::App &verb, OutputOptions &options,
                      const std::string &what);

/// Adds `-j N`, the number of threads; 0, the default, is one per processor.
void addThreadsOption(CLI::App &verb, unsigned &threads);

/// Adds `--data PATH`, `--input NAME=FILE` and `--ids NAME`. The options must
/// outlive parsing.
void addDataOptions(CLI::App &verb, DataOptions &options);

/// The scheme of a short name, for a verb that has to code. Fails with Usage on
/// unknown names and on `keep`.
Result<codec::Scheme> parseCodingScheme(const std::string &name);

// One function per verb, each in a file of the verb's name.
void registerBench(CLI::App &app, Session &session);
/// Adds `matmul` to `bench`.
void registerBenchMatmul(CLI::App &bench, Session &session);
void registerBuild(CLI::App &app, Session &session);
void registerCalibrate(CLI::App &app, Session &session);
void registerSensitivity(CLI::App &app, Session &session);
void registerDecode(CLI::App &app, Session &session);
void registerDiff(CLI::App &app, Session &session);
void registerEncode(CLI::App &app, Session &session);
void registerEval(CLI::App &app, Session &session);
void registerInspect(CLI::App &app, Session &session);
void registerOps(CLI::App &app, Session &session);
void registerRecover(CLI::App &app, Session &session);
void registerRun(CLI::App &app, Session &session);
void registerSchemes(CLI::App &app, Session &session);
void registerTargets(CLI::App &app, Session &session);

} // namespace ccq::tool

#endif // CCQ_TOOLS_CCQ_VERBS_H
