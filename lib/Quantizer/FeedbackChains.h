//===- FeedbackChains.h - search for chains with feedback -------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_QUANTIZER_FEEDBACKCHAINS_H
#define CCQ_LIB_QUANTIZER_FEEDBACKCHAINS_H

#include "Kernels/FeedbackSearch.h"
#include "StreamChains.h"

#include <vector>

namespace ccq::quantizer {

/// How the rows of a strip depend on each other, the same for all channels.
struct StripFeedback {
  /// Rows of a channel in the strip, even.
  unsigned rows = 0;
  /// What a level of row j takes off the target of row i > j, [rows][rows].
  std::vector<float> lower;
  /// Relative cost of a squared error, [rows]; 0 for padding.
  std::vector<float> qualities;
};

/// Viterbi search in which every survivor carries the errors of its own path
/// (docs/Rationale/StreamFormat.md, "Feedback"). Decisions are put off by 64 to
/// 128 steps; paths that miss a decided state are dropped. One object per
/// thread.
class FeedbackChainSearch {
public:
  FeedbackChainSearch(const StreamCode &code, const FeedbackSearch &search,
                      unsigned pendingRows);

  /// Finds nibbles, extra bits and levels for the targets of feedbackChains
  /// runs that begin with a channel, in `chains` as StreamChainSearch does;
  /// qualities of `chains` are not read.
  void run(const StripFeedback &strip, StreamChains &chains);

private:
  struct Free {
    void operator()(void *pointer) const { std::free(pointer); }
  };
  template <typename T> using Buffer = std::unique_ptr<T[], Free>;

  uint8_t *getChoices(int64_t step) const;
  void start(const StreamChains &chains);
  void advance(const StripFeedback &strip, const StreamChains &chains,
               int64_t step);
  void setAncestors(int64_t step);
  void dropOthers(int64_t step);
  unsigned findBest(int64_t step, unsigned chain) const;
  void trace(StreamChains &chains, unsigned chain, unsigned state, int64_t step,
             int64_t until);

  const StreamCode &code;
  const FeedbackSearch &search;
  size_t stateCount;
  FeedbackStates states[2];
  Buffer<float> costs[2], pending[2];
  Buffer<uint16_t> ancestors[2];
  Buffer<uint8_t> choices;
  alignas(64) float least[feedbackChains] = {};
  std::vector<float> later[2];
  int64_t decided = 0;
};

} // namespace ccq::quantizer

#endif // CCQ_LIB_QUANTIZER_FEEDBACKCHAINS_H
