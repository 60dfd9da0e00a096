//===- WordSearchKernel.h - search body for one vector width ----*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_QUANTIZER_KERNELS_WORDSEARCHKERNEL_H
#define CCQ_LIB_QUANTIZER_KERNELS_WORDSEARCHKERNEL_H

#include "WordSearch.h"

#include <utility>

#ifndef CCQ_VECTOR_BYTES
#error "the including file defines CCQ_VECTOR_BYTES, the register width"
#endif

// The dynamic program. The windows of a word are read from its high bits to
// its low bits, and two neighbours share the bits in which they overlap. The
// state after a window is therefore its low shared bits, which are the high
// bits of the next one; every word is a path through these states and every
// path is a word. Keeping the cheapest path into each state is exact, in
// float32 as well, because rounding is monotone: of two sums that differ in
// one term, the one with the smaller term is never rounded above the other.
//
// The costs are sums of (weight - scale * level)^2, times the cost of the row
// where there are such, from the first weight of the word on; word costs are
// then added from the first word of the group on.
// On equal cost the lower window wins.

namespace ccq::quantizer {
// Internal linkage: each kernel file has its own copy, for its own
// instruction set.
namespace {

typedef float Floats __attribute__((vector_size(CCQ_VECTOR_BYTES)));
typedef uint32_t Words __attribute__((vector_size(CCQ_VECTOR_BYTES)));
constexpr int lanes = CCQ_VECTOR_BYTES / 4;
static_assert(columnsPerBlock % lanes == 0);

#define CCQ_INLINE [[gnu::always_inline]] inline
#define CCQ_INLINE_BODY __attribute__((always_inline))

/// body(0), body(1), ... body(count - 1) without a loop, so that arrays indexed
/// by the argument become registers.
template <typename Body, unsigned... i>
CCQ_INLINE void unroll(std::integer_sequence<unsigned, i...>, Body body) {
  (body(i), ...);
}

/// Which weights of a group count, and how much.
enum class Rows {
  /// All the same.
  Same,
  /// The first countedWeights, all the same.
  Padded,
  /// Each as much as its rowCosts.
  Weighted
};

/// A layout that the compiler knows, for the schemes with a name.
template <Rows rows, unsigned wordCount, unsigned bits, unsigned tail,
          unsigned... shifts>
struct FixedLayout {
  static constexpr unsigned maxStates = 1u << (bits - 1);
  static constexpr unsigned maxWindows = 1u << bits;
  static constexpr unsigned shiftTable[] = {shifts...};
  unsigned countedWeights;
  const float *rowCosts;

  static bool matches(const WordLayout &layout) {
    if (layout.wordsPerGroup != wordCount || layout.windowBits != bits ||
        layout.tailShift != tail || layout.weightsPerWord != sizeof...(shifts))
      return false;
    for (unsigned i = 0; i < sizeof...(shifts); ++i)
      if (layout.shifts[i] != shiftTable[i])
        return false;
    return true;
  }

  static constexpr unsigned wordsPerGroup() { return wordCount; }
  static constexpr unsigned weightsPerWord() { return sizeof...(shifts); }
  static constexpr unsigned windowBits() { return bits; }
  static constexpr unsigned tailShift() { return tail; }
  static constexpr unsigned shift(unsigned i) { return shiftTable[i]; }
  bool isCounted(unsigned weight) const {
    return rows != Rows::Padded || weight < countedWeights;
  }
  CCQ_INLINE Floats weigh(unsigned weight, Floats squared) const {
    return rows == Rows::Weighted ? squared * rowCosts[weight] : squared;
  }

  template <typename Body>
  CCQ_INLINE static void forEachWeightInWord(Body body) {
    unroll(std::make_integer_sequence<unsigned, sizeof...(shifts)>(), body);
  }
  template <typename Body> CCQ_INLINE static void forEachWindow(Body body) {
    unroll(std::make_integer_sequence<unsigned, maxWindows>(), body);
  }
};

/// Any layout, and groups that end in padding.
struct AnyLayout {
  static constexpr unsigned maxStates = 128;
  static constexpr unsigned maxWindows = 256;
  const WordLayout &layout;
  unsigned countedWeights;
  const float *rowCosts;

  unsigned wordsPerGroup() const { return layout.wordsPerGroup; }
  unsigned weightsPerWord() const { return layout.weightsPerWord; }
  unsigned windowBits() const { return layout.windowBits; }
  unsigned tailShift() const { return layout.tailShift; }
  unsigned shift(unsigned i) const { return layout.shifts[i]; }
  bool isCounted(unsigned weight) const { return weight < countedWeights; }
  CCQ_INLINE Floats weigh(unsigned weight, Floats squared) const {
    return rowCosts ? squared * rowCosts[weight] : squared;
  }

  template <typename Body> void forEachWeightInWord(Body body) const {
    for (unsigned i = 0; i < layout.weightsPerWord; ++i)
      body(i);
  }
  template <typename Body> void forEachWindow(Body body) const {
    for (unsigned window = 0; window < 1u << layout.windowBits; ++window)
      body(window);
  }
};

// docs/Format.md, "Word schemes".
template <Rows rows>
using LayoutW2_5 = FixedLayout<rows, 10, 3, 13, 13, 11, 9, 6, 4, 2, 0>;
template <Rows rows> using LayoutW2_75 = FixedLayout<rows, 22, 4, 4, 4, 2, 0>;

/// Bits that window i of a word shares with the one after it.
template <typename Layout>
CCQ_INLINE unsigned getSharedBits(const Layout &layout, unsigned i) {
  if (i + 1 == layout.weightsPerWord())
    return 0;
  unsigned step = layout.shift(i) - layout.shift(i + 1);
  return step < layout.windowBits() ? layout.windowBits() - step : 0;
}

/// Cheapest paths into each state, and the bits of their words so far.
template <typename Layout> struct Survivors {
  Floats costs[Layout::maxStates];
  Words words[Layout::maxStates];
};

/// Extends all paths by the window of one weight: its position in the group,
/// its right shift, the bits shared with the windows before and after it.
struct Step {
  unsigned weight;
  unsigned shift;
  unsigned sharedBefore;
  unsigned sharedAfter;
};

template <bool keepWords, typename Layout>
CCQ_INLINE void extendPaths(const Layout &layout, Step step, Floats weight,
                            const Floats *levels, Survivors<Layout> &paths) {
  Survivors<Layout> next;
  layout.forEachWindow([&](unsigned window) CCQ_INLINE_BODY {
    unsigned from = window >> (layout.windowBits() - step.sharedBefore);
    unsigned to = window & ((1u << step.sharedAfter) - 1);
    Floats cost = paths.costs[from];
    if (layout.isCounted(step.weight)) {
      Floats difference = weight - levels[window];
      cost += layout.weigh(step.weight, difference * difference);
    }
    bool isFirst = window >> step.sharedAfter == 0;
    if (keepWords) {
      Words word = paths.words[from] | (window << step.shift);
      next.words[to] = isFirst                 ? word
                       : cost < next.costs[to] ? word
                                               : next.words[to];
    }
    next.costs[to] = isFirst                 ? cost
                     : cost < next.costs[to] ? cost
                                             : next.costs[to];
  });
  layout.forEachWindow([&](unsigned window) CCQ_INLINE_BODY {
    if (window >> step.sharedAfter != 0)
      return;
    paths.costs[window] = next.costs[window];
    paths.words[window] = next.words[window];
  });
}

/// Searches the words of one group of `lanes` channels.
template <bool keepWords, typename Layout>
CCQ_INLINE void searchGroup(const Layout &layout, const float *weights,
                            const float *scales, float *costs,
                            uint32_t *words) {
  // Channels of one weight are columnsPerBlock floats apart.
  auto load = [](const float *from) {
    return *reinterpret_cast<const Floats *>(from);
  };
  Floats levels[Layout::maxWindows];
  int bias = 1 << (layout.windowBits() - 1);
  Floats scale = load(scales);
  layout.forEachWindow([&](unsigned window) CCQ_INLINE_BODY {
    levels[window] = scale * float(int(window) - bias);
  });

  Floats total = {};
  unsigned tailWord = layout.wordsPerGroup() - 1;
  for (unsigned word = 0; word < tailWord; ++word) {
    Survivors<Layout> paths;
    paths.costs[0] = Floats{};
    paths.words[0] = Words{};
    layout.forEachWeightInWord([&](unsigned i) CCQ_INLINE_BODY {
      Step step = {word * layout.weightsPerWord() + i, layout.shift(i),
                   i == 0 ? 0 : getSharedBits(layout, i - 1),
                   getSharedBits(layout, i)};
      extendPaths<keepWords>(layout, step,
                             load(weights + step.weight * columnsPerBlock),
                             levels, paths);
    });
    total += paths.costs[0];
    if (keepWords)
      *reinterpret_cast<Words *>(words + word * columnsPerBlock) =
          paths.words[0];
  }

  Survivors<Layout> paths;
  paths.costs[0] = Floats{};
  paths.words[0] = Words{};
  unsigned last = tailWord * layout.weightsPerWord();
  extendPaths<keepWords>(layout, {last, layout.tailShift(), 0, 0},
                         load(weights + last * columnsPerBlock), levels, paths);
  total += paths.costs[0];
  *reinterpret_cast<Floats *>(costs) = total;
  if (keepWords)
    *reinterpret_cast<Words *>(words + tailWord * columnsPerBlock) =
        paths.words[0];
}

template <bool keepWords, typename Layout>
void searchBlock(const Layout &layout, const WordSearchInput &input,
                 float *costs, uint32_t *words) {
  for (int lane = 0; lane < columnsPerBlock; lane += lanes)
    searchGroup<keepWords>(layout, input.weights + lane, input.scales + lane,
                           costs + lane, keepWords ? words + lane : nullptr);
}

template <bool keepWords, Rows rows>
void searchLayout(const WordLayout &layout, const WordSearchInput &input,
                  float *costs, uint32_t *words) {
  unsigned counted = input.countedWeights;
  const float *rowCosts = input.rowCosts;
  if (LayoutW2_5<rows>::matches(layout))
    return searchBlock<keepWords>(LayoutW2_5<rows>{counted, rowCosts}, input,
                                  costs, words);
  if (LayoutW2_75<rows>::matches(layout))
    return searchBlock<keepWords>(LayoutW2_75<rows>{counted, rowCosts}, input,
                                  costs, words);
  searchBlock<keepWords>(AnyLayout{layout, counted, rowCosts}, input, costs,
                         words);
}

template <bool keepWords>
void search(const WordLayout &layout, const WordSearchInput &input,
            float *costs, uint32_t *words) {
  unsigned groupSize = (layout.wordsPerGroup - 1) * layout.weightsPerWord + 1;
  if (input.rowCosts)
    searchLayout<keepWords, Rows::Weighted>(layout, input, costs, words);
  else if (input.countedWeights == groupSize)
    searchLayout<keepWords, Rows::Same>(layout, input, costs, words);
  else
    searchLayout<keepWords, Rows::Padded>(layout, input, costs, words);
}

void findCosts(const WordLayout &layout, const WordSearchInput &input,
               float *costs) {
  search<false>(layout, input, costs, nullptr);
}

void findWords(const WordLayout &layout, const WordSearchInput &input,
               float *costs, uint32_t *words) {
  search<true>(layout, input, costs, words);
}

} // namespace
} // namespace ccq::quantizer

#endif // CCQ_LIB_QUANTIZER_KERNELS_WORDSEARCHKERNEL_H
