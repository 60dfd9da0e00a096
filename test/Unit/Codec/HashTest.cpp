//===- HashTest.cpp - tests of ccq/Codec/Hash.h ---------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Codec/Hash.h"

#include "ccq/Codec/Decode.h"

#include <cstring>
#include <gtest/gtest.h>
#include <random>
#include <set>

using namespace ccq;
using namespace ccq::codec;

static HashScheme getHash(const char *name) {
  Result<SchemeChoice> choice = parseSchemeName(name);
  EXPECT_TRUE(choice) << choice.error().message;
  return std::get<HashScheme>(**choice);
}

static CodedMatrix createRandom(const Scheme &scheme, MatrixShape shape,
                                unsigned seed) {
  CodedMatrix matrix = CodedMatrix::createZeroed(scheme, shape);
  std::mt19937 random(seed);
  for (Component &component : matrix.components)
    for (std::byte &byte : component.bytes)
      byte = std::byte(random());
  return matrix;
}

TEST(HashTest, NamesAndTextsRoundTrip) {
  for (const char *name :
       {"t2:code=hash", "t2.0625:code=hash,L=12,rotate=none",
        "t2.5:code=hash,L=14,levels=64,tile=64,seed=9,scale=tensor",
        "t3:code=hash,scale=channel4", "t1:code=hash", "t3.9375:code=hash"}) {
    HashScheme scheme = getHash(name);
    EXPECT_TRUE(checkScheme(scheme));
    EXPECT_EQ(findSchemeName(scheme), name);
    Result<Scheme> parsed = parseScheme(printScheme(scheme));
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_EQ(*parsed, Scheme(scheme));
  }
  EXPECT_EQ(getHash("t2.5:L=14,code=hash"), getHash("t2.5:code=hash,L=14"));
  EXPECT_EQ(getBitsPerWeight(getHash("t2.5:code=hash")), 2.5);
  EXPECT_EQ(getBitsPerChannel(getHash("t2.5:code=hash,scale=channel4")), 4u);
  EXPECT_EQ(printScheme(getHash("t2.5:code=hash")),
            "#ccq.hash<state = 16, index = 8, offset = 56233, sixteenths = 40, "
            "tile = 256, rotation = 256, seed = 0, scale = channel, start = "
            "linked>");
}

TEST(HashTest, OtherOffsetsAndStoredStartsHaveNoName) {
  HashScheme scheme = getHash("t2.5:code=hash");
  scheme.start = StreamStart::Stored;
  EXPECT_EQ(findSchemeName(scheme), std::nullopt);
  scheme = getHash("t2.5:code=hash");
  scheme.offset = 1;
  EXPECT_TRUE(checkScheme(scheme));
  EXPECT_EQ(findSchemeName(scheme), std::nullopt);
}

TEST(HashTest, ConstraintsHaveLabels) {
  auto getMessage = [](const std::function<void(HashScheme &)> &change) {
    HashScheme scheme = getHash("t2.5:code=hash");
    change(scheme);
    Result<void> valid = checkScheme(scheme);
    return valid ? "valid" : valid.error().message;
  };
  EXPECT_EQ(getMessage([](HashScheme &s) { s.stateBits = 17; }),
            "hash_layout_c1: expected windows of 8 to 16 bits, got 17");
  EXPECT_EQ(getMessage([](HashScheme &s) { s.indexBits = 7; }),
            "hash_layout_c2: expected an index of 6 or 8 bits, got 7");
  EXPECT_EQ(getMessage([](HashScheme &s) { s.offset = 2; }),
            "hash_layout_c3: expected an odd offset below 65536, got 2");
  EXPECT_EQ(getMessage([](HashScheme &s) { s.offset = 65537; }),
            "hash_layout_c3: expected an odd offset below 65536, got 65537");
  EXPECT_EQ(getMessage([](HashScheme &s) { s.sixteenths = 15; }),
            "hash_layout_c4: expected 16 to 64 sixteenths of a bit per weight, "
            "got 15");
  EXPECT_EQ(getMessage([](HashScheme &s) { s.tileRows = 96; }),
            "stream_layout_c5: expected a tile of 32 to 4096 rows, a power of "
            "two, got 96");
}

// Sixteen weights take as many bits as the rate has sixteenths.
TEST(HashTest, BitsFollowTheRate) {
  for (unsigned sixteenths = 16; sixteenths <= 64; ++sixteenths) {
    HashScheme scheme = createHashScheme({.sixteenths = sixteenths});
    for (int64_t weight = 0; weight < 100; ++weight) {
      int64_t bits =
          countHashBits(scheme, weight + 1) - countHashBits(scheme, weight);
      EXPECT_GE(bits, sixteenths / 16);
      EXPECT_LE(bits, (sixteenths + 15) / 16);
    }
    EXPECT_EQ(countHashBits(scheme, 160), 10 * sixteenths);
  }
}

TEST(HashTest, PositionsCoverABlockOnce) {
  HashBlock block = getHashBlocks(getHash("t2:code=hash"), {128, 32})[0];
  EXPECT_EQ(block.weights, 16);
  EXPECT_EQ(block.bitRows, 1);
  std::set<std::pair<unsigned, int64_t>> seen;
  for (int64_t row = 0; row < 128; ++row)
    for (int64_t n = 0; n < 32; ++n) {
      HashPosition position = getHashPosition(block, row, n);
      EXPECT_LT(position.chain, hashChains);
      EXPECT_LT(position.weight, block.weights);
      seen.insert({position.chain, position.weight});
    }
  EXPECT_EQ(seen.size(), 128u * 32u);
}

TEST(HashTest, RowsAreCountedWithoutWalkingBlocks) {
  for (const char *name : {"t2.3125:code=hash", "t3:code=hash,tile=32"})
    for (int64_t k : {0, 1, 172, 256, 5000})
      for (int64_t n : {0, 1, 100}) {
        HashScheme scheme = getHash(name);
        int64_t rows = 0;
        for (const HashBlock &block : getHashBlocks(scheme, {k, n})) {
          EXPECT_EQ(block.codeRow, rows);
          rows += block.startRows + block.bitRows;
        }
        EXPECT_EQ(countHashRows(scheme, {k, n}), rows);
      }
  EXPECT_TRUE(checkShape(getHash("t2:code=hash"), {int64_t(1) << 50, 2}));
}

// Odd numbers over two that come in pairs of opposite sign.
TEST(HashTest, LevelsAreSymmetric) {
  for (unsigned bits : {6u, 8u}) {
    std::span<const int8_t> levels = getHashLevels(bits);
    ASSERT_EQ(levels.size(), size_t(1) << bits);
    for (size_t i = 0; i < levels.size(); ++i)
      EXPECT_EQ(levels[i], -1 - levels[levels.size() - 1 - i]);
  }
}

// A part that starts with whole words needs the words before and nothing else.
TEST(HashTest, PartsWithStoredStartsDecodeAlike) {
  HashScheme scheme = getHash("t2.5:code=hash,rotate=none");
  CodedMatrix whole = createRandom(scheme, {256, 128}, 3);
  std::vector<float> expected = decodeMatrix(whole.view());
  HashScheme partScheme = scheme;
  partScheme.start = StreamStart::Stored;
  // 64 channels are 64 weights of a chain, 160 bits, five rows.
  CodedMatrix part = CodedMatrix::createZeroed(partScheme, {256, 64});
  ASSERT_EQ(part.components[0].spec.dims, (std::vector<int64_t>{6, 256}));
  std::memcpy(part.components[0].bytes.data(),
              whole.components[0].bytes.data() + 4 * 1024, 6 * 1024);
  std::memcpy(part.components[1].bytes.data(),
              whole.components[1].bytes.data() + 128, 128);
  std::vector<float> decoded = decodeMatrix(part.view());
  for (int64_t k = 0; k < 256; ++k)
    for (int64_t n = 0; n < 64; ++n) {
      float value = decoded[size_t(k * 64 + n)];
      float other = expected[size_t(k * 128 + n + 64)];
      EXPECT_EQ(std::memcmp(&value, &other, sizeof(value)), 0);
    }
}

// Sanitizer builds see any read outside.
TEST(HashTest, EveryBitPatternOfEveryShapeDecodes) {
  std::mt19937 random(1);
  for (unsigned i = 0; i < 100; ++i) {
    HashScheme scheme = createHashScheme(
        {.sixteenths = 32 + unsigned(random() % 17),
         .stateBits = 12 + 2 * unsigned(random() % 3),
         .indexBits = random() % 2 ? 6u : 8u,
         .frame = {.tileRows = 32u << random() % 5,
                   .rotation = random() % 2 ? std::optional(1u << random() % 9)
                                            : std::nullopt,
                   .seed = random(),
                   .scale = StreamScale(random() % 3),
                   .start = StreamStart(random() % 2)}});
    MatrixShape shape = {int64_t(random() % 150), int64_t(random() % 40)};
    CodedMatrix matrix = createRandom(scheme, shape, i);
    EXPECT_EQ(decodeMatrix(matrix.view()).size(), size_t(shape.k * shape.n));
  }
}
