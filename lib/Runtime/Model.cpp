//===- Model.cpp - an artifact ready to run -------------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Runtime/Model.h"

#include "ccq/Artifact/ArtifactDirectory.h"
#include "ccq/Artifact/CpuTargets.h"
#include "ccq/Runtime/AlignedBuffer.h"

#include <cstring>
#include <dlfcn.h>
#include <map>

using namespace ccq;
using namespace ccq::artifact;
using namespace ccq::runtime;

namespace {
struct CloseLibrary {
  void operator()(void *handle) const { ::dlclose(handle); }
};
using Library = std::unique_ptr<void, CloseLibrary>;

/// A loaded kernel of the chosen target.
struct LoadedKernel {
  Library library;
  KernelFunction function = nullptr;
  const CompiledKernel *compiled = nullptr;
};

/// A weight in the layout of a kernel argument: buffer and elements per row, 0
/// for the canonical layout.
using LayoutKey = std::pair<unsigned, int64_t>;
} // namespace

struct Model::State {
  explicit State(ArtifactDirectory artifact) : artifact(std::move(artifact)) {}

  Result<void> chooseTarget(const std::string &requested);
  Result<void> loadKernels();
  Result<void> loadKernel(unsigned kernel);
  Result<void> placeWeights();
  Result<const std::byte *> placeWeight(LayoutKey key);
  std::string listTargets() const;

  ArtifactDirectory artifact;
  const PlanTarget *target = nullptr;
  /// Parallel to the plan's kernels.
  std::vector<LoadedKernel> kernels;
  /// Per step and argument.
  std::vector<std::vector<const std::byte *>> weights;
  /// Copies of weights that cannot be used where they are mapped.
  std::map<LayoutKey, AlignedBuffer> copies;
};

std::string Model::State::listTargets() const {
  std::string names;
  for (const PlanTarget &candidate : artifact.plan().targets)
    names += (names.empty() ? "" : ", ") + candidate.name;
  return names.empty() ? "no target" : names;
}

Result<void> Model::State::chooseTarget(const std::string &requested) {
  const Plan &plan = artifact.plan();
  if (!requested.empty()) {
    const CpuTarget *cpuTarget = findCpuTarget(requested);
    target = findTarget(plan, requested);
    if (!target || !cpuTarget)
      return Error{ErrorKind::MissingTool, "expected a CPU target of the " +
                                               std::string("artifact, got '") +
                                               requested + "'; it holds " +
                                               listTargets()};
    if (!isSupportedHere(*cpuTarget))
      return Error{ErrorKind::MissingTool,
                   "this machine cannot run target '" + requested + "' (" +
                       std::string(cpuTarget->summary) + ")"};
    return {};
  }
  for (const CpuTarget &candidate : getCpuTargets())
    if (const PlanTarget *embedded = findTarget(plan, candidate.name))
      if (isSupportedHere(candidate))
        target = embedded;
  if (target)
    return {};
  const CpuTarget *native = findNativeCpuTarget();
  return Error{ErrorKind::MissingTool,
               "expected a CPU target that this machine can run (up to " +
                   std::string(native ? native->name : "none") +
                   "), the artifact holds " + listTargets()};
}

Result<void> Model::State::loadKernel(unsigned kernel) {
  LoadedKernel &loaded = kernels[kernel];
  if (loaded.function)
    return {};
  const std::string &name = artifact.plan().kernels[kernel].name;
  loaded.compiled = findCompiledKernel(*target, kernel);
  if (!loaded.compiled)
    return Error{ErrorKind::MalformedInput, "target '" + target->name +
                                                "': expected an object for " +
                                                "kernel '" + name + "'"};
  Result<MappedFile> file = artifact.tryOpenKernel(*loaded.compiled);
  if (!file)
    return file.takeError();
  loaded.library.reset(::dlopen(file->path().c_str(), RTLD_NOW | RTLD_LOCAL));
  if (!loaded.library)
    return Error{ErrorKind::MalformedInput,
                 "cannot load kernel '" + name + "': " + ::dlerror()};
  void *symbol = ::dlsym(loaded.library.get(), loaded.compiled->entry.c_str());
  if (!symbol)
    return Error{ErrorKind::MalformedInput, file->path().string() +
                                                ": expected symbol '" +
                                                loaded.compiled->entry + "'"};
  loaded.function = reinterpret_cast<KernelFunction>(symbol);
  return {};
}

Result<void> Model::State::loadKernels() {
  kernels.resize(artifact.plan().kernels.size());
  for (const PlanStep &step : artifact.plan().steps)
    if (const auto *launch = std::get_if<LaunchStep>(&step))
      if (Result<void> loaded = loadKernel(launch->kernel); !loaded)
        return loaded;
  return {};
}

/// Copies rows to memory where they start `rowElements` elements apart, with
/// zeros between them.
static void copyRows(std::span<const std::byte> source, uint64_t rowBytes,
                     uint64_t pitchBytes, std::span<std::byte> destination) {
  std::memset(destination.data(), 0, destination.size());
  if (rowBytes == 0)
    return;
  for (uint64_t row = 0; row * rowBytes < source.size(); ++row)
    std::memcpy(destination.data() + row * pitchBytes,
                source.data() + row * rowBytes, rowBytes);
}

Result<const std::byte *> Model::State::placeWeight(LayoutKey key) {
  auto [buffer, rowElements] = key;
  const PlanBuffer &weight = artifact.plan().buffers[buffer];
  std::span<const std::byte> bytes = artifact.getWeightBytes(buffer);
  uint64_t elementBytes = getDataTypeBytes(weight.type);
  bool isAligned =
      reinterpret_cast<uintptr_t>(bytes.data()) % elementBytes == 0;
  if (rowElements == 0 && isAligned)
    return bytes.data();
  if (auto found = copies.find(key); found != copies.end())
    return found->second.data();

  std::vector<int64_t> dims;
  for (const Expression &extent : weight.shape)
    dims.push_back(*extent.findConstant());
  uint64_t rowBytes = dims.empty() ? bytes.size() : dims.back() * elementBytes;
  uint64_t pitchBytes =
      rowElements == 0 ? rowBytes : rowElements * elementBytes;
  if (rowElements != 0)
    dims.back() = rowElements;
  Result<AlignedBuffer> copy =
      AlignedBuffer::tryAllocate(*computeSizeBytes(weight.type, dims));
  if (!copy)
    return Error{copy.error().kind,
                 "weight '" + weight.name + "': " + copy.error().message};
  copyRows(bytes, rowBytes, pitchBytes, copy->bytes());
  return copies.emplace(key, *std::move(copy)).first->second.data();
}

/// Buffers of a launch, or the one that a copy or an observation reads.
static std::vector<unsigned> getReadBuffers(const PlanStep &step) {
  if (const auto *copy = std::get_if<CopyStep>(&step))
    return {copy->source};
  if (const auto *observe = std::get_if<ObserveStep>(&step))
    return {observe->buffer};
  return std::get<LaunchStep>(step).buffers;
}

Result<void> Model::State::placeWeights() {
  const Plan &plan = artifact.plan();
  weights.resize(plan.steps.size());
  for (size_t i = 0; i < plan.steps.size(); ++i) {
    const auto *launch = std::get_if<LaunchStep>(&plan.steps[i]);
    const std::vector<unsigned> buffers = getReadBuffers(plan.steps[i]);
    for (size_t j = 0; j < buffers.size(); ++j) {
      const std::byte *pointer = nullptr;
      if (plan.buffers[buffers[j]].kind == BufferKind::Weight) {
        int64_t rowElements = 0;
        if (launch && !kernels[launch->kernel].compiled->rowElements.empty())
          rowElements = kernels[launch->kernel].compiled->rowElements[j];
        Result<const std::byte *> placed =
            placeWeight({buffers[j], rowElements});
        if (!placed)
          return placed.takeError();
        pointer = *placed;
      }
      weights[i].push_back(pointer);
    }
  }
  return {};
}

Result<Model> Model::tryLoad(const std::filesystem::path &path,
                             const LoadOptions &options) {
  Result<ArtifactDirectory> artifact = ArtifactDirectory::tryOpen(path);
  if (!artifact)
    return artifact.takeError();
  auto state = std::make_shared<State>(*std::move(artifact));
  Result<void> loaded = state->chooseTarget(options.target);
  if (loaded)
    loaded = state->loadKernels();
  if (loaded)
    loaded = state->placeWeights();
  if (!loaded) {
    // Errors that name a file of the artifact have its path already.
    const std::string &message = loaded.error().message;
    bool isNamed = message.starts_with(state->artifact.path().string());
    return Error{loaded.error().kind,
                 isNamed ? message : path.string() + ": " + message};
  }
  return Model(std::move(state));
}

const Plan &Model::plan() const { return state->artifact.plan(); }

std::string_view Model::target() const { return state->target->name; }

KernelFunction Model::getKernel(unsigned kernel) const {
  return state->kernels[kernel].function;
}

Result<int64_t>
Model::computeWorkItems(unsigned kernel,
                        std::span<const int64_t> scalars) const {
  Result<int64_t> count =
      state->kernels[kernel].compiled->grid[0].evaluate(scalars);
  if (count && *count < 0)
    return Error{ErrorKind::MalformedInput,
                 "expected a count of work items, got " +
                     std::to_string(*count)};
  return count;
}

const std::byte *Model::getWeight(size_t step, size_t argument) const {
  return state->weights[step][argument];
}
