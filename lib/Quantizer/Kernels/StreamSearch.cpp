//===- StreamSearch.cpp - choice of the stream search kernel --------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StreamSearch.h"

#include <array>

using namespace ccq::quantizer;

const StreamSearch *const *ccq::quantizer::getUsableStreamSearches() {
  static const auto usable = [] {
    std::array<const StreamSearch *, 4> found = {};
    unsigned count = 0;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512bw"))
      found[count++] = &streamSearchAVX512;
    if (__builtin_cpu_supports("avx2"))
      found[count++] = &streamSearchAVX2;
#endif
    found[count++] = &streamSearchGeneric;
    return found;
  }();
  return usable.data();
}
