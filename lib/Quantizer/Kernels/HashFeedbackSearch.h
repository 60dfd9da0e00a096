//===- HashFeedbackSearch.h - hashed paths that carry errors ----*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_QUANTIZER_KERNELS_HASHFEEDBACKSEARCH_H
#define CCQ_LIB_QUANTIZER_KERNELS_HASHFEEDBACKSEARCH_H

#include "FeedbackSearch.h"

namespace ccq::quantizer {

/// One row of a strip of hashed chains, feedbackChains channels side by side. A
/// state is the window of a weight, as in HashStep, and carries what
/// FeedbackStep describes.
struct HashFeedbackStep {
  unsigned stateBits = 0;
  /// 1 to 4.
  unsigned newBits = 0;
  /// Level plus one half by window, [2^stateBits].
  const float *levels = nullptr;
  /// Targets in levels as far as they do not depend on the path, [chains].
  const float *targets = nullptr;
  /// Relative cost of a squared error.
  float quality = 0;
  /// Rows of the channel after this one.
  unsigned laterRows = 0;
  /// What a level takes off the targets of later rows, [laterRows].
  const float *later = nullptr;
};

/// The search for one instruction set. All kernels give the same bits: float32
/// operations in a fixed order.
struct HashFeedbackSearch {
  const char *instructionSet;

  /// The least cost of reaching each window, less the least of all of the step
  /// before. choices: [states][chains], the high bits of the window before.
  /// least: [chains], in and out.
  void (*advance)(const HashFeedbackStep &step, const FeedbackStates &from,
                  const FeedbackStates &to, uint8_t *choices, float *least);
};

extern const HashFeedbackSearch hashFeedbackSearchGeneric;
extern const HashFeedbackSearch hashFeedbackSearchAVX2;

/// Kernels that this machine can run, the fastest first, null at the end.
const HashFeedbackSearch *const *getUsableHashFeedbackSearches();

} // namespace ccq::quantizer

#endif // CCQ_LIB_QUANTIZER_KERNELS_HASHFEEDBACKSEARCH_H
