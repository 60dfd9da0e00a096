//===- Interpreter.cpp - Launches kernels of a PTX module -------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PTX/Interpreter.h"

#include "PTX/Block.h"

#include <algorithm>

using namespace ccq;
using namespace ccq::ptx;

static Error makeUsageError(const std::string &message) {
  return {ErrorKind::Usage, message};
}

static Result<void> checkDimensions(const Kernel &kernel, Dim3 grid,
                                    Dim3 block) {
  constexpr uint64_t maxThreadsPerBlock = 1024;
  uint64_t threads = block.getCount();
  if (grid.getCount() == 0)
    return makeUsageError("expected a grid of at least one block, got 0");
  if (threads == 0 || threads > maxThreadsPerBlock)
    return makeUsageError("expected 1 to 1024 threads per block, got " +
                          std::to_string(threads));
  if (kernel.requiredThreads && *kernel.requiredThreads != block)
    return makeUsageError("kernel '" + kernel.name + "' requires a block of " +
                          formatDimensions(*kernel.requiredThreads) + ", got " +
                          formatDimensions(block));
  if (kernel.maxThreads && kernel.maxThreads->getCount() < threads)
    return makeUsageError("kernel '" + kernel.name + "' allows at most " +
                          std::to_string(kernel.maxThreads->getCount()) +
                          " threads per block, got " + std::to_string(threads));
  return {};
}

static Result<void> fillParameters(const Kernel &kernel,
                                   const std::vector<Param> &params,
                                   Region &region) {
  if (params.size() != kernel.parameters.size())
    return makeUsageError("kernel '" + kernel.name + "' takes " +
                          std::to_string(kernel.parameters.size()) +
                          " parameters, got " + std::to_string(params.size()));
  for (size_t i = 0; i < params.size(); ++i) {
    const Parameter &parameter = kernel.parameters[i];
    const std::vector<std::byte> &bytes = params[i].getBytes();
    if (bytes.size() != parameter.bytes)
      return makeUsageError("parameter " + std::to_string(i) + " of '" +
                            kernel.name + "' has " +
                            std::to_string(parameter.bytes) + " bytes, got " +
                            std::to_string(bytes.size()));
    std::copy(bytes.begin(), bytes.end(),
              region.getBytes().begin() +
                  static_cast<ptrdiff_t>(parameter.offset));
  }
  return {};
}

/// Gives .global and .const variables memory with their initial contents, and
/// returns their addresses, 0 for those in other spaces.
static std::vector<uint64_t> allocateVariables(const Module &module,
                                               Memory &variables) {
  std::vector<uint64_t> addresses;
  for (const Variable &variable : module.variables) {
    if (variable.space == Space::Shared) {
      addresses.push_back(0);
      continue;
    }
    DeviceBuffer buffer = variables.allocateZeroed(variable.bytes);
    std::copy(variable.initializer.begin(), variable.initializer.end(),
              variables.getBytes(buffer).begin());
    if (variable.space == Space::Constant)
      variables.findRegion(buffer.address)->setAccess(Access::ReadOnly);
    addresses.push_back(buffer.address);
  }
  return addresses;
}

static std::vector<UniformValue>
collectUniformValues(const Kernel &kernel,
                     const std::vector<uint64_t> &variableAddresses) {
  std::vector<UniformValue> values;
  for (const ConstantSlot &constant : kernel.constants)
    values.push_back({constant.slot, constant.value});
  for (const AddressSlot &address : kernel.addresses) {
    uint64_t base = address.variable ? variableAddresses[*address.variable]
                                     : kernel.dynamicSharedOffset;
    values.push_back(
        {address.slot, base + static_cast<uint64_t>(address.addend)});
  }
  return values;
}

static LaunchStatistics makeStatistics(const LaunchState &state) {
  LaunchStatistics statistics;
  const Kernel &kernel = state.kernel;
  for (size_t i = 0; i < state.counts.size(); ++i) {
    uint64_t threads = state.counts[i].threads;
    statistics.perInstruction.push_back(threads);
    statistics.threadInstructions += threads;
    statistics.warpInstructions += state.counts[i].warps;
    if (threads == 0)
      continue;
    const Instruction &instruction = kernel.instructions[i];
    statistics.perOpcode[std::string(kernel.getOpcode(instruction))] += threads;
    statistics.perMnemonic[std::string(kernel.getMnemonic(instruction))] +=
        threads;
  }
  return statistics;
}

Result<LaunchStatistics>
ccq::ptx::launch(const Module &module, std::string_view kernelName, Dim3 grid,
                 Dim3 block, const std::vector<Param> &params, Memory &memory,
                 uint64_t dynamicSharedBytes, const LaunchOptions &options) {
  const Kernel *kernel = module.findKernel(kernelName);
  if (!kernel)
    return makeUsageError("the module has no kernel '" +
                          std::string(kernelName) + "'");
  if (Result<void> checked = checkDimensions(*kernel, grid, block); !checked)
    return checked.takeError();
  if (dynamicSharedBytes && !kernel->usesDynamicShared)
    return makeUsageError("kernel '" + kernel->name +
                          "' uses no dynamic shared memory, got " +
                          std::to_string(dynamicSharedBytes) + " bytes");
  Region parameters("parameter memory", 0, kernel->parameterBytes, false);
  if (Result<void> filled = fillParameters(*kernel, params, parameters);
      !filled)
    return filled.takeError();
  parameters.setAccess(Access::ReadOnly);

  Memory variables(MemoryKind::Variables);
  std::vector<uint64_t> addresses = allocateVariables(module, variables);
  uint64_t sharedBytes = kernel->usesDynamicShared
                             ? kernel->dynamicSharedOffset + dynamicSharedBytes
                             : kernel->staticSharedBytes;
  LaunchState state{*kernel,
                    memory,
                    variables,
                    parameters,
                    grid,
                    block,
                    sharedBytes,
                    dynamicSharedBytes,
                    options,
                    collectUniformValues(*kernel, addresses),
                    std::vector<InstructionCounts>(kernel->instructions.size()),
                    options.maxWarpInstructions,
                    std::nullopt};
  Block runner(state);
  for (uint32_t z = 0; z < grid.z; ++z)
    for (uint32_t y = 0; y < grid.y; ++y)
      for (uint32_t x = 0; x < grid.x; ++x) {
        runner.run({x, y, z});
        if (state.error)
          return std::move(*state.error);
      }
  return makeStatistics(state);
}
