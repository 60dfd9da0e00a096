//===- HashChains.cpp - search for the bits of a chain --------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HashChains.h"

#include "ccq/Codec/Hash.h"

#include <algorithm>
#include <cmath>

using namespace ccq;
using namespace ccq::quantizer;

template <typename T> static T *allocate(size_t elements) {
  size_t bytes = (elements * sizeof(T) + 63) / 64 * 64;
  return static_cast<T *>(std::aligned_alloc(64, bytes));
}

HashCode::HashCode(const codec::HashScheme &scheme) : description(scheme) {
  unsigned states = 1u << scheme.stateBits;
  table.reset(allocate<int16_t>(states));
  std::span<const int8_t> entries = codec::getHashLevels(scheme.indexBits);
  double squares = 0;
  for (unsigned window = 0; window < states; ++window) {
    table[window] =
        int16_t(2 * entries[codec::getHashIndex(scheme, window)] + 1);
    squares += double(table[window]) * table[window];
  }
  rms = float(0.5 * std::sqrt(squares / states));
}

void HashChain::settle(const codec::HashScheme &scheme) {
  unsigned window = start;
  for (size_t weight = 0; weight < windows.size(); ++weight) {
    unsigned newBits = bits.count(scheme, int64_t(weight));
    unsigned news = windows[weight] & ((1u << newBits) - 1);
    window = (window << newBits | news) & ((1u << scheme.stateBits) - 1);
    windows[weight] = uint16_t(window);
  }
}

/// Weights in the ring of choices; half of it is decided at a time.
static constexpr int64_t ringWeights = 512;

/// Windows up to this many bits may be fewer than a wide register takes.
static constexpr unsigned narrowStateBits = 9;

HashChainSearch::HashChainSearch(const HashCode &code, const HashSearch &search)
    : code(code),
      search(code.scheme().stateBits <= narrowStateBits ? hashSearchGeneric
                                                        : search),
      stateCount(size_t(1) << code.scheme().stateBits),
      // The fewest new bits leave the most choices.
      choiceCount(stateCount >> code.scheme().sixteenths / 16) {
  for (Buffer<uint16_t> &buffer : costs)
    buffer.reset(allocate<uint16_t>(stateCount));
  choices.reset(allocate<uint8_t>(size_t(ringWeights) * choiceCount));
}

uint8_t *HashChainSearch::getChoices(int64_t weight) const {
  return choices.get() + size_t(weight % ringWeights) * choiceCount;
}

void HashChainSearch::run(HashChain &chain) {
  auto count = int64_t(chain.targets.size());
  decided = 0;
  decidedWindow = chain.start;
  startFromDecided();
  for (int64_t weight = 0; weight < count; ++weight) {
    advance(chain, weight);
    if (weight + 1 - decided == ringWeights && weight + 1 < count)
      decide(chain, weight, weight + 1 - ringWeights / 2);
  }
  if (decided < count)
    decide(chain, count - 1, count);
}

void HashChainSearch::startFromDecided() {
  bool isAny = decidedWindow == anyState;
  std::fill_n(costs[decided % 2].get(), stateCount,
              isAny ? uint16_t(0) : impossibleHashCost);
  if (!isAny)
    costs[decided % 2][decidedWindow] = 0;
  least = 0;
}

void HashChainSearch::advance(const HashChain &chain, int64_t weight) {
  HashStep step;
  step.stateBits = code.scheme().stateBits;
  step.newBits = chain.bits.count(code.scheme(), weight);
  step.levels = code.levels();
  step.target = chain.targets[size_t(weight)];
  step.quality = chain.qualities[size_t(weight)];
  step.offset = least;
  least = search.advance(step, costs[weight % 2].get(),
                         costs[(weight + 1) % 2].get(), getChoices(weight));
}

/// Decides the weights before `until` from the best window of `weight`.
void HashChainSearch::decide(HashChain &chain, int64_t weight, int64_t until) {
  if (!trace(chain, weight, until)) {
    // The best path misses the decided window: search again from there.
    startFromDecided();
    for (int64_t again = decided; again <= weight; ++again)
      advance(chain, again);
    (void)trace(chain, weight, until);
  }
  decided = until;
  decidedWindow = nextWindow;
}

/// The best window of `weight`, the least of equal ones.
unsigned HashChainSearch::findBest(int64_t weight) const {
  const uint16_t *last = costs[(weight + 1) % 2].get();
  return unsigned(std::find(last, last + stateCount, least) - last);
}

/// Walks back from the end of the run or the best window of `weight`, keeps
/// what lies before `until`, and says whether the path began at the decided
/// window.
bool HashChainSearch::trace(HashChain &chain, int64_t weight, int64_t until) {
  bool isLast = weight + 1 == int64_t(chain.targets.size());
  bool isFixed = isLast && chain.end != anyState;
  unsigned window = isFixed ? chain.end : findBest(weight);
  for (; weight >= decided; --weight) {
    if (weight + 1 == until)
      nextWindow = window;
    if (weight < until)
      chain.windows[size_t(weight)] = uint16_t(window);
    unsigned newBits = chain.bits.count(code.scheme(), weight);
    unsigned rest = window >> newBits;
    unsigned high = getChoices(weight)[rest];
    window = high << (code.scheme().stateBits - newBits) | rest;
  }
  return decidedWindow == anyState || window == decidedWindow;
}
