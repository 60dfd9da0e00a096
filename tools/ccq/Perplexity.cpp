//===- Perplexity.cpp - how well a model predicts tokens ------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Perplexity.h"

#include "ccq/Artifact/Compare.h"

#include <algorithm>
#include <cmath>
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

static bool isFloat(DataType type) {
  return type == DataType::F32 || type == DataType::F64 ||
         type == DataType::F16 || type == DataType::BF16;
}

/// The tensor called `name` if that is not empty, else the one called `usual`,
/// else the only one that `fits`.
template <typename Predicate>
static Result<std::string>
findTensor(const Plan &plan, const std::vector<unsigned> &indices,
           const std::string &name, std::string_view usual, const char *what,
           Predicate fits) {
  std::vector<std::string> candidates;
  for (unsigned index : indices) {
    const PlanBuffer &buffer = plan.buffers[index];
    if (buffer.name == (name.empty() ? usual : name))
      return buffer.name;
    if (fits(buffer.type))
      candidates.push_back(buffer.name);
  }
  if (name.empty() && candidates.size() == 1)
    return candidates.front();
  std::string list;
  for (const std::string &candidate : candidates)
    list += (list.empty() ? "'" : ", '") + candidate + "'";
  return Error{ErrorKind::Usage,
               (name.empty() ? std::string("expected one ") + what
                             : "unknown tensor '" + name + "'") +
                   ", the model has " + (list.empty() ? "none" : list)};
}

Result<TokenTensors> tool::findTokenTensors(const Plan &plan,
                                            TokenTensors names) {
  Result<std::string> ids = findTensor(plan, plan.inputs, names.ids,
                                       "input_ids", "integer input", isInteger);
  if (!ids)
    return ids.takeError();
  Result<std::string> logits = findTensor(plan, plan.outputs, names.logits,
                                          "logits", "float output", isFloat);
  if (!logits)
    return logits.takeError();
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
  return TokenTensors{*ids, *logits};
}

namespace {
/// An integer tensor of one sequence, in the type and rank of an input.
struct TokenInput {
  std::string name;
  DataType type = DataType::I64;
  std::vector<int64_t> dims;
  std::vector<std::byte> bytes;

  runtime::NamedTensor view() const { return {name, {type, dims, bytes}}; }
};
} // namespace

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

/// Adds the score of `next` after one row of logits.
static Result<void> scoreToken(const TensorView &logits, int64_t row,
                               int64_t next, Perplexity &result) {
  int64_t vocabulary = logits.dims.back();
  uint64_t first = uint64_t(row) * uint64_t(vocabulary);
  double largest = -INFINITY;
  int64_t best = 0;
  for (int64_t i = 0; i < vocabulary; ++i) {
    double value = getElement(logits, first + uint64_t(i));
    if (!std::isfinite(value))
      return Error{ErrorKind::MalformedInput,
                   "logits: expected finite numbers, got " +
                       std::to_string(value) + " for token " +
                       std::to_string(i)};
    if (value > largest) {
      largest = value;
      best = i;
    }
  }
  double sum = 0;
  for (int64_t i = 0; i < vocabulary; ++i)
    sum += std::exp(getElement(logits, first + uint64_t(i)) - largest);
  result.sumNll +=
      std::log(sum) + largest - getElement(logits, first + uint64_t(next));
  result.hits += best == next;
  ++result.tokens;
  return {};
}

static const PlanBuffer &getInput(const Plan &plan, std::string_view name) {
  unsigned index =
      *std::find_if(plan.inputs.begin(), plan.inputs.end(),
                    [&](unsigned i) { return plan.buffers[i].name == name; });
  return plan.buffers[index];
}

/// All inputs for a list of tokens, but for its last.
static Result<std::vector<TokenInput>>
createInputs(const Plan &plan, const TokenTensors &names,
             const std::vector<int64_t> &tokens) {
  std::vector<TokenInput> inputs;
  for (unsigned index : plan.inputs) {
    const PlanBuffer &buffer = plan.buffers[index];
    if (isCache(buffer)) {
      Result<TokenInput> cache =
          createEmptyCache(buffer, getInput(plan, names.ids));
      if (!cache)
        return cache.takeError();
      inputs.push_back(std::move(*cache));
      continue;
    }
    inputs.push_back(
        createInput(buffer, int64_t(tokens.size()) - 1, [&](int64_t i) {
          return buffer.name == names.ids  ? tokens[size_t(i)]
                 : buffer.name == maskName ? 1
                                           : i;
        }));
  }
  return inputs;
}

/// Scores the tokens of one list that follow its first.
static Result<void> scoreList(runtime::Session &session, const Plan &plan,
                              const TokenTensors &names,
                              const std::vector<int64_t> &tokens,
                              Perplexity &result) {
  auto length = int64_t(tokens.size()) - 1;
  Result<std::vector<TokenInput>> inputs = createInputs(plan, names, tokens);
  if (!inputs)
    return inputs.takeError();
  std::vector<runtime::NamedTensor> views;
  for (const TokenInput &input : *inputs)
    views.push_back(input.view());
  auto outputs = session.run(views);
  if (!outputs)
    return outputs.takeError();
  const runtime::OutputTensor &output = *std::find_if(
      outputs->begin(), outputs->end(),
      [&](const runtime::OutputTensor &o) { return o.name == names.logits; });
  TensorView logits = output.view();
  if (logits.dims.size() < 2 || logits.dims[logits.dims.size() - 2] != length)
    return Error{ErrorKind::MalformedInput,
                 "logits: expected [..., " + std::to_string(length) +
                     ", vocabulary], got " + printDims(logits.dims)};
  for (int64_t i = 0; i < length; ++i) {
    int64_t next = tokens[size_t(i) + 1];
    if (next < 0 || next >= logits.dims.back())
      return Error{ErrorKind::MalformedInput,
                   "expected token ids below " +
                       std::to_string(logits.dims.back()) + ", got " +
                       std::to_string(next)};
    if (Result<void> scored = scoreToken(logits, i, next, result); !scored)
      return scored;
  }
  return {};
}

Result<Perplexity> tool::computePerplexity(runtime::Session &session,
                                           const Plan &plan,
                                           const TokenTensors &names,
                                           const TokenLists &lists,
                                           const PerplexityObserver &observer) {
  Perplexity result;
  for (size_t i = 0; i < lists.size(); ++i) {
    if (lists[i].size() >= 2) {
      Result<void> done = scoreList(session, plan, names, lists[i], result);
      if (!done)
        return Error{done.error().kind,
                     "list " + std::to_string(i) + ": " + done.error().message};
    }
    if (observer)
      observer(i + 1, lists.size(), result);
  }
  if (result.tokens == 0)
    return Error{ErrorKind::MalformedInput,
                 "expected a list of at least two tokens, got none"};
  return result;
}
