//===- HashSearch.cpp - choice of the hash search kernel ------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HashSearch.h"

#include <array>

using namespace ccq::quantizer;

const HashSearch *const *ccq::quantizer::getUsableHashSearches() {
  static const auto usable = [] {
    std::array<const HashSearch *, 4> found = {};
    unsigned count = 0;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512bw"))
      found[count++] = &hashSearchAVX512;
    if (__builtin_cpu_supports("avx2"))
      found[count++] = &hashSearchAVX2;
#endif
    found[count++] = &hashSearchGeneric;
    return found;
  }();
  return usable.data();
}
