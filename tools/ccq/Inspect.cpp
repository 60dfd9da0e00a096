//===- Inspect.cpp - ccq inspect: what an artifact holds ------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Verbs.h"

#include "ccq/Artifact/ArtifactDirectory.h"
#include "ccq/Artifact/CodedTensors.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <set>

using namespace ccq;
using namespace ccq::artifact;
using Json = nlohmann::ordered_json;

namespace {
/// One weight: a coded matrix or a tensor that is kept.
struct Weight {
  std::string name;
  std::string scheme;
  std::vector<int64_t> dims;
  uint64_t bytes = 0;

  double bitsPerWeight() const {
    double count = 1;
    for (int64_t dim : dims)
      count *= double(dim);
    return count > 0 ? 8.0 * double(bytes) / count : 0;
  }
};
} // namespace

static Result<std::vector<Weight>> listWeights(const SafetensorsFile &file) {
  std::vector<Weight> weights;
  std::set<std::string> components;
  for (const std::string &name : getCodedNames(file)) {
    Result<codec::CodedMatrixView> matrix = tryGetCodedMatrix(file, name);
    if (!matrix)
      return matrix.takeError();
    std::optional<std::string> scheme = codec::findSchemeName(matrix->scheme());
    Weight weight{name,
                  scheme ? *scheme : codec::printScheme(matrix->scheme()),
                  {matrix->shape().k, matrix->shape().n},
                  0};
    for (const TensorSpec &component :
         getComponentTensors(name, matrix->scheme(), matrix->shape())) {
      weight.bytes += *computeSizeBytes(component.type, component.dims);
      components.insert(component.name);
    }
    weights.push_back(std::move(weight));
  }
  for (const TensorEntry &tensor : file.tensors())
    if (!components.count(tensor.spec.name))
      weights.push_back({tensor.spec.name, "keep", tensor.spec.dims,
                         tensor.endBytes - tensor.beginBytes});
  std::sort(weights.begin(), weights.end(),
            [](const Weight &a, const Weight &b) { return a.name < b.name; });
  return weights;
}

static void printBuffers(const Plan &plan, const char *title,
                         const std::vector<unsigned> &indices) {
  std::printf("%s\n", title);
  for (unsigned index : indices) {
    const PlanBuffer &buffer = plan.buffers[index];
    std::printf("  %s %s%s\n", buffer.name.c_str(),
                getSafetensorsName(buffer.type).data(),
                printShape(plan, buffer.shape).c_str());
  }
}

static void printTable(const ArtifactDirectory &artifact,
                       const std::vector<Weight> &weights) {
  const Plan &plan = artifact.plan();
  std::printf("%zu steps, %zu kernels, scratch %s bytes\n", plan.steps.size(),
              plan.kernels.size(), plan.arenaBytes.print(plan.dims).c_str());
  printBuffers(plan, "inputs", plan.inputs);
  printBuffers(plan, "outputs", plan.outputs);
  size_t width = 4;
  for (const Weight &weight : weights)
    width = std::max(width, weight.name.size());
  std::printf("weights\n  %-*s  %-10s %14s %12s\n", int(width), "name",
              "scheme", "bytes", "bits/weight");
  uint64_t bytes = 0;
  for (const Weight &weight : weights) {
    bytes += weight.bytes;
    std::printf("  %-*s  %-10s %14llu %12.4g  %s\n", int(width),
                weight.name.c_str(), weight.scheme.c_str(),
                (unsigned long long)weight.bytes, weight.bitsPerWeight(),
                printDims(weight.dims).c_str());
  }
  std::printf("  %-*s  %-10s %14llu\n", int(width), "total", "",
              (unsigned long long)bytes);
  std::printf("targets\n");
  for (const PlanTarget &target : plan.targets)
    std::printf("  %s %zu of %zu kernels\n", target.name.c_str(),
                target.kernels.size(), plan.kernels.size());
}

static Json describeBuffers(const Plan &plan,
                            const std::vector<unsigned> &indices) {
  Json list = Json::array();
  for (unsigned index : indices) {
    const PlanBuffer &buffer = plan.buffers[index];
    Json shape = Json::array();
    for (const Expression &extent : buffer.shape)
      shape.push_back(extent.print(plan.dims));
    list.push_back({{"name", buffer.name},
                    {"type", getSafetensorsName(buffer.type)},
                    {"shape", std::move(shape)}});
  }
  return list;
}

static void printJson(const ArtifactDirectory &artifact,
                      const std::vector<Weight> &weights) {
  const Plan &plan = artifact.plan();
  Json report = {{"dims", plan.dims},
                 {"inputs", describeBuffers(plan, plan.inputs)},
                 {"outputs", describeBuffers(plan, plan.outputs)},
                 {"steps", plan.steps.size()},
                 {"scratch_bytes", plan.arenaBytes.print(plan.dims)},
                 {"weights", Json::array()},
                 {"targets", Json::array()}};
  for (const Weight &weight : weights)
    report["weights"].push_back({{"name", weight.name},
                                 {"scheme", weight.scheme},
                                 {"shape", weight.dims},
                                 {"bytes", weight.bytes},
                                 {"bits_per_weight", weight.bitsPerWeight()}});
  for (const PlanTarget &target : plan.targets) {
    Json kernels = Json::array();
    for (const CompiledKernel &kernel : target.kernels)
      kernels.push_back({{"name", plan.kernels[kernel.kernel].name},
                         {"format", getKernelFormatName(kernel.format)},
                         {"file", kernel.file},
                         {"entry", kernel.entry}});
    report["targets"].push_back(
        {{"name", target.name}, {"kernels", std::move(kernels)}});
  }
  std::printf("%s\n", report.dump(2).c_str());
}

void tool::registerInspect(CLI::App &app, Session &session) {
  CLI::App &verb =
      *app.add_subcommand("inspect", "Show what an artifact holds");
  struct Options {
    std::string path;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  verb.add_option("artifact", options->path, "Artifact directory")->required();
  verb.add_flag("--json", options->json, "Print JSON");
  setBody(verb, session, [options]() -> Result<void> {
    Result<ArtifactDirectory> artifact =
        ArtifactDirectory::tryOpen(options->path);
    if (!artifact)
      return artifact.takeError();
    Result<std::vector<Weight>> weights = listWeights(artifact->weights());
    if (!weights)
      return weights.takeError();
    if (options->json)
      printJson(*artifact, *weights);
    else
      printTable(*artifact, *weights);
    return {};
  });
}
