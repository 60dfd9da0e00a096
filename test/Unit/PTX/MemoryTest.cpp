//===- MemoryTest.cpp - Memory spaces and atomics ---------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestKernel.h"

#include <gtest/gtest.h>

#include <bit>

using namespace ccq;
using namespace ccq::ptx;
using namespace ccq::ptx::test;

/// Runs a kernel over one buffer and returns the error message, or "".
static std::string runOn(Memory &memory, const std::vector<Param> &params,
                         const std::string &parameters, const std::string &body,
                         const std::string &declarations = "",
                         Dim3 block = {}) {
  std::string registers = R"(
.reg .b64 %in, %out, %v<8>;
.reg .b32 %r<16>;
.reg .b16 %h<8>;
.reg .f32 %f<8>;
.reg .pred %p<4>;
)";
  std::string text =
      makeModule(parameters, registers + body + "\nret;", declarations);
  Result<Module> module = parseModule(text);
  if (!module)
    return module.error().message;
  checkWithAssembler(text);
  auto launched = launch(*module, "k", {}, block, params, memory);
  return launched ? "" : launched.error().message;
}

namespace {
/// A read-only input and an output of unwritten bytes.
class Buffers {
public:
  Buffers(std::vector<uint8_t> input, uint64_t outputBytes)
      : in(memory.allocateCopy(input, Access::ReadOnly)),
        out(memory.allocateUninitialized(outputBytes)) {}

  std::string run(const std::string &body, const std::string &declarations = "",
                  Dim3 block = {}) {
    return runOn(memory, {in, out}, ".param .u64 in, .param .u64 out",
                 "ld.param.u64 %in, [in];\nld.param.u64 %out, [out];\n" + body,
                 declarations, block);
  }
  template <typename T> std::vector<T> read() { return memory.read<T>(out); }

  Memory memory;
  DeviceBuffer in;
  DeviceBuffer out;
};
} // namespace

static std::vector<uint8_t> countUp(size_t count, uint8_t first) {
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i < count; ++i)
    bytes.push_back(static_cast<uint8_t>(first + i));
  return bytes;
}

TEST(Memory, LoadsExtendToTheRegister) {
  Buffers buffers({0x80, 0xff, 0xfe, 0xff, 0, 0, 0, 0x80}, 40);
  EXPECT_EQ(buffers.run(R"(
ld.global.u8 %r0, [%in];
st.global.u32 [%out], %r0;
ld.global.s8 %r1, [%in];
st.global.u32 [%out+4], %r1;
ld.global.s16 %r2, [%in+2];
st.global.u32 [%out+8], %r2;
ld.global.s8 %h0, [%in];
st.global.u16 [%out+12], %h0;
ld.global.b8 %h1, [%in+1];
st.global.u16 [%out+14], %h1;
ld.global.s32 %v0, [%in+4];
st.global.u64 [%out+16], %v0;
ld.global.u32 %v1, [%in+4];
st.global.u64 [%out+24], %v1;
st.global.u8 [%out+32], %r1;
)"),
            "");
  EXPECT_EQ(buffers.read<uint32_t>()[0], 0x80u);
  EXPECT_EQ(buffers.read<uint32_t>()[1], 0xffffff80u);
  EXPECT_EQ(buffers.read<uint32_t>()[2], 0xfffffffeu);
  EXPECT_EQ(buffers.read<uint16_t>()[6], 0xff80u);
  EXPECT_EQ(buffers.read<uint16_t>()[7], 0xffu);
  EXPECT_EQ(buffers.read<uint64_t>()[2], 0xffffffff80000000u);
  EXPECT_EQ(buffers.read<uint64_t>()[3], 0x80000000u);
  EXPECT_EQ(buffers.read<uint8_t>()[32], 0x80u);
  EXPECT_EQ(buffers.memory.findUnwrittenByte(buffers.out), 33u);
}

TEST(Memory, VectorsAndQualifiers) {
  Buffers buffers(countUp(32, 1), 48);
  EXPECT_EQ(buffers.run(R"(
ld.global.nc.v4.u32 {%r0, %r1, %r2, %r3}, [%in];
st.global.v4.b32 [%out], {%r3, %r2, %r1, %r0};
ld.global.L1::no_allocate.v2.u64 {%v0, %v1}, [%in+16];
st.global.cg.v2.u64 [%out+16], {%v1, %v0};
ld.volatile.global.v2.u8 {%h0, %h1}, [%in+4];
st.relaxed.gpu.global.u8 [%out+32], %h1;
ld.global.ca.L2::128B.v4.u16 {%h0, %h1, %h2, %h3}, [%in+8];
st.global.wb.v4.u16 [%out+40], {%h0, %h0, %h0, %h3};
ld.acquire.gpu.global.u32 %r4, [%in+4];
prefetch.global.L2 [%in];
)"),
            "");
  auto words = buffers.read<uint32_t>();
  EXPECT_EQ(words[0], 0x100f0e0du);
  EXPECT_EQ(words[3], 0x04030201u);
  EXPECT_EQ(words[4], 0x1c1b1a19u);
  EXPECT_EQ(buffers.read<uint8_t>()[32], 6);
  EXPECT_EQ(buffers.read<uint16_t>()[23], 0x100fu);
}

TEST(Memory, ConstantsGlobalsAndGenericAddresses) {
  Buffers buffers(countUp(4, 1), 32);
  std::string body = R"(
.local .align 8 .b8 slot[16];
ld.const.u32 %r0, [table+4];
st.global.u32 [%out], %r0;
ld.global.f32 %f0, [numbers+4];
st.global.f32 [%out+4], %f0;
mov.u64 %v0, numbers+8;
cvta.global.u64 %v1, %v0;
ld.f32 %f1, [%v1];
st.f32 [%out+8], %f1;
cvta.to.global.u64 %v2, %v1;
ld.global.f32 %f2, [%v2+-4];
st.global.f32 [%out+12], %f2;
mov.u64 %v3, slot;
st.local.u32 [%v3+4], %r0;
cvta.local.u64 %v4, %v3;
ld.u32 %r1, [%v4+4];
st.global.u32 [%out+16], %r1;
isspacep.local %p0, %v4;
selp.u32 %r2, 1, 0, %p0;
isspacep.global %p1, %v1;
selp.u32 %r3, 2, 0, %p1;
or.b32 %r2, %r2, %r3;
isspacep.shared %p2, %v4;
selp.u32 %r3, 4, 0, %p2;
or.b32 %r2, %r2, %r3;
st.global.u32 [%out+20], %r2;
ld.global.u32 %r4, [counter];
add.u32 %r4, %r4, 9;
st.global.u32 [counter], %r4;
ld.global.u32 %r5, [counter];
st.global.u32 [%out+24], %r5;
)";
  EXPECT_EQ(buffers.run(body, ".const .align 4 .b32 table[2] = {17, 42};\n"
                              ".visible .global .align 4 .f32 numbers[3] = "
                              "{1.0, 0f40000000, 3.0};\n"
                              ".global .u32 counter;\n"),
            "");
  auto words = buffers.read<uint32_t>();
  EXPECT_EQ(words[0], 42u);
  EXPECT_EQ(std::bit_cast<float>(words[1]), 2.0f);
  EXPECT_EQ(std::bit_cast<float>(words[2]), 3.0f);
  EXPECT_EQ(std::bit_cast<float>(words[3]), 2.0f);
  EXPECT_EQ(words[4], 42u);
  EXPECT_EQ(words[5], 3u);
  EXPECT_EQ(words[6], 9u);
}

TEST(Memory, ParametersOfAllKinds) {
  Memory memory;
  DeviceBuffer out = memory.allocateUninitialized(24);
  std::vector<std::byte> aggregate(12, std::byte(3));
  EXPECT_EQ(runOn(memory,
                  {out, uint8_t(200), int16_t(-2), 1.5f, 2.5, Param(aggregate)},
                  ".param .u64 .ptr .global .align 16 out, .param .u8 a, "
                  ".param .s16 b, .param .f32 c, .param .f64 d, "
                  ".param .align 4 .b8 e[12]",
                  R"(
.reg .f64 %g;
ld.param.u64 %out, [out];
ld.param.u8 %r0, [a];
st.global.u32 [%out], %r0;
ld.param.s16 %r1, [b];
st.global.u32 [%out+4], %r1;
ld.param.f32 %f0, [c];
st.global.f32 [%out+8], %f0;
ld.param.f64 %g, [d];
cvt.rn.f32.f64 %f1, %g;
st.global.f32 [%out+12], %f1;
ld.param.u16 %h0, [e+10];
cvt.u32.u16 %r2, %h0;
st.global.u32 [%out+16], %r2;
mov.b64 %v0, e;
cvta.param.u64 %v1, %v0;
ld.u32 %r3, [%v1+8];
st.global.u32 [%out+20], %r3;
)"),
            "");
  auto words = memory.read<uint32_t>(out);
  EXPECT_EQ(words[0], 200u);
  EXPECT_EQ(words[1], 0xfffffffeu);
  EXPECT_EQ(std::bit_cast<float>(words[2]), 1.5f);
  EXPECT_EQ(std::bit_cast<float>(words[3]), 2.5f);
  EXPECT_EQ(words[4], 0x0303u);
  EXPECT_EQ(words[5], 0x03030303u);
}

TEST(Memory, Faults) {
  auto fault = [](const std::string &code) {
    Buffers buffers(countUp(8, 0), 8);
    return buffers.run(code);
  };
  const std::string thread = " (thread (0,0,0) of block (0,0,0))";
  EXPECT_EQ(fault("ld.global.u32 %r0, [%in+8];"),
            "line 14: 'ld.global.u32': address 0x700000000008 is outside "
            "buffer 0, which has 8 bytes from 0x700000000000" +
                thread);
  EXPECT_EQ(fault("st.global.u64 [%out+8], 1;"),
            "line 14: 'st.global.u64': address 0x700400000008 is outside "
            "buffer 1, which has 8 bytes from 0x700400000000" +
                thread);
  EXPECT_EQ(fault("ld.global.u32 %r0, [%in+-4];"),
            "line 14: 'ld.global.u32': address 0x6ffffffffffc is not in global "
            "memory" +
                thread);
  EXPECT_EQ(fault("ld.global.v2.u32 {%r0, %r1}, [%in+4];"),
            "line 14: 'ld.global.v2.u32': expected an address that is a "
            "multiple of 8, got 0x700000000004" +
                thread);
  EXPECT_EQ(fault("st.global.u32 [%in], 1;"),
            "line 14: 'st.global.u32': address 0x700000000000 in buffer 0 is "
            "written, but the buffer is read-only" +
                thread);
  EXPECT_EQ(fault("ld.global.u32 %r0, [%out];"),
            "line 14: 'ld.global.u32': address 0x700400000000 in buffer 1 is "
            "read before it is written" +
                thread);
  EXPECT_EQ(fault(".shared .u32 s;\nld.shared.u32 %r0, [s];"),
            "line 15: 'ld.shared.u32': address 0x0 in shared memory is read "
            "before it is written" +
                thread);
  EXPECT_EQ(fault("ld.shared.u32 %r0, [%in];"),
            "line 14: 'ld.shared.u32': address 0x700000000000 is outside "
            "shared memory, which has 0 bytes from 0x0" +
                thread);
  EXPECT_EQ(fault("ld.local.u32 %r0, [%in];"),
            "line 14: 'ld.local.u32': the kernel has no local memory" + thread);
  EXPECT_EQ(fault("trap;"), "line 14: 'trap': the kernel trapped" + thread);
}

TEST(Memory, GenericAddressIsNotASharedAddress) {
  Buffers buffers(countUp(8, 0), 8);
  EXPECT_EQ(buffers.run(".shared .u32 s;\nmov.u64 %v0, s;\n"
                        "cvta.shared.u64 %v1, %v0;\nst.shared.u32 [%v1], 1;"),
            "line 17: 'st.shared.u32': address 0x610000000000 is outside "
            "shared memory, which has 4 bytes from 0x0 (thread (0,0,0) of "
            "block (0,0,0))");
}

//===----------------------------------------------------------------------===//
// atom, red
//===----------------------------------------------------------------------===//

/// The cell after one operation by one thread, and the value returned.
static std::pair<uint64_t, uint64_t> runAtomic(const std::string &operation,
                                               const std::string &type,
                                               uint64_t cell,
                                               const std::string &sources) {
  Memory memory;
  DeviceBuffer buffer = memory.allocateCopy(std::vector<uint64_t>{cell, 0});
  bool is64 = type.ends_with("64");
  bool is16 = type.ends_with("16");
  bool isFloat = type == "f32";
  std::string width = is64 ? "64" : is16 ? "16" : "32";
  std::string result = is64 ? "%v1" : is16 ? "%h1" : isFloat ? "%f1" : "%r1";
  EXPECT_EQ(runOn(memory, {buffer}, ".param .u64 p",
                  "ld.param.u64 %out, [p];\natom.global." + operation + "." +
                      type + " " + result + ", [%out], " + sources +
                      ";\nst.global.b" + width + " [%out+8], " + result + ";"),
            "");
  std::vector<uint64_t> cells = memory.read<uint64_t>(buffer);
  return {cells[0], cells[1]};
}

TEST(Atomic, IntegerOperations) {
  using Pair = std::pair<uint64_t, uint64_t>;
  EXPECT_EQ(runAtomic("add", "u32", 5, "7"), (Pair{12, 5}));
  EXPECT_EQ(runAtomic("add", "s32", 5, "-7"), (Pair{0xfffffffe, 5}));
  EXPECT_EQ(runAtomic("add", "u64", ~uint64_t(0), "2"),
            (Pair{1, ~uint64_t(0)}));
  EXPECT_EQ(runAtomic("min", "s32", 5, "-7"), (Pair{0xfffffff9, 5}));
  EXPECT_EQ(runAtomic("min", "u32", 5, "-7"), (Pair{5, 5}));
  EXPECT_EQ(runAtomic("max", "s64", 5, "-7"), (Pair{5, 5}));
  EXPECT_EQ(runAtomic("max", "u32", 5, "-7"), (Pair{0xfffffff9, 5}));
  EXPECT_EQ(runAtomic("and", "b32", 12, "10"), (Pair{8, 12}));
  EXPECT_EQ(runAtomic("or", "b32", 12, "10"), (Pair{14, 12}));
  EXPECT_EQ(runAtomic("xor", "b64", 12, "10"), (Pair{6, 12}));
  EXPECT_EQ(runAtomic("exch", "b32", 12, "10"), (Pair{10, 12}));
  EXPECT_EQ(runAtomic("cas", "b32", 12, "12, 3"), (Pair{3, 12}));
  EXPECT_EQ(runAtomic("cas", "b32", 12, "13, 3"), (Pair{12, 12}));
  EXPECT_EQ(runAtomic("inc", "u32", 4, "4"), (Pair{0, 4}));
  EXPECT_EQ(runAtomic("inc", "u32", 3, "4"), (Pair{4, 3}));
  EXPECT_EQ(runAtomic("dec", "u32", 0, "4"), (Pair{4, 0}));
  EXPECT_EQ(runAtomic("dec", "u32", 3, "4"), (Pair{2, 3}));
}

TEST(Atomic, FloatsAndReductionsOfAllThreads) {
  EXPECT_EQ(runAtomic("add", "f32", bitsOf(1.5f), "0f40000000"),
            (std::pair<uint64_t, uint64_t>{bitsOf(3.5f), bitsOf(1.5f)}));
  Memory memory;
  DeviceBuffer cells = memory.allocateZeroed(16);
  EXPECT_EQ(runOn(memory, {cells}, ".param .u64 p", R"(
ld.param.u64 %out, [p];
mov.u32 %r0, %tid.x;
red.global.add.u32 [%out], %r0;
red.relaxed.gpu.global.add.f32 [%out+4], 0f3F000000;
mov.b32 %r1, 0x3c004000;
red.global.add.noftz.f16x2 [%out+8], %r1;
)",
                  "", {100, 1, 1}),
            "");
  auto words = memory.read<uint32_t>(cells);
  EXPECT_EQ(words[0], 4950u);
  EXPECT_EQ(std::bit_cast<float>(words[1]), 50.0f);
  EXPECT_EQ(words[2], 0x56405a40u); // 100 and 200
}

//===----------------------------------------------------------------------===//
// cp.async
//===----------------------------------------------------------------------===//

static const std::string copyPrologue = R"(
.shared .align 16 .b8 s[64];
cp.async.ca.shared.global [s], [%in], 4;
cp.async.commit_group;
cp.async.cg.shared.global.L2::128B [s+16], [%in+16], 16;
cp.async.commit_group;
cp.async.ca.shared.global [s+8], [%in+8], 8, 4;
)";

TEST(AsyncCopy, GroupsArriveInOrder) {
  Buffers buffers(countUp(32, 1), 24);
  EXPECT_EQ(buffers.run(copyPrologue + R"(
cp.async.wait_group 1;
ld.shared.u32 %r0, [s];
st.global.u32 [%out], %r0;
cp.async.wait_group 0;
ld.shared.u32 %r1, [s+28];
st.global.u32 [%out+4], %r1;
cp.async.wait_all;
ld.shared.u64 %v0, [s+8];
st.global.u64 [%out+8], %v0;
)"),
            "");
  EXPECT_EQ(buffers.read<uint32_t>()[0], 0x04030201u);
  EXPECT_EQ(buffers.read<uint32_t>()[1], 0x201f1e1du);
  // Four source bytes, the rest is zero.
  EXPECT_EQ(buffers.read<uint64_t>()[1], 0x0c0b0a09u);
}

TEST(AsyncCopy, ReadingTooEarlyIsAFault) {
  Buffers buffers(countUp(32, 1), 8);
  EXPECT_EQ(buffers.run(copyPrologue + "cp.async.wait_group 1;\n"
                                       "ld.shared.u32 %r0, [s+16];"),
            "line 22: 'ld.shared.u32': address 0x10 in shared memory is read "
            "before it is written (thread (0,0,0) of block (0,0,0))");
  Buffers uncommitted(countUp(32, 1), 8);
  EXPECT_EQ(uncommitted.run(copyPrologue + "cp.async.wait_group 0;\n"
                                           "ld.shared.u32 %r0, [s+8];"),
            "line 22: 'ld.shared.u32': address 0x8 in shared memory is read "
            "before it is written (thread (0,0,0) of block (0,0,0))");
}

TEST(AsyncCopy, Faults) {
  auto fault = [](const std::string &code) {
    Buffers buffers(countUp(32, 1), 8);
    return buffers.run(".shared .align 16 .b8 s[64];\n" + code);
  };
  const std::string thread = " (thread (0,0,0) of block (0,0,0))";
  EXPECT_EQ(fault("cp.async.ca.shared.global [s], [%in+2], 4;"),
            "line 15: 'cp.async.ca.shared.global': expected a source address "
            "that is a multiple of 4" +
                thread);
  EXPECT_EQ(fault("mov.u32 %r0, 5;\n"
                  "cp.async.ca.shared.global [s], [%in], 4, %r0;"),
            "line 16: 'cp.async.ca.shared.global': expected at most 4 source "
            "bytes, got 5" +
                thread);
  EXPECT_EQ(fault("cp.async.ca.shared.global [s], [%in+32], 4;\n"
                  "cp.async.wait_all;"),
            "line 15: 'cp.async.ca.shared.global': address 0x700000000020 is "
            "outside buffer 0, which has 32 bytes from 0x700000000000" +
                thread);
}
