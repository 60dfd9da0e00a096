//===- EmitArtifact.h - from a planned module to an artifact ----*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TARGET_ARTIFACT_EMITARTIFACT_H
#define CCQ_TARGET_ARTIFACT_EMITARTIFACT_H

#include "ccq/Support/AtomicOutput.h"
#include "ccq/Support/Result.h"
#include "ccq/Support/ThreadPool.h"
#include "mlir/IR/BuiltinOps.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mlir::ccq {

/// The activation statistics that a weight was coded with.
struct WeightCalibration {
  /// Rows of activations that the statistics are about.
  uint64_t rows = 0;
  /// See quantizer::EncodeOptions.
  double damping = 0;
  /// tr(E^T H E) / tr(W^T H W) with the second moments H, without damping: the
  /// squared error of the products with activations over their squared norm.
  double relativeMse = 0;
};

/// Why a weight has its scheme, where a budget was shared out.
struct WeightAllocation {
  /// Loss of the outputs when this weight alone is coded with measuredScheme.
  std::string measuredScheme;
  double measuredLoss = 0;
  /// What is expected of the scheme that it got.
  double expectedLoss = 0;
};

/// What became of one weight.
struct WeightReport {
  std::string name;
  /// Short name of the scheme, its attribute text where it has none, or `keep`.
  std::string scheme;
  std::vector<int64_t> shape;
  uint64_t weightCount = 0;
  /// Bytes of its tensors in weights.safetensors.
  uint64_t bytes = 0;
  /// Bits per weight that the scheme states, without what is stored once per
  /// channel and without padding.
  double nominalBits = 0;
  /// Squared error over squared norm; 0 for kept weights.
  double relativeMse = 0;
  /// No value for weights that are kept or coded without statistics.
  std::optional<WeightCalibration> calibration;
  /// No value for schemes that no measurement chose.
  std::optional<WeightAllocation> allocation;
  /// Whether the tensor holds the decoded float32 weights instead of codes.
  bool isMaterialized = false;
  double seconds = 0;

  /// Bits per weight as stored.
  double actualBits() const {
    return weightCount ? 8.0 * double(bytes) / double(weightCount) : 0;
  }
};

/// The kernels of one target.
struct TargetReport {
  std::string name;
  unsigned kernelCount = 0;
  /// Kernels of the plan that the target has no code for.
  std::vector<std::string> missingKernels;
};

/// What an artifact holds and what making it cost.
struct ArtifactReport {
  std::vector<WeightReport> weights;
  std::vector<TargetReport> targets;
  unsigned stepCount = 0;
  /// Size of weights.safetensors and of all kernel files.
  uint64_t weightBytes = 0;
  uint64_t kernelBytes = 0;
  double seconds = 0;
};

/// Called on the emitting thread after each weight: how many are done, how many
/// there are, and the last one.
using WeightObserver =
    std::function<void(size_t done, size_t total, const WeightReport &last)>;

/// How to emit.
struct ArtifactOptions {
  std::filesystem::path path;
  ::ccq::OverwritePolicy policy = ::ccq::OverwritePolicy::Refuse;
  /// Threads that code; null: the calling thread alone. Not owned.
  ::ccq::ThreadPool *threads = nullptr;
  WeightObserver observer;
  /// By name of a weight, for the report.
  std::map<std::string, WeightAllocation> allocations;
  /// Entries of `provenance` in report.json.
  std::vector<std::pair<std::string, std::string>> provenance;
};

/// Writes the artifact of a planned module; see the pass ccq-emit-artifact.
///
/// Stores are read relative to CCQDialect::getStoreDirectory(). Errors are
/// emitted as diagnostics at the op that they concern, and returned:
/// CompileError for a weight that cannot be coded (a NaN or infinity, with its
/// position) or a module without exactly one plan; MalformedInput for a store
/// that is missing, lies outside its root or is too short; Unsupported for
/// element types; Output for the destination.
::ccq::Result<ArtifactReport> emitArtifact(ModuleOp module,
                                           const ArtifactOptions &options);

} // namespace mlir::ccq

#endif // CCQ_TARGET_ARTIFACT_EMITARTIFACT_H
