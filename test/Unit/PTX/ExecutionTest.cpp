//===- ExecutionTest.cpp - Divergence and barriers --------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestKernel.h"

#include <gtest/gtest.h>

#include <numeric>

using namespace ccq;
using namespace ccq::ptx;
using namespace ccq::ptx::test;

using Values = std::vector<uint64_t>;

/// Runs a kernel with one output array of one .u32 per thread.
static Result<std::vector<uint32_t>> run(const std::string &body, Dim3 grid,
                                         Dim3 block,
                                         uint64_t dynamicSharedBytes = 0,
                                         const std::string &declarations = "") {
  std::string prologue = R"(
.reg .b64 %out, %index, %v<16>;
.reg .b32 %row, %rz, %t<16>;
.reg .pred %p<8>;
mov.u32 %row, %tid.x;
ld.param.u64 %out, [out];
mul.wide.u32 %index, %row, 4;
add.u64 %out, %out, %index;
)";
  Result<Module> module = parseModule(makeModule(
      ".param .u64 out", prologue + body + "\nst.global.u32 [%out], %rz;\nret;",
      declarations));
  if (!module)
    return module.takeError();
  Memory memory;
  DeviceBuffer out = memory.allocateZeroed(block.getCount() * 4);
  Result<LaunchStatistics> launched =
      launch(*module, "k", grid, block, {out}, memory, dynamicSharedBytes);
  if (!launched)
    return launched.takeError();
  return memory.read<uint32_t>(out);
}

static std::vector<uint32_t> runAll(const std::string &body, Dim3 block,
                                    uint64_t dynamicSharedBytes = 0,
                                    const std::string &declarations = "") {
  auto result = run(body, {}, block, dynamicSharedBytes, declarations);
  if (result)
    return *result;
  ADD_FAILURE() << result.error().message;
  return {};
}

static std::string getFault(const std::string &body, Dim3 block) {
  auto result = run(body, {}, block);
  if (!result)
    return result.error().message;
  ADD_FAILURE() << "expected a fault";
  return "";
}

TEST(Execution, LoopsOfDifferentLengthsMeetAgain) {
  // Thread i sums 0 ... i; then all lanes shuffle from lane 5.
  std::vector<uint32_t> values = runAll(R"(
mov.u32 %rz, 0;
mov.u32 %t1, 0;
LOOP:
add.u32 %rz, %rz, %t1;
add.u32 %t1, %t1, 1;
setp.le.u32 %p1, %t1, %row;
@%p1 bra LOOP;
shfl.sync.idx.b32 %t2, %rz, 5, 31, -1;
mad.lo.u32 %rz, %t2, 1000, %rz;
)",
                                        {32, 1, 1});
  for (uint32_t i = 0; i < values.size(); ++i)
    EXPECT_EQ(values[i], 15000 + i * (i + 1) / 2);
}

TEST(Execution, BranchesBothWays) {
  std::vector<uint32_t> values = runAll(R"(
and.b32 %t1, %row, 1;
setp.eq.u32 %p1, %t1, 1;
@!%p1 bra EVEN;
mov.u32 %rz, 100;
bra.uni DONE;
EVEN:
mov.u32 %rz, 200;
DONE:
add.u32 %rz, %rz, %row;
)",
                                        {40, 1, 1});
  for (uint32_t i = 0; i < values.size(); ++i)
    EXPECT_EQ(values[i], (i % 2 ? 100 : 200) + i);
}

TEST(Execution, IndexedBranch) {
  std::vector<uint32_t> values = runAll(R"(
and.b32 %t1, %row, 3;
TABLE: .branchtargets A, B, A, C;
brx.idx %t1, TABLE;
A: mov.u32 %rz, 1; bra DONE;
B: mov.u32 %rz, 2; bra DONE;
C: mov.u32 %rz, 3;
DONE:
)",
                                        {8, 1, 1});
  EXPECT_EQ(values, (std::vector<uint32_t>{1, 2, 1, 3, 1, 2, 1, 3}));
}

TEST(Execution, SharedMemoryAcrossWarps) {
  // Reverses 96 values through shared memory.
  std::vector<uint32_t> values = runAll(R"(
.shared .align 4 .b8 buffer[384];
mov.u32 %t1, buffer;
mad.lo.u32 %t2, %row, 4, %t1;
st.shared.u32 [%t2], %row;
bar.sync 0;
sub.u32 %t3, 95, %row;
mad.lo.u32 %t3, %t3, 4, %t1;
ld.shared.u32 %rz, [%t3];
)",
                                        {96, 1, 1});
  for (uint32_t i = 0; i < values.size(); ++i)
    EXPECT_EQ(values[i], 95 - i);
}

TEST(Execution, DynamicSharedMemoryThroughGenericAddresses) {
  std::vector<uint32_t> values = runAll(R"(
mov.u64 %v1, buffer;
cvta.shared.u64 %v2, %v1;
add.u64 %v3, %v2, %index;
st.u32 [%v3], %row;
bar.warp.sync -1;
ld.u32 %rz, [%v2+12];
)",
                                        {32, 1, 1}, 128,
                                        ".extern .shared .align 16 .b8 "
                                        "buffer[];\n");
  EXPECT_EQ(values, std::vector<uint32_t>(32, 3));
}

TEST(Execution, BarrierAmongSomeWarps) {
  std::vector<uint32_t> values = runAll(R"(
.shared .align 4 .b8 buffer[4];
mov.u32 %rz, 0;
setp.ge.u32 %p1, %row, 64;
@%p1 bra DONE;
setp.eq.u32 %p2, %row, 63;
@%p2 st.shared.u32 [buffer], 7;
barrier.sync 1, 64;
ld.shared.u32 %rz, [buffer];
DONE:
)",
                                        {96, 1, 1});
  EXPECT_EQ(values[0], 7u);
  EXPECT_EQ(values[95], 0u);
}

TEST(Execution, DivergentBarrierIsAFault) {
  std::string fault = getFault(R"(
setp.lt.u32 %p1, %row, 16;
@%p1 bra SKIP;
bar.sync 0;
SKIP:
mov.u32 %rz, 0;
)",
                               {32, 1, 1});
  EXPECT_EQ(fault, "line 17: 'bar.sync': the threads that take part do not all "
                   "arrive: thread (0,0,0) has exited (thread (16,0,0) of "
                   "block (0,0,0))");
}

TEST(Execution, TwoBarriersInOneWarpAreAFault) {
  std::string fault = getFault(R"(
setp.lt.u32 %p1, %row, 16;
@%p1 bra OTHER;
bar.sync 0;
bra DONE;
OTHER:
bar.sync 0;
DONE:
mov.u32 %rz, 0;
)",
                               {32, 1, 1});
  EXPECT_NE(fault.find("threads of the same warp wait at line"),
            std::string::npos)
      << fault;
}

TEST(Execution, MissingBarrierIsAFault) {
  const std::string declaration = ".shared .align 4 .b8 buffer[4];\n";
  // Written by warp 0, read by warp 1.
  EXPECT_EQ(getFault(declaration + R"(setp.eq.u32 %p2, %row, 0;
mov.u32 %rz, 0;
@%p2 st.shared.u32 [buffer], 7;
ld.shared.u32 %rz, [buffer];)",
                     {64, 1, 1}),
            "line 18: 'ld.shared.u32': byte 0 of shared memory is read by warp "
            "1 and written by warp 0 with no barrier between (thread (32,0,0) "
            "of block (0,0,0))");
  // Read by all warps, then written again without a barrier.
  EXPECT_EQ(getFault(declaration + R"(setp.eq.u32 %p2, %row, 0;
@%p2 st.shared.u32 [buffer], 7;
bar.sync 0;
ld.shared.u32 %rz, [buffer];
setp.eq.u32 %p2, %row, 32;
@%p2 st.shared.u32 [buffer], 8;)",
                     {64, 1, 1}),
            "line 20: 'st.shared.u32': byte 0 of shared memory is written by "
            "warp 1 and read by warp 0 with no barrier between (thread "
            "(32,0,0) of block (0,0,0))");
}

TEST(Execution, AtomicsOnSharedMemoryNeedNoBarrierAmongThemselves) {
  std::vector<uint32_t> values = runAll(R"(
.shared .align 4 .b8 buffer[4];
setp.eq.u32 %p2, %row, 0;
@%p2 st.shared.u32 [buffer], 7;
bar.sync 0;
atom.shared.add.u32 %t1, [buffer], 1;
bar.sync 0;
ld.shared.u32 %rz, [buffer];
)",
                                        {96, 1, 1});
  EXPECT_EQ(values, std::vector<uint32_t>(96, 103));
}

TEST(Execution, DivergentShuffleIsAFault) {
  std::string fault = getFault(R"(
setp.lt.u32 %p1, %row, 16;
mov.u32 %rz, 0;
@%p1 bra SKIP;
shfl.sync.bfly.b32 %rz, %row, 1, 31, -1;
bra DONE;
SKIP:
shfl.sync.bfly.b32 %rz, %row, 1, 31, -1;
DONE:
)",
                               {32, 1, 1});
  EXPECT_NE(fault.find("the threads that take part do not all arrive"),
            std::string::npos)
      << fault;
}

TEST(Execution, HalfWarpsShuffleWithTheirOwnMasks) {
  std::vector<uint32_t> values = runAll(R"(
setp.lt.u32 %p1, %row, 16;
selp.b32 %t1, 65535, -65536, %p1;
shfl.sync.bfly.b32 %rz, %row, 8, 31, %t1;
)",
                                        {32, 1, 1});
  for (uint32_t i = 0; i < values.size(); ++i)
    EXPECT_EQ(values[i], i ^ 8);
}

TEST(Execution, UninitializedRegisterIsAFault) {
  EXPECT_EQ(getFault("setp.lt.u32 %p1, %row, 16;\n@%p1 mov.u32 %t1, 1;\n"
                     "add.u32 %rz, %t1, 1;",
                     {32, 1, 1}),
            "line 16: 'add.u32': register '%t1' is read before it is set "
            "(thread (16,0,0) of block (0,0,0))");
}

TEST(Execution, UninitializedGuardAndBarrierNumberAreFaults) {
  EXPECT_EQ(getFault("mov.u32 %rz, 0;\n@%p1 mov.u32 %rz, 1;", {32, 1, 1}),
            "line 15: 'mov.u32': the guard '%p1' is read before it is set "
            "(thread (0,0,0) of block (0,0,0))");
  EXPECT_EQ(getFault("mov.u32 %rz, 0;\nbar.sync %t1;", {32, 1, 1}),
            "line 15: 'bar.sync': register '%t1' is read before it is set "
            "(thread (0,0,0) of block (0,0,0))");
}

TEST(Execution, IndexOutsideABranchTableIsAFault) {
  EXPECT_EQ(getFault("mov.u32 %rz, 0;\nTABLE: .branchtargets A;\n"
                     "brx.idx %row, TABLE;\nA:",
                     {32, 1, 1}),
            "line 16: 'brx.idx': index 1 is outside a table of 1 labels "
            "(thread (1,0,0) of block (0,0,0))");
}

TEST(Execution, DifferentMemberMasksAreAFault) {
  EXPECT_EQ(getFault("setp.lt.u32 %p1, %row, 16;\n"
                     "selp.b32 %t1, -1, 65535, %p1;\n"
                     "shfl.sync.bfly.b32 %rz, %row, 1, 31, %t1;",
                     {32, 1, 1}),
            "line 16: 'shfl.sync.bfly.b32': lanes 0 and 16 name different "
            "member masks (thread (16,0,0) of block (0,0,0))");
}

TEST(Execution, ChecksThatALaunchTurnsOff) {
  Result<Module> module = parseModule(
      makeModule("", ".reg .b32 %t<4>;\n.shared .u32 s;\nadd.u32 %t1, %t2, 1;\n"
                     "mov.u32 %t3, %tid.x;\nst.shared.u32 [s], %t3;\nret;"));
  ASSERT_TRUE(module);
  Memory memory;
  LaunchOptions options;
  options.uninitializedRegisters = UninitializedRegisters::Allow;
  EXPECT_FALSE(launch(*module, "k", {}, {64, 1, 1}, {}, memory, 0, options));
  options.sharedRaces = SharedRaces::Allow;
  EXPECT_TRUE(launch(*module, "k", {}, {64, 1, 1}, {}, memory, 0, options));
}

TEST(Execution, EndlessLoopIsAFault) {
  Result<Module> module = parseModule(makeModule("", "LOOP:\nbra LOOP;\nret;"));
  ASSERT_TRUE(module);
  Memory memory;
  LaunchOptions options;
  options.maxWarpInstructions = 1000;
  auto launched = launch(*module, "k", {}, {}, {}, memory, 0, options);
  ASSERT_FALSE(launched);
  EXPECT_EQ(launched.error().message,
            "line 7: 'bra': the launch executed more instructions than its "
            "limit (thread (0,0,0) of block (0,0,0))");
}
