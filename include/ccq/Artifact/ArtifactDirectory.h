//===- ArtifactDirectory.h - an artifact opened for reading -----*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_ARTIFACT_ARTIFACTDIRECTORY_H
#define CCQ_ARTIFACT_ARTIFACTDIRECTORY_H

#include "ccq/Artifact/Plan.h"
#include "ccq/Artifact/Safetensors.h"
#include "ccq/Support/MappedFile.h"
#include "ccq/Support/Result.h"

#include <cstddef>
#include <filesystem>
#include <span>

namespace ccq::artifact {

/// A checked artifact: its plan, and its weights kept mapped. Movable; spans
/// live as long as the object. docs/Artifact.md describes the directory.
class ArtifactDirectory {
public:
  /// Opens an artifact directory. Errors: MalformedInput when it or a file of
  /// it is missing, breaks its format or contradicts the plan; Unsupported for
  /// a newer version. Messages start with the path.
  static Result<ArtifactDirectory> tryOpen(const std::filesystem::path &path);

  const std::filesystem::path &path() const { return directory; }
  const Plan &plan() const { return checkedPlan; }
  const SafetensorsFile &weights() const { return weightsFile; }

  /// Bytes of a buffer of kind Weight, as many as its type and shape say.
  std::span<const std::byte> getWeightBytes(unsigned buffer) const {
    return weightBytes[buffer];
  }

  /// Maps the file of a kernel of the plan and checks that it lies inside the
  /// artifact and has the SHA-256 that the plan states. Fails with
  /// MalformedInput.
  Result<MappedFile> tryOpenKernel(const CompiledKernel &kernel) const;

private:
  ArtifactDirectory(std::filesystem::path directory, Plan plan,
                    SafetensorsFile weights)
      : directory(std::move(directory)), checkedPlan(std::move(plan)),
        weightsFile(std::move(weights)) {}
  Result<void> bindWeights();

  std::filesystem::path directory;
  Plan checkedPlan;
  SafetensorsFile weightsFile;
  /// Parallel to the plan's buffers; empty for other kinds.
  std::vector<std::span<const std::byte>> weightBytes;
};

} // namespace ccq::artifact

#endif // CCQ_ARTIFACT_ARTIFACTDIRECTORY_H
