//===- BitsTest.cpp - Logic, shifts and bit fields --------------*- C++ -*-===//
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

/// Every pair of the two lists, as two columns.
static std::vector<Values> makePairs(const Values &a, const Values &b) {
  std::vector<Values> columns(2);
  for (uint64_t x : a)
    for (uint64_t y : b) {
      columns[0].push_back(x);
      columns[1].push_back(y);
    }
  return columns;
}

TEST(Bits, Logic) {
  Values a = {0xf0f0f0f012345678}, b = {0xff00ff00ffff0000};
  EXPECT_EQ(evaluate("and.b32 %rz, %ra, %rb;", {a, b}), (Values{0x12340000}));
  EXPECT_EQ(evaluate("or.b64 %dz, %da, %db;", {a, b}, "%dz"),
            (Values{0xfff0fff0ffff5678}));
  EXPECT_EQ(evaluate("xor.b16 %hz, %ha, %hb;", {a, {0xffff}}, "%hz"),
            (Values{0xa987}));
  EXPECT_EQ(evaluate("not.b32 %rz, %ra;", {a}), (Values{0xedcba987}));
  EXPECT_EQ(evaluate("not.b16 %hz, %ha;", {a}, "%hz"), (Values{0xa987}));
  EXPECT_EQ(evaluate("cnot.b32 %rz, %ra;", {{0, 5}}), (Values{1, 0}));
}

TEST(Bits, LogicOnPredicates) {
  std::string prologue = "setp.ne.u32 %p0, %ra, 0;\nsetp.ne.u32 %p1, %rb, 0;\n";
  std::vector<Values> columns = makePairs({0, 1}, {0, 1});
  auto run = [&](const std::string &code) {
    return evaluate(prologue + code, columns, "%pz");
  };
  EXPECT_EQ(run("and.pred %pz, %p0, %p1;"), (Values{0, 0, 0, 1}));
  EXPECT_EQ(run("or.pred %pz, %p0, %p1;"), (Values{0, 1, 1, 1}));
  EXPECT_EQ(run("xor.pred %pz, %p0, %p1;"), (Values{0, 1, 1, 0}));
  EXPECT_EQ(run("not.pred %pz, %p0;"), (Values{1, 1, 0, 0}));
  EXPECT_EQ(run("mov.pred %pz, %p1;"), (Values{0, 1, 0, 1}));
}

TEST(Bits, EveryLop3Table) {
  ValueSequence sequence(2);
  Values columns[3];
  for (int i = 0; i < 32; ++i)
    for (Values &column : columns)
      column.push_back(sequence.next() & 0xffffffff);
  for (uint32_t table = 0; table < 256; ++table) {
    Values expected;
    for (int i = 0; i < 32; ++i) {
      uint64_t word = 0;
      for (int bit = 0; bit < 32; ++bit) {
        uint64_t row = (columns[0][i] >> bit & 1) * 4 +
                       (columns[1][i] >> bit & 1) * 2 +
                       (columns[2][i] >> bit & 1);
        word |= uint64_t(table >> row & 1) << bit;
      }
      expected.push_back(word);
    }
    // ptxas need not see 256 forms of the same instruction.
    EXPECT_EQ(
        evaluate("lop3.b32 %rz, %ra, %rb, %rc, " + std::to_string(table) + ";",
                 {columns[0], columns[1], columns[2]}),
        expected)
        << "table " << table;
  }
}

TEST(Bits, ShiftsBeyondTheWidth) {
  Values amounts = {0, 1, 15, 16, 31, 32, 33, 63, 64, 0xffffffff};
  constexpr uint64_t value = 0x9000000080009001;
  auto columns = makePairs({value}, amounts);
  auto expect = [&](const std::string &code, const std::string &result,
                    auto reference) {
    Values expected;
    for (uint64_t amount : amounts)
      expected.push_back(reference(amount));
    EXPECT_EQ(evaluate(code, columns, result), expected) << code;
  };
  expect("shl.b32 %rz, %ra, %rb;", "%rz",
         [](uint64_t s) { return s > 31 ? 0 : (value << s) & 0xffffffff; });
  expect("shl.b16 %hz, %ha, %rb;", "%hz",
         [](uint64_t s) { return s > 15 ? 0 : (value << s) & 0xffff; });
  expect("shl.b64 %dz, %da, %rb;", "%dz",
         [](uint64_t s) { return s > 63 ? 0 : value << s; });
  expect("shr.u32 %rz, %ra, %rb;", "%rz",
         [](uint64_t s) { return s > 31 ? 0 : (value & 0xffffffff) >> s; });
  expect("shr.s32 %rz, %ra, %rb;", "%rz", [](uint64_t s) {
    return uint32_t(int32_t(uint32_t(value)) >> (s > 31 ? 31 : s));
  });
  expect("shr.s16 %hz, %ha, %rb;", "%hz", [](uint64_t s) {
    return uint16_t(int16_t(uint16_t(value)) >> (s > 15 ? 15 : s));
  });
  expect("shr.s64 %dz, %da, %rb;", "%dz", [](uint64_t s) {
    return uint64_t(int64_t(value) >> (s > 63 ? 63 : s));
  });
}

TEST(Bits, FunnelShifts) {
  Values amounts = {0, 1, 7, 31, 32, 33, 63, 64};
  constexpr uint32_t low = 0x89abcdef, high = 0x12345678;
  std::vector<Values> columns(3);
  for (uint64_t amount : amounts) {
    columns[0].push_back(low);
    columns[1].push_back(high);
    columns[2].push_back(amount);
  }
  for (bool isLeft : {false, true})
    for (bool wraps : {false, true}) {
      Values expected;
      for (uint64_t amount : amounts) {
        uint64_t n = wraps ? amount & 31 : std::min<uint64_t>(amount, 32);
        uint64_t word = 0;
        // Bit i of the result comes from bit i + n or i + 32 - n of high:low.
        for (uint64_t i = 0; i < 32; ++i) {
          uint64_t from = isLeft ? i + 32 - n : i + n;
          uint32_t source = from < 32 ? low : high;
          word |= uint64_t(source >> from % 32 & 1) << i;
        }
        // From 64 on nothing is left; only n = 32 shifted right reads high.
        expected.push_back(word);
      }
      std::string code = std::string("shf.") + (isLeft ? "l" : "r") +
                         (wraps ? ".wrap" : ".clamp") +
                         ".b32 %rz, %ra, %rb, %rc;";
      EXPECT_EQ(evaluate(code, columns), expected) << code;
    }
}

TEST(Bits, Counts) {
  Values words = {0, 1, 0x80000000, 0xffffffff, 0x00ff0100};
  EXPECT_EQ(evaluate("popc.b32 %rz, %ra;", {words}), (Values{0, 1, 1, 32, 9}));
  EXPECT_EQ(evaluate("clz.b32 %rz, %ra;", {words}), (Values{32, 31, 0, 0, 8}));
  EXPECT_EQ(evaluate("popc.b64 %rz, %da;", {{~uint64_t(0)}}), (Values{64}));
  EXPECT_EQ(evaluate("clz.b64 %rz, %da;", {{1, 0}}), (Values{63, 64}));
  EXPECT_EQ(evaluate("brev.b32 %rz, %ra;", {{1, 0x80000001, 0x12345678}}),
            (Values{0x80000000, 0x80000001, 0x1e6a2c48}));
  EXPECT_EQ(evaluate("brev.b64 %dz, %da;", {{2}}, "%dz"),
            (Values{0x4000000000000000}));
}

TEST(Bits, FindLeadingBit) {
  Values words = {0, 1, 0x80000000, 0xffffffff, 0x00ff0100, 0xfffffffe};
  EXPECT_EQ(evaluate("bfind.u32 %rz, %ra;", {words}),
            (Values{0xffffffff, 0, 31, 31, 23, 31}));
  EXPECT_EQ(evaluate("bfind.s32 %rz, %ra;", {words}),
            (Values{0xffffffff, 0, 30, 0xffffffff, 23, 0}));
  EXPECT_EQ(evaluate("bfind.shiftamt.u32 %rz, %ra;", {words}),
            (Values{0xffffffff, 31, 0, 0, 8, 0}));
  EXPECT_EQ(evaluate("bfind.u64 %rz, %da;", {{uint64_t(1) << 40}}),
            (Values{40}));
  EXPECT_EQ(evaluate("bfind.s64 %rz, %da;", {{~(uint64_t(1) << 40)}}),
            (Values{40}));
}

TEST(Bits, ExtractField) {
  Values a(6, 0x89abcdef);
  Values position = {0, 4, 28, 31, 32, 8};
  Values length = {32, 8, 8, 1, 4, 0};
  EXPECT_EQ(evaluate("bfe.u32 %rz, %ra, %rb, %rc;", {a, position, length}),
            (Values{0x89abcdef, 0xde, 8, 1, 0, 0}));
  // Bits beyond the top are copies of the sign.
  EXPECT_EQ(
      evaluate("bfe.s32 %rz, %ra, %rb, %rc;", {a, position, length}),
      (Values{0x89abcdef, 0xffffffde, 0xfffffff8, 0xffffffff, 0xffffffff, 0}));
  EXPECT_EQ(evaluate("bfe.s64 %dz, %da, %rb, %rc;", {{0xf000000000}, {36}, {4}},
                     "%dz"),
            (Values{~uint64_t(0)}));
}

TEST(Bits, InsertField) {
  EXPECT_EQ(
      evaluate("bfi.b32 %rz, %ra, %rb, %rc, %rd;", {{0xff, 0xabc, 0xff, 0xff},
                                                    {0, 0xffffffff, 0, 0},
                                                    {4, 8, 28, 32},
                                                    {4, 12, 8, 4}}),
      (Values{0xf0, 0xfffabcff, 0xf0000000, 0}));
  EXPECT_EQ(evaluate("bfi.b64 %dz, %da, %db, %rc, %rd;",
                     {{0x5}, {0}, {60}, {8}}, "%dz"),
            (Values{0x5000000000000000}));
}

TEST(Bits, Mask) {
  EXPECT_EQ(evaluate("bmsk.clamp.b32 %rz, %ra, %rb;",
                     {{0, 4, 28, 40}, {4, 8, 40, 4}}),
            (Values{0xf, 0xff0, 0xf0000000, 0}));
  EXPECT_EQ(evaluate("bmsk.wrap.b32 %rz, %ra, %rb;", {{36, 1}, {4, 33}}),
            (Values{0xf0, 2}));
}

TEST(Bits, PermuteBytes) {
  Values a = {0x83828180}, b = {0x07060504};
  auto run = [&](const std::string &mode, uint64_t control) {
    return evaluate("prmt.b32" + mode + " %rz, %ra, %rb, %rc;",
                    {a, b, {control}});
  };
  EXPECT_EQ(run("", 0x7531), (Values{0x07058381}));
  EXPECT_EQ(run("", 0x0246), (Values{0x80820406}));
  // Bit 3 of a selector replicates the sign of the byte.
  EXPECT_EQ(run("", 0x8c4f), (Values{0xff000400}));
  EXPECT_EQ(run(".f4e", 1), (Values{0x04838281}));
  EXPECT_EQ(run(".b4e", 1), (Values{0x06078081}));
  EXPECT_EQ(run(".rc8", 2), (Values{0x82828282}));
  EXPECT_EQ(run(".ecl", 1), (Values{0x83828181}));
  EXPECT_EQ(run(".ecr", 1), (Values{0x81818180}));
  EXPECT_EQ(run(".rc16", 1), (Values{0x83828382}));
}

TEST(Bits, MovesPackAndUnpack) {
  EXPECT_EQ(
      evaluate("mov.b64 %dz, {%ra, %rb};", {{0x11111111}, {0x22222222}}, "%dz"),
      (Values{0x2222222211111111}));
  EXPECT_EQ(evaluate("mov.b32 %rz, {%ha, %hb};", {{0x1111}, {0x2222}}),
            (Values{0x22221111}));
  EXPECT_EQ(evaluate("mov.b64 %dz, {%ha, %hb, %hc, %hd};",
                     {{0x1111}, {0x2222}, {0x3333}, {0x4444}}, "%dz"),
            (Values{0x4444333322221111}));
  EXPECT_EQ(evaluate("mov.b32 {%u0, %hz}, %ra;", {{0x22221111}}, "%hz"),
            (Values{0x2222}));
  EXPECT_EQ(evaluate("{ .reg .b16 %tmp; mov.b32 {%tmp, %hz}, %ra; }",
                     {{0x22221111}}, "%hz"),
            (Values{0x2222}));
  EXPECT_EQ(evaluate("mov.b64 {_, %rz}, %da;", {{0x2222222211111111}}),
            (Values{0x22222222}));
  EXPECT_EQ(evaluate("mov.f32 %fz, 0fBF800000;", {{0}}, "%fz"),
            (Values{0xbf800000}));
  EXPECT_EQ(evaluate("mov.f64 %gz, 0d3FF8000000000000;", {{0}}, "%gz"),
            (Values{bitsOf(1.5)}));
  EXPECT_EQ(evaluate("mov.f32 %fz, 1.5;", {{0}}, "%fz"),
            (Values{bitsOf(1.5f)}));
  EXPECT_EQ(evaluate("mov.b16 %hz, -1;", {{0}}, "%hz"), (Values{0xffff}));
}
