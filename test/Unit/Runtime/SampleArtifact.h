//===- SampleArtifact.h - a small artifact on disk --------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TEST_UNIT_RUNTIME_SAMPLEARTIFACT_H
#define CCQ_TEST_UNIT_RUNTIME_SAMPLEARTIFACT_H

#include "TemporaryDirectory.h"
#include "ccq/Artifact/Plan.h"
#include "ccq/Artifact/Safetensors.h"
#include "ccq/Support/Sha256.h"

#include <gtest/gtest.h>

namespace ccq::runtime {

/// y[batch, 3] = 2 * (x[batch, 3] + bias[3]) as an artifact with code for
/// cpu:x86-64. Tests change `plan` and call write().
class SampleArtifact {
public:
  SampleArtifact() {
    using namespace artifact;
    Expression batch = Expression::symbol(0);
    std::vector<Expression> shape = {batch, Expression::constant(3)};
    plan.dims = {"batch"};
    plan.buffers = {
        {BufferKind::Input, "x", DataType::F32, shape, std::nullopt},
        {BufferKind::Weight,
         "bias",
         DataType::F32,
         {Expression::constant(3)},
         std::nullopt},
        {BufferKind::Scratch, "", DataType::F32, shape, Expression()},
        {BufferKind::Output, "y", DataType::F32, shape, std::nullopt},
    };
    plan.inputs = {0};
    plan.outputs = {3};
    plan.kernels = {{"add", 2, 1, 1}, {"twice", 1, 1, 1}};
    plan.steps = {LaunchStep{0, {0, 1, 2}, {batch}},
                  LaunchStep{1, {2, 3}, {batch}}};
    plan.arenaBytes =
        Expression::binary(ExpressionOp::Mul, batch, Expression::constant(12));
    plan.targets = {{"cpu:x86-64", {}}};
    addKernel(0, "add_bias");
    addKernel(1, "twice");
  }

  /// Adds code for a kernel with one work item per row.
  void addKernel(unsigned kernel, const std::string &entry) {
    artifact::CompiledKernel compiled;
    compiled.kernel = kernel;
    compiled.file = "kernels/cpu:x86-64/code.so";
    compiled.sha256 = formatHex(
        computeSha256(std::as_bytes(std::span(code.data(), code.size()))));
    compiled.entry = entry;
    compiled.grid = {artifact::Expression::symbol(0)};
    plan.targets[0].kernels.push_back(std::move(compiled));
  }

  const std::filesystem::path &write() const {
    using namespace artifact;
    directory.write(planFileName, printPlan(plan));
    directory.write("kernels/cpu:x86-64/code.so", code);
    std::vector<TensorSpec> specs = {{"bias", DataType::F32, {3}},
                                     {"table", DataType::U16, {2, 3}}};
    auto writer =
        SafetensorsWriter::tryCreate(directory.path() / weightsFileName, specs,
                                     {}, OverwritePolicy::Replace);
    EXPECT_TRUE(writer) << writer.error().message;
    float bias[] = {0.5f, 1.0f, 1.5f};
    uint16_t table[] = {1, 2, 3, 4, 5, 6};
    EXPECT_TRUE(writer->write("bias", 0, std::as_bytes(std::span(bias))));
    EXPECT_TRUE(writer->write("table", 0, std::as_bytes(std::span(table))));
    EXPECT_TRUE(writer->commit());
    return directory.path();
  }

  TemporaryDirectory directory;
  std::string code = readFile(CCQ_TEST_KERNELS);
  artifact::Plan plan;

private:
  static std::string readFile(const char *path) {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
};

} // namespace ccq::runtime

#endif // CCQ_TEST_UNIT_RUNTIME_SAMPLEARTIFACT_H
