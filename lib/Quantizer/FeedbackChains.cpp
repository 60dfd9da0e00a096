//===- FeedbackChains.cpp - search for chains with feedback ---------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FeedbackChains.h"

#include "ccq/Codec/Stream.h"

#include <algorithm>

using namespace ccq;
using namespace ccq::quantizer;

/// Steps that are decided at a time.
static constexpr int64_t partSteps = 64;
/// Fewer steps than these are not decided by themselves, so that there is a way
/// from the states decided last to any state.
static constexpr int64_t leastSteps = 8;
static constexpr int64_t ringSteps = 2 * partSteps + leastSteps;

FeedbackChainSearch::FeedbackChainSearch(const StreamCode &code,
                                         const FeedbackSearch &search,
                                         unsigned pendingRows)
    : code(code), search(search),
      stateCount(size_t(code.trellis().states) * feedbackChains) {
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
  choices.reset(static_cast<uint8_t *>(allocate(ringSteps * stateCount)));
}

uint8_t *FeedbackChainSearch::getChoices(int64_t step) const {
  return choices.get() + size_t(step % ringSteps) * stateCount;
}

void FeedbackChainSearch::start(const StreamChains &chains) {
  for (size_t i = 0; i < stateCount; ++i) {
    unsigned wanted = chains.starts[i % feedbackChains];
    bool isStart = wanted == anyState || wanted == i / feedbackChains;
    states[0].costs[i] = isStart ? 0 : impossibleFeedbackCost;
  }
  std::fill_n(states[0].pending, stateCount * states[0].pendingRows, 0.0f);
  std::fill_n(least, feedbackChains, 0.0f);
  decided = 0;
}

void FeedbackChainSearch::advance(const StripFeedback &strip,
                                  const StreamChains &chains, int64_t step) {
  auto row = unsigned(step % (strip.rows / 2)) * 2;
  FeedbackStep input;
  input.targets = chains.targets.data() + size_t(step * 2) * feedbackChains;
  input.cross = strip.lower[(row + 1) * strip.rows + row];
  input.laterRows = strip.rows - row - 2;
  for (unsigned i = 0; i < 2; ++i) {
    input.qualities[i] = strip.qualities[row + i];
    input.hasExtra[i] = chains.hasExtra(code.scheme(), i, step);
    later[i].clear();
    for (unsigned j = row + 2; j < strip.rows; ++j)
      later[i].push_back(strip.lower[j * strip.rows + row + i]);
    input.later[i] = later[i].data();
  }
  search.advance(code.trellis(), input, states[step % 2],
                 states[(step + 1) % 2], getChoices(step), least);
}

/// From here on, ancestors are the states before `step`.
void FeedbackChainSearch::setAncestors(int64_t step) {
  for (size_t i = 0; i < stateCount; ++i)
    states[step % 2].ancestors[i] = uint16_t(i / feedbackChains);
}

unsigned FeedbackChainSearch::findBest(int64_t step, unsigned chain) const {
  unsigned best = 0;
  const float *found = states[step % 2].costs;
  for (unsigned state = 0; state < stateCount / feedbackChains; ++state)
    if (found[state * feedbackChains + chain] <
        found[best * feedbackChains + chain])
      best = state;
  return best;
}

/// Drops paths before `step` that miss the ancestor of the best one.
void FeedbackChainSearch::dropOthers(int64_t step) {
  FeedbackStates &now = states[step % 2];
  for (unsigned chain = 0; chain < feedbackChains; ++chain) {
    uint16_t kept =
        now.ancestors[findBest(step, chain) * feedbackChains + chain];
    for (size_t i = chain; i < stateCount; i += feedbackChains)
      if (now.ancestors[i] != kept)
        now.costs[i] = impossibleFeedbackCost;
  }
}

void FeedbackChainSearch::run(const StripFeedback &strip,
                              StreamChains &chains) {
  start(chains);
  setAncestors(0);
  for (int64_t step = 0; step < chains.steps; ++step) {
    if (step % partSteps == 0 && step > 0 &&
        chains.steps - step >= leastSteps) {
      dropOthers(step);
      // What lies before the part that ends here is settled.
      for (unsigned chain = 0; chain < feedbackChains; ++chain)
        trace(chains, chain, findBest(step, chain), step, step - partSteps);
      decided = step - partSteps;
      setAncestors(step);
    }
    advance(strip, chains, step);
  }
  for (unsigned chain = 0; chain < feedbackChains; ++chain) {
    unsigned end = chains.ends[chain];
    if (end == anyState)
      end = findBest(chains.steps, chain);
    trace(chains, chain, end, chains.steps, chains.steps);
  }
}

/// Walks back from a state before `step` to the decided steps and keeps what
/// lies before `until`.
void FeedbackChainSearch::trace(StreamChains &chains, unsigned chain,
                                unsigned state, int64_t step, int64_t until) {
  const StreamTrellis &trellis = code.trellis();
  while (--step >= decided) {
    unsigned choice = getChoices(step)[state * feedbackChains + chain];
    unsigned w0 = state / trellis.contexts, c = state % trellis.contexts;
    unsigned w = choice & 15;
    if (step < until) {
      for (unsigned i = 0; i < 2; ++i) {
        unsigned key =
            unsigned(trellis.newKeys[i][w0] ^ trellis.contextKeys[i][c] ^
                     trellis.oldKeys[i][w]);
        chains.levels[size_t(2 * step + i) * feedbackChains + chain] =
            code.getLevel(i, choice >> (4 + i) & 1, key);
      }
      chains.found[size_t(step) * feedbackChains + chain] =
          uint8_t(w0 | (choice & 48));
    }
    state = c * 16 + w;
  }
}
