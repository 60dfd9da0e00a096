//===- HashChains.h - search for the bits of a chain ------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_QUANTIZER_HASHCHAINS_H
#define CCQ_LIB_QUANTIZER_HASHCHAINS_H

#include "Kernels/HashSearch.h"
#include "StreamChains.h"

#include "ccq/Codec/Hash.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

namespace ccq::quantizer {

/// What the search knows of a scheme; built once per matrix.
class HashCode {
public:
  explicit HashCode(const codec::HashScheme &scheme);

  const codec::HashScheme &scheme() const { return description; }

  /// 2 * level + 1 by window, aligned to 64 bytes.
  const int16_t *levels() const { return table.get(); }

  /// Root mean square of level + 1/2 over all windows.
  float levelRms() const { return rms; }

private:
  struct Free {
    void operator()(int16_t *pointer) const { std::free(pointer); }
  };
  codec::HashScheme description;
  std::unique_ptr<int16_t[], Free> table;
  float rms;
};

/// Which bits the weights of a run have.
struct HashRunBits {
  /// Weights of a chain of the block.
  int64_t blockWeights = 0;
  /// Number of the run's first weight in its chain; chains follow each other.
  int64_t firstWeight = 0;

  /// New bits of a weight of the run, 1 to 4.
  unsigned count(const codec::HashScheme &scheme, int64_t weight) const {
    int64_t number = (firstWeight + weight) % blockWeights;
    return unsigned(codec::countHashBits(scheme, number + 1) -
                    codec::countHashBits(scheme, number));
  }
};

/// Weights of one run over their scales, and what the search finds.
struct HashChain {
  HashRunBits bits;
  /// Windows before the first and of the last weight, or anyState.
  unsigned start = 0;
  unsigned end = anyState;
  /// In half levels, rounded; see HashStep::target.
  std::vector<int16_t> targets;
  /// See HashStep::quality.
  std::vector<uint16_t> qualities;
  /// Window of each weight.
  std::vector<uint16_t> windows;

  /// Makes the windows those that their new bits give after the start: a path
  /// that the search could not join to what was decided before is decoded so.
  void settle(const codec::HashScheme &scheme);

  HashChain(int64_t weights, const HashRunBits &bits)
      : bits(bits), targets(size_t(weights)), qualities(size_t(weights)),
        windows(size_t(weights)) {}
};

/// Viterbi search from a window to a window, or from and to any. Choices are
/// kept for the last weights only; a longer chain is decided in halves of that
/// ring, as StreamChainSearch does. One object per thread: 9 MB for windows of
/// 16 bits.
class HashChainSearch {
public:
  HashChainSearch(const HashCode &code, const HashSearch &search);

  /// Finds the windows for the targets.
  void run(HashChain &chain);

private:
  struct Free {
    void operator()(void *pointer) const { std::free(pointer); }
  };
  template <typename T> using Buffer = std::unique_ptr<T[], Free>;

  uint8_t *getChoices(int64_t weight) const;
  void startFromDecided();
  void advance(const HashChain &chain, int64_t weight);
  void decide(HashChain &chain, int64_t weight, int64_t until);
  bool trace(HashChain &chain, int64_t weight, int64_t until);
  unsigned findBest(int64_t weight) const;

  const HashCode &code;
  const HashSearch &search;
  size_t stateCount;
  size_t choiceCount;
  Buffer<uint16_t> costs[2];
  Buffer<uint8_t> choices;
  /// Smallest of the current costs.
  uint16_t least = 0;
  /// Weights before this one are decided ...
  int64_t decided = 0;
  /// ... and lead to this window, or to anyState.
  unsigned decidedWindow = 0;
  unsigned nextWindow = 0;
};

} // namespace ccq::quantizer

#endif // CCQ_LIB_QUANTIZER_HASHCHAINS_H
