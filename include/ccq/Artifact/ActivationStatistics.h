//===- ActivationStatistics.h - what calibration has seen -------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_ARTIFACT_ACTIVATIONSTATISTICS_H
#define CCQ_ARTIFACT_ACTIVATIONSTATISTICS_H

#include "ccq/Artifact/Safetensors.h"
#include "ccq/Support/AtomicOutput.h"
#include "ccq/Support/Result.h"

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ccq::artifact {

// The file format is described in docs/Calibration.md.

/// The newest version of statistics files that this library reads.
inline constexpr int64_t statisticsVersion = 1;

/// One observed value x[rows, channels], without the sums themselves.
struct ObservedInput {
  std::string name;
  int64_t channels = 0;
  uint64_t rows = 0;
  /// Names of the weights that it is multiplied with.
  std::vector<std::string> weights;

  bool operator==(const ObservedInput &) const = default;
};

/// The sums over all rows of one observed value.
struct InputStatistics {
  ObservedInput input;
  /// Upper triangle of X^T X, row by row: K (K + 1) / 2 elements.
  std::vector<double> secondMoment;
  /// Sum of x, K elements.
  std::vector<double> sum;
};

/// What a calibration has seen so far.
struct ActivationStatistics {
  /// SHA-256 of the model's file; empty when it is not known.
  std::string model;
  /// SHA-256 of every data item that the sums contain, in order.
  std::vector<std::string> data;
  std::vector<InputStatistics> inputs;
};

/// The statistics of one weight: those of all values that it is multiplied
/// with, together.
struct WeightStatistics {
  uint64_t rows = 0;
  /// X^T X / rows, symmetric, K x K.
  std::vector<double> hessian;
};

/// A statistics file kept mapped. Movable.
class StatisticsFile {
public:
  /// Errors: those of SafetensorsFile; MalformedInput for a file that is no
  /// statistics file or whose tensors do not fit its inputs; Unsupported for a
  /// newer version.
  static Result<StatisticsFile> tryOpen(const std::filesystem::path &path);

  const std::filesystem::path &path() const { return file.path(); }
  const std::string &model() const { return modelDigest; }
  const std::vector<std::string> &data() const { return dataDigests; }
  const std::vector<ObservedInput> &inputs() const { return list; }

  /// Whether a weight [channels, N] has statistics with at least one row.
  /// Fails with CompileError when it has not, and with Mismatch when they are
  /// of another number of channels.
  Result<void> check(std::string_view weight, int64_t channels) const;

  /// The statistics of a weight [channels, N]. Errors: those of check;
  /// MalformedInput for sums that are not finite. Memory: 8 K^2 bytes.
  Result<WeightStatistics> tryGet(std::string_view weight,
                                  int64_t channels) const;

  /// All of it in memory.
  Result<ActivationStatistics> tryRead() const;

private:
  explicit StatisticsFile(SafetensorsFile file) : file(std::move(file)) {}
  Result<void> readMetadata();
  Result<void> checkTensors() const;
  TensorView getTensor(const ObservedInput &input,
                       std::string_view suffix) const;

  SafetensorsFile file;
  std::string modelDigest;
  std::vector<std::string> dataDigests;
  std::vector<ObservedInput> list;
};

/// Writes a statistics file; the same statistics give the same bytes. Errors:
/// those of SafetensorsWriter.
Result<void> writeStatistics(const std::filesystem::path &path,
                             const ActivationStatistics &statistics,
                             OverwritePolicy policy);

/// Adds counts and sums of `from` to `to`, input by input; inputs that `to`
/// lacks follow those that it has, and so do data items. Fails with Mismatch
/// for statistics of two models, and for inputs of one name with different
/// channels or weights.
Result<void> mergeStatistics(ActivationStatistics &to,
                             const ActivationStatistics &from);

} // namespace ccq::artifact

#endif // CCQ_ARTIFACT_ACTIVATIONSTATISTICS_H
