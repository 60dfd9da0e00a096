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

#include "ccq/Codec/HashScheme.h"

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

/// Weights of one chain over their scales, and what the search finds.
struct HashChain {
  /// In half levels, rounded; see HashStep::target.
  std::vector<int16_t> targets;
  /// See HashStep::quality.
  std::vector<uint16_t> qualities;
  /// Window of each weight.
  std::vector<uint16_t> windows;

  explicit HashChain(int64_t weights)
      : targets(size_t(weights)), qualities(size_t(weights)),
        windows(size_t(weights)) {}
};

/// Viterbi search from the zero window to any window. Choices are kept for the
/// last weights only; a longer chain is decided in halves of that ring, as
/// StreamChainSearch does. One object per thread: 9 MB for windows of 16 bits.
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

  unsigned getNewBits(int64_t weight) const;
  uint8_t *getChoices(int64_t weight) const;
  void startFromDecided();
  void advance(const HashChain &chain, int64_t weight);
  void decide(HashChain &chain, int64_t weight, int64_t until);
  bool trace(HashChain &chain, int64_t weight, int64_t until);

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
  /// ... and lead to this window.
  unsigned decidedWindow = 0;
  unsigned nextWindow = 0;
};

} // namespace ccq::quantizer

#endif // CCQ_LIB_QUANTIZER_HASHCHAINS_H
