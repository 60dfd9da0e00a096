//===- ModelTest.cpp - tests of Model.h -----------------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Runtime/Model.h"

#include "SampleArtifact.h"
#include "ccq/Artifact/CpuTargets.h"

using namespace ccq;
using namespace ccq::artifact;
using namespace ccq::runtime;

/// Error of loading the sample, with the artifact's path removed.
static Error getLoadError(const SampleArtifact &sample,
                          const LoadOptions &options = {}) {
  Result<Model> model = Model::tryLoad(sample.write(), options);
  EXPECT_FALSE(model);
  if (model)
    return {};
  Error error = model.error();
  std::string prefix = sample.directory.path();
  EXPECT_TRUE(error.message.starts_with(prefix)) << error.message;
  error.message.erase(0, prefix.size());
  return error;
}

TEST(Model, LoadsKernelsAndWeights) {
  SampleArtifact sample;
  Result<Model> model = Model::tryLoad(sample.write());
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(model->target(), "cpu:x86-64");
  EXPECT_EQ(model->plan(), sample.plan);
  EXPECT_NE(model->getKernel(0), nullptr);
  EXPECT_NE(model->getKernel(0), model->getKernel(1));
  int64_t scalars[] = {7};
  EXPECT_EQ(*model->computeWorkItems(0, scalars), 7);
  EXPECT_EQ(model->getWeight(0, 0), nullptr);
  ASSERT_NE(model->getWeight(0, 1), nullptr);
  EXPECT_EQ(*reinterpret_cast<const float *>(model->getWeight(0, 1)), 0.5f);
}

TEST(Model, TakesTheBestTargetThatThisMachineHas) {
  SampleArtifact sample;
  std::string best;
  for (const CpuTarget &target : getCpuTargets()) {
    PlanTarget embedded = sample.plan.targets[0];
    embedded.name = target.name;
    if (target.name != "cpu:x86-64")
      sample.plan.targets.insert(sample.plan.targets.begin(), embedded);
    if (isSupportedHere(target))
      best = target.name;
  }
  Result<Model> model = Model::tryLoad(sample.write());
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(model->target(), best);
  model = Model::tryLoad(sample.directory.path(), {"cpu:x86-64"});
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(model->target(), "cpu:x86-64");
}

TEST(Model, NamesWhatIsEmbeddedWhenNothingFits) {
  SampleArtifact sample;
  sample.plan.targets[0].name = "cpu:vax";
  sample.plan.targets.push_back({"cuda:sm_90a", {}});
  Error error = getLoadError(sample);
  EXPECT_EQ(error.kind, ErrorKind::MissingTool);
  EXPECT_EQ(error.message,
            ": expected a CPU target that this machine can run (up to " +
                std::string(findNativeCpuTarget()->name) +
                "), the artifact holds cpu:vax, cuda:sm_90a");
  error = getLoadError(sample, {"cuda:sm_90a"});
  EXPECT_EQ(error.kind, ErrorKind::MissingTool);
  EXPECT_EQ(error.message,
            ": expected a CPU target of the artifact, got 'cuda:sm_90a'; it "
            "holds cpu:vax, cuda:sm_90a");
  sample.plan.targets.clear();
  EXPECT_TRUE(getLoadError(sample).message.ends_with("holds no target"));
}

// Where a machine lacks a target, asking for it by name says what is missing.
TEST(Model, RefusesATargetOfAnotherMachine) {
  for (const CpuTarget &target : getCpuTargets()) {
    if (isSupportedHere(target))
      continue;
    SampleArtifact sample;
    sample.plan.targets[0].name = target.name;
    Error error = getLoadError(sample, {std::string(target.name)});
    EXPECT_EQ(error.kind, ErrorKind::MissingTool);
    EXPECT_EQ(error.message, ": this machine cannot run target '" +
                                 std::string(target.name) + "' (" +
                                 std::string(target.summary) + ")");
  }
}

TEST(Model, RefusesMissingOrDamagedKernels) {
  SampleArtifact sample;
  sample.plan.targets[0].kernels[0].entry = "subtract";
  EXPECT_EQ(getLoadError(sample).message,
            "/kernels/cpu:x86-64/code.so: expected symbol 'subtract'");
  sample.plan.targets[0].kernels.erase(sample.plan.targets[0].kernels.begin());
  EXPECT_EQ(getLoadError(sample).message,
            ": target 'cpu:x86-64': expected an object for kernel 'add'");

  SampleArtifact damaged;
  damaged.code[damaged.code.size() / 2] ^= 1;
  EXPECT_EQ(getLoadError(damaged).kind, ErrorKind::MalformedInput);
  EXPECT_TRUE(getLoadError(damaged).message.starts_with(
      "/kernels/cpu:x86-64/code.so: expected SHA-256 "));
}

TEST(Model, RefusesFilesThatAreNotCode) {
  SampleArtifact sample;
  sample.code = "text";
  sample.plan.targets[0].kernels.clear();
  sample.addKernel(0, "add_bias");
  Error error = getLoadError(sample);
  EXPECT_EQ(error.kind, ErrorKind::MalformedInput);
  EXPECT_TRUE(error.message.starts_with(": cannot load kernel 'add': "))
      << error.message;
}
