//===- TokenInputs.cpp - inputs of language models ------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TokenInputs.h"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

using namespace ccq;
using namespace ccq::artifact;
using namespace ccq::tool;

static constexpr std::string_view maskName = "attention_mask";
static constexpr std::string_view positionsName = "position_ids";
/// What names of key and value caches begin with: past_key_values.0.key,
/// past_0.
static constexpr std::string_view cachePrefix = "past";

static bool isCache(const PlanBuffer &buffer) {
  return std::string_view(buffer.name).starts_with(cachePrefix);
}

Result<TokenLists> tool::readTokenLists(const std::filesystem::path &path) {
  std::ifstream stream(path);
  if (!stream)
    return Error{ErrorKind::MalformedInput,
                 path.string() + ": cannot open: " + std::strerror(errno)};
  auto json =
      nlohmann::json::parse(stream, nullptr, /*allow_exceptions=*/false);
  if (!json.is_array())
    return Error{ErrorKind::MalformedInput,
                 path.string() +
                     ": expected a JSON list of lists of token ids"};
  TokenLists lists;
  for (const nlohmann::json &entry : json) {
    std::vector<int64_t> tokens;
    bool isList = entry.is_array();
    for (const nlohmann::json &token : entry) {
      isList = isList && token.is_number_integer();
      tokens.push_back(isList ? token.get<int64_t>() : 0);
    }
    if (!isList)
      return Error{ErrorKind::MalformedInput, path.string() + ": list " +
                                                  std::to_string(lists.size()) +
                                                  ": expected integers"};
    lists.push_back(std::move(tokens));
  }
  return lists;
}

static bool isInteger(DataType type) {
  return type == DataType::I64 || type == DataType::I32;
}

Result<std::string> tool::findTensor(const Plan &plan,
                                     const std::vector<unsigned> &indices,
                                     const TensorQuery &query) {
  const std::string &name = query.name;
  std::vector<std::string> candidates;
  for (unsigned index : indices) {
    const PlanBuffer &buffer = plan.buffers[index];
    if (buffer.name == (name.empty() ? query.usual : name))
      return buffer.name;
    if (query.fits(buffer.type))
      candidates.push_back(buffer.name);
  }
  if (name.empty() && candidates.size() == 1)
    return candidates.front();
  std::string list;
  for (const std::string &candidate : candidates)
    list += (list.empty() ? "'" : ", '") + candidate + "'";
  return Error{ErrorKind::Usage,
               (name.empty() ? std::string("expected one ") + query.what
                             : "unknown tensor '" + name + "'") +
                   ", the model has " + (list.empty() ? "none" : list)};
}

Result<std::string> tool::findTokenInput(const Plan &plan,
                                         const std::string &name) {
  Result<std::string> ids = findTensor(
      plan, plan.inputs, {name, "input_ids", "integer input", isInteger});
  if (!ids)
    return ids;
  for (unsigned index : plan.inputs) {
    const PlanBuffer &buffer = plan.buffers[index];
    const std::string &name = buffer.name;
    if (name != *ids && name != maskName && name != positionsName &&
        !isCache(buffer))
      return Error{ErrorKind::Unsupported,
                   "input '" + name +
                       "': expected a model of token ids, with "
                       "attention_mask, position_ids and past_* at most"};
  }
  return ids;
}

template <typename T>
static void append(std::vector<std::byte> &bytes, int64_t value) {
  T number = T(value);
  const auto *first = reinterpret_cast<const std::byte *>(&number);
  bytes.insert(bytes.end(), first, first + sizeof(T));
}

/// `valueAt(i)` for each position of a sequence.
template <typename Function>
static TokenInput createInput(const PlanBuffer &buffer, int64_t length,
                              Function valueAt) {
  TokenInput input{buffer.name, buffer.type, {}, {}};
  input.dims.assign(buffer.shape.size(), 1);
  if (!input.dims.empty())
    input.dims.back() = length;
  for (int64_t i = 0; i < length; ++i) {
    if (buffer.type == DataType::I32)
      append<int32_t>(input.bytes, valueAt(i));
    else
      append<int64_t>(input.bytes, valueAt(i));
  }
  return input;
}

/// A cache of one sequence that holds no token: of its symbolic sizes the first
/// and that of the ids' batch are 1, the others 0.
static Result<TokenInput> createEmptyCache(const PlanBuffer &buffer,
                                           const PlanBuffer &ids) {
  TokenInput input{buffer.name, buffer.type, {}, {}};
  for (size_t i = 0; i < buffer.shape.size(); ++i) {
    std::optional<int64_t> known = buffer.shape[i].findConstant();
    bool isBatch =
        i == 0 || (!ids.shape.empty() && buffer.shape[i] == ids.shape.front());
    input.dims.push_back(known.value_or(isBatch ? 1 : 0));
  }
  if (std::find(input.dims.begin(), input.dims.end(), 0) == input.dims.end())
    return Error{ErrorKind::Unsupported,
                 "input '" + buffer.name +
                     "': expected a cache of symbolic length, got " +
                     printDims(input.dims)};
  return input;
}

static const PlanBuffer &getInput(const Plan &plan, std::string_view name) {
  unsigned index =
      *std::find_if(plan.inputs.begin(), plan.inputs.end(),
                    [&](unsigned i) { return plan.buffers[i].name == name; });
  return plan.buffers[index];
}

Result<std::vector<TokenInput>>
tool::createTokenInputs(const Plan &plan, const std::string &ids,
                        std::span<const int64_t> tokens) {
  std::vector<TokenInput> inputs;
  for (unsigned index : plan.inputs) {
    const PlanBuffer &buffer = plan.buffers[index];
    if (isCache(buffer)) {
      Result<TokenInput> cache = createEmptyCache(buffer, getInput(plan, ids));
      if (!cache)
        return cache.takeError();
      inputs.push_back(std::move(*cache));
      continue;
    }
    inputs.push_back(
        createInput(buffer, int64_t(tokens.size()), [&](int64_t i) {
          return buffer.name == ids        ? tokens[size_t(i)]
                 : buffer.name == maskName ? 1
                                           : i;
        }));
  }
  return inputs;
}
