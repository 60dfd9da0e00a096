//===- ConversionTest.cpp - Conversions of the PTX interpreter --*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestKernel.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace ccq::ptx::test;

using Values = std::vector<uint64_t>;

TEST(Conversion, IntegersExtendAndTruncate) {
  EXPECT_EQ(evaluate("cvt.u32.u16 %rz, %ha;", {{0xffff}}), (Values{0xffff}));
  EXPECT_EQ(evaluate("cvt.s32.s16 %rz, %ha;", {{0xffff}}),
            (Values{0xffffffff}));
  EXPECT_EQ(evaluate("cvt.s64.s32 %dz, %ra;", {{0x80000000}}, "%dz"),
            (Values{0xffffffff80000000}));
  EXPECT_EQ(evaluate("cvt.u64.u32 %dz, %ra;", {{0x80000000}}, "%dz"),
            (Values{0x80000000}));
  EXPECT_EQ(evaluate("cvt.u16.u64 %hz, %da;", {{0x123456789}}, "%hz"),
            (Values{0x6789}));
  // 8-bit types live in wider registers; signed ones fill them.
  EXPECT_EQ(evaluate("cvt.s16.s8 %hz, %ha;", {{0x0180}}, "%hz"),
            (Values{0xff80}));
  EXPECT_EQ(evaluate("cvt.u32.u8 %rz, %ra;", {{0x1234567f}}), (Values{0x7f}));
  EXPECT_EQ(evaluate("cvt.s8.s32 %rz, %ra;", {{0x12345680}}),
            (Values{0xffffff80}));
  EXPECT_EQ(evaluate("cvt.u8.u32 %rz, %ra;", {{0x12345680}}), (Values{0x80}));
}

TEST(Conversion, SaturatingIntegers) {
  EXPECT_EQ(evaluate("cvt.sat.s8.s32 %rz, %ra;", {{1000, 0xfffffc18, 5}}),
            (Values{127, 0xffffff80, 5}));
  EXPECT_EQ(evaluate("cvt.sat.u8.s32 %rz, %ra;", {{1000, 0xfffffc18, 5}}),
            (Values{255, 0, 5}));
  EXPECT_EQ(evaluate("cvt.sat.s32.u64 %rz, %da;", {{~uint64_t(0), 7}}),
            (Values{0x7fffffff, 7}));
}

TEST(Conversion, FloatsToIntegers) {
  Values x = {bitsOf(2.5f),  bitsOf(-2.5f),  bitsOf(3.5f),
              bitsOf(1e20f), bitsOf(-1e20f), bitsOf(NAN)};
  EXPECT_EQ(evaluate("cvt.rni.s32.f32 %rz, %fa;", {x}),
            (Values{2, 0xfffffffe, 4, 0x7fffffff, 0x80000000, 0}));
  EXPECT_EQ(evaluate("cvt.rzi.s32.f32 %rz, %fa;", {x}),
            (Values{2, 0xfffffffe, 3, 0x7fffffff, 0x80000000, 0}));
  EXPECT_EQ(evaluate("cvt.rmi.s32.f32 %rz, %fa;", {x}),
            (Values{2, 0xfffffffd, 3, 0x7fffffff, 0x80000000, 0}));
  EXPECT_EQ(evaluate("cvt.rpi.s32.f32 %rz, %fa;", {x}),
            (Values{3, 0xfffffffe, 4, 0x7fffffff, 0x80000000, 0}));
  EXPECT_EQ(evaluate("cvt.rzi.u32.f32 %rz, %fa;", {x}),
            (Values{2, 0, 3, 0xffffffff, 0, 0}));
  EXPECT_EQ(evaluate("cvt.rzi.u64.f64 %dz, %ga;",
                     {{bitsOf(1e19), bitsOf(1e30)}}, "%dz"),
            (Values{10000000000000000000u, ~uint64_t(0)}));
  EXPECT_EQ(evaluate("cvt.rni.s8.f32 %rz, %fa;", {{bitsOf(-200.0f)}}),
            (Values{0xffffff80}));
  EXPECT_EQ(evaluate("cvt.rzi.s16.f16 %hz, %ha;", {{0xc500}}, "%hz"),
            (Values{0xfffb}));
}

TEST(Conversion, IntegersToFloats) {
  EXPECT_EQ(
      evaluate("cvt.rn.f32.s32 %fz, %ra;", {{0xffffffff, 16777217}}, "%fz"),
      (Values{bitsOf(-1.0f), bitsOf(16777216.0f)}));
  EXPECT_EQ(evaluate("cvt.rp.f32.u32 %fz, %ra;", {{16777217}}, "%fz"),
            (Values{bitsOf(16777218.0f)}));
  EXPECT_EQ(evaluate("cvt.rn.f32.u8 %fz, %ha;", {{0x1ff}}, "%fz"),
            (Values{bitsOf(255.0f)}));
  // 2^54 + 2^30 + 1: rounding to a double first would lose the last bit.
  EXPECT_EQ(evaluate("cvt.rn.f32.u64 %fz, %da;",
                     {{(uint64_t(1) << 54) + (uint64_t(1) << 30) + 1}}, "%fz"),
            (Values{bitsOf(0x1.000002p54f)}));
  EXPECT_EQ(evaluate("cvt.rn.f64.s64 %gz, %da;", {{~uint64_t(0)}}, "%gz"),
            (Values{bitsOf(-1.0)}));
  EXPECT_EQ(evaluate("cvt.rn.f16.s32 %hz, %ra;", {{2049, 70000}}, "%hz"),
            (Values{0x6800, 0x7c00}));
}

TEST(Conversion, BetweenFloats) {
  Values x = {bitsOf(1.0f),
              bitsOf(1.0f + 0x1p-11f),
              bitsOf(1.0f + 0x1.8p-10f),
              bitsOf(1e-7f),
              bitsOf(1e6f),
              bitsOf(NAN)};
  EXPECT_EQ(evaluate("cvt.rn.f16.f32 %hz, %fa;", {x}, "%hz"),
            (Values{0x3c00, 0x3c00, 0x3c02, 0x0002, 0x7c00, 0x7fff}));
  EXPECT_EQ(evaluate("cvt.rz.f16.f32 %hz, %fa;", {x}, "%hz"),
            (Values{0x3c00, 0x3c00, 0x3c01, 0x0001, 0x7bff, 0x7fff}));
  EXPECT_EQ(
      evaluate("cvt.f32.f16 %fz, %ha;", {{0x3c01, 0x0001, 0xfc00}}, "%fz"),
      (Values{bitsOf(1.0f + 0x1p-10f), bitsOf(0x1p-24f), bitsOf(-INFINITY)}));
  EXPECT_EQ(evaluate("cvt.rn.bf16.f32 %hz, %fa;",
                     {{0x3f808000, 0x3f818000, 0x3f808001}}, "%hz"),
            (Values{0x3f80, 0x3f82, 0x3f81}));
  EXPECT_EQ(evaluate("cvt.f32.bf16 %fz, %ha;", {{0x3f81}}, "%fz"),
            (Values{0x3f810000}));
  EXPECT_EQ(evaluate("cvt.rn.f32.f64 %fz, %ga;", {{bitsOf(0.1)}}, "%fz"),
            (Values{bitsOf(0.1f)}));
  EXPECT_EQ(evaluate("cvt.f64.f32 %gz, %fa;", {{bitsOf(0.1f)}}, "%gz"),
            (Values{bitsOf(double(0.1f))}));
  EXPECT_EQ(evaluate("cvt.rna.tf32.f32 %rz, %fa;", {{0x3f801000}}),
            (Values{0x3f802000}));
}

TEST(Conversion, ModifiersOnFloats) {
  EXPECT_EQ(evaluate("cvt.rni.f32.f32 %fz, %fa;", {{bitsOf(2.5f)}}, "%fz"),
            (Values{bitsOf(2.0f)}));
  EXPECT_EQ(evaluate("cvt.sat.f32.f32 %fz, %fa;",
                     {{bitsOf(2.5f), bitsOf(-2.0f), bitsOf(0.5f)}}, "%fz"),
            (Values{bitsOf(1.0f), 0, bitsOf(0.5f)}));
  EXPECT_EQ(
      evaluate("cvt.ftz.f32.f32 %fz, %fa;", {{bitsOf(-0x1p-140f)}}, "%fz"),
      (Values{bitsOf(-0.0f)}));
  EXPECT_EQ(evaluate("cvt.rn.relu.f16.f32 %hz, %fa;",
                     {{bitsOf(-1.0f), bitsOf(1.0f)}}, "%hz"),
            (Values{0, 0x3c00}));
}

TEST(Conversion, PairsPutTheFirstSourceOnTop) {
  Values a = {bitsOf(1.0f)}, b = {bitsOf(2.0f)};
  EXPECT_EQ(evaluate("cvt.rn.f16x2.f32 %rz, %fa, %fb;", {a, b}),
            (Values{0x3c004000}));
  EXPECT_EQ(evaluate("cvt.rn.bf16x2.f32 %rz, %fa, %fb;", {a, b}),
            (Values{0x3f804000}));
  EXPECT_EQ(
      evaluate("cvt.pack.sat.s16.s32 %rz, %ra, %rb;", {{100000}, {0xffffffff}}),
      (Values{0x7fffffff}));
  EXPECT_EQ(evaluate("cvt.pack.sat.u8.s32.b32 %rz, %ra, %rb, %rc;",
                     {{300}, {0xffffffff}, {0x12345678}}),
            (Values{0x5678ff00}));
}
