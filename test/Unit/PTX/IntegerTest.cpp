//===- IntegerTest.cpp - Integer arithmetic ---------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestKernel.h"

#include <gtest/gtest.h>

using namespace ccq::ptx::test;

using Values = std::vector<uint64_t>;

TEST(Integer, AddAndSubtractWrap) {
  EXPECT_EQ(evaluate("add.u32 %rz, %ra, %rb;", {{0xffffffff, 7}, {2, 3}}),
            (Values{1, 10}));
  EXPECT_EQ(evaluate("sub.s16 %hz, %ha, %hb;", {{0x8000, 5}, {1, 7}}, "%hz"),
            (Values{0x7fff, 0xfffe}));
  EXPECT_EQ(evaluate("add.s64 %dz, %da, %db;", {{~uint64_t(0)}, {1}}, "%dz"),
            (Values{0}));
}

TEST(Integer, SaturatingAddAndSubtract) {
  EXPECT_EQ(evaluate("add.sat.s32 %rz, %ra, %rb;",
                     {{0x7fffffff, 0x80000000, 3}, {1, 0xffffffff, 4}}),
            (Values{0x7fffffff, 0x80000000, 7}));
  EXPECT_EQ(evaluate("sub.sat.s32 %rz, %ra, %rb;",
                     {{0x7fffffff, 0x80000000}, {0xffffffff, 1}}),
            (Values{0x7fffffff, 0x80000000}));
}

TEST(Integer, MultiplyParts) {
  Values a = {0xffffffff, 0x80000000, 12345}, b = {0xffffffff, 2, 67890};
  EXPECT_EQ(evaluate("mul.lo.u32 %rz, %ra, %rb;", {a, b}),
            (Values{1, 0, 838102050}));
  EXPECT_EQ(evaluate("mul.hi.u32 %rz, %ra, %rb;", {a, b}),
            (Values{0xfffffffe, 1, 0}));
  EXPECT_EQ(evaluate("mul.hi.s32 %rz, %ra, %rb;", {a, b}),
            (Values{0, 0xffffffff, 0}));
  EXPECT_EQ(evaluate("mul.wide.u32 %dz, %ra, %rb;", {a, b}, "%dz"),
            (Values{0xfffffffe00000001, 0x100000000, 838102050}));
  EXPECT_EQ(evaluate("mul.wide.s32 %dz, %ra, %rb;", {a, b}, "%dz"),
            (Values{1, 0xffffffff00000000, 838102050}));
  EXPECT_EQ(evaluate("mul.wide.s16 %rz, %ha, %hb;", {{0xffff}, {2}}),
            (Values{0xfffffffe}));
  EXPECT_EQ(evaluate("mul.hi.u64 %dz, %da, %db;",
                     {{~uint64_t(0)}, {~uint64_t(0)}}, "%dz"),
            (Values{0xfffffffffffffffe}));
}

TEST(Integer, MultiplyAdd) {
  EXPECT_EQ(
      evaluate("mad.lo.s32 %rz, %ra, %rb, %rc;", {{3}, {0xffffffff}, {5}}),
      (Values{2}));
  EXPECT_EQ(evaluate("mad.hi.u32 %rz, %ra, %rb, %rc;",
                     {{0x80000000}, {4}, {0xffffffff}}),
            (Values{1}));
  EXPECT_EQ(evaluate("mad.wide.u32 %dz, %ra, %rb, %dc;",
                     {{0xffffffff}, {2}, {3}}, "%dz"),
            (Values{0x200000001}));
  EXPECT_EQ(evaluate("mul24.lo.s32 %rz, %ra, %rb;", {{0xffffff}, {5}}),
            (Values{0xfffffffb}));
  EXPECT_EQ(
      evaluate("mad24.lo.u32 %rz, %ra, %rb, %rc;", {{0x1ffffff}, {2}, {1}}),
      (Values{0x1ffffff}));
}

TEST(Integer, DivisionTruncates) {
  EXPECT_EQ(evaluate("div.s32 %rz, %ra, %rb;", {{0xfffffff9, 7, 0x80000000},
                                                {2, 0xfffffffe, 0xffffffff}}),
            (Values{0xfffffffd, 0xfffffffd, 0x80000000}));
  EXPECT_EQ(evaluate("rem.s32 %rz, %ra, %rb;", {{0xfffffff9, 7, 0x80000000},
                                                {2, 0xfffffffe, 0xffffffff}}),
            (Values{0xffffffff, 1, 0}));
  EXPECT_EQ(evaluate("div.u64 %dz, %da, %db;", {{~uint64_t(0)}, {10}}, "%dz"),
            (Values{1844674407370955161}));
  EXPECT_EQ(evaluate("rem.u32 %rz, %ra, %rb;", {{17, 17}, {5, 0}}),
            (Values{2, 17}));
  EXPECT_EQ(evaluate("div.u32 %rz, %ra, %rb;", {{17}, {0}}),
            (Values{0xffffffff}));
}

TEST(Integer, MinMaxNegAbsSad) {
  Values a = {0xffffffff, 4}, b = {1, 9};
  EXPECT_EQ(evaluate("min.s32 %rz, %ra, %rb;", {a, b}),
            (Values{0xffffffff, 4}));
  EXPECT_EQ(evaluate("min.u32 %rz, %ra, %rb;", {a, b}), (Values{1, 4}));
  EXPECT_EQ(evaluate("max.s32 %rz, %ra, %rb;", {a, b}), (Values{1, 9}));
  EXPECT_EQ(evaluate("max.u32 %rz, %ra, %rb;", {a, b}),
            (Values{0xffffffff, 9}));
  EXPECT_EQ(evaluate("neg.s32 %rz, %ra;", {{5, 0x80000000}}),
            (Values{0xfffffffb, 0x80000000}));
  EXPECT_EQ(evaluate("abs.s32 %rz, %ra;", {{0xfffffffb, 5, 0x80000000}}),
            (Values{5, 5, 0x80000000}));
  EXPECT_EQ(evaluate("abs.s16 %hz, %ha;", {{0xffff}}, "%hz"), (Values{1}));
  EXPECT_EQ(evaluate("sad.u32 %rz, %ra, %rb, %rc;", {{3, 9}, {9, 3}, {1, 1}}),
            (Values{7, 7}));
}

/// dp4a by the definition, element by element.
static uint32_t dotProduct(uint32_t a, uint32_t b, uint32_t c, bool signedA,
                           bool signedB) {
  int64_t sum = c;
  for (int i = 0; i < 4; ++i) {
    int64_t x = a >> (8 * i) & 0xff, y = b >> (8 * i) & 0xff;
    x -= signedA && x > 127 ? 256 : 0;
    y -= signedB && y > 127 ? 256 : 0;
    sum += x * y;
  }
  return static_cast<uint32_t>(sum);
}

TEST(Integer, DotProducts) {
  ValueSequence sequence(1);
  Values columns[3];
  for (int i = 0; i < 64; ++i)
    for (Values &column : columns)
      column.push_back(sequence.next() & 0xffffffff);
  for (bool signedA : {false, true})
    for (bool signedB : {false, true}) {
      std::string code = std::string("dp4a.") + (signedA ? "s32" : "u32") +
                         (signedB ? ".s32" : ".u32") + " %rz, %ra, %rb, %rc;";
      Values expected;
      for (int i = 0; i < 64; ++i)
        expected.push_back(dotProduct(static_cast<uint32_t>(columns[0][i]),
                                      static_cast<uint32_t>(columns[1][i]),
                                      static_cast<uint32_t>(columns[2][i]),
                                      signedA, signedB));
      EXPECT_EQ(evaluate(code, {columns[0], columns[1], columns[2]}), expected)
          << code;
    }
  // 16-bit elements -1 and 2; bytes 1 2 3 4 from the low end.
  EXPECT_EQ(evaluate("dp2a.lo.s32.u32 %rz, %ra, %rb, %rc;",
                     {{0x0002ffff}, {0x04030201}, {10}}),
            (Values{13}));
  EXPECT_EQ(evaluate("dp2a.hi.s32.u32 %rz, %ra, %rb, %rc;",
                     {{0x0002ffff}, {0x04030201}, {10}}),
            (Values{15}));
}
