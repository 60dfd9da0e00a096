//===- DecodeAnyBitsTest.cpp - the decoder on random bits -----------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Fuzz/DecodeAnyBits.h"

#include <gtest/gtest.h>
#include <random>

// What the fuzzer of test/Fuzz does, with a fixed seed.
TEST(DecodeAnyBitsTest, RandomBytesDecode) {
  std::mt19937 random(1);
  size_t weights = 0;
  for (int run = 0; run < 400; ++run) {
    std::vector<uint8_t> bytes(random() % 300);
    for (uint8_t &byte : bytes)
      byte = uint8_t(random());
    weights += ccq::test::decodeAnyBits(bytes);
  }
  EXPECT_GT(weights, 0u);
}
