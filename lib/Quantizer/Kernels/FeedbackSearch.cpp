//===- FeedbackSearch.cpp - choice of the feedback search kernel ----------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FeedbackSearch.h"

#include <array>

using namespace ccq::quantizer;

const FeedbackSearch *const *ccq::quantizer::getUsableFeedbackSearches() {
  static const auto usable = [] {
    std::array<const FeedbackSearch *, 3> found = {};
    unsigned count = 0;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2"))
      found[count++] = &feedbackSearchAVX2;
#endif
    found[count++] = &feedbackSearchGeneric;
    return found;
  }();
  return usable.data();
}
