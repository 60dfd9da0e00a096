//===- Compiler.h - from an ONNX model to an artifact -----------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_COMPILER_COMPILER_H
#define CCQ_COMPILER_COMPILER_H

#include "ccq/Dialect/CCQ/Transforms/WeightList.h"
#include "ccq/Support/AtomicOutput.h"
#include "ccq/Support/Result.h"
#include "ccq/Target/Artifact/EmitArtifact.h"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace mlir::ccq {

/// Which values of the model a run shows to its observer.
enum class BuildObservation {
  None,
  /// What weights that can be coded are multiplied with: the pass
  /// ccq-observe-matmul-inputs.
  MatmulInputs,
  /// The result of every node: the pass ccq-observe-nodes.
  Nodes,
};

/// Where a run finds the weights that models learn.
enum class BuildWeights {
  /// In the artifact.
  Stored,
  /// Among its inputs: the pass ccq-expose-weights.
  Inputs,
  /// Among its inputs, and it gives out gradients of its divergence from a
  /// target, or of the squared distance: the pass ccq-differentiate.
  DivergenceGradients,
  SquaresGradients,
};

/// The scheme of one weight, by short name.
struct PlannedScheme {
  std::string name;
  std::string scheme;
  /// Without a measurement no value.
  std::optional<WeightAllocation> allocation;
};

/// Chooses schemes once the weights of a model are known. Weights that the user
/// has given a scheme have it in the list.
using SchemePlanner = std::function<::ccq::Result<std::vector<PlannedScheme>>(
    const WeightList &)>;

/// What to build; the options of `ccq build`.
struct BuildOptions {
  /// An `.onnx` file. A symbolic link stands for the file that it leads to, and
  /// so does its directory for external data.
  std::filesystem::path input;
  std::filesystem::path output;
  ::ccq::OverwritePolicy policy = ::ccq::OverwritePolicy::Refuse;
  /// Short name of the scheme of weights that `tensorSchemes` does not name.
  std::string scheme = "w2.5";
  /// `regex=scheme` each; see the pass ccq-quantize-weights.
  std::vector<std::string> tensorSchemes;
  /// Chooses the schemes of named weights that `tensorSchemes` does not name;
  /// null leaves them to `scheme`.
  SchemePlanner planner;
  /// Activation statistics that weigh the error of coding; empty for none.
  std::filesystem::path statistics;
  /// A safetensors file of weights to use instead of the model's; see the pass
  /// ccq-override-weights. Empty for none.
  std::filesystem::path weightsFile;
  BuildWeights weights = BuildWeights::Stored;
  /// Output that gradients are about; empty for the only one of floats.
  std::string gradientOutput;
  BuildObservation observation = BuildObservation::None;
  /// Names of targets; see parseTargets.
  std::vector<std::string> targets = {"cpu:native"};
  /// CUDA toolkit or ptxas program for `cuda:` targets; empty looks for ptxas
  /// on PATH.
  std::string cudaPath;
  /// `NAME=SIZE` each, for symbolic dimensions.
  std::vector<std::string> dimensions;
  /// Store decoded float32 weights instead of codes.
  bool materializeDecode = false;
  /// Keep weights that cannot be coded.
  bool allowFallback = false;
  /// 0: one per processor.
  unsigned threads = 0;
  WeightObserver observer;
};

/// How bad a finding is.
enum class BuildSeverity { Error, Warning, Remark };

/// `error`, `warning` or `remark`.
std::string_view getSeverityName(BuildSeverity severity);

/// One finding about a build.
struct BuildDiagnostic {
  BuildSeverity severity = BuildSeverity::Error;
  /// A file, or a node of the model; empty when the finding is about neither.
  std::string location;
  /// Lower case, no full stop.
  std::string message;
  /// What would work, or other places involved.
  std::vector<std::string> notes;

  /// `location: error: message`, then `location: note: note` per note; one line
  /// each.
  std::string format() const;
};

/// An artifact, or the reasons why there is none. Warnings and remarks come
/// with either.
struct BuildResult {
  /// Set exactly if the artifact was written.
  std::optional<ArtifactReport> report;
  std::vector<BuildDiagnostic> diagnostics;
  /// The class of failure, for the exit code; meaningful without a report.
  ::ccq::ErrorKind kind = ::ccq::ErrorKind::Internal;
};

/// Imports, quantizes, compiles for every target and writes the artifact.
/// Prints nothing. The bytes of all files but report.json depend on the model,
/// the options other than `threads`, and this release.
///
/// Failures: Usage for names of schemes, targets and dimensions; those of
/// StatisticsFile::tryOpen; Output for the destination, before anything else is
/// done; those of importONNX; CompileError
/// for what passes refuse; those of emitArtifact.
BuildResult buildArtifact(const BuildOptions &options);

} // namespace mlir::ccq

#endif // CCQ_COMPILER_COMPILER_H
