//===- ArtifactDirectory.cpp - an artifact opened for reading -------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Artifact/ArtifactDirectory.h"

#include "ccq/Support/Sha256.h"

#include <algorithm>

using namespace ccq;
using namespace ccq::artifact;
namespace fs = std::filesystem;

static Error makeMalformed(const fs::path &path, const std::string &message) {
  return {ErrorKind::MalformedInput, path.string() + ": " + message};
}

Result<ArtifactDirectory> ArtifactDirectory::tryOpen(const fs::path &path) {
  std::error_code code;
  if (!fs::is_directory(path, code))
    return makeMalformed(path, fs::exists(path, code)
                                   ? "expected an artifact directory"
                                   : "no such artifact directory");
  fs::path resolved = fs::canonical(path, code);
  if (code)
    return makeMalformed(path, "cannot resolve: " + code.message());
  Result<MappedFile> planFile = MappedFile::tryOpen(resolved / planFileName);
  if (!planFile)
    return planFile.takeError();
  std::span<const std::byte> bytes = planFile->bytes();
  Result<Plan> plan = parsePlan(std::string_view(
      reinterpret_cast<const char *>(bytes.data()), bytes.size()));
  if (!plan)
    return Error{plan.error().kind,
                 path.string() + ": " + plan.error().message};
  Result<SafetensorsFile> weights =
      SafetensorsFile::tryOpen(resolved / weightsFileName);
  if (!weights)
    return weights.takeError();
  ArtifactDirectory opened(std::move(resolved), *std::move(plan),
                           *std::move(weights));
  if (Result<void> bound = opened.bindWeights(); !bound)
    return bound.takeError();
  return opened;
}

Result<void> ArtifactDirectory::bindWeights() {
  weightBytes.resize(checkedPlan.buffers.size());
  for (size_t i = 0; i < checkedPlan.buffers.size(); ++i) {
    const PlanBuffer &buffer = checkedPlan.buffers[i];
    if (buffer.kind != BufferKind::Weight)
      continue;
    std::vector<int64_t> dims;
    for (const Expression &extent : buffer.shape)
      dims.push_back(*extent.findConstant());
    std::optional<TensorView> tensor = weightsFile.findTensor(buffer.name);
    std::string expected = "artifact_c14: tensor '" + buffer.name +
                           "': expected " +
                           std::string(getSafetensorsName(buffer.type)) +
                           printDims(dims) + ", got ";
    if (!tensor)
      return makeMalformed(weightsFile.path(), expected + "no such tensor");
    if (tensor->type != buffer.type || tensor->dims != dims)
      return makeMalformed(weightsFile.path(),
                           expected +
                               std::string(getSafetensorsName(tensor->type)) +
                               printDims(tensor->dims));
    weightBytes[i] = tensor->bytes;
  }
  return {};
}

/// Whether `path`, links followed, lies below `directory`.
static bool isInside(const fs::path &directory, const fs::path &path) {
  auto [end, rest] = std::mismatch(directory.begin(), directory.end(),
                                   path.begin(), path.end());
  return end == directory.end() && rest != path.end();
}

Result<MappedFile>
ArtifactDirectory::tryOpenKernel(const CompiledKernel &kernel) const {
  fs::path file = directory / kernel.file;
  std::error_code code;
  fs::path resolved = fs::canonical(file, code);
  if (code)
    return makeMalformed(file, "cannot open kernel: " + code.message());
  if (!isInside(directory, resolved))
    return makeMalformed(file,
                         "artifact_c11: expected a file inside the artifact, "
                         "this is a link to " +
                             resolved.string());
  Result<MappedFile> mapped = MappedFile::tryOpen(resolved);
  if (!mapped)
    return mapped;
  std::string digest = formatHex(computeSha256(mapped->bytes()));
  if (digest != kernel.sha256)
    return makeMalformed(file, "expected SHA-256 " + kernel.sha256 + ", got " +
                                   digest);
  return mapped;
}
