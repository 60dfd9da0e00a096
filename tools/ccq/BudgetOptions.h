//===- BudgetOptions.h - options that share out bits ------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TOOLS_CCQ_BUDGETOPTIONS_H
#define CCQ_TOOLS_CCQ_BUDGETOPTIONS_H

#include "SchemePlanner.h"

#include <CLI/CLI.hpp>

#include <filesystem>

namespace ccq::tool {

/// `--bits` and what goes with it.
void addBudgetOptions(CLI::App &verb, SchemeBudget &budget);
/// `--target-size`, for verbs that know all that a model stores.
void addTargetSizeOption(CLI::App &verb, SchemeBudget &budget);

/// Completes a budget from `--scheme` and the model's file; one that is not set
/// stays so. Fails with Usage for options that exclude each other, and with the
/// errors of MappedFile::tryOpen.
Result<void> completeBudget(SchemeBudget &budget, const std::string &scheme,
                            const std::filesystem::path &model);

} // namespace ccq::tool

#endif // CCQ_TOOLS_CCQ_BUDGETOPTIONS_H
