//===- MatrixMemoryTest.cpp - ldmatrix, stmatrix and movmatrix --*- C++ -*-===//
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

/// Element `column` of row `row` of matrix `matrix`, a value of its own.
static uint16_t makeElement(unsigned matrix, unsigned row, unsigned column) {
  return static_cast<uint16_t>(matrix << 8 | row << 4 | column);
}

/// The word that a lane holds of a matrix: elements (l / 4, 2 * (l % 4)) and
/// the one beside it, or with rows and columns exchanged.
static uint32_t getWord(unsigned matrix, unsigned lane, bool transposed) {
  unsigned row = lane / 4, column = 2 * (lane % 4);
  uint32_t low = transposed ? makeElement(matrix, column, row)
                            : makeElement(matrix, row, column);
  uint32_t high = transposed ? makeElement(matrix, column + 1, row)
                             : makeElement(matrix, row, column + 1);
  return high << 16 | low;
}

/// Copies 512 bytes of input to shared memory, 16 per lane, runs the code and
/// stores %r0 ... %r3. The rows of a matrix lie 64 bytes apart.
static std::vector<uint32_t> run(const std::string &code) {
  std::vector<uint16_t> input(256);
  for (unsigned matrix = 0; matrix < 4; ++matrix)
    for (unsigned row = 0; row < 8; ++row)
      for (unsigned column = 0; column < 8; ++column)
        input[row * 32 + matrix * 8 + column] =
            makeElement(matrix, row, column);
  std::string text = makeModule(".param .u64 in, .param .u64 out", R"(
.reg .b64 %in, %out, %index;
.reg .b32 %r<16>;
.shared .align 16 .b8 tile[512];
ld.param.u64 %in, [in];
ld.param.u64 %out, [out];
mov.u32 %r8, %tid.x;
mul.wide.u32 %index, %r8, 16;
add.u64 %in, %in, %index;
add.u64 %out, %out, %index;
ld.global.v4.u32 {%r0, %r1, %r2, %r3}, [%in];
mov.u32 %r9, tile;
mad.lo.u32 %r10, %r8, 16, %r9;
st.shared.v4.u32 [%r10], {%r0, %r1, %r2, %r3};
bar.warp.sync -1;
// Lane 8 m + row addresses the row of matrix m.
and.b32 %r11, %r8, 7;
shl.b32 %r11, %r11, 6;
shr.u32 %r12, %r8, 3;
mad.lo.u32 %r11, %r12, 16, %r11;
add.u32 %r11, %r11, %r9;
mov.u32 %r0, 0;
mov.u32 %r1, 0;
mov.u32 %r2, 0;
mov.u32 %r3, 0;
)" + code + R"(
st.global.v4.u32 [%out], {%r0, %r1, %r2, %r3};
ret;
)");
  checkWithAssembler(text);
  Result<Module> module = parseModule(text);
  if (!module) {
    ADD_FAILURE() << module.error().message;
    return std::vector<uint32_t>(128);
  }
  Memory memory;
  DeviceBuffer in = memory.allocateCopy(input, Access::ReadOnly);
  DeviceBuffer out = memory.allocateUninitialized(512);
  auto launched = launch(*module, "k", {}, {32, 1, 1}, {in, out}, memory);
  if (!launched) {
    ADD_FAILURE() << launched.error().message;
    return std::vector<uint32_t>(128);
  }
  return memory.read<uint32_t>(out);
}

static void expectMatrices(const std::vector<uint32_t> &words, unsigned count,
                           bool transposed) {
  for (unsigned lane = 0; lane < 32; ++lane)
    for (unsigned matrix = 0; matrix < 4; ++matrix)
      EXPECT_EQ(words[lane * 4 + matrix],
                matrix < count ? getWord(matrix, lane, transposed) : 0)
          << "lane " << lane << ", matrix " << matrix;
}

TEST(MatrixMemory, Load) {
  expectMatrices(run("ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%r0}, [%r11];"),
                 1, false);
  expectMatrices(
      run("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%r0, %r1}, [%r11];"), 2,
      false);
  expectMatrices(run("ldmatrix.sync.aligned.m8n8.x4.shared.b16 "
                     "{%r0, %r1, %r2, %r3}, [%r11];"),
                 4, false);
}

TEST(MatrixMemory, LoadTransposed) {
  expectMatrices(
      run("ldmatrix.sync.aligned.m8n8.x1.trans.shared.b16 {%r0}, [%r11];"), 1,
      true);
  expectMatrices(run("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 "
                     "{%r0, %r1, %r2, %r3}, [%r11];"),
                 4, true);
}

TEST(MatrixMemory, StoreIsTheInverseOfLoad) {
  expectMatrices(run("ldmatrix.sync.aligned.m8n8.x4.shared.b16 "
                     "{%r4, %r5, %r6, %r7}, [%r11];\nbar.warp.sync -1;\n"
                     "stmatrix.sync.aligned.m8n8.x4.trans.shared.b16 [%r11], "
                     "{%r4, %r5, %r6, %r7};\nbar.warp.sync -1;\n"
                     "ldmatrix.sync.aligned.m8n8.x4.shared.b16 "
                     "{%r0, %r1, %r2, %r3}, [%r11];"),
                 4, true);
}

TEST(MatrixMemory, MoveTransposes) {
  expectMatrices(run("ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%r4}, [%r11];\n"
                     "movmatrix.sync.aligned.m8n8.trans.b16 %r0, %r4;"),
                 1, true);
}
