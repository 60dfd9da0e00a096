//===- Outcome.h - runs on files and what is said of them -------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TOOLS_CCQ_RUN_OUTCOME_H
#define CCQ_TOOLS_CCQ_RUN_OUTCOME_H

#include "ModelRunner.h"
#include "Run.h"

#include <filesystem>
#include <string>

namespace ccq::tool {

/// Compares one output with a file and prints the outcome, which `where`
/// starts: to standard output when they agree, else as an error. Fails when the
/// file cannot be read.
Result<bool> checkOutput(const ModelOutput &output,
                         const std::filesystem::path &path,
                         const std::string &where, const RunOptions &options);

} // namespace ccq::tool

#endif // CCQ_TOOLS_CCQ_RUN_OUTCOME_H
