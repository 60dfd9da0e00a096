//===- InputBinding.cpp - from tensors to sizes of dimensions -------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "InputBinding.h"

#include <optional>

using namespace ccq;
using namespace ccq::artifact;
using namespace ccq::runtime;

namespace {
/// Size of a dimension and the input that said so.
struct BoundDim {
  int64_t size = 0;
  const PlanBuffer *input = nullptr;
};
} // namespace

static Error makeInputError(const PlanBuffer &input, const std::string &message,
                            ErrorKind kind = ErrorKind::MalformedInput) {
  return {kind, "input '" + input.name + "': " + message};
}

static std::string listInputs(const Plan &plan) {
  std::string names;
  for (unsigned index : plan.inputs)
    names += (names.empty() ? "'" : ", '") + plan.buffers[index].name + "'";
  return names.empty() ? "none" : names;
}

/// Position of an input in plan.inputs.
static std::optional<size_t> findInput(const Plan &plan,
                                       std::string_view name) {
  for (size_t i = 0; i < plan.inputs.size(); ++i)
    if (plan.buffers[plan.inputs[i]].name == name)
      return i;
  return std::nullopt;
}

static Result<void> bindShape(const Plan &plan, const PlanBuffer &input,
                              const TensorView &tensor,
                              std::vector<BoundDim> &dims) {
  std::string expected = "expected shape " + printShape(plan, input.shape) +
                         ", got " + printDims(tensor.dims);
  if (tensor.dims.size() != input.shape.size())
    return makeInputError(input, expected);
  for (size_t i = 0; i < tensor.dims.size(); ++i) {
    int64_t size = tensor.dims[i];
    if (std::optional<int64_t> constant = input.shape[i].findConstant()) {
      if (size != *constant)
        return makeInputError(input, expected);
      continue;
    }
    BoundDim &dim = dims[*input.shape[i].findSymbol()];
    if (dim.input && dim.size != size)
      return makeInputError(input, "expected " + std::to_string(dim.size) +
                                       " for dimension '" +
                                       plan.dims[*input.shape[i].findSymbol()] +
                                       "' as in input '" + dim.input->name +
                                       "', got " + std::to_string(size));
    if (!dim.input)
      dim = {size, &input};
  }
  return {};
}

static Result<void> checkContent(const PlanBuffer &input,
                                 const TensorView &tensor) {
  if (tensor.type != input.type)
    return makeInputError(
        input, "expected elements of type " +
                   std::string(getSafetensorsName(input.type)) + ", got " +
                   std::string(getSafetensorsName(tensor.type)));
  std::optional<uint64_t> size = computeSizeBytes(tensor.type, tensor.dims);
  if (!size || *size != tensor.bytes.size())
    return makeInputError(
        input,
        "expected " +
            (size ? std::to_string(*size) : std::string("less than 2^63")) +
            " bytes for " + printDims(tensor.dims) + ", got " +
            std::to_string(tensor.bytes.size()));
  return {};
}

Result<BoundInputs> runtime::bindInputs(const Plan &plan,
                                        std::span<const NamedTensor> inputs) {
  BoundInputs bound;
  bound.tensors.resize(plan.inputs.size());
  for (const NamedTensor &given : inputs) {
    std::optional<size_t> position = findInput(plan, given.name);
    if (!position)
      return Error{ErrorKind::Usage,
                   "unknown input '" + std::string(given.name) +
                       "', the model has " + listInputs(plan)};
    if (bound.tensors[*position])
      return makeInputError(plan.buffers[plan.inputs[*position]], "given twice",
                            ErrorKind::Usage);
    bound.tensors[*position] = &given.tensor;
  }
  std::vector<BoundDim> dims(plan.dims.size());
  for (size_t i = 0; i < plan.inputs.size(); ++i) {
    const PlanBuffer &input = plan.buffers[plan.inputs[i]];
    if (!bound.tensors[i])
      return makeInputError(input,
                            "missing, expected " +
                                std::string(getSafetensorsName(input.type)) +
                                printShape(plan, input.shape),
                            ErrorKind::Usage);
    if (Result<void> checked = checkContent(input, *bound.tensors[i]); !checked)
      return checked.takeError();
    Result<void> bind = bindShape(plan, input, *bound.tensors[i], dims);
    if (!bind)
      return bind.takeError();
  }
  for (const BoundDim &dim : dims)
    bound.dims.push_back(dim.size);
  return bound;
}
