//===- HashFeedbackChains.h - hashed chains with feedback -------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_QUANTIZER_HASHFEEDBACKCHAINS_H
#define CCQ_LIB_QUANTIZER_HASHFEEDBACKCHAINS_H

#include "FeedbackChains.h"
#include "HashChains.h"
#include "Kernels/HashFeedbackSearch.h"

#include <array>

namespace ccq::quantizer {

/// feedbackChains runs of a strip and what the search finds for them.
struct HashFeedbackChains {
  /// The same for all runs.
  HashRunBits bits;
  /// Windows before the first and of the last weight of each run, or anyState.
  std::array<unsigned, feedbackChains> starts = {};
  std::array<unsigned, feedbackChains> ends;
  /// In levels, [weights][feedbackChains].
  std::vector<float> targets;
  /// Window of each weight, [weights][feedbackChains].
  std::vector<uint16_t> windows;

  HashFeedbackChains(int64_t weights, const HashRunBits &bits)
      : bits(bits), targets(size_t(weights) * feedbackChains),
        windows(targets.size()) {
    ends.fill(anyState);
  }
};

/// FeedbackChainSearch for hashed streams. Decisions are put off by 96 to 192
/// weights. One object per thread: 170 MB for windows of 16 bits and strips of
/// 16 rows.
class HashFeedbackChainSearch {
public:
  HashFeedbackChainSearch(const HashCode &code,
                          const HashFeedbackSearch &search,
                          unsigned pendingRows);

  /// Finds the windows for the targets of runs that begin with a channel.
  void run(const StripFeedback &strip, HashFeedbackChains &chains);

private:
  struct Free {
    void operator()(void *pointer) const { std::free(pointer); }
  };
  template <typename T> using Buffer = std::unique_ptr<T[], Free>;

  uint8_t *getChoices(int64_t weight) const;
  void start(const HashFeedbackChains &chains);
  void advance(const StripFeedback &strip, const HashFeedbackChains &chains,
               int64_t weight);
  void setAncestors(int64_t weight);
  void dropOthers(int64_t weight);
  unsigned findBest(int64_t weight, unsigned chain) const;
  void trace(HashFeedbackChains &chains, unsigned chain, unsigned window,
             int64_t weight, int64_t until);

  const HashCode &code;
  const HashFeedbackSearch &search;
  size_t stateCount;
  std::vector<float> levels;
  FeedbackStates states[2];
  Buffer<float> costs[2], pending[2];
  Buffer<uint16_t> ancestors[2];
  Buffer<uint8_t> choices;
  alignas(64) float least[feedbackChains] = {};
  std::vector<float> later;
  int64_t decided = 0;
};

} // namespace ccq::quantizer

#endif // CCQ_LIB_QUANTIZER_HASHFEEDBACKCHAINS_H
