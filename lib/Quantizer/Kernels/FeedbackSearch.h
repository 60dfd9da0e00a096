//===- FeedbackSearch.h - a search whose paths carry errors -----*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_QUANTIZER_KERNELS_FEEDBACKSEARCH_H
#define CCQ_LIB_QUANTIZER_KERNELS_FEEDBACKSEARCH_H

#include "StreamSearch.h"

namespace ccq::quantizer {

/// Chains side by side: half of the channels of a tile.
inline constexpr unsigned feedbackChains = 8;

/// Cost of a state that no path leads to.
inline constexpr float impossibleFeedbackCost = 1e30f;

/// One step of a strip: two rows of one channel per chain. Each state carries
/// for the rows still to come in its channel what the levels of its path so far
/// take off their targets ("pending").
struct FeedbackStep {
  /// Targets in levels as far as they do not depend on the path, [2][chains].
  const float *targets = nullptr;
  /// Relative cost of a squared error of the even and the odd row.
  float qualities[2] = {};
  bool hasExtra[2] = {};
  /// What a level of the even row takes off the target of the odd one.
  float cross = 0;
  /// Rows of the channel after these two.
  unsigned laterRows = 0;
  /// What levels of the even and odd row take off the targets of later rows,
  /// [2][laterRows].
  const float *later[2] = {};
};

/// The states of a step; [states][chains] each but pending, which is
/// [states][chains][pendingRows]. The arrays are aligned to 64 bytes.
struct FeedbackStates {
  float *costs = nullptr;
  /// The state of the path when decisions were last put off.
  uint16_t *ancestors = nullptr;
  float *pending = nullptr;
  unsigned pendingRows = 0;
};

/// The search for one instruction set. All kernels give the same bits: float32
/// operations in a fixed order.
struct FeedbackSearch {
  const char *instructionSet;

  /// The least cost of reaching each state, less the least of all of the step
  /// before. choices: [states][chains], the oldest nibble of the best path and
  /// its extra bits as bits 4 and 5. least: [chains], in and out.
  void (*advance)(const StreamTrellis &trellis, const FeedbackStep &step,
                  const FeedbackStates &from, const FeedbackStates &to,
                  uint8_t *choices, float *least);
};

extern const FeedbackSearch feedbackSearchGeneric;
extern const FeedbackSearch feedbackSearchAVX2;

/// Kernels that this machine can run, the fastest first, null at the end.
const FeedbackSearch *const *getUsableFeedbackSearches();

} // namespace ccq::quantizer

#endif // CCQ_LIB_QUANTIZER_KERNELS_FEEDBACKSEARCH_H
