//===- StreamSearchKernel.h - search for one width --------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_QUANTIZER_KERNELS_STREAMSEARCHKERNEL_H
#define CCQ_LIB_QUANTIZER_KERNELS_STREAMSEARCHKERNEL_H

#include "StreamSearch.h"

#ifndef CCQ_VECTOR_BYTES
#error "the including file defines CCQ_VECTOR_BYTES, the register width"
#endif

// One chain per 16-bit element. The Viterbi step does 16 additions and minima
// per state and two weights; everything else is small beside it. No decision is
// recorded: the traceback finds them again from the costs of the states.

namespace ccq::quantizer {
namespace {

typedef uint16_t Costs __attribute__((vector_size(CCQ_VECTOR_BYTES)));
typedef int32_t Ints __attribute__((vector_size(CCQ_VECTOR_BYTES)));
typedef float Floats __attribute__((vector_size(CCQ_VECTOR_BYTES)));
constexpr int chains = CCQ_VECTOR_BYTES / 2;
constexpr int half = chains / 2;

#define CCQ_INLINE [[gnu::always_inline]] inline

CCQ_INLINE Costs takeMinimum(Costs a, Costs b) { return a < b ? a : b; }

/// Cost of half of the chains for one key: truncated, not rounded.
CCQ_INLINE Ints computeCost(float level, Floats target, Floats quality) {
  Floats difference = level - target;
  Floats cost = difference * difference * quality;
  Floats limit = Floats{} + largestStreamCost;
  return __builtin_convertvector(cost < limit ? cost : limit, Ints);
}

CCQ_INLINE Ints takeMinimum(Ints a, Ints b) { return a < b ? a : b; }

/// Two halves with elements below 2^15 as one vector.
CCQ_INLINE Costs narrow(Ints low, Ints high) {
  // The low 16 bits of every element, the even elements of 16 bits.
  Costs first = (Costs)low, second = (Costs)high;
#if CCQ_VECTOR_BYTES == 16
  return __builtin_shufflevector(first, second, 0, 2, 4, 6, 8, 10, 12, 14);
#elif CCQ_VECTOR_BYTES == 32
  return __builtin_shufflevector(first, second, 0, 2, 4, 6, 8, 10, 12, 14, 16,
                                 18, 20, 22, 24, 26, 28, 30);
#else
  return __builtin_shufflevector(first, second, 0, 2, 4, 6, 8, 10, 12, 14, 16,
                                 18, 20, 22, 24, 26, 28, 30, 32, 34, 36, 38, 40,
                                 42, 44, 46, 48, 50, 52, 54, 56, 58, 60, 62);
#endif
}

CCQ_INLINE Floats loadFloats(const float *from) {
  Floats value;
  __builtin_memcpy(&value, from, sizeof(value));
  return value;
}

CCQ_INLINE Costs loadCosts(const uint16_t *from) {
  return *reinterpret_cast<const Costs *>(from);
}

CCQ_INLINE void storeCosts(uint16_t *to, Costs value) {
  *reinterpret_cast<Costs *>(to) = value;
}

template <bool hasExtra>
void fillWeightCosts(const float (&levels)[2][streamKeys], const float *targets,
                     const float *qualities, Costs offset, uint16_t *costs) {
  Floats target[2], quality[2];
  for (int i = 0; i < 2; ++i) {
    target[i] = loadFloats(targets + i * half);
    quality[i] = loadFloats(qualities + i * half);
  }
  for (unsigned key = 0; key < streamKeys; ++key) {
    Ints cost[2];
    for (int i = 0; i < 2; ++i) {
      cost[i] = computeCost(levels[0][key], target[i], quality[i]);
      if (hasExtra)
        cost[i] = takeMinimum(
            cost[i], computeCost(levels[1][key], target[i], quality[i]));
    }
    storeCosts(costs + key * chains, narrow(cost[0], cost[1]) - offset);
  }
}

void fillCosts(const StreamTrellis &trellis, const StreamStep &step,
               uint16_t *costs) {
  for (int weight = 0; weight < 2; ++weight) {
    Costs offset = weight == 0 ? loadCosts(step.offsets) : Costs{};
    auto *fill = step.hasExtra[weight] ? &fillWeightCosts<true>
                                       : &fillWeightCosts<false>;
    fill(trellis.levels[weight], step.targets + weight * chains,
         step.qualities + weight * chains, offset,
         costs + weight * streamKeys * chains);
  }
}

/// The states with context c when keys depend on w0 ^ w: blocks of four by
/// four nibbles, which share the costs of four values of w0 ^ w.
CCQ_INLINE Costs advanceUniform(const StreamTrellis &trellis,
                                const uint16_t *costs, const uint16_t *from,
                                unsigned c, uint16_t *to) {
  const uint16_t *even = costs, *odd = costs + streamKeys * chains;
  Costs steps[16];
#pragma GCC unroll 16
  for (unsigned u = 0; u < 16; ++u) {
    unsigned evenKey = trellis.contextKeys[0][c] ^ trellis.newKeys[0][u];
    unsigned oddKey = trellis.contextKeys[1][c] ^ trellis.newKeys[1][u];
    steps[u] =
        loadCosts(even + evenKey * chains) + loadCosts(odd + oddKey * chains);
  }
  from += c * 16 * chains;
  Costs least = Costs{} - 1;
#pragma GCC unroll 4
  for (unsigned w0 = 0; w0 < 16; w0 += 4) {
    Costs best[4];
#pragma GCC unroll 4
    for (unsigned i = 0; i < 4; ++i)
      best[i] = Costs{} - 1;
#pragma GCC unroll 4
    for (unsigned w = 0; w < 16; w += 4)
#pragma GCC unroll 4
      for (unsigned j = 0; j < 4; ++j) {
        Costs state = loadCosts(from + (w + j) * chains);
#pragma GCC unroll 4
        for (unsigned i = 0; i < 4; ++i)
          best[i] = takeMinimum(best[i], state + steps[(w0 ^ w) + (i ^ j)]);
      }
#pragma GCC unroll 4
    for (unsigned i = 0; i < 4; ++i) {
      storeCosts(to + ((w0 + i) * trellis.contexts + c) * chains, best[i]);
      least = takeMinimum(least, best[i]);
    }
  }
  return least;
}

/// The states with context c of any trellis.
CCQ_INLINE Costs advanceAny(const StreamTrellis &trellis, const uint16_t *costs,
                            const uint16_t *from, unsigned c, uint16_t *to) {
  const uint16_t *even = costs, *odd = costs + streamKeys * chains;
  Costs least = Costs{} - 1;
  for (unsigned w0 = 0; w0 < 16; ++w0) {
    unsigned evenKey = trellis.contextKeys[0][c] ^ trellis.newKeys[0][w0];
    unsigned oddKey = trellis.contextKeys[1][c] ^ trellis.newKeys[1][w0];
    Costs best = Costs{} - 1;
    for (unsigned w = 0; w < 16; ++w) {
      Costs cost =
          loadCosts(from + (c * 16 + w) * chains) +
          loadCosts(even + (evenKey ^ trellis.oldKeys[0][w]) * chains) +
          loadCosts(odd + (oddKey ^ trellis.oldKeys[1][w]) * chains);
      best = takeMinimum(best, cost);
    }
    storeCosts(to + (w0 * trellis.contexts + c) * chains, best);
    least = takeMinimum(least, best);
  }
  return least;
}

void advance(const StreamTrellis &trellis, const uint16_t *costs,
             const uint16_t *from, uint16_t *to, uint16_t *least) {
  Costs smallest = Costs{} - 1;
  if (trellis.isUniform)
    for (unsigned c = 0; c < trellis.contexts; ++c)
      smallest =
          takeMinimum(smallest, advanceUniform(trellis, costs, from, c, to));
  else
    for (unsigned c = 0; c < trellis.contexts; ++c)
      smallest = takeMinimum(smallest, advanceAny(trellis, costs, from, c, to));
  storeCosts(least, smallest);
}

} // namespace
} // namespace ccq::quantizer

#endif // CCQ_LIB_QUANTIZER_KERNELS_STREAMSEARCHKERNEL_H
