//===- StreamTest.cpp - tests of ccq/Codec/Stream.h -----------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Codec/Stream.h"

#include "ccq/Codec/Decode.h"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <random>
#include <set>
#include <tuple>

using namespace ccq;
using namespace ccq::codec;

static StreamScheme getStream(const char *name) {
  return std::get<StreamScheme>(**parseSchemeName(name));
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

TEST(StreamTest, BlocksAreFallingPowersOfTwo) {
  std::vector<StreamBlock> blocks = getStreamBlocks(getStream("t2"), {684, 40});
  // 684 rows are padded to 704 = 512 + 128 + 64; 40 channels are three tiles.
  ASSERT_EQ(blocks.size(), 4u);
  int64_t rows[] = {256, 256, 128, 64}, steps[] = {24, 24, 12, 6};
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(blocks[i].rows, rows[i]);
    EXPECT_EQ(blocks[i].steps, steps[i]);
  }
  EXPECT_EQ(blocks[3].k0, 640);
  EXPECT_EQ(blocks[3].codeRow, 60);
}

TEST(StreamTest, CountsRowsWithoutWalkingBlocks) {
  for (const char *name : {"t2.3125", "t2.6875", "t3:tile=32"})
    for (int64_t k : {0, 1, 172, 256, 5000})
      for (int64_t n : {0, 1, 100}) {
        StreamScheme scheme = getStream(name);
        std::vector<StreamBlock> blocks = getStreamBlocks(scheme, {k, n});
        StreamRows rows = countStreamRows(scheme, {k, n});
        int64_t codes = 0, extra = 0;
        for (const StreamBlock &block : blocks) {
          EXPECT_EQ(block.codeRow, codes);
          EXPECT_EQ(block.extraRow, extra);
          codes += block.startRows + block.steps;
          extra += block.extraRows;
        }
        EXPECT_EQ(rows.codes, codes);
        EXPECT_EQ(rows.extra, extra);
      }
  EXPECT_TRUE(checkShape(getStream("t2"), {int64_t(1) << 50, 2}));
}

// Every nibble of every word belongs to exactly two weights.
TEST(StreamTest, PositionsCoverABlockOnce) {
  StreamBlock block = getStreamBlocks(getStream("t2"), {128, 32})[0];
  std::set<std::tuple<int64_t, unsigned, unsigned, bool>> seen;
  for (int64_t row = 0; row < 128; ++row)
    for (int64_t n = 0; n < 32; ++n) {
      StreamPosition position = getStreamPosition(block, row, n);
      EXPECT_LT(position.step, block.steps);
      EXPECT_LT(position.thread, streamThreads);
      EXPECT_LT(position.lane, streamLanes);
      seen.insert(
          {position.step, position.thread, position.lane, position.isOdd});
    }
  EXPECT_EQ(seen.size(), 128u * 32u);
}

// Thread 4 g + t of a step holds channels g and g + 8 of the A operand of
// mma.m16n8k32: bytes j of registers 0 to 3 are the even weights of lanes j
// and j + 4, then the odd ones.
TEST(StreamTest, AStepIsAFragment) {
  StreamBlock block = getStreamBlocks(getStream("t2"), {256, 16})[0];
  for (int64_t row = 0; row < 256; ++row)
    for (int64_t n = 0; n < 16; ++n) {
      StreamPosition position = getStreamPosition(block, row, n);
      unsigned strip = unsigned(row / 16);
      EXPECT_EQ(position.thread / 4, unsigned(n % 8));
      EXPECT_EQ(position.lane / 4, unsigned(n / 8));
      EXPECT_EQ(position.thread % 4 * 4 + position.lane % 4, strip);
      EXPECT_EQ(position.step, row % 16 / 2);
      EXPECT_EQ(position.isOdd, row % 2 == 1);
    }
}

TEST(StreamTest, ExtraBitsFillTheirRows) {
  for (const char *name : {"t2.0625", "t2.25", "t2.5", "t2.8125", "t3"}) {
    StreamScheme scheme = getStream(name);
    for (int64_t n : {16, 48, 100, 1000}) {
      StreamBlock block = getStreamBlocks(scheme, {256, n})[0];
      std::set<std::pair<int64_t, unsigned>> seen;
      size_t count = 0;
      for (int64_t step = 0; step < block.steps; ++step)
        for (bool isOdd : {false, true})
          if (auto extra =
                  findExtraPosition(scheme, isOdd, step, block.steps)) {
            ++count;
            EXPECT_LT(extra->bit, 4u);
            EXPECT_LT(extra->row, block.extraRows) << name << " " << n;
            seen.insert({extra->row, extra->bit});
          }
      EXPECT_EQ(seen.size(), count);
      unsigned bits = scheme.oddExtraBits() + scheme.evenExtraBits();
      EXPECT_EQ(count, size_t(block.steps) * bits / 8);
    }
  }
}

// The lookups of prmt, by hand for t2.5.
TEST(StreamTest, LevelsAreTwoLookups) {
  const StreamScheme::Weight even = getStream("t2.5").even;
  EXPECT_EQ(int(even.tables[3]), 0xF5);
  EXPECT_EQ(int(even.tables[1]), 0x43);
  EXPECT_EQ(int(even.tables[8 + 5]), 0xD9);
  // n = 3: T1[3]; m = 13: the sign of T2[5], which is set.
  EXPECT_EQ(decodeStreamLevel(even, 3, 5, 0), 0x0A);
  // n = 9: the sign of T1[1], which is clear; m = 5: T2[5].
  EXPECT_EQ(decodeStreamLevel(even, 9, 5, 0), int8_t(0xD9));
  // The extra bit flips bit 0 of n and of y.
  EXPECT_EQ(decodeStreamLevel(even, 9, 5, 1), decodeStreamLevel(even, 8, 4, 0));
}

TEST(StreamTest, SignsAreSplitMix64) {
  // First output of the generator at seed 0: 0xE220A8397B1DCDAF.
  for (int64_t k = 0; k < 64; ++k)
    EXPECT_EQ(isRowNegated(0, k), bool(0xE220A8397B1DCDAF >> k & 1));
  // A part of a matrix that starts at row 192.
  for (int64_t k = 0; k < 200; ++k)
    EXPECT_EQ(isRowNegated(42 + 3 * 0x9E3779B97F4A7C15, k),
              isRowNegated(42, k + 192));
}

TEST(StreamTest, RotationBlocksTileTheDepth) {
  int64_t begins[] = {0, 128, 160, 168}, rows[] = {128, 32, 8, 4};
  for (int64_t k = 0, i = 0; k < 172; ++k) {
    i += k == begins[i] + rows[i];
    EXPECT_EQ(getRotationBlock(256, 172, k).k0, begins[i]);
    EXPECT_EQ(getRotationBlock(256, 172, k).rows, rows[i]);
  }
  EXPECT_EQ(getRotationFactor(1), 0.5f);
  EXPECT_EQ(getRotationFactor(256), 0.03125f);
  for (int64_t size = 1; size <= 4096; size *= 2)
    EXPECT_EQ(getRotationFactor(size), float(0.5 / std::sqrt(double(size))));
}

TEST(StreamTest, FourBitScalesAreThirdsOfPowersOfTwo) {
  EXPECT_EQ(getChannel4Scale(0), 0.0f);
  for (unsigned code = 1; code < 16; ++code)
    EXPECT_EQ(getChannel4Scale(code),
              float(std::cbrt(std::ldexp(1.0, int(code) - 15))));
}

// A matrix rotated and not rotated hold the same numbers up to the rotation.
TEST(StreamTest, DecodingTurnsTheRotationBack) {
  MatrixShape shape = {172, 3};
  StreamScheme plain = getStream("t2.5:rotate=none");
  CodedMatrix matrix = createRandom(plain, shape, 5);
  // Scales of one.
  for (Component &component : matrix.components)
    if (component.spec.role == ComponentRole::SuperScale)
      for (size_t i = 0; i < component.bytes.size(); ++i)
        component.bytes[i] = std::byte(i % 2 ? 0x3F : 0x80);
  std::vector<float> before = decodeMatrix(matrix.view());
  matrix.scheme = getStream("t2.5:seed=9");
  std::vector<float> after = decodeMatrix(matrix.view());
  for (int64_t n = 0; n < 3; ++n) {
    RotationBlock block = getRotationBlock(256, 172, 160);
    double sums[8];
    for (int64_t row = 0; row < 8; ++row)
      sums[row] = before[size_t((block.k0 + row) * 3 + n)];
    transformHadamard(sums, 8);
    for (int64_t row = 0; row < 8; ++row) {
      double sign = isRowNegated(9, block.k0 + row) ? -1 : 1;
      EXPECT_NEAR(after[size_t((block.k0 + row) * 3 + n)],
                  sign * sums[row] / std::sqrt(8.0), 1e-4);
    }
  }
}

// Cut at a tile boundary, a block needs the words before it and nothing else.
TEST(StreamTest, PartsWithStoredStartsDecodeAlike) {
  StreamScheme scheme = getStream("t2:rotate=none,tile=64,start=zero");
  CodedMatrix whole = createRandom(scheme, {64, 64}, 3);
  std::vector<float> expected = decodeMatrix(whole.view());
  StreamScheme partScheme = scheme;
  partScheme.start = StreamStart::Stored;
  CodedMatrix part = CodedMatrix::createZeroed(partScheme, {64, 32});
  // Tiles 2 and 3: steps 4 to 7, after the words of steps 1 to 3.
  ASSERT_EQ(part.components[0].spec.dims, (std::vector<int64_t>{7, 32}));
  std::memcpy(part.components[0].bytes.data(),
              whole.components[0].bytes.data() + 128, 7 * 128);
  std::memcpy(part.components[1].bytes.data(),
              whole.components[1].bytes.data() + 64, 64);
  std::vector<float> decoded = decodeMatrix(part.view());
  for (int64_t k = 0; k < 64; ++k)
    for (int64_t n = 0; n < 32; ++n) {
      float value = decoded[size_t(k * 32 + n)];
      float other = expected[size_t(k * 64 + n + 32)];
      EXPECT_EQ(std::memcmp(&value, &other, sizeof(value)), 0);
    }
}

// The chains of a block are one row of nibbles: strip by strip, channels 0 to
// 15 of the tiles, each through all steps.
TEST(StreamTest, LinkedChainsContinueEachOther) {
  StreamScheme scheme = getStream("t2:rotate=none,tile=64");
  EXPECT_EQ(scheme.start, StreamStart::Linked);
  MatrixShape shape = {64, 32};
  CodedMatrix matrix = createRandom(scheme, shape, 8);
  // Scales of one.
  for (size_t i = 0; i < 64; ++i)
    matrix.components[1].bytes[i] = std::byte(i % 2 ? 0x3F : 0x80);
  std::vector<float> weights = decodeMatrix(matrix.view());
  StreamBlock block = getStreamBlocks(scheme, shape)[0];
  ASSERT_EQ(block.steps, 4);
  std::vector<unsigned> row;
  for (unsigned strip = 0; strip < 16; ++strip)
    for (unsigned column = 0; column < 16; ++column)
      for (int64_t step = 0; step < 4; ++step) {
        uint32_t word;
        std::memcpy(&word,
                    matrix.components[0].bytes.data() +
                        4 * (step * 32 + column % 8 * 4 + strip / 4),
                    sizeof(word));
        row.push_back(word >> (4 * (strip % 4 + column / 8 * 4)) & 15);
      }
  for (size_t place = 0; place < row.size(); ++place)
    for (unsigned i = 0; i < 2; ++i) {
      const StreamScheme::Weight &weight = i == 0 ? scheme.even : scheme.odd;
      unsigned n = 0, y = 0;
      for (size_t back = 0; back <= 3 && back <= place; ++back) {
        n ^= weight.tapsN >> back & 1 ? row[place - back] : 0;
        y ^= weight.tapsY >> back & 1 ? row[place - back] : 0;
      }
      size_t strip = place / 64, column = place / 4 % 16, step = place % 4;
      size_t k = strip * 4 + step % 2 * 2 + i, channel = step / 2 * 16 + column;
      EXPECT_EQ(weights[k * 32 + channel],
                float(decodeStreamLevel(weight, n, y, 0)) + 0.5f)
          << k << " " << channel;
    }
}

// Two steps, and a memory of three words: the chains start from zeros.
TEST(StreamTest, BlocksOfFewStepsAreNotLinked) {
  MatrixShape shape = {64, 16};
  CodedMatrix matrix = createRandom(getStream("t2"), shape, 9);
  std::vector<float> linked = decodeMatrix(matrix.view());
  matrix.scheme = getStream("t2:start=zero");
  std::vector<float> separate = decodeMatrix(matrix.view());
  EXPECT_EQ(std::memcmp(linked.data(), separate.data(), 4 * linked.size()), 0);
}

// Sanitizer builds see any read outside.
TEST(StreamTest, EveryBitPatternOfEveryShapeDecodes) {
  std::mt19937 random(1);
  for (unsigned i = 0; i < 200; ++i) {
    StreamScheme scheme = createStreamScheme(
        {.sixteenths = 32 + unsigned(random() % 17),
         .memory = 2 + unsigned(random() % 3),
         .tileRows = 32u << random() % 5,
         .rotation =
             random() % 2 ? std::optional(1u << random() % 9) : std::nullopt,
         .seed = random(),
         .scale = StreamScale(random() % 3)});
    scheme.start = StreamStart(random() % 3);
    MatrixShape shape = {int64_t(random() % 150), int64_t(random() % 40)};
    CodedMatrix matrix = createRandom(scheme, shape, i);
    EXPECT_EQ(decodeMatrix(matrix.view()).size(), size_t(shape.k * shape.n));
  }
}
