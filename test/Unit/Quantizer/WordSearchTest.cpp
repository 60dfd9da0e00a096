//===- WordSearchTest.cpp - tests of the exact word search ----------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Kernels/WordSearch.h"

#include "ccq/Codec/Decode.h"

#include <array>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <random>

using namespace ccq;
using namespace ccq::quantizer;

namespace {

/// One group of random weights, scales around the best ones.
struct Block {
  codec::WordScheme scheme;
  WordLayout layout;
  std::vector<float> storage;
  float *weights;
  alignas(64) float scales[columnsPerBlock];
  unsigned countedWeights;
  /// Empty: all rows cost the same.
  std::vector<float> rowCosts;

  Block(const codec::WordScheme &words, unsigned counted, unsigned seed)
      : scheme(words), countedWeights(counted) {
    layout.wordsPerGroup = scheme.wordsPerGroup;
    layout.weightsPerWord = scheme.weightsPerWord();
    layout.windowBits = scheme.windowBits;
    layout.tailShift = scheme.tailShift;
    std::copy(scheme.shifts.begin(), scheme.shifts.end(), layout.shifts);
    std::mt19937 random(seed);
    std::normal_distribution<float> gauss;
    size_t count = size_t(scheme.groupSize()) * columnsPerBlock;
    // Kernels want 64-byte alignment.
    storage.resize(count + 16);
    size_t misfit = reinterpret_cast<uintptr_t>(storage.data()) % 64;
    weights = storage.data() + (misfit ? (64 - misfit) / sizeof(float) : 0);
    for (size_t i = 0; i < count; ++i)
      weights[i] = gauss(random);
    for (int i = 0; i < columnsPerBlock; ++i)
      scales[i] =
          (0.2f + 0.05f * float(i)) * 8.0f / float(1 << scheme.windowBits);
  }

  /// Makes rows cost from 2^-20 to 1.
  void drawRowCosts(unsigned seed) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<float> exponent(-20, 0);
    for (unsigned i = 0; i < countedWeights; ++i)
      rowCosts.push_back(std::exp2(exponent(random)));
    rowCosts.resize(scheme.groupSize());
  }

  WordSearchInput input() const {
    return {weights, countedWeights, scales,
            rowCosts.empty() ? nullptr : rowCosts.data()};
  }
  float weight(unsigned i, int lane) const {
    return weights[i * columnsPerBlock + unsigned(lane)];
  }
};

/// What a kernel finds.
struct Found {
  alignas(64) float costs[columnsPerBlock];
  alignas(64) float costsWithWords[columnsPerBlock];
  alignas(64) uint32_t words[64][columnsPerBlock];
};

} // namespace

static Found search(const WordSearch &kernel, const Block &block) {
  Found found = {};
  kernel.findCosts(block.layout, block.input(), found.costs);
  kernel.findWords(block.layout, block.input(), found.costsWithWords,
                   found.words[0]);
  return found;
}

/// Squared error of the counted weights of one word of a group.
static float computeCost(const Block &block, unsigned wordIndex, uint32_t word,
                         int lane) {
  float cost = 0;
  bool isTail = wordIndex + 1 == block.scheme.wordsPerGroup;
  unsigned first = wordIndex * block.scheme.weightsPerWord();
  unsigned count = isTail ? 1 : block.scheme.weightsPerWord();
  for (unsigned i = 0; i < count && first + i < block.countedWeights; ++i) {
    int window = isTail ? decodeTailWindow(block.scheme, word)
                        : decodeWindow(block.scheme, word, i);
    float difference =
        block.weight(first + i, lane) - block.scales[lane] * float(window);
    float squared = difference * difference;
    cost +=
        block.rowCosts.empty() ? squared : squared * block.rowCosts[first + i];
  }
  return cost;
}

/// Compares a kernel with all 2^wordBits words, each word of the group by
/// itself. The costs must be equal, not close.
static void expectBruteForce(const WordSearch &kernel, const Block &block) {
  SCOPED_TRACE(kernel.instructionSet);
  Found found = search(kernel, block);
  for (int lane : {0, 5, 15}) {
    float total = 0;
    for (unsigned w = 0; w < block.scheme.wordsPerGroup; ++w) {
      float best = std::numeric_limits<float>::infinity();
      for (uint32_t word = 0; word < 1u << block.scheme.wordBits; ++word)
        best = std::min(best, computeCost(block, w, word, lane));
      EXPECT_EQ(computeCost(block, w, found.words[w][lane], lane), best)
          << "word " << w << ", lane " << lane;
      total += best;
    }
    EXPECT_EQ(found.costs[lane], total);
    EXPECT_EQ(found.costsWithWords[lane], total);
  }
}

static void expectBruteForce(const codec::WordScheme &scheme) {
  for (const WordSearch *const *kernel = getUsableWordSearches(); *kernel;
       ++kernel)
    for (unsigned counted : {scheme.groupSize(), scheme.groupSize() - 1, 10u}) {
      Block block(scheme, counted, 1);
      expectBruteForce(**kernel, block);
      block.drawRowCosts(2);
      expectBruteForce(**kernel, block);
    }
}

static codec::WordScheme getNamed(const char *name) {
  return std::get<codec::WordScheme>(**codec::parseSchemeName(name));
}

TEST(WordSearchTest, W2_5EqualsAllWords) { expectBruteForce(getNamed("w2.5")); }

TEST(WordSearchTest, W2_75EqualsAllBytes) {
  expectBruteForce(getNamed("w2.75"));
}

// Layouts without a name take the general path: overlaps of three bits, none,
// and gaps.
TEST(WordSearchTest, OtherLayoutsEqualAllWords) {
  expectBruteForce({8, 4, 4, {4, 3, 2, 1, 0}, 4, 4});
  expectBruteForce({8, 12, 2, {6, 4, 2, 0}, 6, 6});
  expectBruteForce({8, 6, 3, {5, 1}, 5, 3});
  expectBruteForce({16, 3, 8, {8, 4, 0}, 8, 8});
}

TEST(WordSearchTest, KernelsAgreeBitForBit) {
  for (const char *name : {"w2.5", "w2.75"})
    for (unsigned seed = 0; seed < 20; ++seed) {
      Block block(getNamed(name), seed % 2 ? 64 : 40, seed);
      if (seed % 4 >= 2)
        block.drawRowCosts(seed);
      Found expected = search(wordSearchGeneric, block);
      for (const WordSearch *const *kernel = getUsableWordSearches(); *kernel;
           ++kernel) {
        SCOPED_TRACE((*kernel)->instructionSet);
        Found found = search(**kernel, block);
        EXPECT_TRUE(std::equal(found.costs, found.costs + columnsPerBlock,
                               expected.costs));
        EXPECT_TRUE(std::equal(found.words[0],
                               found.words[block.scheme.wordsPerGroup],
                               expected.words[0]));
      }
    }
}

TEST(WordSearchTest, ScaleBitsStayClear) {
  Block block(getNamed("w2.5"), 64, 3);
  Found found = search(wordSearchGeneric, block);
  for (uint32_t tail : found.words[9])
    EXPECT_EQ(tail & 0x1FFF, 0u);
}
