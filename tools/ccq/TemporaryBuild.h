//===- TemporaryBuild.h - an artifact for one command -----------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TOOLS_CCQ_TEMPORARYBUILD_H
#define CCQ_TOOLS_CCQ_TEMPORARYBUILD_H

#include "ccq/Compiler/Compiler.h"
#include "ccq/Support/Result.h"

#include <filesystem>
#include <string>
#include <vector>

namespace ccq::tool {

/// What to build of a model.
struct TemporaryBuildOptions {
  std::string model;
  /// `NAME=SIZE` each.
  std::vector<std::string> dimensions;
  mlir::ccq::BuildObservation observation = mlir::ccq::BuildObservation::None;
  unsigned threads = 0;
  mlir::ccq::BuildWeights weights = mlir::ccq::BuildWeights::Stored;
  /// Output that gradients are about.
  std::string output;
  /// Codable weights become the float32 matrices that this scheme leaves of
  /// them; empty keeps them as they are.
  std::string materializedScheme;
};

/// An artifact in a temporary directory, which is deleted with the object.
/// Movable.
class TemporaryBuild {
public:
  /// Builds for this machine. When the model cannot be built, all findings but
  /// the last are printed to standard error, and the last is the error. Errors:
  /// those of buildArtifact; Output without a temporary directory.
  static Result<TemporaryBuild> tryCreate(const TemporaryBuildOptions &options);

  TemporaryBuild(TemporaryBuild &&other) noexcept;
  ~TemporaryBuild();

  std::filesystem::path path() const { return directory / "model.ccq"; }
  const mlir::ccq::ArtifactReport &report() const { return built; }

private:
  explicit TemporaryBuild(std::filesystem::path directory)
      : directory(std::move(directory)) {}

  std::filesystem::path directory;
  mlir::ccq::ArtifactReport built;
};

} // namespace ccq::tool

#endif // CCQ_TOOLS_CCQ_TEMPORARYBUILD_H
