//===- HashFeedbackSearch.cpp - choice of the kernel ---------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HashFeedbackSearch.h"

#include <array>

using namespace ccq::quantizer;

const HashFeedbackSearch *const *
ccq::quantizer::getUsableHashFeedbackSearches() {
  static const auto usable = [] {
    std::array<const HashFeedbackSearch *, 3> found = {};
    unsigned count = 0;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2"))
      found[count++] = &hashFeedbackSearchAVX2;
#endif
    found[count++] = &hashFeedbackSearchGeneric;
    return found;
  }();
  return usable.data();
}
