//===- ArtifactRun.cpp - whole artifacts in the PTX interpreter -----------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ArtifactRun.h"

#include <algorithm>
#include <cstring>

using namespace ccq;
using namespace ccq::cuda_test;
using namespace ccq::artifact;

Result<std::vector<int64_t>>
ArtifactRun::evaluate(const std::vector<Expression> &list,
                      const std::vector<int64_t> &symbols) const {
  std::vector<int64_t> values;
  for (const Expression &expression : list) {
    Result<int64_t> value = expression.evaluate(symbols);
    if (!value)
      return value.takeError();
    values.push_back(*value);
  }
  return values;
}

Result<std::byte *> ArtifactRun::access(ptx::DeviceBuffer buffer,
                                        ptx::AccessKind kind) {
  std::string fault;
  std::byte *bytes = memory.findRegion(buffer.address)
                         ->tryAccess(buffer.address, buffer.bytes, kind, fault);
  if (!bytes)
    return Error{ErrorKind::Internal, "host access: " + fault};
  return bytes;
}

Result<void>
ArtifactRun::bindInputs(const std::vector<runtime::NamedTensor> &inputs) {
  const Plan &plan = directory.plan();
  dims.assign(plan.dims.size(), 0);
  buffers.resize(plan.buffers.size());
  for (unsigned index : plan.inputs) {
    const PlanBuffer &buffer = plan.buffers[index];
    auto given =
        std::find_if(inputs.begin(), inputs.end(), [&](const auto &input) {
          return input.name == buffer.name;
        });
    if (given == inputs.end())
      return Error{ErrorKind::Usage, "expected input " + buffer.name};
    for (size_t i = 0; i < buffer.shape.size(); ++i)
      if (std::optional<unsigned> symbol = buffer.shape[i].findSymbol())
        dims[*symbol] = given->tensor.dims.at(i);
    buffers[index] =
        memory.allocateCopy(given->tensor.bytes, ptx::Access::ReadOnly);
  }
  return {};
}

Result<void> ArtifactRun::allocateBuffers() {
  const Plan &plan = directory.plan();
  Result<int64_t> arenaBytes = plan.arenaBytes.evaluate(dims);
  if (!arenaBytes)
    return arenaBytes.takeError();
  ptx::DeviceBuffer arena = memory.allocateUninitialized(uint64_t(*arenaBytes));
  for (size_t i = 0; i < plan.buffers.size(); ++i) {
    const PlanBuffer &buffer = plan.buffers[i];
    if (buffer.kind == BufferKind::Input)
      continue;
    if (buffer.kind == BufferKind::Weight) {
      buffers[i] = memory.allocateCopy(directory.getWeightBytes(unsigned(i)),
                                       ptx::Access::ReadOnly);
      continue;
    }
    Result<std::vector<int64_t>> shape = evaluate(buffer.shape, dims);
    if (!shape)
      return shape.takeError();
    uint64_t bytes = *computeSizeBytes(buffer.type, *shape);
    if (buffer.kind == BufferKind::Output) {
      buffers[i] = memory.allocateUninitialized(bytes);
      continue;
    }
    Result<int64_t> offset = buffer.offsetBytes->evaluate(dims);
    if (!offset)
      return offset.takeError();
    buffers[i] = {arena.address + uint64_t(*offset), bytes};
  }
  return {};
}

/// A weight with rows of `rowElements` elements, the added ones zero.
static std::vector<std::byte> padRows(std::span<const std::byte> dense,
                                      const PlanBuffer &buffer,
                                      int64_t rowElements) {
  size_t elementBytes = getDataTypeBytes(buffer.type);
  size_t from = size_t(*buffer.shape.back().findConstant()) * elementBytes;
  size_t to = size_t(rowElements) * elementBytes;
  std::vector<std::byte> bytes(dense.size() / from * to);
  for (size_t row = 0; row * from < dense.size(); ++row)
    std::memcpy(bytes.data() + row * to, dense.data() + row * from, from);
  return bytes;
}

ptx::DeviceBuffer ArtifactRun::getArgument(const CompiledKernel &kernel,
                                           const LaunchStep &launch,
                                           size_t number) {
  unsigned buffer = launch.buffers[number];
  int64_t rowElements =
      kernel.rowElements.empty() ? 0 : kernel.rowElements[number];
  if (rowElements == 0)
    return buffers[buffer];
  auto [place, isNew] = padded.try_emplace({buffer, rowElements});
  if (isNew)
    place->second = memory.allocateCopy(
        padRows(directory.getWeightBytes(buffer),
                directory.plan().buffers[buffer], rowElements),
        ptx::Access::ReadOnly);
  return place->second;
}

Result<void> ArtifactRun::launch(size_t step, const LaunchStep &launch) {
  const CompiledKernel *kernel = findCompiledKernel(target, launch.kernel);
  if (!kernel)
    return launchOnCpu(step, launch);
  auto [module, isNew] = modules.try_emplace(kernel->file);
  if (isNew) {
    Result<MappedFile> file = directory.tryOpenKernel(*kernel);
    if (!file)
      return file.takeError();
    Result<ptx::Module> parsed = ptx::parseModule(
        std::string_view(reinterpret_cast<const char *>(file->bytes().data()),
                         file->bytes().size()));
    if (!parsed)
      return parsed.takeError();
    module->second = *std::move(parsed);
  }
  std::vector<ptx::Param> params;
  for (size_t i = 0; i < launch.buffers.size(); ++i)
    params.push_back(getArgument(*kernel, launch, i));
  Result<std::vector<int64_t>> scalars = evaluate(launch.scalars, dims);
  if (!scalars)
    return scalars.takeError();
  for (int64_t scalar : *scalars)
    params.push_back(uint32_t(scalar));
  Result<std::vector<int64_t>> grid = evaluate(kernel->grid, *scalars);
  if (!grid)
    return grid.takeError();
  auto toDim3 = [](const auto &extents) {
    return ptx::Dim3{uint32_t(extents[0]), uint32_t(extents[1]),
                     uint32_t(extents[2])};
  };
  Result<ptx::LaunchStatistics> done =
      ptx::launch(module->second, kernel->entry, toDim3(*grid),
                  toDim3(*kernel->block), params, memory, kernel->sharedBytes);
  if (!done)
    return done.takeError();
  ++ptxLaunches;
  return {};
}

Result<void> ArtifactRun::launchOnCpu(size_t step, const LaunchStep &launch) {
  const PlanKernel &kernel = directory.plan().kernels[launch.kernel];
  std::vector<void *> arguments;
  for (size_t i = 0; i < launch.buffers.size(); ++i) {
    if (const std::byte *weight = cpu.getWeight(step, i)) {
      arguments.push_back(const_cast<std::byte *>(weight));
      continue;
    }
    Result<std::byte *> bytes = access(
        buffers[launch.buffers[i]],
        i < kernel.inputCount ? ptx::AccessKind::Read : ptx::AccessKind::Write);
    if (!bytes)
      return bytes.takeError();
    arguments.push_back(*bytes);
  }
  Result<std::vector<int64_t>> scalars = evaluate(launch.scalars, dims);
  if (!scalars)
    return scalars.takeError();
  Result<int64_t> items = cpu.computeWorkItems(launch.kernel, *scalars);
  if (!items)
    return items.takeError();
  cpu.getKernel(launch.kernel)(arguments.data(), scalars->data(), 0, *items);
  ++cpuLaunches;
  return {};
}

Result<void> ArtifactRun::copy(const CopyStep &copy) {
  Result<std::byte *> from =
      access(buffers[copy.source], ptx::AccessKind::Read);
  if (!from)
    return from.takeError();
  Result<std::byte *> to =
      access(buffers[copy.destination], ptx::AccessKind::Write);
  if (!to)
    return to.takeError();
  std::memcpy(*to, *from, buffers[copy.source].bytes);
  return {};
}

Result<void> ArtifactRun::run(const std::vector<runtime::NamedTensor> &inputs) {
  if (Result<void> bound = bindInputs(inputs); !bound)
    return bound;
  if (Result<void> allocated = allocateBuffers(); !allocated)
    return allocated;
  const std::vector<PlanStep> &steps = directory.plan().steps;
  for (size_t i = 0; i < steps.size(); ++i) {
    const auto *launchStep = std::get_if<LaunchStep>(&steps[i]);
    Result<void> done = launchStep ? launch(i, *launchStep)
                                   : copy(std::get<CopyStep>(steps[i]));
    if (!done)
      return done;
  }
  return {};
}

std::vector<float> ArtifactRun::readOutput(unsigned number) {
  return memory.read<float>(buffers[directory.plan().outputs[number]]);
}

bool ArtifactRun::hasUnwrittenOutput() {
  const std::vector<unsigned> &outputs = directory.plan().outputs;
  return std::any_of(outputs.begin(), outputs.end(), [&](unsigned output) {
    return memory.findUnwrittenByte(buffers[output]).has_value();
  });
}
