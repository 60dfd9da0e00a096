//===- SchemePlanner.h - a scheme per weight within a budget ----*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TOOLS_CCQ_SCHEMEPLANNER_H
#define CCQ_TOOLS_CCQ_SCHEMEPLANNER_H

#include "ccq/Compiler/Compiler.h"
#include "ccq/Support/Result.h"

#include <optional>
#include <string>

namespace ccq::tool {

/// What a user asks of the schemes of all weights together.
struct SchemeBudget {
  /// Bits per coded weight, everything that is stored for them counted.
  std::optional<double> bits;
  /// Size of all weights and constants, coded or not, like `40MiB`.
  std::string size;
  /// Limits for one weight that no `--tensor` names, in bits. Below 2 a loss
  /// grows faster than the error that it is scaled with (docs/Calibration.md).
  double minBits = 2;
  double maxBits = 9;
  /// Options of streams that all weights share, like `t2.5:L=12`; its rate does
  /// not matter.
  std::string family;
  /// File of `ccq sensitivity`; without it a relative error costs the same in
  /// every weight.
  std::string sensitivities;
  /// SHA-256 of the model, which the file must be about.
  std::string model;

  bool isSet() const { return bits || !size.empty(); }
};

/// Bytes of `1.5GiB`, `40MiB`, `512KiB` or a plain number. Fails with Usage.
Result<uint64_t> parseSize(const std::string &text);

/// A scheme for every weight that has none yet, so that the loss which follows
/// from its sensitivity is smallest within the budget. The loss at another rate
/// is the measured one times the ratio of the errors of both schemes on
/// Gaussian weights. Of equal sizes the scheme counts whose kernels are
/// faster. Errors: those of readSensitivities and allocateRates; Usage for
/// options; Mismatch for sensitivities of another model.
Result<std::vector<mlir::ccq::PlannedScheme>>
planSchemes(const SchemeBudget &budget, const mlir::ccq::WeightList &weights);

} // namespace ccq::tool

#endif // CCQ_TOOLS_CCQ_SCHEMEPLANNER_H
