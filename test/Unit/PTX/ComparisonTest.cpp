//===- ComparisonTest.cpp - Comparisons and selections ----------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestKernel.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

using namespace ccq::ptx::test;

using Values = std::vector<uint64_t>;

namespace {
struct FloatCase {
  std::string name;
  std::function<bool(double, double)> reference;
};
} // namespace

static const std::vector<FloatCase> floatCases = {
    {"eq", [](double a, double b) { return a == b; }},
    {"ne", [](double a, double b) { return a < b || a > b; }},
    {"lt", [](double a, double b) { return a < b; }},
    {"le", [](double a, double b) { return a <= b; }},
    {"gt", [](double a, double b) { return a > b; }},
    {"ge", [](double a, double b) { return a >= b; }},
    {"equ", [](double a, double b) { return !(a < b || a > b); }},
    {"neu", [](double a, double b) { return !(a == b); }},
    {"ltu", [](double a, double b) { return !(a >= b); }},
    {"leu", [](double a, double b) { return !(a > b); }},
    {"gtu", [](double a, double b) { return !(a <= b); }},
    {"geu", [](double a, double b) { return !(a < b); }},
    {"num", [](double a, double b) { return a == a && b == b; }},
    {"nan", [](double a, double b) { return a != a || b != b; }},
};

/// Numbers, zeros of both signs, infinity and NaN that f16 holds exactly.
static const std::vector<double> samples = {1.0,  2.0,      -1.0, 0.0,
                                            -0.0, INFINITY, NAN};

static const std::vector<uint64_t> halfSamples = {0x3c00, 0x4000, 0xbc00, 0,
                                                  0x8000, 0x7c00, 0x7e00};

TEST(Comparison, FloatsOrderedAndUnordered) {
  std::vector<Values> singles(2), doubles(2), halves(2);
  for (size_t i = 0; i < samples.size(); ++i)
    for (size_t j = 0; j < samples.size(); ++j) {
      singles[0].push_back(bitsOf(float(samples[i])));
      singles[1].push_back(bitsOf(float(samples[j])));
      doubles[0].push_back(bitsOf(samples[i]));
      doubles[1].push_back(bitsOf(samples[j]));
      halves[0].push_back(halfSamples[i]);
      halves[1].push_back(halfSamples[j]);
    }
  for (const FloatCase &compare : floatCases) {
    Values expected;
    for (double a : samples)
      for (double b : samples)
        expected.push_back(compare.reference(a, b));
    std::string setp = "setp." + compare.name;
    EXPECT_EQ(evaluate(setp + ".f32 %pz, %fa, %fb;", singles, "%pz"), expected)
        << setp;
    EXPECT_EQ(evaluate(setp + ".f64 %pz, %ga, %gb;", doubles, "%pz"), expected)
        << setp;
    EXPECT_EQ(evaluate(setp + ".f16 %pz, %ha, %hb;", halves, "%pz"), expected)
        << setp;
  }
}

TEST(Comparison, IntegersSignedAndUnsigned) {
  Values a = {1, 0xffffffff, 5, 0x80000000}, b = {0xffffffff, 1, 5, 0x7fffffff};
  auto run = [&](const std::string &compare) {
    return evaluate("setp." + compare + " %pz, %ra, %rb;", {a, b}, "%pz");
  };
  EXPECT_EQ(run("eq.b32"), (Values{0, 0, 1, 0}));
  EXPECT_EQ(run("ne.u32"), (Values{1, 1, 0, 1}));
  EXPECT_EQ(run("lt.s32"), (Values{0, 1, 0, 1}));
  EXPECT_EQ(run("lt.u32"), (Values{1, 0, 0, 0}));
  EXPECT_EQ(run("le.s32"), (Values{0, 1, 1, 1}));
  EXPECT_EQ(run("gt.s32"), (Values{1, 0, 0, 0}));
  EXPECT_EQ(run("ge.u32"), (Values{0, 1, 1, 1}));
  EXPECT_EQ(run("lo.u32"), (Values{1, 0, 0, 0}));
  EXPECT_EQ(run("ls.u32"), (Values{1, 0, 1, 0}));
  EXPECT_EQ(run("hi.u32"), (Values{0, 1, 0, 1}));
  EXPECT_EQ(run("hs.u32"), (Values{0, 1, 1, 1}));
  EXPECT_EQ(evaluate("setp.lt.s16 %pz, %ha, %hb;", {{0xffff}, {1}}, "%pz"),
            (Values{1}));
  EXPECT_EQ(
      evaluate("setp.gt.u64 %pz, %da, %db;", {{~uint64_t(0)}, {1}}, "%pz"),
      (Values{1}));
}

TEST(Comparison, CombinedWithAPredicateAndTwoResults) {
  Values a = {1, 1, 2, 2}, b = {1, 1, 1, 1}, c = {0, 1, 0, 1};
  std::string prologue = "setp.ne.u32 %p0, %rc, 0;\n";
  auto run = [&](const std::string &code) {
    return evaluate(prologue + code +
                        "\nselp.u32 %t0, 1, 0, %p1;\nselp.u32 %t1, 2, 0, %p2;\n"
                        "or.b32 %rz, %t0, %t1;",
                    {a, b, c});
  };
  // p = (a == b) op c in bit 0, q = !(a == b) op c in bit 1.
  EXPECT_EQ(run("setp.eq.u32 %p1|%p2, %ra, %rb;"), (Values{1, 1, 2, 2}));
  EXPECT_EQ(run("setp.eq.and.u32 %p1|%p2, %ra, %rb, %p0;"),
            (Values{0, 1, 0, 2}));
  EXPECT_EQ(run("setp.eq.or.u32 %p1|%p2, %ra, %rb, %p0;"),
            (Values{1, 3, 2, 3}));
  EXPECT_EQ(run("setp.eq.xor.u32 %p1|%p2, %ra, %rb, %p0;"),
            (Values{1, 2, 2, 1}));
  EXPECT_EQ(run("setp.eq.and.u32 %p1|%p2, %ra, %rb, !%p0;"),
            (Values{1, 0, 2, 0}));
}

TEST(Comparison, FlushesSubnormals) {
  Values a = {1}, b = {0};
  EXPECT_EQ(evaluate("setp.gt.f32 %pz, %fa, %fb;", {a, b}, "%pz"), (Values{1}));
  EXPECT_EQ(evaluate("setp.gt.ftz.f32 %pz, %fa, %fb;", {a, b}, "%pz"),
            (Values{0}));
}

TEST(Comparison, PackedHalves) {
  // Low elements 1 and 2, high elements 3 and 3.
  EXPECT_EQ(evaluate("setp.lt.f16x2 %p1|%p2, %ra, %rb;\n"
                     "selp.u32 %t0, 1, 0, %p1;\nselp.u32 %t1, 2, 0, %p2;\n"
                     "or.b32 %rz, %t0, %t1;",
                     {{0x42003c00}, {0x42004000}}),
            (Values{1}));
  EXPECT_EQ(evaluate("setp.ge.bf16x2 %p1|%p2, %ra, %rb;\n"
                     "selp.u32 %t0, 1, 0, %p1;\nselp.u32 %t1, 2, 0, %p2;\n"
                     "or.b32 %rz, %t0, %t1;",
                     {{0x40403f80}, {0x40404000}}),
            (Values{2}));
}

TEST(Comparison, SetGivesOnesOrOne) {
  EXPECT_EQ(
      evaluate("set.lt.u32.s32 %rz, %ra, %rb;", {{0xffffffff, 1}, {0, 0}}),
      (Values{0xffffffff, 0}));
  EXPECT_EQ(evaluate("set.lt.f32.s32 %fz, %ra, %rb;", {{0xffffffff, 1}, {0, 0}},
                     "%fz"),
            (Values{bitsOf(1.0f), 0}));
  EXPECT_EQ(
      evaluate(
          "setp.ne.u32 %p0, %rc, 0;\n"
          "set.gt.and.u32.f32 %rz, %fa, %fb, %p0;",
          {{bitsOf(2.0f), bitsOf(2.0f)}, {bitsOf(1.0f), bitsOf(1.0f)}, {0, 1}}),
      (Values{0, 0xffffffff}));
}

TEST(Comparison, Select) {
  EXPECT_EQ(evaluate("setp.ne.u32 %p0, %ra, 0;\nselp.b32 %rz, %rb, 7, %p0;",
                     {{0, 1}, {5, 5}}),
            (Values{7, 5}));
  EXPECT_EQ(evaluate("setp.ne.u32 %p0, %ra, 0;\n"
                     "selp.f32 %fz, %fb, 0f00000000, %p0;",
                     {{0, 1}, {bitsOf(2.5f), bitsOf(2.5f)}}, "%fz"),
            (Values{0, bitsOf(2.5f)}));
  EXPECT_EQ(evaluate("slct.u32.s32 %rz, %ra, %rb, %rc;",
                     {{1, 1, 1}, {2, 2, 2}, {0, 5, 0xffffffff}}),
            (Values{1, 1, 2}));
  EXPECT_EQ(
      evaluate(
          "slct.u32.f32 %rz, %ra, %rb, %fc;",
          {{1, 1, 1}, {2, 2, 2}, {bitsOf(-0.0f), bitsOf(-1.0f), bitsOf(NAN)}}),
      (Values{1, 2, 2}));
}
