//===- BudgetOptions.cpp - options that share out bits --------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BudgetOptions.h"

#include "ccq/Support/MappedFile.h"
#include "ccq/Support/Sha256.h"

using namespace ccq;
using namespace ccq::tool;

void tool::addBudgetOptions(CLI::App &verb, SchemeBudget &budget) {
  verb.add_option("-b,--bits", budget.bits,
                  "Choose schemes for this many bits per coded weight, "
                  "everything stored for them counted; --scheme gives options "
                  "of streams")
      ->check(CLI::Range(1.0, 16.0));
  verb.add_option("--min-bits", budget.minBits,
                  "With a budget: least bits of a weight (default 2)");
  verb.add_option("--max-bits", budget.maxBits,
                  "With a budget: most bits of a weight (default 9)");
  verb.add_option("--sensitivity", budget.sensitivities,
                  "With a budget: what 'ccq sensitivity' measured; without it "
                  "all weights matter alike")
      ->type_name("FILE");
}

void tool::addTargetSizeOption(CLI::App &verb, SchemeBudget &budget) {
  verb.add_option("--target-size", budget.size,
                  "Choose schemes so that all weights take this much, like "
                  "40MiB")
      ->type_name("SIZE");
}

Result<void> tool::completeBudget(SchemeBudget &budget,
                                  const std::string &scheme,
                                  const std::filesystem::path &model) {
  if (!budget.isSet()) {
    if (!budget.sensitivities.empty())
      return Error{ErrorKind::Usage,
                   "expected --bits or --target-size with --sensitivity"};
    return {};
  }
  if (budget.bits && !budget.size.empty())
    return Error{ErrorKind::Usage, "expected one of --bits and --target-size"};
  if (!budget.size.empty())
    if (Result<uint64_t> size = parseSize(budget.size); !size)
      return size.takeError();
  Result<MappedFile> file = MappedFile::tryOpen(model);
  if (!file)
    return file.takeError();
  budget.model = formatHex(computeSha256(file->bytes()));
  if (scheme.starts_with("t"))
    budget.family = scheme;
  return {};
}
