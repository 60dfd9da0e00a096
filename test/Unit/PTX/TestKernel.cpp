//===- TestKernel.cpp - Kernels of one instruction --------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestKernel.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <bit>
#include <cstdio>
#include <cstdlib>
#include <fstream>

using namespace ccq;
using namespace ccq::ptx;
using namespace ccq::ptx::test;

std::string ccq::ptx::test::makeModule(const std::string &parameters,
                                       const std::string &body,
                                       const std::string &declarations) {
  return ".version 8.5\n.target sm_90a\n.address_size 64\n" + declarations +
         ".visible .entry k(" + parameters + ")\n{\n" + body + "\n}\n";
}

void ccq::ptx::test::checkWithAssembler(const std::string &text) {
  const char *assembler = std::getenv("CCQ_PTXAS");
  if (!assembler)
    return;
  std::string path = ::testing::TempDir() + "ccq-ptx-test-" +
                     std::to_string(::getpid()) + ".ptx";
  std::ofstream(path) << text;
  std::string command =
      std::string(assembler) + " -arch=sm_90a -o /dev/null " + path + " 2>&1";
  EXPECT_EQ(std::system(command.c_str()), 0) << text;
  std::remove(path.c_str());
}

/// Loads the columns, runs the code and stores the result.
static std::string makeBody(const std::string &code, size_t columns,
                            const std::string &result) {
  std::string text = R"(
.reg .b64 %da, %db, %dc, %dd, %dz, %in, %out, %index;
.reg .b32 %ra, %rb, %rc, %rd, %rz, %row;
.reg .b16 %ha, %hb, %hc, %hd, %hz;
.reg .f32 %fa, %fb, %fc, %fd, %fz;
.reg .f64 %ga, %gb, %gc, %gd, %gz;
.reg .pred %pz, %p<8>;
.reg .b32 %t<16>;
.reg .b16 %u<16>;
.reg .b64 %v<16>;
mov.u32 %row, %tid.x;
mul.wide.u32 %index, %row, 8;
ld.param.u64 %out, [out];
add.u64 %out, %out, %index;
)";
  for (size_t i = 0; i < columns; ++i) {
    std::string letter(1, static_cast<char>('a' + i));
    text += "ld.param.u64 %in, [in" + std::to_string(i) + "];\n" +
            "add.u64 %in, %in, %index;\n" + "ld.global.u64 %d" + letter +
            ", [%in];\n" + "cvt.u32.u64 %r" + letter + ", %d" + letter + ";\n" +
            "cvt.u16.u64 %h" + letter + ", %d" + letter + ";\n" + "mov.b32 %f" +
            letter + ", %r" + letter + ";\n" + "mov.b64 %g" + letter + ", %d" +
            letter + ";\n";
  }
  text += code + "\n";
  if (result == "%pz")
    text += "selp.u64 %dz, 1, 0, %pz;\n";
  else if (result == "%fz")
    text += "mov.b32 %rz, %fz;\ncvt.u64.u32 %dz, %rz;\n";
  else if (result == "%gz")
    text += "mov.b64 %dz, %gz;\n";
  else if (result == "%hz")
    text += "cvt.u64.u16 %dz, %hz;\n";
  else if (result == "%rz")
    text += "cvt.u64.u32 %dz, %rz;\n";
  return text + "st.global.u64 [%out], %dz;\nret;";
}

static Result<LaunchStatistics>
launchOnColumns(const std::string &code,
                const std::vector<std::vector<uint64_t>> &columns,
                const std::string &result, std::vector<uint64_t> &values,
                bool checksSyntax) {
  std::string parameters = ".param .u64 out";
  Memory memory;
  auto rows = static_cast<uint32_t>(columns.empty() ? 1 : columns[0].size());
  DeviceBuffer out = memory.allocateUninitialized(rows * sizeof(uint64_t));
  std::vector<Param> params = {out};
  for (size_t i = 0; i < columns.size(); ++i) {
    parameters += ", .param .u64 in" + std::to_string(i);
    params.emplace_back(memory.allocateCopy(columns[i], Access::ReadOnly));
  }
  std::string text =
      makeModule(parameters, makeBody(code, columns.size(), result));
  if (checksSyntax)
    checkWithAssembler(text);
  Result<Module> module = parseModule(text);
  if (!module)
    return module.takeError();
  Result<LaunchStatistics> launched =
      launch(*module, "k", {1, 1, 1}, {rows, 1, 1}, params, memory);
  if (launched)
    values = memory.read<uint64_t>(out);
  return launched;
}

std::vector<uint64_t>
ccq::ptx::test::evaluate(const std::string &code,
                         const std::vector<std::vector<uint64_t>> &columns,
                         const std::string &result) {
  std::vector<uint64_t> values;
  Result<LaunchStatistics> launched =
      launchOnColumns(code, columns, result, values, true);
  if (!launched)
    ADD_FAILURE() << code << ": " << launched.error().message;
  return values;
}

std::string ccq::ptx::test::getError(const std::string &code) {
  std::vector<uint64_t> values;
  std::vector<std::vector<uint64_t>> columns(4, {0});
  Result<LaunchStatistics> launched =
      launchOnColumns(code, columns, "%dz", values, false);
  if (!launched)
    return launched.error().message;
  ADD_FAILURE() << code << ": expected an error";
  return "";
}

std::string ccq::ptx::test::getParseError(const std::string &text) {
  Result<Module> module = parseModule(text);
  if (!module)
    return module.error().message;
  ADD_FAILURE() << "expected a parse error";
  return "";
}

uint64_t ccq::ptx::test::bitsOf(float value) {
  return std::bit_cast<uint32_t>(value);
}
uint64_t ccq::ptx::test::bitsOf(double value) {
  return std::bit_cast<uint64_t>(value);
}
float ccq::ptx::test::floatOf(uint64_t bits) {
  return std::bit_cast<float>(static_cast<uint32_t>(bits));
}
double ccq::ptx::test::doubleOf(uint64_t bits) {
  return std::bit_cast<double>(bits);
}

uint64_t ValueSequence::next() {
  state += 0x9e3779b97f4a7c15;
  uint64_t z = state;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}
