//===- StreamSearchTest.cpp - tests of the search for stream words --------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StreamChains.h"

#include "ccq/Codec/Scheme.h"
#include "ccq/Codec/Stream.h"

#include <cmath>
#include <gtest/gtest.h>
#include <random>

using namespace ccq;
using namespace ccq::quantizer;

static codec::StreamScheme getStream(const char *name) {
  return std::get<codec::StreamScheme>(**codec::parseSchemeName(name));
}

/// Quality of a search over weights with a deviation of 48 levels.
static constexpr float quality = 1024.0f / (48 * 48);

/// Gaussian targets; `first` numbers the chains, so that a chain has the same
/// weights in groups of any size.
static StreamChains createChains(int64_t steps, unsigned count,
                                 unsigned first) {
  StreamChains chains(steps, count);
  for (unsigned chain = 0; chain < count; ++chain) {
    std::mt19937 random(first + chain);
    std::normal_distribution<float> gauss(0, 48);
    for (int64_t i = 0; i < 2 * steps; ++i) {
      chains.targets[size_t(i * count + chain)] = gauss(random);
      // Every ninth weight is padding.
      chains.qualities[size_t(i * count + chain)] = i % 9 == 8 ? 0 : quality;
    }
  }
  return chains;
}

/// Squared error of the counted weights of a chain.
static double measureError(const StreamChains &chains, unsigned chain) {
  double error = 0;
  for (size_t i = chain; i < chains.targets.size(); i += chains.chains) {
    double difference = double(chains.targets[i]) - chains.levels[i];
    error += chains.qualities[i] > 0 ? difference * difference : 0;
  }
  return error;
}

/// The levels of a chain as docs/Format.md computes them from its nibbles.
static std::vector<float> decodeChain(const codec::StreamScheme &scheme,
                                      const std::vector<uint8_t> &found) {
  std::vector<float> levels;
  auto steps = int64_t(found.size());
  for (int64_t step = 0; step < steps; ++step)
    for (unsigned i = 0; i < 2; ++i) {
      const codec::StreamScheme::Weight &weight =
          i == 0 ? scheme.even : scheme.odd;
      unsigned n = 0, y = 0;
      for (int64_t back = 0; back <= scheme.memory && back <= step; ++back) {
        n ^= weight.tapsN >> back & 1 ? found[step - back] & 15u : 0u;
        y ^= weight.tapsY >> back & 1 ? found[step - back] & 15u : 0u;
      }
      bool hasExtra =
          codec::findExtraPosition(scheme, i == 1, step, steps).has_value();
      unsigned bit = hasExtra ? found[step] >> (4 + i) & 1u : 0u;
      levels.push_back(float(codec::decodeStreamLevel(weight, n, y, bit)) +
                       0.5f);
    }
  return levels;
}

/// Least error over all nibbles and extra bits of the first `depth` steps.
static double findLeastError(const codec::StreamScheme &scheme,
                             const StreamChains &chains, unsigned chain) {
  double least = 1e30;
  for (unsigned number = 0; number < 1u << (4 * chains.steps); ++number) {
    std::vector<uint8_t> found;
    for (int64_t step = 0; step < chains.steps; ++step)
      found.push_back(uint8_t(number >> (4 * step) & 15));
    std::vector<float> levels[2];
    levels[0] = decodeChain(scheme, found);
    for (uint8_t &nibble : found)
      nibble |= 48;
    levels[1] = decodeChain(scheme, found);
    // Extra bits concern one weight each.
    double error = 0;
    for (size_t i = 0; i < levels[0].size(); ++i) {
      size_t at = i * chains.chains + chain;
      double a = double(levels[0][i]) - chains.targets[at];
      double b = double(levels[1][i]) - chains.targets[at];
      error += chains.qualities[at] > 0 ? std::min(a * a, b * b) : 0;
    }
    least = std::min(least, error);
  }
  return least;
}

// Costs are whole numbers: two weights per step, each cut off by less than one
// unit of 1 / quality, and so is the sum that they are compared with.
TEST(StreamSearchTest, FindsTheLeastErrorOfAllNibbles) {
  for (const char *name : {"t2", "t2.5", "t2.75", "t3", "t2:L=12", "t2.5:L=12"})
    for (int64_t steps : {1, 2, 3, 4}) {
      StreamCode code(getStream(name));
      StreamChains chains = createChains(steps, streamSearchGeneric.chains, 7);
      StreamChainSearch(code, streamSearchGeneric).run(chains);
      for (unsigned chain : {0u, 5u}) {
        double least = findLeastError(code.scheme(), chains, chain);
        double found = measureError(chains, chain);
        EXPECT_GE(found, least * (1 - 1e-6));
        EXPECT_LE(found, least + 2 * double(steps) / quality) << name;
      }
    }
}

TEST(StreamSearchTest, LevelsAreThoseOfTheNibbles) {
  for (const char *name : {"t2.0625", "t2.5", "t2.8125", "t2.25:L=12"})
    for (int64_t steps : {1, 40, 300}) {
      StreamCode code(getStream(name));
      StreamChains chains = createChains(steps, streamSearchGeneric.chains, 1);
      StreamChainSearch(code, streamSearchGeneric).run(chains);
      for (unsigned chain : {0u, 7u}) {
        std::vector<uint8_t> found;
        for (int64_t step = 0; step < steps; ++step)
          found.push_back(chains.found[size_t(step * chains.chains + chain)]);
        std::vector<float> levels = decodeChain(code.scheme(), found);
        for (size_t i = 0; i < levels.size(); ++i)
          EXPECT_EQ(levels[i], chains.levels[i * chains.chains + chain]);
      }
    }
}

TEST(StreamSearchTest, KernelsAgreeBitForBit) {
  for (const char *name : {"t2:L=12", "t2.75"}) {
    StreamCode code(getStream(name));
    StreamChainSearch reference(code, streamSearchGeneric);
    for (const StreamSearch *const *kernel = getUsableStreamSearches(); *kernel;
         ++kernel) {
      SCOPED_TRACE((*kernel)->instructionSet);
      StreamChains chains = createChains(150, (*kernel)->chains, 100);
      StreamChainSearch(code, **kernel).run(chains);
      for (unsigned first = 0; first < chains.chains;
           first += streamSearchGeneric.chains) {
        StreamChains part =
            createChains(150, streamSearchGeneric.chains, 100 + first);
        reference.run(part);
        for (size_t i = 0; i < part.found.size(); ++i)
          EXPECT_EQ(part.found[i],
                    chains.found[i / part.chains * chains.chains + first +
                                 i % part.chains]);
      }
    }
  }
}

// Nothing overflows when every weight is as far away as the encoder lets it be.
// Costs are cut off out there, and two bits do not buy any sequence of signs.
TEST(StreamSearchTest, ExtremeTargetsFindMostSigns) {
  StreamCode code(getStream("t2.5"));
  StreamChains chains(200, streamSearchGeneric.chains);
  for (size_t i = 0; i < chains.targets.size(); ++i) {
    chains.targets[i] = i % 3 ? 197.5f : -197.5f;
    chains.qualities[i] = quality;
  }
  StreamChainSearch(code, streamSearchGeneric).run(chains);
  size_t wrongSigns = 0;
  for (size_t i = 0; i < chains.targets.size(); ++i)
    wrongSigns += (chains.targets[i] > 0) != (chains.levels[i] > 0);
  EXPECT_LT(wrongSigns, chains.targets.size() / 5);
}
