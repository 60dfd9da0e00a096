//===- Session.cpp - runs of a model --------------------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Runtime/Session.h"

#include "InputBinding.h"
#include "ResolvedPlan.h"

#include <algorithm>
#include <cstring>

using namespace ccq;
using namespace ccq::artifact;
using namespace ccq::runtime;

namespace {
/// Memory of the caller.
struct PreparedInput {
  std::span<const std::byte> bytes;
  bool isAligned = true;
};
} // namespace

/// Ranges of work items per thread, so that a thread that is slowed down leaves
/// some of its share to others.
static constexpr int64_t rangesPerThread = 4;

struct Session::State {
  State(Model model, std::shared_ptr<ThreadPool> threads)
      : model(std::move(model)), threads(std::move(threads)) {}

  Result<void> prepare(const std::vector<int64_t> &dims);
  Result<void> acceptInputs(std::span<const TensorView *const> tensors);
  void placeInputs();
  Result<std::vector<OutputTensor>> createOutputs();
  void runSteps(const Observer &observer);
  void runObserve(size_t stepIndex, const ObserveStep &step,
                  const Observer &observer);
  void runLaunch(size_t stepIndex, const LaunchStep &launch);

  Model model;
  std::shared_ptr<ThreadPool> threads;
  /// Sizes that `resolved` holds for; meaningful once isResolved.
  std::vector<int64_t> resolvedDims;
  bool isResolved = false;
  ResolvedPlan resolved;
  AlignedBuffer arena;
  std::vector<PreparedInput> inputs;
  /// Aligned copies of inputs that are not, by input.
  std::vector<AlignedBuffer> alignedInputs;
  /// Memory of each buffer in this run; null for weights.
  std::vector<std::byte *> pointers;
};

Session::Session(Model model, std::shared_ptr<ThreadPool> threads)
    : state(std::make_unique<State>(std::move(model), std::move(threads))) {}
Session::Session(Session &&) noexcept = default;
Session &Session::operator=(Session &&) noexcept = default;
Session::~Session() = default;

/// Evaluates the plan and makes room for its scratch buffers.
Result<void> Session::State::prepare(const std::vector<int64_t> &dims) {
  if (isResolved && dims == resolvedDims)
    return {};
  isResolved = false;
  Result<ResolvedPlan> evaluated = resolvePlan(model, dims);
  if (!evaluated)
    return evaluated.takeError();
  resolved = *std::move(evaluated);
  if (!arena.data() || arena.sizeBytes() < resolved.arenaBytes) {
    arena = AlignedBuffer();
    Result<AlignedBuffer> memory =
        AlignedBuffer::tryAllocate(resolved.arenaBytes);
    if (!memory)
      return Error{memory.error().kind,
                   "scratch memory: " + memory.error().message};
    arena = *std::move(memory);
  }
  const Plan &plan = model.plan();
  pointers.assign(plan.buffers.size(), nullptr);
  for (size_t i = 0; i < plan.buffers.size(); ++i)
    if (plan.buffers[i].kind == BufferKind::Scratch)
      pointers[i] = arena.data() + resolved.buffers[i].offsetBytes;
  resolvedDims = dims;
  isResolved = true;
  return {};
}

/// Makes room for aligned copies of the inputs that need one.
Result<void>
Session::State::acceptInputs(std::span<const TensorView *const> tensors) {
  inputs.clear();
  alignedInputs.resize(tensors.size());
  for (size_t i = 0; i < tensors.size(); ++i) {
    std::span<const std::byte> bytes = tensors[i]->bytes;
    bool isAligned = reinterpret_cast<uintptr_t>(bytes.data()) %
                         getDataTypeBytes(tensors[i]->type) ==
                     0;
    if (!isAligned && alignedInputs[i].sizeBytes() < bytes.size()) {
      Result<AlignedBuffer> copy = AlignedBuffer::tryAllocate(bytes.size());
      if (!copy)
        return copy.takeError();
      alignedInputs[i] = *std::move(copy);
    }
    inputs.push_back({bytes, isAligned});
  }
  return {};
}

/// Points the input buffers at the caller's memory, or at an aligned copy.
void Session::State::placeInputs() {
  for (size_t i = 0; i < inputs.size(); ++i) {
    const std::byte *source = inputs[i].bytes.data();
    if (!inputs[i].isAligned) {
      std::memcpy(alignedInputs[i].data(), source, inputs[i].bytes.size());
      source = alignedInputs[i].data();
    }
    // Kernels take all buffers alike and do not write to inputs.
    pointers[model.plan().inputs[i]] = const_cast<std::byte *>(source);
  }
}

Result<std::vector<OutputTensor>> Session::State::createOutputs() {
  const Plan &plan = model.plan();
  std::vector<OutputTensor> outputs;
  for (unsigned index : plan.outputs) {
    const PlanBuffer &buffer = plan.buffers[index];
    Result<AlignedBuffer> memory =
        AlignedBuffer::tryAllocate(resolved.buffers[index].sizeBytes);
    if (!memory)
      return Error{memory.error().kind,
                   "output '" + buffer.name + "': " + memory.error().message};
    outputs.push_back({buffer.name, buffer.type, resolved.buffers[index].dims,
                       *std::move(memory)});
  }
  return outputs;
}

void Session::State::runLaunch(size_t stepIndex, const LaunchStep &launch) {
  ResolvedStep &step = resolved.steps[stepIndex];
  for (size_t i = 0; i < launch.buffers.size(); ++i) {
    const std::byte *weight = model.getWeight(stepIndex, i);
    step.arguments[i] =
        weight ? const_cast<std::byte *>(weight) : pointers[launch.buffers[i]];
  }
  int64_t ranges = int64_t(threads->threadCount()) * rangesPerThread;
  int64_t grain = std::max<int64_t>(1, (step.workItems - 1) / ranges + 1);
  // One captured pointer: std::function keeps it without allocating.
  threads->parallelFor(
      step.workItems, grain, [&step](int64_t begin, int64_t end) {
        step.function(step.arguments.data(), step.scalars.data(), begin, end);
      });
}

void Session::State::runObserve(size_t stepIndex, const ObserveStep &step,
                                const Observer &observer) {
  const ResolvedBuffer &buffer = resolved.buffers[step.buffer];
  const std::byte *weight = model.getWeight(stepIndex, 0);
  const std::byte *data = weight ? weight : pointers[step.buffer];
  observer({step,
            {model.plan().buffers[step.buffer].type,
             buffer.dims,
             {data, size_t(buffer.sizeBytes)}}});
}

void Session::State::runSteps(const Observer &observer) {
  const Plan &plan = model.plan();
  for (size_t i = 0; i < plan.steps.size(); ++i) {
    if (const auto *launch = std::get_if<LaunchStep>(&plan.steps[i])) {
      runLaunch(i, *launch);
      continue;
    }
    if (const auto *observe = std::get_if<ObserveStep>(&plan.steps[i])) {
      if (observer)
        runObserve(i, *observe, observer);
      continue;
    }
    const CopyStep &copy = std::get<CopyStep>(plan.steps[i]);
    const std::byte *weight = model.getWeight(i, 0);
    const std::byte *source = weight ? weight : pointers[copy.source];
    // A copy of a buffer to itself is allowed.
    std::memmove(pointers[copy.destination], source,
                 resolved.buffers[copy.source].sizeBytes);
  }
}

Result<void> Session::prepare(std::span<const NamedTensor> inputs) {
  Result<BoundInputs> bound = bindInputs(state->model.plan(), inputs);
  if (!bound)
    return bound.takeError();
  if (Result<void> prepared = state->prepare(bound->dims); !prepared)
    return prepared;
  return state->acceptInputs(bound->tensors);
}

std::span<const int64_t> Session::getOutputDims(size_t output) const {
  return state->resolved.buffers[state->model.plan().outputs[output]].dims;
}

uint64_t Session::getOutputBytes(size_t output) const {
  return state->resolved.buffers[state->model.plan().outputs[output]].sizeBytes;
}

void Session::runPrepared(std::span<std::byte *const> outputs,
                          const Observer &observer) {
  const Plan &plan = state->model.plan();
  state->placeInputs();
  for (size_t i = 0; i < plan.outputs.size(); ++i)
    state->pointers[plan.outputs[i]] = outputs[i];
  state->runSteps(observer);
}

Result<std::vector<OutputTensor>>
Session::run(std::span<const NamedTensor> inputs, const Observer &observer) {
  if (Result<void> prepared = prepare(inputs); !prepared)
    return prepared.takeError();
  Result<std::vector<OutputTensor>> outputs = state->createOutputs();
  if (!outputs)
    return outputs;
  std::vector<std::byte *> addresses;
  for (const OutputTensor &output : *outputs)
    addresses.push_back(output.memory.data());
  runPrepared(addresses, observer);
  return outputs;
}
