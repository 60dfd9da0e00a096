//===- ArtifactDirectoryTest.cpp - tests of ArtifactDirectory.h -----------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Artifact/ArtifactDirectory.h"

#include "SamplePlan.h"
#include "TemporaryDirectory.h"
#include "ccq/Support/Sha256.h"

#include <gtest/gtest.h>

using namespace ccq;
using namespace ccq::artifact;

namespace {
/// The sample plan on disk, with text files in place of code.
class ArtifactDirectoryTest : public testing::Test {
protected:
  ArtifactDirectoryTest() {
    kernelText = "code";
    plan = createSamplePlan();
    plan.targets.resize(1);
    for (CompiledKernel &kernel : plan.targets[0].kernels)
      kernel.sha256 = formatHex(computeSha256(
          std::as_bytes(std::span(kernelText.data(), kernelText.size()))));
  }

  void writeWeights(const std::string &name, std::vector<int64_t> dims) {
    auto writer = SafetensorsWriter::tryCreate(
        directory.path() / weightsFileName, {{name, DataType::F32, dims}}, {},
        OverwritePolicy::Replace);
    ASSERT_TRUE(writer) << writer.error().message;
    std::vector<float> values(size_t(dims[0]), 1.5f);
    ASSERT_TRUE(writer->write(name, 0, std::as_bytes(std::span(values))));
    ASSERT_TRUE(writer->commit());
  }

  void writeAll() {
    directory.write(planFileName, printPlan(plan));
    writeWeights("bias", {3});
    for (const CompiledKernel &kernel : plan.targets[0].kernels)
      directory.write(kernel.file, kernelText);
  }

  /// Message of tryOpen without the path.
  std::string getOpenMessage() {
    Result<ArtifactDirectory> artifact =
        ArtifactDirectory::tryOpen(directory.path());
    if (artifact)
      return "";
    std::string message = artifact.error().message;
    EXPECT_TRUE(message.starts_with(directory.path().string())) << message;
    return message.substr(directory.path().string().size());
  }

  TemporaryDirectory directory;
  std::string kernelText;
  Plan plan;
};
} // namespace

TEST_F(ArtifactDirectoryTest, GivesWeightsAndKernels) {
  writeAll();
  Result<ArtifactDirectory> artifact =
      ArtifactDirectory::tryOpen(directory.path());
  ASSERT_TRUE(artifact) << artifact.error().message;
  EXPECT_EQ(artifact->plan(), plan);
  EXPECT_EQ(artifact->getWeightBytes(1).size(), 12u);
  EXPECT_TRUE(artifact->getWeightBytes(0).empty());
  Result<MappedFile> kernel =
      artifact->tryOpenKernel(artifact->plan().targets[0].kernels[0]);
  ASSERT_TRUE(kernel) << kernel.error().message;
  EXPECT_EQ(kernel->bytes().size(), kernelText.size());
}

TEST_F(ArtifactDirectoryTest, RefusesIncompleteDirectories) {
  EXPECT_EQ(getOpenMessage().substr(0, 11), "/plan.json:");
  directory.write(planFileName, "{}");
  EXPECT_EQ(getOpenMessage(), ": plan.json: expected a member 'version'");
  directory.write(planFileName, printPlan(plan));
  EXPECT_EQ(getOpenMessage().substr(0, 21), "/weights.safetensors:");

  std::string missing = directory.path() / "missing";
  EXPECT_EQ(ArtifactDirectory::tryOpen(missing).error().message,
            missing + ": no such artifact directory");
  std::string file = directory.path() / planFileName;
  EXPECT_EQ(ArtifactDirectory::tryOpen(file).error().message,
            file + ": expected an artifact directory");
}

TEST_F(ArtifactDirectoryTest, RefusesWeightsOfAnotherPlan) {
  writeAll();
  writeWeights("bias", {4});
  EXPECT_EQ(getOpenMessage(),
            "/weights.safetensors: artifact_c14: tensor 'bias': expected "
            "F32[3], got F32[4]");
  writeWeights("other", {3});
  EXPECT_EQ(getOpenMessage(),
            "/weights.safetensors: artifact_c14: tensor 'bias': expected "
            "F32[3], got no such tensor");
}

TEST_F(ArtifactDirectoryTest, RefusesOtherKernelFiles) {
  writeAll();
  Result<ArtifactDirectory> artifact =
      ArtifactDirectory::tryOpen(directory.path());
  ASSERT_TRUE(artifact) << artifact.error().message;
  const CompiledKernel &kernel = artifact->plan().targets[0].kernels[0];
  std::filesystem::path file = directory.path() / kernel.file;

  directory.write(kernel.file, "damaged");
  EXPECT_EQ(artifact->tryOpenKernel(kernel).error().message,
            file.string() + ": expected SHA-256 " + kernel.sha256 +
                ", got "
                "41f0c27c00e8018f7715b5f50f67b5b54c229c1b843a014152785d900"
                "5f58fde");
  std::filesystem::remove(file);
  EXPECT_EQ(artifact->tryOpenKernel(kernel).error().message,
            file.string() + ": cannot open kernel: No such file or directory");
  TemporaryDirectory outside;
  outside.write("code", kernelText);
  std::filesystem::create_symlink(outside.path() / "code", file);
  EXPECT_EQ(artifact->tryOpenKernel(kernel).error().message,
            file.string() +
                ": artifact_c11: expected a file inside the artifact, this is "
                "a link to " +
                (outside.path() / "code").string());
}
