//===- ArtifactTest.cpp - PTX of an artifact, launched as its plan says ---===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ArtifactRun.h"
#include "KernelRun.h"
#include "TemporaryDirectory.h"
#include "ccq/Artifact/CodedTensors.h"
#include "ccq/Artifact/TensorFile.h"
#include "ccq/Codec/Decode.h"
#include "ccq/Compiler/Compiler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

using namespace ccq;
using namespace ccq::cuda_test;
using namespace ccq::artifact;
namespace fs = std::filesystem;

/// Images of the held-out set that go through the model: two token tiles and
/// one image in a second block.
static constexpr int64_t imageCount = 17;
static constexpr int64_t imagePixels = 784;
static constexpr float whitePixel = 255;

namespace {

/// An artifact with PTX and CPU kernels, open for both.
class BuiltArtifact {
public:
  /// Adds test failures when it cannot be built.
  BuiltArtifact(const fs::path &model, const std::string &scheme);

  std::optional<ArtifactDirectory> directory;
  std::optional<runtime::Model> cpu;

private:
  TemporaryDirectory scratch;
};

BuiltArtifact::BuiltArtifact(const fs::path &model, const std::string &scheme) {
  mlir::ccq::BuildOptions options;
  options.input = model;
  options.output = scratch / "model.ccq";
  options.scheme = scheme;
  options.targets = {"ptx:sm_80", "cpu:x86-64"};
  mlir::ccq::BuildResult built = mlir::ccq::buildArtifact(options);
  for (const mlir::ccq::BuildDiagnostic &diagnostic : built.diagnostics)
    if (diagnostic.severity == mlir::ccq::BuildSeverity::Error)
      ADD_FAILURE() << diagnostic.format();
  if (!built.report)
    return;
  Result<ArtifactDirectory> opened = ArtifactDirectory::tryOpen(options.output);
  Result<runtime::Model> loaded =
      runtime::Model::tryLoad(options.output, {"cpu:x86-64"});
  if (!opened || !loaded) {
    ADD_FAILURE() << (opened ? loaded.error().message : opened.error().message);
    return;
  }
  directory = *std::move(opened);
  cpu = *std::move(loaded);
}

/// What both sides make of some inputs, output 0.
struct Outputs {
  std::vector<float> ptx, cpu;
  unsigned ptxLaunches = 0, cpuLaunches = 0;
};

Outputs runBoth(const BuiltArtifact &built,
                const std::vector<runtime::NamedTensor> &inputs) {
  Outputs outputs;
  const Plan &plan = built.directory->plan();
  ArtifactRun run(*built.directory, *findTarget(plan, "ptx:sm_80"), *built.cpu);
  Result<void> done = run.run(inputs);
  if (!done) {
    ADD_FAILURE() << done.error().message;
    return outputs;
  }
  EXPECT_FALSE(run.hasUnwrittenOutput());
  outputs.ptx = run.readOutput(0);
  outputs.ptxLaunches = run.getPtxLaunches();
  outputs.cpuLaunches = run.getCpuLaunches();
  runtime::Session session(*built.cpu, std::make_shared<ThreadPool>(1));
  Result<std::vector<runtime::OutputTensor>> reference = session.run(inputs);
  if (!reference) {
    ADD_FAILURE() << reference.error().message;
    return outputs;
  }
  Result<std::vector<float>> floats =
      tryConvertToFloat32((*reference)[0].view());
  if (floats)
    outputs.cpu = *floats;
  return outputs;
}

/// The first images of the held-out set, as the model wants them.
std::vector<float> readImages() {
  Result<TensorFile> file =
      TensorFile::tryOpen(fs::path(CCQ_GLYPHS) / "heldout-images.npy");
  if (!file) {
    ADD_FAILURE() << file.error().message;
    return {};
  }
  std::vector<float> images;
  for (int64_t i = 0; i < imageCount * imagePixels; ++i)
    images.push_back(float(file->tensor().bytes[size_t(i)]) / whitePixel);
  return images;
}

/// A perceptron's layer, taken from a launch: y = x W + b, then relu but in the
/// last one.
struct Layer {
  MatrixShape shape;
  std::vector<float> weights, bias;
  bool isLast = false;
};

std::vector<Layer> readLayers(const ArtifactDirectory &directory) {
  std::vector<Layer> layers;
  const Plan &plan = directory.plan();
  for (const PlanStep &step : plan.steps) {
    Layer layer;
    for (unsigned number : std::get<LaunchStep>(step).buffers) {
      const PlanBuffer &buffer = plan.buffers[number];
      size_t end = buffer.name.rfind(".codes");
      if (buffer.kind != BufferKind::Weight)
        continue;
      if (end != std::string::npos) {
        auto coded =
            tryGetCodedMatrix(directory.weights(), buffer.name.substr(0, end));
        EXPECT_TRUE(coded) << buffer.name;
        layer.shape = coded->shape();
        layer.weights = codec::decodeMatrix(*coded);
      } else if (buffer.name.ends_with("bias")) {
        std::span<const std::byte> bytes = directory.getWeightBytes(number);
        layer.bias.resize(bytes.size() / sizeof(float));
        std::memcpy(layer.bias.data(), bytes.data(), bytes.size());
      }
    }
    EXPECT_EQ(layer.bias.size(), size_t(layer.shape.n));
    layers.push_back(std::move(layer));
  }
  layers.back().isLast = true;
  return layers;
}

/// Exact values of one token's activations, and how far the two computed ones
/// may be from them.
struct Bounded {
  std::vector<double> values, ptxErrors, cpuErrors;
};

/// One layer on exact values. An input error e reaches an output as |w| e; the
/// kernels add their own (docs/Rationale, CudaKernels.md and CpuKernels.md,
/// "Error") on inputs that are off by e themselves. relu magnifies nothing.
Bounded propagate(const Layer &layer, const Bounded &input) {
  auto [k, n] = layer.shape;
  Bounded output;
  for (int64_t channel = 0; channel < n; ++channel) {
    ErrorSum ptx;
    double sum = layer.bias[size_t(channel)], cpuMagnitude = std::fabs(sum);
    double ptxReach = 0, cpuReach = 0;
    for (int64_t i = 0; i < k; ++i) {
      double w = layer.weights[size_t(i * n + channel)];
      double x = input.values[size_t(i)];
      double ptxError = input.ptxErrors[size_t(i)];
      double cpuError = input.cpuErrors[size_t(i)];
      sum += w * x;
      ptx.add(i, w, std::fabs(x) + ptxError);
      cpuMagnitude += std::fabs(w) * (std::fabs(x) + cpuError);
      ptxReach += std::fabs(w) * ptxError;
      cpuReach += std::fabs(w) * cpuError;
    }
    // The bias is one more rounding of a number up to the magnitudes.
    double biased = ptx.getMagnitude() + std::fabs(layer.bias[size_t(channel)]);
    output.ptxErrors.push_back(ptxReach + ptx.getBound() + biased * 0x1p-24);
    // (K + 2) u / (1 - (K + 2) u) < (K + 3) u.
    output.cpuErrors.push_back(cpuReach +
                               double(k + 3) * 0x1p-24 * cpuMagnitude);
    output.values.push_back(layer.isLast ? sum : std::max(sum, 0.0));
  }
  return output;
}

std::vector<runtime::NamedTensor> makeInputs(const std::vector<float> &images) {
  return {{"image",
           {DataType::F32,
            {imageCount, imagePixels},
            std::as_bytes(std::span(images))}}};
}

class Glyphs : public testing::TestWithParam<const char *> {};
class SharedModels : public testing::TestWithParam<const char *> {};

std::string printParameter(const testing::TestParamInfo<const char *> &info) {
  std::string name = info.param;
  std::erase_if(name, [](char c) { return !std::isalnum(c); });
  return name;
}

} // namespace

// Plan, packing, order of arguments, grids and blocks are right together, or
// the logits would not be those of the CPU kernels within what rounding allows.
TEST_P(Glyphs, LogitsAreThoseOfTheCpu) {
  BuiltArtifact built(fs::path(CCQ_GLYPHS) / "model.onnx", GetParam());
  ASSERT_TRUE(built.directory && built.cpu);
  std::vector<float> images = readImages();
  Outputs got = runBoth(built, makeInputs(images));
  EXPECT_EQ(got.ptxLaunches, 3u);
  EXPECT_EQ(got.cpuLaunches, 0u);
  ASSERT_EQ(got.ptx.size(), got.cpu.size());
  ASSERT_EQ(got.ptx.size(), size_t(imageCount * 36));

  std::vector<Layer> layers = readLayers(*built.directory);
  double worst = 0, difference = 0, peak = 0;
  for (int64_t image = 0; image < imageCount; ++image) {
    auto pixels = images.begin() + image * imagePixels;
    Bounded bounded;
    bounded.values.assign(pixels, pixels + imagePixels);
    bounded.ptxErrors.assign(imagePixels, 0);
    bounded.cpuErrors.assign(imagePixels, 0);
    for (const Layer &layer : layers)
      bounded = propagate(layer, bounded);
    for (size_t i = 0; i < bounded.values.size(); ++i) {
      size_t at = size_t(image) * bounded.values.size() + i;
      double error = std::fabs(double(got.ptx[at]) - got.cpu[at]);
      EXPECT_LE(error, bounded.ptxErrors[i] + bounded.cpuErrors[i]);
      worst = std::max(worst, std::fabs(got.ptx[at] - bounded.values[i]) /
                                  bounded.ptxErrors[i]);
      difference = std::max(difference, error);
      peak = std::max(peak, std::fabs(bounded.values[i]));
    }
  }
  EXPECT_LE(worst, 1.0);
  // ccq-run's default tolerance, far below what a wrong constant would do.
  EXPECT_LE(difference, 1e-4 * peak);
  RecordProperty("largest_error_over_bound", std::to_string(worst));
  RecordProperty("largest_difference_over_peak",
                 std::to_string(difference / peak * 1e6) + "e-6");
}

INSTANTIATE_TEST_SUITE_P(Artifact, Glyphs,
                         testing::Values("w2.5", "w2.75", "i8", "i8:channel",
                                         "i4", "w2"),
                         printParameter);

// The same for streams: one of their three products runs over whole tiles and a
// rest, the others over one or two tiles.
class GlyphStreams : public testing::TestWithParam<const char *> {};

TEST_P(GlyphStreams, LogitsAreThoseOfTheCpu) {
  BuiltArtifact built(fs::path(CCQ_GLYPHS) / "model.onnx", GetParam());
  ASSERT_TRUE(built.directory && built.cpu);
  Outputs got = runBoth(built, makeInputs(readImages()));
  EXPECT_EQ(got.ptxLaunches, 3u);
  EXPECT_EQ(got.cpuLaunches, 0u);
  ASSERT_EQ(got.ptx.size(), got.cpu.size());
  ASSERT_EQ(got.ptx.size(), size_t(imageCount * 36));
  double difference = 0, peak = 0;
  for (size_t i = 0; i < got.ptx.size(); ++i) {
    double error = std::fabs(double(got.ptx[i]) - got.cpu[i]);
    difference = std::max(difference, error);
    peak = std::max(peak, std::fabs(double(got.cpu[i])));
  }
  EXPECT_LE(difference, 1e-5 * peak);
  RecordProperty("largest_difference_over_peak",
                 std::to_string(difference / peak * 1e6) + "e-6");
}

INSTANTIATE_TEST_SUITE_P(Artifact, GlyphStreams,
                         testing::Values("t2.5", "t2.5:code=hash,L=12"),
                         printParameter);

// An engine that ignores a part of the plan does not get away with it: weights
// without padded rows end too early, a grid of one block leaves tokens out.
TEST(Artifact, RowsAndGridsMatter) {
  BuiltArtifact built(fs::path(CCQ_GLYPHS) / "model.onnx", "w2.75");
  ASSERT_TRUE(built.directory && built.cpu);
  std::vector<float> images = readImages();
  const PlanTarget &target = *findTarget(built.directory->plan(), "ptx:sm_80");

  PlanTarget dense = target;
  for (artifact::CompiledKernel &kernel : dense.kernels)
    kernel.rowElements.clear();
  ArtifactRun denseRun(*built.directory, dense, *built.cpu);
  Result<void> done = denseRun.run(makeInputs(images));
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().message.find("outside buffer"), std::string::npos)
      << done.error().message;

  PlanTarget oneBlock = target;
  for (artifact::CompiledKernel &kernel : oneBlock.kernels)
    kernel.grid[0] = Expression::constant(1);
  ArtifactRun oneBlockRun(*built.directory, oneBlock, *built.cpu);
  done = oneBlockRun.run(makeInputs(images));
  EXPECT_TRUE(!done || oneBlockRun.hasUnwrittenOutput());
}

/// Expects both sides to agree within ccq-run's default tolerance.
static void expectClose(const Outputs &got) {
  ASSERT_EQ(got.ptx.size(), got.cpu.size());
  float peak = 0;
  for (float value : got.cpu)
    peak = std::max(peak, std::fabs(value));
  for (size_t i = 0; i < got.cpu.size(); ++i)
    EXPECT_LE(std::fabs(got.ptx[i] - got.cpu[i]), std::max(1e-4f * peak, 1e-6f))
        << "element " << i;
}

// A transformer: two sequences of three tokens behind caches of five. Attention
// stays on the CPU, the 22 coded matmuls do not.
TEST(Artifact, TextGeneratorWithCaches) {
  BuiltArtifact built(fs::path(CCQ_GLYPHS).parent_path() / "02-text-generator" /
                          "model.onnx",
                      "w2.75");
  ASSERT_TRUE(built.directory && built.cpu);
  constexpr int64_t batch = 2, heads = 4, past = 5, headWidth = 64;
  std::vector<int64_t> ids = {0, 61, 500, 7, 1023, 98};
  std::vector<float> cache(batch * heads * past * headWidth);
  for (size_t i = 0; i < cache.size(); ++i)
    cache[i] = float((i * 37) % 101) / 50 - 1;
  const Plan &plan = built.directory->plan();
  std::vector<runtime::NamedTensor> inputs{
      {"input_ids",
       {DataType::I64, {batch, 3}, std::as_bytes(std::span(ids))}}};
  for (size_t i = 1; i < plan.inputs.size(); ++i)
    inputs.push_back({plan.buffers[plan.inputs[i]].name,
                      {DataType::F32,
                       {batch, heads, past, headWidth},
                       std::as_bytes(std::span(cache))}});
  Outputs got = runBoth(built, inputs);
  EXPECT_EQ(got.ptxLaunches, 22u);
  ASSERT_EQ(got.cpu.size(), ids.size() * 1024);
  expectClose(got);
}

// Models with other activations, and with steps between the matmuls that stay
// on the CPU, give what the CPU gives within ccq-run's default tolerance.
TEST_P(SharedModels, OutputsAreThoseOfTheCpu) {
  const char *data = std::getenv("CCQ_TEST_DATA");
  if (!data)
    GTEST_SKIP() << "needs CCQ_TEST_DATA";
  fs::path folder = fs::path(data) / "models" / GetParam();
  BuiltArtifact built(folder / "model.onnx", "w2.5");
  ASSERT_TRUE(built.directory && built.cpu);
  const Plan &plan = built.directory->plan();
  std::vector<TensorFile> files;
  std::vector<runtime::NamedTensor> inputs;
  for (size_t i = 0; i < plan.inputs.size(); ++i) {
    Result<TensorFile> file = TensorFile::tryOpen(
        folder / "test_data_set_0" / ("input_" + std::to_string(i) + ".pb"));
    ASSERT_TRUE(file) << file.error().message;
    files.push_back(*std::move(file));
    inputs.push_back(
        {plan.buffers[plan.inputs[i]].name, files.back().tensor()});
  }
  Outputs got = runBoth(built, inputs);
  EXPECT_GT(got.ptxLaunches, 0u);
  RecordProperty("ptx_launches", int(got.ptxLaunches));
  RecordProperty("cpu_launches", int(got.cpuLaunches));
  expectClose(got);
}

INSTANTIATE_TEST_SUITE_P(Artifact, SharedModels,
                         testing::Values("mnistfc-256x6", "acasxu_4_8",
                                         "onnx2c-lesson14", "stories260K",
                                         "unitree-g1-velocity",
                                         "mujoco-g1_policy"),
                         printParameter);
