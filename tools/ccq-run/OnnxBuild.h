//===- OnnxBuild.h - an artifact for the length of a run --------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TOOLS_CCQ_RUN_ONNXBUILD_H
#define CCQ_TOOLS_CCQ_RUN_ONNXBUILD_H

#include "ccq/Support/Result.h"

#include <filesystem>
#include <optional>
#include <string>

namespace ccq::tool {

/// An artifact in a temporary directory, which is deleted with the object.
/// Movable.
class TemporaryArtifact {
public:
  /// Builds an ONNX file with its weights as they are, for this machine, by
  /// running `ccq build`: the ccq beside this program, else the one in PATH.
  /// Errors: MissingTool without ccq; Output without a temporary directory.
  /// When ccq itself fails it has said why, and `exitCode` is its status.
  static Result<TemporaryArtifact> tryBuild(const std::string &onnxPath,
                                            std::optional<int> &exitCode);

  TemporaryArtifact(TemporaryArtifact &&other) noexcept;
  ~TemporaryArtifact();

  std::filesystem::path path() const { return directory / "model.ccq"; }

private:
  explicit TemporaryArtifact(std::filesystem::path directory)
      : directory(std::move(directory)) {}

  std::filesystem::path directory;
};

} // namespace ccq::tool

#endif // CCQ_TOOLS_CCQ_RUN_ONNXBUILD_H
