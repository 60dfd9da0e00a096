//===- WordSearch.cpp - choice of the word search for this machine --------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "WordSearch.h"

#include <array>

using namespace ccq::quantizer;

const WordSearch *const *ccq::quantizer::getUsableWordSearches() {
  static const auto usable = [] {
    std::array<const WordSearch *, 4> found = {};
    unsigned count = 0;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f"))
      found[count++] = &wordSearchAVX512;
    if (__builtin_cpu_supports("avx2"))
      found[count++] = &wordSearchAVX2;
#endif
    found[count++] = &wordSearchGeneric;
    return found;
  }();
  return usable.data();
}
