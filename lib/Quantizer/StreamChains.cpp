//===- StreamChains.cpp - search for the nibbles of several chains --------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StreamChains.h"

#include "ccq/Codec/Stream.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

using namespace ccq;
using namespace ccq::quantizer;

//===----------------------------------------------------------------------===//
// StreamCode
//===----------------------------------------------------------------------===//

/// What a nibble at one place of the state adds to the key n | y << 4.
static uint8_t makeKey(const codec::StreamScheme::Weight &weight,
                       unsigned place, unsigned nibble) {
  unsigned n = weight.tapsN >> place & 1 ? nibble : 0;
  unsigned y = weight.tapsY >> place & 1 ? nibble & 7 : 0;
  return uint8_t(n | y << 4);
}

StreamCode::StreamCode(const codec::StreamScheme &scheme)
    : description(scheme) {
  numbers.states = 1u << (4 * scheme.memory);
  numbers.contexts = numbers.states / 16;
  const codec::StreamScheme::Weight *weights[] = {&scheme.even, &scheme.odd};
  numbers.isUniform = true;
  double squares = 0;
  for (unsigned i = 0; i < 2; ++i) {
    for (unsigned nibble = 0; nibble < 16; ++nibble) {
      numbers.newKeys[i][nibble] = makeKey(*weights[i], 0, nibble);
      numbers.oldKeys[i][nibble] = makeKey(*weights[i], scheme.memory, nibble);
      numbers.isUniform &=
          numbers.newKeys[i][nibble] == numbers.oldKeys[i][nibble];
    }
    contextKeys[i].resize(numbers.contexts);
    for (unsigned c = 0; c < numbers.contexts; ++c)
      for (unsigned place = 1; place < scheme.memory; ++place)
        contextKeys[i][c] ^= makeKey(
            *weights[i], place, c >> (4 * (scheme.memory - 1 - place)) & 15);
    numbers.contextKeys[i] = contextKeys[i].data();
    for (unsigned bit = 0; bit < 2; ++bit)
      for (unsigned key = 0; key < streamKeys; ++key) {
        int level =
            codec::decodeStreamLevel(*weights[i], key & 15, key >> 4, bit);
        numbers.levels[i][bit][key] = float(level) + 0.5f;
        squares += (level + 0.5) * (level + 0.5);
      }
  }
  rms = float(std::sqrt(squares / (4 * streamKeys)));
}

StreamChains::StreamChains(int64_t steps, unsigned chains)
    : steps(steps), chains(chains), blockSteps(steps), starts(chains),
      ends(chains, anyState), targets(size_t(2 * steps * chains)),
      qualities(targets.size()), found(size_t(steps * chains)),
      levels(targets.size()) {}

bool StreamChains::hasExtra(const codec::StreamScheme &scheme, unsigned weight,
                            int64_t step) const {
  int64_t inBlock = (firstStep + step) % blockSteps;
  return codec::findExtraPosition(scheme, weight == 1, inBlock, blockSteps)
      .has_value();
}

unsigned StreamChains::getState(const codec::StreamScheme &scheme,
                                unsigned chain, int64_t step) const {
  uint8_t nibbles[4];
  for (unsigned i = 0; i < scheme.memory; ++i)
    nibbles[i] = found[size_t(step - scheme.memory + i) * chains + chain];
  return makeStreamState({nibbles, scheme.memory});
}

unsigned quantizer::makeStreamState(std::span<const uint8_t> nibbles) {
  unsigned state = 0;
  for (size_t i = 0; i < nibbles.size(); ++i)
    state |= (nibbles[i] & 15u) << (4 * i);
  return state;
}

//===----------------------------------------------------------------------===//
// StreamChainSearch
//===----------------------------------------------------------------------===//

void StreamChainSearch::Free::operator()(void *pointer) const {
  std::free(pointer);
}

/// Steps that are decided in halves. Paths merge slowly: with half of 384,
/// decisions lose nothing measurable, with half of 96 they lose half a percent.
static constexpr int64_t windowSteps = 384;
/// With four words of memory, where paths merge more slowly still, and the
/// states of a step take 16 times the space.
static constexpr int64_t longSegmentSteps = 64;
static constexpr int64_t longWindowSteps = 64 * longSegmentSteps;

StreamChainSearch::StreamChainSearch(const StreamCode &code,
                                     const StreamSearch &search)
    : code(code), search(search),
      segment(code.scheme().memory < 4 ? windowSteps : longSegmentSteps),
      window(code.scheme().memory < 4 ? windowSteps : longWindowSteps),
      slots(segment + 1),
      stateCount(size_t(code.trellis().states) * search.chains),
      costCount(size_t(2 * streamKeys) * search.chains) {
  auto allocate = [&](size_t elements) {
    size_t bytes = (elements * sizeof(uint16_t) + 63) / 64 * 64;
    return static_cast<uint16_t *>(std::aligned_alloc(64, bytes));
  };
  states.reset(allocate(size_t(slots) * stateCount));
  costs.reset(allocate(size_t(slots) * costCount));
  // One more, for the states behind the window.
  if (window > segment)
    checkpoints.resize(size_t(window / segment + 1));
}

void StreamChainSearch::run(StreamChains &chains) {
  decided = 0;
  std::copy(chains.starts.begin(), chains.starts.end(), decidedStates);
  startFromDecided();
  for (int64_t step = 0; step < chains.steps; ++step) {
    advance(chains, step);
    if (step + 1 - decided == window && step + 1 < chains.steps)
      decide(chains, step, step + 1 - window / 2);
  }
  if (decided < chains.steps)
    decide(chains, chains.steps - 1, chains.steps);
}

/// Makes the decided states the only ones to come from.
void StreamChainSearch::startFromDecided() {
  std::fill_n(getStates(decided), stateCount, impossibleStreamCost);
  uint16_t *first = getStates(decided);
  for (unsigned chain = 0; chain < search.chains; ++chain) {
    unsigned state = decidedStates[chain];
    if (state != anyState)
      first[size_t(state) * search.chains + chain] = 0;
    for (size_t i = chain; state == anyState && i < stateCount;
         i += search.chains)
      first[i] = 0;
  }
  std::fill_n(least, maxStreamChains, uint16_t(0));
}

void StreamChainSearch::save(int64_t step) {
  Checkpoint &checkpoint = getCheckpoint(step);
  if (!checkpoint.states)
    checkpoint.states.reset(static_cast<uint16_t *>(std::aligned_alloc(
        64, (stateCount * sizeof(uint16_t) + 63) / 64 * 64)));
  std::copy_n(getStates(step), stateCount, checkpoint.states.get());
  std::copy_n(least, maxStreamChains, checkpoint.least);
}

void StreamChainSearch::restore(int64_t step) {
  const Checkpoint &checkpoint = getCheckpoint(step);
  std::copy_n(checkpoint.states.get(), stateCount, getStates(step));
  std::copy_n(checkpoint.least, maxStreamChains, least);
}

void StreamChainSearch::advance(StreamChains &chains, int64_t step) {
  if (!checkpoints.empty() && step % segment == 0)
    save(step);
  StreamStep input;
  size_t at = size_t(step * 2) * search.chains;
  input.targets = chains.targets.data() + at;
  input.qualities = chains.qualities.data() + at;
  for (unsigned weight = 0; weight < 2; ++weight)
    input.hasExtra[weight] = chains.hasExtra(code.scheme(), weight, step);
  input.offsets = least;
  search.fillCosts(code.trellis(), input, getCosts(step));
  search.advance(code.trellis(), getCosts(step), getStates(step),
                 getStates(step + 1), least);
}

/// Decides the steps before `until` from the best states after `step`.
void StreamChainSearch::decide(StreamChains &chains, int64_t step,
                               int64_t until) {
  if (!traceAll(chains, step, until)) {
    // A better path came up that misses a decided state: search again from
    // there.
    startFromDecided();
    for (int64_t again = decided; again <= step; ++again)
      advance(chains, again);
    (void)traceAll(chains, step, until);
  }
  decided = until;
  std::copy_n(nextStates, maxStreamChains, decidedStates);
}

/// Walks back from the best states after `step`, or those asked for after the
/// last step, keeps what lies before `until`, and says whether all chains began
/// in the decided states. The states after `step` are then as before.
bool StreamChainSearch::traceAll(StreamChains &chains, int64_t step,
                                 int64_t until) {
  unsigned reached[maxStreamChains];
  const uint16_t *newest = getStates(step + 1);
  for (unsigned chain = 0; chain < search.chains; ++chain) {
    unsigned state = until == chains.steps ? chains.ends[chain] : anyState;
    if (state == anyState) {
      state = 0;
      while (newest[size_t(state) * search.chains + chain] != least[chain])
        ++state;
    }
    reached[chain] = state;
  }
  // The newest segment is in the ring, since the search has advanced in it.
  bool isLast = true;
  if (!checkpoints.empty() && (step + 1) % segment == 0)
    save(step + 1);
  for (int64_t end = step; end >= decided;) {
    int64_t first = std::max(decided, end / segment * segment);
    if (checkpoints.empty())
      first = decided;
    if (!isLast) {
      restore(first);
      for (int64_t again = first; again <= end; ++again)
        advance(chains, again);
    }
    for (unsigned chain = 0; chain < search.chains; ++chain)
      reached[chain] =
          traceChain(chains, chain, reached[chain], end, first, until);
    end = first - 1;
    isLast = false;
  }
  if (!checkpoints.empty() && (step + 1) % segment == 0)
    restore(step + 1);
  for (unsigned chain = 0; chain < search.chains; ++chain)
    if (decidedStates[chain] != anyState &&
        decidedStates[chain] != reached[chain])
      return false;
  return true;
}

/// Walks back from a state after `step` to step `first`, keeps what lies before
/// `until`, and returns the state before `first`.
unsigned StreamChainSearch::traceChain(StreamChains &chains, unsigned chain,
                                       unsigned state, int64_t step,
                                       int64_t first, int64_t until) {
  const StreamTrellis &trellis = code.trellis();
  auto getCost = [&](const uint16_t *row, unsigned index) {
    return row[size_t(index) * search.chains + chain];
  };
  for (; step >= first; --step) {
    if (step + 1 == until)
      nextStates[chain] = state;
    const uint16_t *before = getStates(step);
    const uint16_t *cost = getCosts(step);
    uint16_t reached = getCost(getStates(step + 1), state);
    unsigned w0 = state / trellis.contexts, c = state % trellis.contexts;
    unsigned keys[2];
    // One of the sixteen sums is what the step forward found.
    for (unsigned w = 0;; ++w) {
      for (unsigned i = 0; i < 2; ++i)
        keys[i] = unsigned(trellis.newKeys[i][w0] ^ trellis.contextKeys[i][c] ^
                           trellis.oldKeys[i][w]);
      auto sum = uint16_t(getCost(before, c * 16 + w) + getCost(cost, keys[0]) +
                          getCost(cost, streamKeys + keys[1]));
      if (sum != reached)
        continue;
      state = c * 16 + w;
      break;
    }
    if (step < until)
      emit(chains, chain, step, keys, w0);
  }
  return state;
}

void StreamChainSearch::emit(StreamChains &chains, unsigned chain, int64_t step,
                             const unsigned (&keys)[2], unsigned nibble) {
  for (unsigned weight = 0; weight < 2; ++weight) {
    size_t at = size_t(2 * step + weight) * search.chains + chain;
    float target = chains.targets[at];
    float level = code.getLevel(weight, 0, keys[weight]);
    if (chains.hasExtra(code.scheme(), weight, step)) {
      float other = code.getLevel(weight, 1, keys[weight]);
      if (std::fabs(other - target) < std::fabs(level - target)) {
        level = other;
        nibble |= 16u << weight;
      }
    }
    chains.levels[at] = level;
  }
  chains.found[size_t(step) * search.chains + chain] = uint8_t(nibble);
}
