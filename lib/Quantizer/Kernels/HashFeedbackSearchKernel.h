//===- HashFeedbackSearchKernel.h - search for any width --------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_QUANTIZER_KERNELS_HASHFEEDBACKSEARCHKERNEL_H
#define CCQ_LIB_QUANTIZER_KERNELS_HASHFEEDBACKSEARCHKERNEL_H

#include "HashFeedbackSearch.h"

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

/// Hands on to a window what its path leaves to later rows.
CCQ_INLINE void carry(const HashFeedbackStep &step, const FeedbackStates &from,
                      const FeedbackStates &to, unsigned count, unsigned rest,
                      unsigned window, float level, Ints choice) {
  for (unsigned chain = 0; chain < feedbackChains; ++chain) {
    unsigned source = unsigned(choice[chain]) * count + rest;
    unsigned at = source * feedbackChains + chain;
    unsigned target = window * feedbackChains + chain;
    to.ancestors[target] = from.ancestors[at];
    const float *old = from.pending + uint64_t(at) * from.pendingRows + 1;
    float *now = to.pending + uint64_t(target) * to.pendingRows;
    for (unsigned row = 0; row < step.laterRows; ++row)
      now[row] = old[row] + step.later[row] * level;
    // The next channel starts without a past.
    if (step.laterRows == 0)
      for (unsigned row = 0; row < to.pendingRows; ++row)
        now[row] = 0;
  }
}

template <unsigned newBits>
void advanceAs(const HashFeedbackStep &step, const FeedbackStates &from,
               const FeedbackStates &to, uint8_t *choices, float *least) {
  constexpr unsigned sources = 1u << newBits;
  unsigned count = 1u << (step.stateBits - newBits);
  Floats offset = load(least), target = load(step.targets);
  Floats smallest = Floats{} + impossibleFeedbackCost;
  for (unsigned rest = 0; rest < count; ++rest) {
    Floats costs[sources], targets[sources];
    for (unsigned j = 0; j < sources; ++j) {
      unsigned source = (j * count + rest) * feedbackChains;
      costs[j] = load(from.costs + source) - offset;
      for (unsigned chain = 0; chain < feedbackChains; ++chain)
        targets[j][chain] =
            target[chain] -
            from.pending[uint64_t(source + chain) * from.pendingRows];
    }
    for (unsigned bits = 0; bits < sources; ++bits) {
      unsigned window = rest << newBits | bits;
      float level = step.levels[window];
      Floats best = Floats{} + 2 * impossibleFeedbackCost;
      Ints choice = {};
      for (unsigned j = 0; j < sources; ++j) {
        Floats error = level - targets[j];
        Floats cost = costs[j] + step.quality * error * error;
        Ints isBetter = cost < best;
        best = isBetter ? cost : best;
        choice = isBetter ? Ints{} + int(j) : choice;
      }
      *reinterpret_cast<Floats *>(to.costs + window * feedbackChains) = best;
      smallest = best < smallest ? best : smallest;
      for (unsigned chain = 0; chain < feedbackChains; ++chain)
        choices[window * feedbackChains + chain] = uint8_t(choice[chain]);
      carry(step, from, to, count, rest, window, level, choice);
    }
  }
  *reinterpret_cast<Floats *>(least) = smallest;
}

void advance(const HashFeedbackStep &step, const FeedbackStates &from,
             const FeedbackStates &to, uint8_t *choices, float *least) {
  auto *body = step.newBits == 1   ? &advanceAs<1>
               : step.newBits == 2 ? &advanceAs<2>
               : step.newBits == 3 ? &advanceAs<3>
                                   : &advanceAs<4>;
  body(step, from, to, choices, least);
}

} // namespace
} // namespace ccq::quantizer

#endif // CCQ_LIB_QUANTIZER_KERNELS_HASHFEEDBACKSEARCHKERNEL_H
