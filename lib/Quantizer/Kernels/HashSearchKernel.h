//===- HashSearchKernel.h - search for one width ----------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_QUANTIZER_KERNELS_HASHSEARCHKERNEL_H
#define CCQ_LIB_QUANTIZER_KERNELS_HASHSEARCHKERNEL_H

#include "HashSearch.h"

#ifndef CCQ_VECTOR_BYTES
#error "the including file defines CCQ_VECTOR_BYTES, the register width"
#endif

#if defined(__SSE2__)
#include <immintrin.h>
#endif
#include <utility>

// One chain at a time, neighbouring windows side by side: a window costs about
// ten instructions per register, and the minimum over the windows before it is
// shared by two to sixteen windows.

namespace ccq::quantizer {
namespace {

constexpr int width = CCQ_VECTOR_BYTES / 2;
typedef uint16_t Costs __attribute__((vector_size(CCQ_VECTOR_BYTES)));
typedef int16_t Levels __attribute__((vector_size(CCQ_VECTOR_BYTES)));
typedef uint8_t Choices __attribute__((vector_size(CCQ_VECTOR_BYTES / 2)));

#define CCQ_INLINE [[gnu::always_inline]] inline

CCQ_INLINE Costs takeMinimum(Costs a, Costs b) { return a < b ? a : b; }

/// a + b, or 2^16 - 1.
CCQ_INLINE Costs addSaturated(Costs a, Costs b) {
#if CCQ_VECTOR_BYTES == 64
  return (Costs)_mm512_adds_epu16((__m512i)a, (__m512i)b);
#elif CCQ_VECTOR_BYTES == 32
  return (Costs)_mm256_adds_epu16((__m256i)a, (__m256i)b);
#elif defined(__SSE2__)
  return (Costs)_mm_adds_epu16((__m128i)a, (__m128i)b);
#else
  Costs sum = a + b;
  return sum < a ? Costs{} - 1 : sum;
#endif
}

/// The high half of the products.
CCQ_INLINE Costs multiplyHigh(Costs a, Costs b) {
#if CCQ_VECTOR_BYTES == 64
  return (Costs)_mm512_mulhi_epu16((__m512i)a, (__m512i)b);
#elif CCQ_VECTOR_BYTES == 32
  return (Costs)_mm256_mulhi_epu16((__m256i)a, (__m256i)b);
#elif defined(__SSE2__)
  return (Costs)_mm_mulhi_epu16((__m128i)a, (__m128i)b);
#else
  Costs high;
  for (int i = 0; i < width; ++i)
    high[i] = uint16_t(uint32_t(a[i]) * b[i] >> 16);
  return high;
#endif
}

CCQ_INLINE Costs loadCosts(const uint16_t *from) {
  return *reinterpret_cast<const Costs *>(from);
}

/// Element i of part `part` is element (part * width + i) >> newBits.
template <unsigned newBits, int part, int... i>
CCQ_INLINE Costs spread(Costs best, std::integer_sequence<int, i...>) {
  return __builtin_shufflevector(best, best,
                                 ((part * width + i) >> newBits)...);
}

template <bool isWeighted>
CCQ_INLINE Costs computeCosts(const HashStep &step, const int16_t *levels) {
  Levels distance = step.target - *reinterpret_cast<const Levels *>(levels);
  Levels other = -distance;
  distance = distance > other ? distance : other;
  Levels limit = Levels{} + int16_t(largestHashDistance);
  distance = distance < limit ? distance : limit;
  Costs cost = (Costs)distance * (Costs)distance;
  return isWeighted ? multiplyHigh(cost, Costs{} + step.quality) : cost;
}

/// The least cost of the windows before `rest` and the `width` after it.
template <unsigned newBits>
CCQ_INLINE Costs select(const HashStep &step, const uint16_t *from,
                        unsigned rest, uint8_t *choices) {
  unsigned count = 1u << (step.stateBits - newBits);
  Costs best = loadCosts(from + rest), choice = {};
#pragma GCC unroll 16
  for (unsigned j = 1; j < 1u << newBits; ++j) {
    Costs cost = loadCosts(from + j * count + rest);
    choice = cost < best ? Costs{} + uint16_t(j) : choice;
    best = takeMinimum(best, cost);
  }
  Choices narrow = __builtin_convertvector(choice, Choices);
  __builtin_memcpy(choices + rest, &narrow, sizeof(narrow));
  // Nothing comes from states that no path leads to.
  Costs impossible = Costs{} + impossibleHashCost;
  return best == impossible ? impossible : best - step.offset;
}

template <unsigned newBits, bool isWeighted, int... part>
CCQ_INLINE Costs extend(const HashStep &step, Costs best, unsigned first,
                        uint16_t *to, std::integer_sequence<int, part...>) {
  Costs least = Costs{} - 1;
  auto store = [&](Costs before, int number) __attribute__((always_inline)) {
    unsigned at = first + unsigned(number * width);
    Costs cost =
        addSaturated(before, computeCosts<isWeighted>(step, step.levels + at));
    *reinterpret_cast<Costs *>(to + at) = cost;
    least = takeMinimum(least, cost);
  };
  (store(spread<newBits, part>(best, std::make_integer_sequence<int, width>()),
         part),
   ...);
  return least;
}

template <unsigned newBits, bool isWeighted>
uint16_t advanceAs(const HashStep &step, const uint16_t *from, uint16_t *to,
                   uint8_t *choices) {
  Costs least = Costs{} - 1;
  for (unsigned rest = 0; rest < 1u << (step.stateBits - newBits);
       rest += width) {
    Costs best = select<newBits>(step, from, rest, choices);
    least = takeMinimum(least,
                        extend<newBits, isWeighted>(
                            step, best, rest << newBits, to,
                            std::make_integer_sequence<int, (1 << newBits)>()));
  }
  uint16_t smallest = least[0];
  for (int i = 1; i < width; ++i)
    smallest = least[i] < smallest ? least[i] : smallest;
  return smallest;
}

template <bool isWeighted>
uint16_t advanceFor(const HashStep &step, const uint16_t *from, uint16_t *to,
                    uint8_t *choices) {
  switch (step.newBits) {
  case 1:
    return advanceAs<1, isWeighted>(step, from, to, choices);
  case 2:
    return advanceAs<2, isWeighted>(step, from, to, choices);
  case 3:
    return advanceAs<3, isWeighted>(step, from, to, choices);
  default:
    return advanceAs<4, isWeighted>(step, from, to, choices);
  }
}

uint16_t advance(const HashStep &step, const uint16_t *from, uint16_t *to,
                 uint8_t *choices) {
  return step.quality != 0 ? advanceFor<true>(step, from, to, choices)
                           : advanceFor<false>(step, from, to, choices);
}

} // namespace
} // namespace ccq::quantizer

#endif // CCQ_LIB_QUANTIZER_KERNELS_HASHSEARCHKERNEL_H
