//===- FeedbackSearchKernel.h - search for any width ------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_QUANTIZER_KERNELS_FEEDBACKSEARCHKERNEL_H
#define CCQ_LIB_QUANTIZER_KERNELS_FEEDBACKSEARCHKERNEL_H

#include "FeedbackSearch.h"

// Eight chains in one vector; where registers are shorter the compiler uses
// two.

namespace ccq::quantizer {
namespace {

typedef float Floats __attribute__((vector_size(4 * feedbackChains)));
typedef int32_t Ints __attribute__((vector_size(4 * feedbackChains)));

#define CCQ_INLINE [[gnu::always_inline]] inline

CCQ_INLINE Floats load(const float *from) {
  Floats value;
  __builtin_memcpy(&value, from, sizeof(value));
  return value;
}

/// The sixteen states that lead to the states with one context.
struct Sources {
  Floats costs[16];
  Floats targets[2][16];
};

/// The best way into one state so far.
struct Best {
  Floats cost;
  Ints choice;
  Floats levels[2];
};

CCQ_INLINE void consider(const FeedbackStep &step, Floats cost, float even,
                         Floats evenError, float odd, Floats oddTarget,
                         int choice, Best &best) {
  Floats oddError = odd + step.cross * even - oddTarget;
  Floats sum = cost + step.qualities[0] * evenError * evenError +
               step.qualities[1] * oddError * oddError;
  Ints isBetter = sum < best.cost;
  best.cost = isBetter ? sum : best.cost;
  best.choice = isBetter ? Ints{} + choice : best.choice;
  best.levels[0] = isBetter ? Floats{} + even : best.levels[0];
  best.levels[1] = isBetter ? Floats{} + odd : best.levels[1];
}

template <bool hasEven, bool hasOdd>
CCQ_INLINE Best findBest(const StreamTrellis &trellis, const FeedbackStep &step,
                         const Sources &sources, unsigned c, unsigned w0) {
  Best best = {Floats{} + 2 * impossibleFeedbackCost, Ints{}, {}};
  unsigned keys[2];
  for (unsigned i = 0; i < 2; ++i)
    keys[i] = trellis.newKeys[i][w0] ^ trellis.contextKeys[i][c];
  for (unsigned w = 0; w < 16; ++w) {
    unsigned even = keys[0] ^ trellis.oldKeys[0][w];
    unsigned odd = keys[1] ^ trellis.oldKeys[1][w];
    for (unsigned e = 0; e < (hasEven ? 2 : 1); ++e) {
      float level = trellis.levels[0][e][even];
      Floats error = level - sources.targets[0][w];
      for (unsigned o = 0; o < (hasOdd ? 2 : 1); ++o)
        consider(step, sources.costs[w], level, error,
                 trellis.levels[1][o][odd], sources.targets[1][w],
                 int(w | e << 4 | o << 5), best);
    }
  }
  return best;
}

/// Hands on to a state what its path leaves to later rows.
CCQ_INLINE void carry(const FeedbackStep &step, const FeedbackStates &from,
                      const FeedbackStates &to, unsigned c, unsigned state,
                      const Best &best) {
  for (unsigned chain = 0; chain < feedbackChains; ++chain) {
    unsigned source = c * 16 + unsigned(best.choice[chain] & 15);
    unsigned at = source * feedbackChains + chain;
    unsigned target = state * feedbackChains + chain;
    to.ancestors[target] = from.ancestors[at];
    const float *old = from.pending + uint64_t(at) * from.pendingRows + 2;
    float *now = to.pending + uint64_t(target) * to.pendingRows;
    float even = best.levels[0][chain], odd = best.levels[1][chain];
    for (unsigned row = 0; row < step.laterRows; ++row)
      now[row] =
          old[row] + step.later[0][row] * even + step.later[1][row] * odd;
    // The next channel starts without a past.
    if (step.laterRows == 0)
      for (unsigned row = 0; row < to.pendingRows; ++row)
        now[row] = 0;
  }
}

template <bool hasEven, bool hasOdd>
void advanceAs(const StreamTrellis &trellis, const FeedbackStep &step,
               const FeedbackStates &from, const FeedbackStates &to,
               uint8_t *choices, float *least) {
  Floats offset = load(least);
  Floats smallest = Floats{} + impossibleFeedbackCost;
  Floats targets[2] = {load(step.targets), load(step.targets + feedbackChains)};
  for (unsigned c = 0; c < trellis.contexts; ++c) {
    Sources sources;
    for (unsigned w = 0; w < 16; ++w) {
      unsigned source = (c * 16 + w) * feedbackChains;
      sources.costs[w] = load(from.costs + source) - offset;
      for (unsigned i = 0; i < 2; ++i)
        for (unsigned chain = 0; chain < feedbackChains; ++chain)
          sources.targets[i][w][chain] =
              targets[i][chain] -
              from.pending[uint64_t(source + chain) * from.pendingRows + i];
    }
    for (unsigned w0 = 0; w0 < 16; ++w0) {
      Best best = findBest<hasEven, hasOdd>(trellis, step, sources, c, w0);
      unsigned state = w0 * trellis.contexts + c;
      *reinterpret_cast<Floats *>(to.costs + state * feedbackChains) =
          best.cost;
      smallest = best.cost < smallest ? best.cost : smallest;
      for (unsigned chain = 0; chain < feedbackChains; ++chain)
        choices[state * feedbackChains + chain] = uint8_t(best.choice[chain]);
      carry(step, from, to, c, state, best);
    }
  }
  *reinterpret_cast<Floats *>(least) = smallest;
}

void advance(const StreamTrellis &trellis, const FeedbackStep &step,
             const FeedbackStates &from, const FeedbackStates &to,
             uint8_t *choices, float *least) {
  auto *body = step.hasExtra[0] ? (step.hasExtra[1] ? &advanceAs<true, true>
                                                    : &advanceAs<true, false>)
                                : (step.hasExtra[1] ? &advanceAs<false, true>
                                                    : &advanceAs<false, false>);
  body(trellis, step, from, to, choices, least);
}

} // namespace
} // namespace ccq::quantizer

#endif // CCQ_LIB_QUANTIZER_KERNELS_FEEDBACKSEARCHKERNEL_H
