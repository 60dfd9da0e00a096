//===- SwappableModel.h - a float model whose weights can change *- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TOOLS_CCQ_SWAPPABLEMODEL_H
#define CCQ_TOOLS_CCQ_SWAPPABLEMODEL_H

#include "TemporaryBuild.h"

#include "ccq/Runtime/Model.h"
#include "ccq/Support/MatrixView.h"
#include "ccq/Support/Result.h"

#include <span>
#include <string>
#include <vector>

namespace ccq::tool {

/// A weight W[K, N] of a model that ccq build could code.
struct SwappableWeight {
  std::string name;
  MatrixShape shape;
  /// Where its float32 elements lie in the file of weights.
  uint64_t offsetBytes = 0;
};

/// A build for this machine whose codable weights are float32 matrices W[K, N]
/// in a file, so that others can take their place without compiling again. At
/// first they are those of the model. Movable.
class SwappableModel {
public:
  /// Builds the model twice: as it is, for its weights, and with all codable
  /// weights as matrices. Errors: those of TemporaryBuild::tryCreate.
  static Result<SwappableModel> tryCreate(const TemporaryBuildOptions &options);

  const std::vector<SwappableWeight> &weights() const { return list; }

  /// The weight as the model has it, [K, N].
  const std::vector<float> &original(size_t weight) const {
    return originals[weight];
  }

  /// Replaces a weight by a dense matrix [K, N]. Loaded models may or may not
  /// see it; load again. Fails with Output.
  Result<void> write(size_t weight, std::span<const float> elements);

  /// The model with the weights of now. Errors: those of Model::tryLoad.
  Result<runtime::Model> tryLoad() const;

private:
  explicit SwappableModel(TemporaryBuild build) : build(std::move(build)) {}
  Result<void> readLayout(const mlir::ccq::ArtifactReport &report);
  Result<void> readOriginals(const TemporaryBuild &plain);

  TemporaryBuild build;
  std::vector<SwappableWeight> list;
  std::vector<std::vector<float>> originals;
};

} // namespace ccq::tool

#endif // CCQ_TOOLS_CCQ_SWAPPABLEMODEL_H
