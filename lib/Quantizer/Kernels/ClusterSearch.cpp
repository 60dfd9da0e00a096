//===- ClusterSearch.cpp - choice of the cluster search kernel ------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ClusterSearch.h"

#include <array>

using namespace ccq::quantizer;

const ClusterSearch *const *ccq::quantizer::getUsableClusterSearches() {
  static const auto usable = [] {
    std::array<const ClusterSearch *, 4> found = {};
    unsigned count = 0;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f"))
      found[count++] = &clusterSearchAVX512;
    if (__builtin_cpu_supports("avx2"))
      found[count++] = &clusterSearchAVX2;
#endif
    found[count++] = &clusterSearchGeneric;
    return found;
  }();
  return usable.data();
}
