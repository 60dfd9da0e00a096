//===- Run.h - what ccq-run does --------------------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TOOLS_CCQ_RUN_RUN_H
#define CCQ_TOOLS_CCQ_RUN_RUN_H

#include "ccq/Artifact/Compare.h"
#include "ccq/Support/Result.h"

#include <string>
#include <vector>

namespace ccq::tool {

/// The command line of ccq-run.
struct RunOptions {
  /// An artifact directory or an ONNX file.
  std::string model;
  /// `NAME=FILE` each.
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
  std::vector<std::string> expected;
  /// Directory with `test_data_set_*`; empty for none.
  std::string testData;
  artifact::Tolerance tolerance;
  std::string device = "cpu";
  unsigned threads = 0;
  bool force = false;
  bool quiet = false;
};

/// Runs the model and prints what came out, one line each. An output that is
/// not as expected is printed to standard error as `ccq-run: error: ...`.
/// Returns whether all outputs were as expected.
Result<bool> run(const RunOptions &options);

/// Prints an error as `ccq-run: error: MESSAGE` and returns its exit code.
int reportError(const Error &error);

} // namespace ccq::tool

#endif // CCQ_TOOLS_CCQ_RUN_RUN_H
