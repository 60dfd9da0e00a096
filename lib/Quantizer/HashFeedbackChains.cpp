//===- HashFeedbackChains.cpp - hashed chains with feedback ---------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HashFeedbackChains.h"

#include "ccq/Codec/Hash.h"

#include <algorithm>

using namespace ccq;
using namespace ccq::quantizer;

/// Weights that are decided at a time.
static constexpr int64_t partWeights = 96;
/// Fewer weights than these are not decided by themselves, so that there is a
/// way from the windows decided last to any window.
static constexpr int64_t leastWeights = 16;
static constexpr int64_t ringWeights = 2 * partWeights + leastWeights;

HashFeedbackChainSearch::HashFeedbackChainSearch(
    const HashCode &code, const HashFeedbackSearch &search,
    unsigned pendingRows)
    : code(code), search(search),
      stateCount((size_t(1) << code.scheme().stateBits) * feedbackChains) {
  auto allocate = [](size_t bytes) {
    return std::aligned_alloc(64, (bytes + 63) / 64 * 64);
  };
  for (unsigned i = 0; i < 2; ++i) {
    costs[i].reset(static_cast<float *>(allocate(stateCount * 4)));
    pending[i].reset(
        static_cast<float *>(allocate(stateCount * 4 * pendingRows)));
    ancestors[i].reset(static_cast<uint16_t *>(allocate(stateCount * 2)));
    states[i] = {costs[i].get(), ancestors[i].get(), pending[i].get(),
                 pendingRows};
  }
  choices.reset(static_cast<uint8_t *>(allocate(ringWeights * stateCount)));
  for (size_t window = 0; window < stateCount / feedbackChains; ++window)
    levels.push_back(0.5f * float(code.levels()[window]));
}

uint8_t *HashFeedbackChainSearch::getChoices(int64_t weight) const {
  return choices.get() + size_t(weight % ringWeights) * stateCount;
}

void HashFeedbackChainSearch::start(const HashFeedbackChains &chains) {
  for (size_t i = 0; i < stateCount; ++i) {
    unsigned wanted = chains.starts[i % feedbackChains];
    bool isStart = wanted == anyState || wanted == i / feedbackChains;
    states[0].costs[i] = isStart ? 0 : impossibleFeedbackCost;
  }
  std::fill_n(states[0].pending, stateCount * states[0].pendingRows, 0.0f);
  std::fill_n(least, feedbackChains, 0.0f);
  decided = 0;
}

void HashFeedbackChainSearch::advance(const StripFeedback &strip,
                                      const HashFeedbackChains &chains,
                                      int64_t weight) {
  auto row = unsigned(weight % strip.rows);
  HashFeedbackStep step;
  step.stateBits = code.scheme().stateBits;
  step.newBits = chains.bits.count(code.scheme(), weight);
  step.levels = levels.data();
  step.targets = chains.targets.data() + size_t(weight) * feedbackChains;
  step.quality = strip.qualities[row];
  step.laterRows = strip.rows - row - 1;
  later.clear();
  for (unsigned j = row + 1; j < strip.rows; ++j)
    later.push_back(strip.lower[j * strip.rows + row]);
  step.later = later.data();
  search.advance(step, states[weight % 2], states[(weight + 1) % 2],
                 getChoices(weight), least);
}

/// From here on, ancestors are the windows before `weight`.
void HashFeedbackChainSearch::setAncestors(int64_t weight) {
  for (size_t i = 0; i < stateCount; ++i)
    states[weight % 2].ancestors[i] = uint16_t(i / feedbackChains);
}

unsigned HashFeedbackChainSearch::findBest(int64_t weight,
                                           unsigned chain) const {
  size_t best = chain;
  const float *found = states[weight % 2].costs;
  for (size_t i = chain; i < stateCount; i += feedbackChains)
    if (found[i] < found[best])
      best = i;
  return unsigned(best / feedbackChains);
}

/// Drops paths before `weight` that miss the ancestor of the best one.
void HashFeedbackChainSearch::dropOthers(int64_t weight) {
  FeedbackStates &now = states[weight % 2];
  for (unsigned chain = 0; chain < feedbackChains; ++chain) {
    uint16_t kept =
        now.ancestors[findBest(weight, chain) * feedbackChains + chain];
    for (size_t i = chain; i < stateCount; i += feedbackChains)
      if (now.ancestors[i] != kept)
        now.costs[i] = impossibleFeedbackCost;
  }
}

void HashFeedbackChainSearch::run(const StripFeedback &strip,
                                  HashFeedbackChains &chains) {
  auto count = int64_t(chains.targets.size() / feedbackChains);
  start(chains);
  setAncestors(0);
  for (int64_t weight = 0; weight < count; ++weight) {
    if (weight % partWeights == 0 && weight > 0 &&
        count - weight >= leastWeights) {
      dropOthers(weight);
      // What lies before the part that ends here is settled.
      for (unsigned chain = 0; chain < feedbackChains; ++chain)
        trace(chains, chain, findBest(weight, chain), weight,
              weight - partWeights);
      decided = weight - partWeights;
      setAncestors(weight);
    }
    advance(strip, chains, weight);
  }
  for (unsigned chain = 0; chain < feedbackChains; ++chain) {
    unsigned end = chains.ends[chain];
    if (end == anyState)
      end = findBest(count, chain);
    trace(chains, chain, end, count, count);
  }
}

/// Walks back from the window before `weight` to the decided weights and keeps
/// what lies before `until`.
void HashFeedbackChainSearch::trace(HashFeedbackChains &chains, unsigned chain,
                                    unsigned window, int64_t weight,
                                    int64_t until) {
  while (--weight >= decided) {
    unsigned high = getChoices(weight)[window * feedbackChains + chain];
    if (weight < until)
      chains.windows[size_t(weight) * feedbackChains + chain] =
          uint16_t(window);
    unsigned newBits = chains.bits.count(code.scheme(), weight);
    window = high << (code.scheme().stateBits - newBits) | window >> newBits;
  }
}
