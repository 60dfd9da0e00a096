//===- StreamRuns.h - chains of a block cut into runs -----------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_QUANTIZER_STREAMRUNS_H
#define CCQ_LIB_QUANTIZER_STREAMRUNS_H

#include "StreamChains.h"

#include "ccq/Codec/Hash.h"
#include "ccq/Codec/Stream.h"

#include <span>
#include <vector>

namespace ccq::quantizer {

/// Steps that a search takes by itself; a step of a hashed stream is a weight.
/// Places of a block are numbered chain by chain, so that linked chains are one
/// row of places: step s of chain c is place c * steps + s.
struct StreamRun {
  size_t block = 0;
  /// First place.
  int64_t begin = 0;
  int64_t steps = 0;
  /// States before the first and after the last step.
  unsigned start = 0;
  unsigned end = anyState;
};

/// Where the weight or the two weights of a place are.
struct StreamRunPlace {
  unsigned strip = 0;
  /// Row of the (even) weight in its strip; an odd one is the next.
  int64_t row = 0;
  int64_t n = 0;
};
StreamRunPlace getRunPlace(const codec::StreamBlock &block, int64_t place);
StreamRunPlace getRunPlace(const codec::HashBlock &block, int64_t place);

/// Runs that cover places between them, and what fixes the states where they
/// meet: linked runs can be searched side by side once these are known. The
/// search of a window, from any state to any, knows the weights on both sides
/// of its middle, where runs meet, so its choice there is as good as that of
/// one search over all places.
struct StreamRunPlan {
  std::vector<StreamRun> runs;
  /// Window i is for the end of run i, in its middle.
  std::vector<StreamRun> windows;
};

/// Cuts `steps` places from `begin` on into `count` equal runs with windows of
/// `halfWindow` steps on both sides.
StreamRunPlan cutLinkedRuns(size_t block, int64_t begin, int64_t steps,
                            int64_t count, int64_t halfWindow);

/// Fixes the states between runs to the ends that the windows found.
void joinRuns(StreamRunPlan &plan);

/// Runs that are searched side by side, at most `chains`: of one block, and of
/// one length.
std::vector<std::span<StreamRun>> groupRuns(std::vector<StreamRun> &runs,
                                            unsigned chains);

/// One run per chain of `steps` steps, for `count` chains from `first` on.
StreamRunPlan cutSeparateRuns(size_t block, int64_t steps, unsigned first,
                              unsigned count);

} // namespace ccq::quantizer

#endif // CCQ_LIB_QUANTIZER_STREAMRUNS_H
