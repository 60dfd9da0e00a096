//===- HashSearchTest.cpp - tests of the search for hashed streams --------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HashChains.h"

#include "ccq/Codec/Hash.h"
#include "ccq/Codec/Scheme.h"

#include <algorithm>
#include <cstdlib>
#include <gtest/gtest.h>
#include <random>

using namespace ccq;
using namespace ccq::quantizer;

static codec::HashScheme getHash(const char *name) {
  return std::get<codec::HashScheme>(**codec::parseSchemeName(name));
}

/// Gaussian targets with a deviation of the levels; quality 0 is the full one.
static HashChain createChain(int64_t weights, unsigned seed, uint16_t quality) {
  HashChain chain(weights, {weights});
  std::mt19937 random(seed);
  std::normal_distribution<float> gauss(0, 85);
  for (int16_t &target : chain.targets)
    target = int16_t(std::clamp(gauss(random), -380.0f, 380.0f));
  std::fill(chain.qualities.begin(), chain.qualities.end(), quality);
  return chain;
}

static int64_t measureError(const HashCode &code, const HashChain &chain) {
  int64_t error = 0;
  for (size_t i = 0; i < chain.targets.size(); ++i) {
    int64_t distance = std::min(
        std::abs(chain.targets[i] - code.levels()[chain.windows[i]]), 255);
    error += distance * distance;
  }
  return error;
}

/// Each window is the one before it and the new bits.
static void expectChained(const codec::HashScheme &scheme,
                          const HashChain &chain) {
  unsigned mask = (1u << scheme.stateBits) - 1, before = 0;
  for (size_t i = 0; i < chain.windows.size(); ++i) {
    auto newBits = unsigned(codec::countHashBits(scheme, int64_t(i) + 1) -
                            codec::countHashBits(scheme, int64_t(i)));
    EXPECT_EQ(chain.windows[i] >> newBits, before & (mask >> newBits));
    before = chain.windows[i];
  }
}

TEST(HashSearchTest, FindsTheLeastErrorOfAllBits) {
  codec::HashScheme scheme = getHash("t2.5:code=hash,L=12");
  HashCode code(scheme);
  for (int64_t weights : {1, 2, 4, 6})
    for (unsigned seed : {1u, 2u}) {
      HashChain chain = createChain(weights, seed, 0);
      HashChainSearch(code, hashSearchGeneric).run(chain);
      expectChained(scheme, chain);
      int64_t found = measureError(code, chain), least = INT64_MAX;
      int64_t bits = codec::countHashBits(scheme, weights);
      for (unsigned number = 0; number < 1u << bits; ++number) {
        HashChain other = chain;
        for (int64_t i = 0; i < weights; ++i)
          other.windows[size_t(i)] = uint16_t(
              number >> (bits - codec::countHashBits(scheme, i + 1)) & 4095);
        least = std::min(least, measureError(code, other));
      }
      EXPECT_EQ(found, least);
    }
}

TEST(HashSearchTest, KernelsAgreeBitForBit) {
  for (const char *name :
       {"t2.25:code=hash,L=12", "t3:code=hash,L=14,levels=64",
        "t1.3125:code=hash,L=12", "t3.75:code=hash,L=12", "t4:code=hash"})
    for (uint16_t quality : {0, 30000}) {
      codec::HashScheme scheme = getHash(name);
      HashCode code(scheme);
      HashChain expected = createChain(700, 3, quality);
      HashChainSearch(code, hashSearchGeneric).run(expected);
      expectChained(scheme, expected);
      for (const HashSearch *const *kernel = getUsableHashSearches(); *kernel;
           ++kernel) {
        HashChain chain = createChain(700, 3, quality);
        HashChainSearch(code, **kernel).run(chain);
        EXPECT_EQ(chain.windows, expected.windows)
            << (*kernel)->instructionSet << " " << name;
      }
    }
}

// Costs saturate all the time, and the bits must still be those of a chain that
// starts at zero.
TEST(HashSearchTest, ExtremeTargetsStayChained) {
  codec::HashScheme scheme = getHash("t2:code=hash,L=12");
  HashCode code(scheme);
  HashChain chain = createChain(1500, 1, 0);
  for (size_t i = 0; i < chain.targets.size(); ++i)
    chain.targets[i] = i % 3 ? 760 : -760;
  HashChainSearch(code, hashSearchGeneric).run(chain);
  expectChained(scheme, chain);
}
