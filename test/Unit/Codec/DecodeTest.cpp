//===- DecodeTest.cpp - tests of ccq/Codec/Decode.h -----------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Codec/Decode.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <random>

using namespace ccq;
using namespace ccq::codec;

static const char *const schemeNames[] = {
    "w2", "w2.5",       "w2.75", "t2",        "t2.5", "t2.8125:rotate=none",
    "i4", "i4:channel", "i8",    "i8:channel"};

static Scheme getScheme(const char *name) { return **parseSchemeName(name); }

/// A matrix of random bits.
static CodedMatrix createRandom(const char *name, MatrixShape shape,
                                unsigned seed) {
  CodedMatrix matrix = CodedMatrix::createZeroed(getScheme(name), shape);
  std::mt19937 random(seed);
  for (Component &component : matrix.components)
    for (std::byte &byte : component.bytes)
      byte = std::byte(random());
  return matrix;
}

static bool areSameBits(float a, float b) {
  return std::bit_cast<uint32_t>(a) == std::bit_cast<uint32_t>(b);
}

TEST(DecodeTest, WindowsAreShiftsAndMasks) {
  auto w2_5 = std::get<WordScheme>(getScheme("w2.5"));
  // docs/Format.md, the first example.
  int expected[] = {1, 2, -2, -1, 2, -4, -1};
  for (unsigned i = 0; i < 7; ++i)
    EXPECT_EQ(decodeWindow(w2_5, 0xB4E3, i), expected[i]);
  EXPECT_EQ(decodeTailWindow(w2_5, 0xA064), 1);
  EXPECT_EQ(decodeLocalScale(w2_5, 0xA064), 100u);
  EXPECT_EQ(extractWindow(w2_5, 0xB4E3, 13), 5u);
}

TEST(DecodeTest, PositionsWalkThroughTheWords) {
  auto w2_75 = std::get<WordScheme>(getScheme("w2.75"));
  auto expectPosition = [&](unsigned weight, unsigned word, unsigned shift) {
    WindowPosition position = getWindowPosition(w2_75, weight);
    EXPECT_EQ(position.word, word);
    EXPECT_EQ(position.shift, shift);
  };
  expectPosition(0, 0, 4);
  expectPosition(2, 0, 0);
  expectPosition(3, 1, 4);
  expectPosition(62, 20, 0);
  expectPosition(63, 21, 4);
}

// (localScale * superScale) is rounded before the window is multiplied in.
TEST(DecodeTest, ProductsAreRoundedInTheDocumentedOrder) {
  float superScale = 0.1f;
  float scale = 7.0f * superScale;
  EXPECT_EQ(decodeWeight(3, 7, superScale), 3.0f * scale);
  EXPECT_NE(decodeWeight(3, 7, superScale), 7.0f * (3.0f * superScale));
}

TEST(DecodeTest, TilesAreCutOutOfTheMatrix) {
  MatrixShape shape = {131, 5};
  for (const char *name : schemeNames) {
    CodedMatrix matrix = createRandom(name, shape, 7);
    std::vector<float> whole = decodeMatrix(matrix.view());
    MatrixTile tile = {62, 1, {5, 3}};
    std::vector<float> part(15);
    ASSERT_TRUE(decodeTile(matrix.view(), tile, {part.data(), tile.extent}));
    for (int64_t k = 0; k < 5; ++k)
      for (int64_t n = 0; n < 3; ++n)
        EXPECT_TRUE(areSameBits(part[k * 3 + n], whole[(62 + k) * 5 + 1 + n]))
            << name;
  }
}

TEST(DecodeTest, TilesOutsideAreErrors) {
  CodedMatrix matrix = createRandom("i8", {4, 4}, 1);
  std::vector<float> out(16);
  auto decode = [&](MatrixTile tile, MatrixShape shape) {
    return decodeTile(matrix.view(), tile, {out.data(), shape});
  };
  EXPECT_TRUE(decode({4, 4, {0, 0}}, {0, 0}));
  EXPECT_FALSE(decode({-1, 0, {1, 1}}, {1, 1}));
  EXPECT_FALSE(decode({0, 0, {1, -1}}, {1, -1}));
  EXPECT_FALSE(decode({0, INT64_MAX, {1, INT64_MAX}}, {1, INT64_MAX}));
  Result<void> leaves = decode({3, 0, {2, 1}}, {2, 1});
  ASSERT_FALSE(leaves);
  EXPECT_EQ(leaves.error().message, "expected a tile inside [4, 4], got k0 = "
                                    "3, n0 = 0, extents [2, 1]");
  Result<void> other = decode({0, 0, {2, 2}}, {2, 1});
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().message,
            "expected an output with the extents of the tile, got [2, 1] for "
            "k0 = 0, n0 = 0, extents [2, 2]");
}

// Sanitizer builds see any read outside; the heap puts buffers at odd sizes.
TEST(DecodeTest, EveryBitPatternDecodes) {
  for (const char *name : schemeNames)
    for (int64_t k : {0, 1, 63, 64, 65, 129})
      for (int64_t n : {0, 1, 3}) {
        CodedMatrix matrix = createRandom(name, {k, n}, unsigned(k * 8 + n));
        EXPECT_EQ(decodeMatrix(matrix.view()).size(), size_t(k * n));
      }
}

TEST(DecodeTest, BuffersNeedNoAlignment) {
  CodedMatrix matrix = createRandom("w2.5", {64, 3}, 3);
  std::vector<std::byte> shifted;
  std::vector<std::span<const std::byte>> buffers;
  size_t sizes[] = {matrix.components[0].bytes.size(),
                    matrix.components[1].bytes.size()};
  shifted.resize(1 + sizes[0] + sizes[1]);
  std::memcpy(shifted.data() + 1, matrix.components[0].bytes.data(), sizes[0]);
  std::memcpy(shifted.data() + 1 + sizes[0], matrix.components[1].bytes.data(),
              sizes[1]);
  buffers.push_back({shifted.data() + 1, sizes[0]});
  buffers.push_back({shifted.data() + 1 + sizes[0], sizes[1]});
  Result<CodedMatrixView> view =
      CodedMatrixView::tryCreate(matrix.scheme, matrix.shape, buffers);
  ASSERT_TRUE(view);
  std::vector<float> a = decodeMatrix(matrix.view()), b = decodeMatrix(*view);
  EXPECT_EQ(std::memcmp(a.data(), b.data(), a.size() * sizeof(float)), 0);
}

// docs/Format.md, "Cluster scheme".
TEST(DecodeTest, ClustersExpandInFloat32) {
  EXPECT_EQ(expandCluster(0, 120.967f, 1147.4f), 1147);
  EXPECT_EQ(expandCluster(255, 120.967f, 1147.4f), 31994);
  EXPECT_EQ(expandCluster(1, -3.0f, 0.25f), -3);
  auto w2 = std::get<ClusterScheme>(getScheme("w2"));
  // 1147 = 010 001 111 011 in octal digits 2173: windows 21, 17, 73 and 2.
  int expected[] = {2 - 32, 021 - 32, 017 - 32, 073 - 32};
  for (unsigned i = 0; i < 4; ++i)
    EXPECT_EQ(decodeClusterWindow(w2, 1147, i), expected[i]);
}

// Numbers that no encoder writes have a meaning too.
TEST(DecodeTest, ClustersSaturate) {
  float infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(expandCluster(1, 1e30f, 0), INT32_MAX);
  EXPECT_EQ(expandCluster(1, -1e30f, 0), INT32_MIN);
  EXPECT_EQ(expandCluster(0, infinity, 0), 0);
}

TEST(DecodeTest, NibblesAreTwosComplement) {
  EXPECT_EQ(decodeNibble(7), 7);
  EXPECT_EQ(decodeNibble(8), -8);
  EXPECT_EQ(decodeNibble(15), -1);
}
