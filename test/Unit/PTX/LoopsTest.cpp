//===- LoopsTest.cpp - Loop queries on PTX kernels --------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestKernel.h"

#include "PTX/Loops.h"

#include <gtest/gtest.h>

using namespace ccq;
using namespace ccq::ptx;
using namespace ccq::ptx::test;

static Module parse(const std::string &body) {
  Result<Module> module = parseModule(makeModule(
      "", ".reg .pred %p<4>;\n.reg .b32 %r<8>;\nmov.u32 %r0, 0;\n" + body));
  if (module)
    return std::move(*module);
  ADD_FAILURE() << module.error().message;
  return {};
}

TEST(Loops, NestedLoopsAndTheirInstructions) {
  Module module = parse(R"(
OUTER:
mov.u32 %r1, 0;
INNER:
lop3.b32 %r2, %r1, %r0, %r0, 234;
add.u32 %r1, %r1, 1;
setp.lt.u32 %p1, %r1, 4;
@%p1 bra INNER;
add.u32 %r0, %r0, 1;
setp.lt.u32 %p2, %r0, 3;
@%p2 bra OUTER;
DONE:
ret;
)");
  const Kernel &kernel = module.kernels.at(0);
  std::vector<Loop> loops = findLoops(kernel);
  ASSERT_EQ(loops.size(), 2u);
  EXPECT_EQ(loops[0].instructions.size(), 8u);
  EXPECT_EQ(loops[0].depth, 1u);
  EXPECT_FALSE(loops[0].isInnermost);
  EXPECT_EQ(loops[1].instructions, (std::vector<size_t>{2, 3, 4, 5}));
  EXPECT_EQ(loops[1].depth, 2u);
  EXPECT_TRUE(loops[1].isInnermost);

  StaticCounts counts = countInstructions(kernel, loops[1].instructions);
  EXPECT_EQ(counts.getCount("lop3"), 1u);
  EXPECT_EQ(counts.getCount("mma"), 0u);
  EXPECT_EQ(counts.getCount(InstructionClass::Integer), 2u);
  EXPECT_EQ(counts.getCount(InstructionClass::Comparison), 1u);
  EXPECT_EQ(counts.getCount(InstructionClass::Control), 1u);
  EXPECT_EQ(counts.perMnemonic.at("add.u32"), 1u);
}

TEST(Loops, ExitCodeInsideTheTextIsNotPartOfTheLoop) {
  Module module = parse(R"(
LOOP:
add.u32 %r0, %r0, 1;
setp.gt.u32 %p1, %r0, 9;
@!%p1 bra REST;
mov.u32 %r1, 0;
ret;
REST:
bra LOOP;
)");
  std::vector<Loop> loops = findLoops(module.kernels.at(0));
  ASSERT_EQ(loops.size(), 1u);
  EXPECT_EQ(loops[0].instructions, (std::vector<size_t>{1, 2, 3, 6}));
}

TEST(Loops, TestBelowTheBody) {
  Module module = parse(R"(
bra TEST;
BODY:
add.u32 %r0, %r0, 1;
TEST:
setp.lt.u32 %p1, %r0, 9;
@%p1 bra BODY;
ret;
)");
  std::vector<Loop> loops = findLoops(module.kernels.at(0));
  ASSERT_EQ(loops.size(), 1u);
  EXPECT_EQ(loops[0].instructions, (std::vector<size_t>{2, 3, 4}));
  EXPECT_TRUE(loops[0].isInnermost);
}

TEST(Loops, StraightCodeHasNone) {
  Module module = parse("add.u32 %r0, %r0, 1;\nret;");
  EXPECT_TRUE(findLoops(module.kernels.at(0)).empty());
}

TEST(Loops, InstructionsBetweenLabels) {
  Module module = parse("A:\nadd.u32 %r0, %r0, 1;\nB:\nret;");
  const Kernel &kernel = module.kernels.at(0);
  EXPECT_EQ(findInstructionsBetween(kernel, "A", "B"),
            (std::vector<size_t>{1}));
  EXPECT_EQ(findInstructionsBetween(kernel, "A", ""),
            (std::vector<size_t>{1, 2}));
  EXPECT_EQ(findInstructionsBetween(kernel, "A", "C"), std::nullopt);
}
