//===- Sha256Test.cpp - tests of ccq/Support/Sha256.h ---------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Support/Sha256.h"

#include <gtest/gtest.h>
#include <string_view>

using namespace ccq;

static std::span<const std::byte> bytesOf(std::string_view text) {
  return std::as_bytes(std::span(text));
}

// Test vectors of FIPS 180-2, appendix B.
TEST(Sha256Test, GivesTheStandardsDigests) {
  EXPECT_EQ(formatHex(computeSha256(bytesOf("abc"))),
            "ba7816bf8f01cfea414140de5dae2223"
            "b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(formatHex(computeSha256({})), "e3b0c44298fc1c149afbf4c8996fb924"
                                          "27ae41e4649b934ca495991b7852b855");
}

TEST(Sha256Test, PiecesGiveTheDigestOfTheWhole) {
  Sha256 hash;
  hash.update(bytesOf("a"));
  hash.update(bytesOf("bc"));
  EXPECT_EQ(hash.finish(), computeSha256(bytesOf("abc")));
  // finish starts a new message.
  EXPECT_EQ(hash.finish(), computeSha256({}));
}
