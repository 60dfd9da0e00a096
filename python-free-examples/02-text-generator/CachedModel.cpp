//===- CachedModel.cpp - a language model that remembers ------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CachedModel.h"

#include "ccq/Support/ThreadPool.h"

#include <algorithm>
#include <cstring>

using namespace ccq;
using namespace ccq::example;

static constexpr std::string_view idsName = "input_ids";
static constexpr std::string_view logitsName = "logits";
static constexpr std::string_view pastPrefix = "past_key_values";
static constexpr std::string_view presentPrefix = "present";

CachedModel::CachedModel(runtime::Model model, unsigned threads)
    : model(model), session(model, std::make_shared<ThreadPool>(threads)) {}

Result<CachedModel> CachedModel::tryLoad(const std::filesystem::path &path,
                                         unsigned threads) {
  Result<runtime::Model> loaded = runtime::Model::tryLoad(path);
  if (!loaded)
    return loaded.takeError();
  CachedModel result(*loaded, threads);
  if (Result<void> found = result.findCaches(); !found)
    return found.takeError();
  return result;
}

Result<void> CachedModel::findCaches() {
  const artifact::Plan &plan = model.plan();
  auto isOutput = [&](std::string_view name) {
    return std::any_of(
        plan.outputs.begin(), plan.outputs.end(),
        [&](unsigned index) { return plan.buffers[index].name == name; });
  };
  for (unsigned index : plan.inputs) {
    const artifact::PlanBuffer &buffer = plan.buffers[index];
    if (buffer.name == idsName)
      continue;
    if (!std::string_view(buffer.name).starts_with(pastPrefix))
      return Error{ErrorKind::Unsupported,
                   "expected input_ids and past_key_values.* as inputs, got '" +
                       buffer.name + "'"};
    std::string output =
        std::string(presentPrefix) + buffer.name.substr(pastPrefix.size());
    if (!isOutput(output))
      return Error{ErrorKind::Unsupported, "input '" + buffer.name +
                                               "': expected an output '" +
                                               output + "', got none"};
    Cache cache{buffer.name, output, buffer.type, {}, {}};
    for (size_t i = 0; i < buffer.shape.size(); ++i)
      cache.emptyDims.push_back(
          buffer.shape[i].findConstant().value_or(i == 0 ? 1 : 0));
    caches.push_back(std::move(cache));
  }
  return {};
}

Result<std::span<const float>>
CachedModel::append(std::span<const int64_t> tokens) {
  std::vector<runtime::NamedTensor> inputs{{idsName,
                                            {artifact::DataType::I64,
                                             {1, int64_t(tokens.size())},
                                             std::as_bytes(tokens)}}};
  for (const Cache &cache : caches) {
    artifact::TensorView value{cache.type, cache.emptyDims, {}};
    if (!cache.value.dims.empty())
      value = cache.value.view();
    inputs.push_back({cache.input, value});
  }
  auto outputs = session.run(inputs);
  if (!outputs)
    return outputs.takeError();
  for (runtime::OutputTensor &output : *outputs) {
    if (output.name != logitsName)
      keepCache(std::move(output));
    else if (auto read = readLastRow(output.view(), tokens.size()); !read)
      return read.takeError();
  }
  if (logits.empty())
    return Error{ErrorKind::Unsupported,
                 "expected an output 'logits', got none"};
  return std::span<const float>(logits);
}

void CachedModel::keepCache(runtime::OutputTensor output) {
  for (Cache &cache : caches)
    if (cache.output == output.name) {
      cache.value = std::move(output);
      return;
    }
}

Result<void> CachedModel::readLastRow(const artifact::TensorView &view,
                                      size_t tokenCount) {
  if (view.type != artifact::DataType::F32 || view.dims.size() != 3 ||
      view.dims[1] != int64_t(tokenCount) || view.dims[2] == 0)
    return Error{ErrorKind::MalformedInput,
                 "logits: expected F32 [1, " + std::to_string(tokenCount) +
                     ", vocabulary], got " + artifact::printDims(view.dims)};
  logits.resize(size_t(view.dims[2]));
  size_t rowBytes = logits.size() * sizeof(float);
  std::memcpy(logits.data(), view.bytes.last(rowBytes).data(), rowBytes);
  return {};
}

void CachedModel::clear() {
  for (Cache &cache : caches)
    cache.value = {};
}
