//===- ShuffleTest.cpp - Warp-wide operations -------------------*- C++ -*-===//
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

/// 0 ... 31 as one column.
static std::vector<Values> makeLanes() {
  Values lanes;
  for (uint64_t lane = 0; lane < 32; ++lane)
    lanes.push_back(lane);
  return {lanes};
}

/// For every lane 100 + the lane that it should read, or 1000 + its own number
/// when the source is out of range.
template <typename Reference> static Values makeExpected(Reference source) {
  Values expected;
  for (int lane = 0; lane < 32; ++lane) {
    int from = source(lane);
    expected.push_back(from >= 0 ? 100 + uint64_t(from)
                                 : 1000 + uint64_t(lane));
  }
  return expected;
}

static Values shuffle(const std::string &operands) {
  return evaluate("add.u32 %t0, %ra, 100;\nshfl.sync." + operands +
                      ", -1;\nadd.u32 %t2, %ra, 1000;\n"
                      "selp.b32 %rz, %t1, %t2, %p0;",
                  makeLanes());
}

TEST(Shuffle, WholeWarp) {
  EXPECT_EQ(shuffle("up.b32 %t1|%p0, %t0, 3, 0"),
            makeExpected([](int i) { return i >= 3 ? i - 3 : -1; }));
  EXPECT_EQ(shuffle("down.b32 %t1|%p0, %t0, 3, 31"),
            makeExpected([](int i) { return i + 3 < 32 ? i + 3 : -1; }));
  EXPECT_EQ(shuffle("bfly.b32 %t1|%p0, %t0, 5, 31"),
            makeExpected([](int i) { return i ^ 5; }));
  EXPECT_EQ(shuffle("idx.b32 %t1|%p0, %t0, 9, 31"),
            makeExpected([](int) { return 9; }));
}

TEST(Shuffle, SegmentsOfEight) {
  // Segment mask 0x18 in bits 8-12, clamp 7 (0 for up).
  EXPECT_EQ(shuffle("up.b32 %t1|%p0, %t0, 1, 0x1800"),
            makeExpected([](int i) { return i % 8 ? i - 1 : -1; }));
  EXPECT_EQ(shuffle("down.b32 %t1|%p0, %t0, 1, 0x1807"),
            makeExpected([](int i) { return i % 8 < 7 ? i + 1 : -1; }));
  EXPECT_EQ(shuffle("idx.b32 %t1|%p0, %t0, 2, 0x1807"),
            makeExpected([](int i) { return i / 8 * 8 + 2; }));
  EXPECT_EQ(shuffle("bfly.b32 %t1|%p0, %t0, 8, 0x1807"),
            makeExpected([](int i) { return i & 8 ? i ^ 8 : -1; }));
}

TEST(Shuffle, OutOfRangeKeepsTheOwnValue) {
  Values own = evaluate("shfl.sync.up.b32 %rz, %ra, 16, 0, -1;", makeLanes());
  for (uint64_t lane = 0; lane < 32; ++lane)
    EXPECT_EQ(own[lane], lane < 16 ? lane : lane - 16);
}

TEST(Shuffle, PartialWarp) {
  // Only 8 threads exist: they are all that the mask can mean.
  Values lanes = {10, 11, 12, 13, 14, 15, 16, 17};
  EXPECT_EQ(evaluate("shfl.sync.bfly.b32 %rz, %ra, 1, 31, -1;", {lanes}),
            (Values{11, 10, 13, 12, 15, 14, 17, 16}));
}

TEST(Shuffle, Votes) {
  std::string prologue = "setp.lt.u32 %p0, %ra, 4;\n";
  std::vector<Values> lanes = makeLanes();
  EXPECT_EQ(evaluate(prologue + "vote.sync.ballot.b32 %rz, %p0, -1;", lanes),
            Values(32, 0xf));
  EXPECT_EQ(evaluate(prologue + "vote.sync.ballot.b32 %rz, !%p0, -1;", lanes),
            Values(32, 0xfffffff0));
  EXPECT_EQ(
      evaluate(prologue + "vote.sync.any.pred %pz, %p0, -1;", lanes, "%pz"),
      Values(32, 1));
  EXPECT_EQ(
      evaluate(prologue + "vote.sync.all.pred %pz, %p0, -1;", lanes, "%pz"),
      Values(32, 0));
  EXPECT_EQ(
      evaluate(prologue + "vote.sync.uni.pred %pz, %p0, -1;", lanes, "%pz"),
      Values(32, 0));
}

TEST(Shuffle, Matches) {
  std::vector<Values> lanes = makeLanes();
  Values any = evaluate("and.b32 %t0, %ra, 1;\n"
                        "match.any.sync.b32 %rz, %t0, -1;",
                        lanes);
  EXPECT_EQ(any[0], 0x55555555u);
  EXPECT_EQ(any[1], 0xaaaaaaaau);
  EXPECT_EQ(evaluate("match.all.sync.b32 %t1|%p0, %ra, -1;\n"
                     "selp.b32 %rz, 1, %t1, %p0;",
                     lanes),
            Values(32, 0));
  EXPECT_EQ(
      evaluate("match.all.sync.b64 %rz, %db, -1;", {lanes[0], Values(32, 7)}),
      Values(32, 0xffffffff));
}

TEST(Shuffle, Reductions) {
  std::vector<Values> lanes = makeLanes();
  lanes[0][3] = 0xfffffff0;
  EXPECT_EQ(evaluate("redux.sync.add.u32 %rz, %ra, -1;", lanes),
            Values(32, (31 * 32 / 2 - 3 - 16) & 0xffffffff));
  EXPECT_EQ(evaluate("redux.sync.min.s32 %rz, %ra, -1;", lanes),
            Values(32, 0xfffffff0));
  EXPECT_EQ(evaluate("redux.sync.max.u32 %rz, %ra, -1;", lanes),
            Values(32, 0xfffffff0));
  EXPECT_EQ(evaluate("redux.sync.max.s32 %rz, %ra, -1;", lanes),
            Values(32, 31));
  EXPECT_EQ(evaluate("redux.sync.or.b32 %rz, %ra, -1;", lanes),
            Values(32, 0xffffffff));
  EXPECT_EQ(evaluate("redux.sync.and.b32 %rz, %ra, -1;", lanes), Values(32, 0));
  EXPECT_EQ(evaluate("redux.sync.xor.b32 %rz, %ra, -1;", lanes),
            Values(32, 0xfffffff0 ^ 3));
}

TEST(Shuffle, LaneRegistersAndActiveMask) {
  std::vector<Values> lanes = makeLanes();
  Values below, above;
  for (uint64_t lane = 0; lane < 32; ++lane) {
    below.push_back((uint64_t(1) << lane) - 1);
    above.push_back(0xffffffff & ~((uint64_t(2) << lane) - 1));
  }
  EXPECT_EQ(evaluate("mov.u32 %rz, %laneid;", lanes), lanes[0]);
  EXPECT_EQ(evaluate("mov.u32 %rz, %lanemask_lt;", lanes), below);
  EXPECT_EQ(evaluate("mov.u32 %rz, %lanemask_gt;", lanes), above);
  EXPECT_EQ(evaluate("mov.u32 %rz, WARP_SZ;", lanes), Values(32, 32));
  EXPECT_EQ(evaluate("setp.lt.u32 %p0, %ra, 8;\nmov.u32 %rz, 0;\n"
                     "@!%p0 bra DONE;\nactivemask.b32 %rz;\nDONE:",
                     lanes)[3],
            0xffu);
}

TEST(Shuffle, Faults) {
  const std::string thread = " (thread (0,0,0) of block (0,0,0))";
  EXPECT_EQ(getError("shfl.sync.idx.b32 %rz, %ra, 5, 31, 1;"),
            "line 48: 'shfl.sync.idx.b32': lane 0 reads lane 5, which does not "
            "take part" +
                thread);
  EXPECT_EQ(getError("shfl.sync.idx.b32 %rz, %ra, 0, 31, 2;"),
            "line 48: 'shfl.sync.idx.b32': lane 0 is not in its own member "
            "mask" +
                thread);
  EXPECT_EQ(getError("movmatrix.sync.aligned.m8n8.trans.b16 %rz, %ra;"),
            "line 48: 'movmatrix.sync.aligned.m8n8.trans.b16': expected all 32 "
            "threads of the warp, got 1; the first one missing is lane 1" +
                thread);
}
