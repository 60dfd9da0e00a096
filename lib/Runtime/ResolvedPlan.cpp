//===- ResolvedPlan.cpp - a plan for given dimensions ---------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ResolvedPlan.h"

using namespace ccq;
using namespace ccq::artifact;
using namespace ccq::runtime;

static Error addPlace(const std::string &place, const std::string &message) {
  return {ErrorKind::MalformedInput, place + ": " + message};
}

static Result<ResolvedBuffer> resolveBuffer(const PlanBuffer &buffer,
                                            uint64_t arenaBytes,
                                            std::span<const int64_t> dims,
                                            const std::string &place) {
  ResolvedBuffer resolved;
  for (const Expression &extent : buffer.shape) {
    Result<int64_t> size = extent.evaluate(dims);
    if (!size)
      return addPlace(place, size.error().message);
    resolved.dims.push_back(*size);
  }
  std::optional<uint64_t> size = computeSizeBytes(buffer.type, resolved.dims);
  if (!size)
    return addPlace(place, "expected extents from 0 on with a size below 2^63 "
                           "bytes, got " +
                               printDims(resolved.dims));
  resolved.sizeBytes = *size;
  if (!buffer.offsetBytes)
    return resolved;
  Result<int64_t> offset = buffer.offsetBytes->evaluate(dims);
  if (!offset)
    return addPlace(place, offset.error().message);
  if (*offset < 0 || uint64_t(*offset) % scratchAlignmentBytes != 0)
    return addPlace(place, "expected an offset from 0 on that is a multiple "
                           "of " +
                               std::to_string(scratchAlignmentBytes) +
                               ", got " + std::to_string(*offset));
  resolved.offsetBytes = uint64_t(*offset);
  if (resolved.offsetBytes > arenaBytes ||
      resolved.sizeBytes > arenaBytes - resolved.offsetBytes)
    return addPlace(place, "expected an end inside the arena of " +
                               std::to_string(arenaBytes) + " bytes, got " +
                               std::to_string(resolved.sizeBytes) +
                               " bytes at " +
                               std::to_string(resolved.offsetBytes));
  return resolved;
}

static Result<ResolvedStep> resolveLaunch(const Model &model,
                                          const LaunchStep &launch,
                                          std::span<const int64_t> dims,
                                          const std::string &place) {
  ResolvedStep resolved;
  resolved.function = model.getKernel(launch.kernel);
  resolved.arguments.resize(launch.buffers.size());
  for (const Expression &scalar : launch.scalars) {
    Result<int64_t> value = scalar.evaluate(dims);
    if (!value)
      return addPlace(place, value.error().message);
    resolved.scalars.push_back(*value);
  }
  Result<int64_t> workItems =
      model.computeWorkItems(launch.kernel, resolved.scalars);
  if (!workItems)
    return addPlace(place, workItems.error().message);
  resolved.workItems = *workItems;
  return resolved;
}

static Result<void> checkCopy(const ResolvedPlan &resolved,
                              const CopyStep &copy, const std::string &place) {
  uint64_t source = resolved.buffers[copy.source].sizeBytes;
  uint64_t destination = resolved.buffers[copy.destination].sizeBytes;
  if (source == destination)
    return {};
  return addPlace(place, "expected a copy between buffers of one size, got " +
                             std::to_string(source) + " and " +
                             std::to_string(destination) + " bytes");
}

/// The relation of sizes that the model relies on.
static Result<void> checkSizes(const Plan &plan, const SizeCheck &check,
                               std::span<const int64_t> dims) {
  Result<int64_t> left = check.left.evaluate(dims);
  if (!left)
    return addPlace(check.place, left.error().message);
  Result<int64_t> right = check.right.evaluate(dims);
  if (!right)
    return addPlace(check.place, right.error().message);
  bool isEqual = check.relation == SizeRelation::Equal;
  if (isEqual ? *left == *right : *left <= *right)
    return {};
  auto show = [&](const Expression &size, int64_t value) {
    std::string text = std::to_string(value);
    if (size.findConstant())
      return text;
    return "'" + size.print(plan.dims) + "' = " + text;
  };
  return addPlace(check.place, "expected sizes of inputs with " +
                                   show(check.left, *left) +
                                   (isEqual ? " equal to " : " at most ") +
                                   show(check.right, *right));
}

Result<ResolvedPlan> runtime::resolvePlan(const Model &model,
                                          std::span<const int64_t> dims) {
  const Plan &plan = model.plan();
  ResolvedPlan resolved;
  for (const SizeCheck &check : plan.checks)
    if (Result<void> holds = checkSizes(plan, check, dims); !holds)
      return holds.takeError();
  Result<int64_t> arenaBytes = plan.arenaBytes.evaluate(dims);
  if (!arenaBytes)
    return addPlace("arena_bytes", arenaBytes.error().message);
  if (*arenaBytes < 0)
    return addPlace("arena_bytes", "expected a size from 0 on, got " +
                                       std::to_string(*arenaBytes));
  resolved.arenaBytes = uint64_t(*arenaBytes);
  for (size_t i = 0; i < plan.buffers.size(); ++i) {
    Result<ResolvedBuffer> buffer =
        resolveBuffer(plan.buffers[i], resolved.arenaBytes, dims,
                      "buffers[" + std::to_string(i) + "]");
    if (!buffer)
      return buffer.takeError();
    resolved.buffers.push_back(*std::move(buffer));
  }
  for (size_t i = 0; i < plan.steps.size(); ++i) {
    std::string place = "steps[" + std::to_string(i) + "]";
    const auto *launch = std::get_if<LaunchStep>(&plan.steps[i]);
    if (const auto *copy = std::get_if<CopyStep>(&plan.steps[i]))
      if (Result<void> checked = checkCopy(resolved, *copy, place); !checked)
        return checked.takeError();
    if (!launch) {
      resolved.steps.push_back({});
      continue;
    }
    Result<ResolvedStep> step = resolveLaunch(model, *launch, dims, place);
    if (!step)
      return step.takeError();
    resolved.steps.push_back(*std::move(step));
  }
  return resolved;
}
