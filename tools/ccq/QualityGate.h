//===- QualityGate.h - limits that a result has to keep ---------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TOOLS_CCQ_QUALITYGATE_H
#define CCQ_TOOLS_CCQ_QUALITYGATE_H

#include "ccq/Support/Result.h"

#include <CLI/CLI.hpp>
#include <string>
#include <utility>
#include <vector>

namespace ccq::tool {

/// Figures of a result by name.
using Metrics = std::vector<std::pair<std::string, double>>;

/// Adds `--fail-if 'METRIC>NUMBER'`, repeatable. `metrics` lists the names for
/// the help text. The list must outlive parsing.
void addGateOption(CLI::App &verb, std::vector<std::string> &gates,
                   const std::string &metrics);

/// Checks that gates are `METRIC` `>`, `>=`, `<` or `<=` `NUMBER`, with one of
/// the names. Fails with Usage.
Result<void> checkGates(const std::vector<std::string> &gates,
                        const std::vector<std::string> &names);

/// Fails with QualityGate and the figure when a gate is met. A metric that is
/// not a number meets every gate on it. The gates have been checked.
Result<void> applyGates(const std::vector<std::string> &gates,
                        const Metrics &metrics);

} // namespace ccq::tool

#endif // CCQ_TOOLS_CCQ_QUALITYGATE_H
