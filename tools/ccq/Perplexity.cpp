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

using namespace ccq;
using namespace ccq::artifact;
using namespace ccq::tool;

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

/// Scores the tokens of one list that follow its first.
static Result<void> scoreList(runtime::Session &session, const Plan &plan,
                              const TokenTensors &names,
                              const std::vector<int64_t> &tokens,
                              Perplexity &result) {
  auto length = int64_t(tokens.size()) - 1;
  Result<std::vector<TokenInput>> inputs = createTokenInputs(
      plan, names.ids, std::span(tokens).first(size_t(length)));
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

static bool isFloat(DataType type) {
  return type == DataType::F32 || type == DataType::F64 ||
         type == DataType::F16 || type == DataType::BF16;
}

Result<TokenTensors> tool::findTokenTensors(const Plan &plan,
                                            TokenTensors names) {
  Result<std::string> ids = findTokenInput(plan, names.ids);
  if (!ids)
    return ids.takeError();
  Result<std::string> logits = findTensor(
      plan, plan.outputs, {names.logits, "logits", "float output", isFloat});
  if (!logits)
    return logits.takeError();
  return TokenTensors{*ids, *logits};
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
