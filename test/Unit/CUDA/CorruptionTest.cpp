//===- CorruptionTest.cpp - wrong constants are noticed ---------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelRun.h"

#include <gtest/gtest.h>

#include <regex>

using namespace ccq;
using namespace ccq::cuda_test;

/// The positions of the mask of every `lop3` with two constants.
static std::vector<std::pair<size_t, size_t>>
findMasks(const std::string &text) {
  std::vector<std::pair<size_t, size_t>> masks;
  std::regex pattern("lop3\\.b32 [^,]+, [^,]+, (\\d+), \\d+, 0x[e6]a;");
  for (std::sregex_iterator it(text.begin(), text.end(), pattern), end;
       it != end; ++it)
    masks.emplace_back(it->position(1), it->length(1));
  return masks;
}

// The comparison with the reference decode sees every single mask: clearing the
// lowest bit of any of them takes the result out of its bound.
TEST(Corruption, EveryMaskMatters) {
  for (const char *scheme : {"w2.5", "w2.75", "i8", "i8:channel", "i4", "w2"}) {
    KernelSpec spec{scheme, {64, 128}, 8, "", ""};
    CompiledKernel kernel = compileKernel(spec);
    KernelData data = createKernelData(spec, 8, 1);
    Expectation expected = computeExpectation(data);
    EXPECT_LE(getLargestRatio(runKernel(kernel, data), expected), 1.0);
    std::vector<std::pair<size_t, size_t>> masks = findMasks(kernel.text);
    EXPECT_GE(masks.size(), 70u) << scheme;
    for (auto [position, length] : masks) {
      CompiledKernel corrupted = kernel;
      uint64_t mask = std::stoull(kernel.text.substr(position, length));
      corrupted.text.replace(position, length,
                             std::to_string(mask & (mask - 1)));
      EXPECT_GT(getLargestRatio(runKernel(corrupted, data), expected), 1.0)
          << scheme << ", mask " << mask << " at " << position;
    }
  }
}
