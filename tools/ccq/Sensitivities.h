//===- Sensitivities.h - what coding each weight costs ----------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TOOLS_CCQ_SENSITIVITIES_H
#define CCQ_TOOLS_CCQ_SENSITIVITIES_H

#include "ccq/Support/AtomicOutput.h"
#include "ccq/Support/MatrixView.h"
#include "ccq/Support/Result.h"

#include <filesystem>
#include <string>
#include <vector>

namespace ccq::tool {

// The file is described in docs/Calibration.md, "Sensitivities".

/// One scheme tried on a weight.
struct TriedScheme {
  /// Short name, for example `t2.5:L=12,rotate=none`.
  std::string scheme;
  /// tr(E^T H E) / tr(W^T H W), or |E|^2 / |W|^2 without statistics.
  double relativeError = 0;
  /// Bits per weight, everything counted.
  double bits = 0;
};

/// What coding one weight alone does to the outputs.
struct WeightSensitivity {
  std::string name;
  MatrixShape shape;
  /// Best of `tried`; the one that `loss` is about.
  std::string scheme;
  /// Loss of the outputs with this weight coded and all others as they are.
  double loss = 0;
  std::vector<TriedScheme> tried;
};

/// All that `ccq sensitivity` measures.
struct Sensitivities {
  /// SHA-256 of the model's file.
  std::string model;
  /// Name of a LossMeasure, and the rows that it was taken over.
  std::string measure;
  uint64_t rows = 0;
  bool isCalibrated = false;
  std::vector<WeightSensitivity> weights;

  /// The entry of a weight; null when there is none.
  const WeightSensitivity *find(std::string_view name) const;
};

/// Errors: MalformedInput for a file that cannot be read or is something else.
Result<Sensitivities> readSensitivities(const std::filesystem::path &path);

/// Errors: those of AtomicFile.
Result<void> writeSensitivities(const std::filesystem::path &path,
                                const Sensitivities &sensitivities,
                                OverwritePolicy policy);

} // namespace ccq::tool

#endif // CCQ_TOOLS_CCQ_SENSITIVITIES_H
