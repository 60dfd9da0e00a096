//===- CompilerOutputTest.cpp - Kernels from compilers ----------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestKernel.h"

#include "PTX/Loops.h"
#include "PTX/Rounding.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <fstream>
#include <sstream>

using namespace ccq;
using namespace ccq::ptx;
using namespace ccq::ptx::test;

// CMake compiles Inputs/*.ll with llc into CCQ_PTX_FROM_LLC. The .ptx files in
// Inputs were written by nvcc 13.0 from the .cu files beside them.

static std::string readFile(const std::string &path) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

static Module parseFile(const std::string &path) {
  Result<Module> module = parseModule(readFile(path));
  if (module)
    return std::move(*module);
  ADD_FAILURE() << path << ": " << module.error().message;
  return {};
}

static Module parseFromLLC(const std::string &name) {
  return parseFile(std::string(CCQ_PTX_FROM_LLC "/") + name + ".ptx");
}

static Module parseFromNVCC(const std::string &name) {
  return parseFile(std::string(CCQ_PTX_INPUTS "/") + name + ".ptx");
}

static LaunchStatistics run(const Module &module, std::string_view kernel,
                            Dim3 grid, Dim3 block,
                            const std::vector<Param> &params, Memory &memory) {
  auto launched = launch(module, kernel, grid, block, params, memory);
  if (launched)
    return *launched;
  ADD_FAILURE() << launched.error().message;
  return {};
}

/// Values k / 8 with |k| <= 64; sums of a few hundred are exact in f32.
static std::vector<float> makeValues(size_t count, uint64_t seed) {
  ValueSequence sequence(seed);
  std::vector<float> values(count);
  for (float &value : values)
    value =
        static_cast<float>(static_cast<int>(sequence.next() % 129) - 64) / 8.0f;
  return values;
}

static std::vector<uint16_t> toHalves(const std::vector<float> &values) {
  std::vector<uint16_t> halves;
  for (float value : values)
    halves.push_back(roundToHalf(value, Rounding::NearestEven).bits);
  return halves;
}

TEST(CompilerOutput, VectorAddLeavesTheTailAlone) {
  Module module = parseFromLLC("vector-add");
  constexpr size_t count = 1000;
  std::vector<float> a = makeValues(count, 1), b = makeValues(count, 2);
  Memory memory;
  DeviceBuffer deviceA = memory.allocateCopy(a, Access::ReadOnly);
  DeviceBuffer deviceB = memory.allocateCopy(b, Access::ReadOnly);
  DeviceBuffer c = memory.allocateUninitialized(count * sizeof(float));
  LaunchStatistics statistics =
      run(module, "vector_add", {8, 1, 1}, {128, 1, 1},
          {deviceA, deviceB, c, uint32_t(count)}, memory);
  std::vector<float> sums = memory.read<float>(c);
  for (size_t i = 0; i < count; ++i)
    EXPECT_EQ(sums[i], a[i] + b[i]);
  EXPECT_EQ(memory.findUnwrittenByte(c), std::nullopt);
  EXPECT_EQ(statistics.perMnemonic.at("st.global.f32"), count);
  EXPECT_EQ(statistics.getCount("add"), 4 * count);
}

TEST(CompilerOutput, BlockReduction) {
  Module module = parseFromLLC("block-reduction");
  std::vector<float> values = makeValues(3 * 128, 3);
  Memory memory;
  DeviceBuffer in = memory.allocateCopy(values, Access::ReadOnly);
  DeviceBuffer out = memory.allocateUninitialized(3 * sizeof(float));
  run(module, "block_reduction", {3, 1, 1}, {128, 1, 1}, {in, out}, memory);
  std::vector<float> totals = memory.read<float>(out);
  for (size_t block = 0; block < 3; ++block) {
    float expected = 0;
    for (size_t i = 0; i < 128; ++i)
      expected += values[block * 128 + i];
    EXPECT_EQ(totals[block], expected);
  }
}

TEST(CompilerOutput, WarpProductWithLdmatrixAndMma) {
  Module module = parseFromLLC("warp-product");
  std::vector<float> a = makeValues(16 * 16, 4), b = makeValues(16 * 8, 5);
  Memory memory;
  DeviceBuffer deviceA = memory.allocateCopy(toHalves(a), Access::ReadOnly);
  DeviceBuffer deviceB = memory.allocateCopy(toHalves(b), Access::ReadOnly);
  DeviceBuffer out = memory.allocateUninitialized(16 * sizeof(float));
  run(module, "warp_product", {}, {32, 1, 1}, {deviceA, deviceB, out}, memory);
  std::vector<float> sums = memory.read<float>(out);
  for (size_t row = 0; row < 16; ++row) {
    float expected = 0;
    for (size_t k = 0; k < 16; ++k)
      for (size_t column = 0; column < 8; ++column)
        expected += a[row * 16 + k] * b[k * 8 + column];
    EXPECT_EQ(sums[row], expected);
  }
}

TEST(CompilerOutput, WordDecode) {
  Module module = parseFromLLC("word-decode");
  std::vector<uint32_t> words(32 * 4);
  ValueSequence sequence(6);
  for (uint32_t &word : words)
    word = static_cast<uint32_t>(sequence.next());
  Memory memory;
  DeviceBuffer in = memory.allocateCopy(words, Access::ReadOnly);
  DeviceBuffer out = memory.allocateUninitialized(32 * sizeof(float));
  run(module, "word_decode", {}, {32, 1, 1}, {in, out}, memory);
  std::vector<float> sums = memory.read<float>(out);
  for (size_t lane = 0; lane < 32; ++lane) {
    int expected = 0;
    for (size_t i = 0; i < 4; ++i)
      for (int shift : {13, 11, 9, 6, 4, 2, 0}) {
        uint32_t word = words[4 * lane + i];
        uint32_t shifted = shift == 11 ? std::rotr(word, shift) : word >> shift;
        expected += static_cast<int>(shifted & 7) +
                    static_cast<int>(shifted >> 16 & 7) - 8;
      }
    EXPECT_EQ(sums[lane], static_cast<float>(expected));
  }
  std::vector<Loop> loops = findLoops(module.kernels.at(0));
  ASSERT_EQ(loops.size(), 1u);
  StaticCounts counts =
      countInstructions(module.kernels[0], loops[0].instructions);
  EXPECT_EQ(counts.getCount("lop3"), 5u);
  EXPECT_EQ(counts.getCount("shf"), 1u);
}

TEST(CompilerOutput, WarpReduction) {
  Module module = parseFromNVCC("warp-reduction");
  std::vector<float> values = makeValues(5000, 7);
  Memory memory;
  DeviceBuffer in = memory.allocateCopy(values, Access::ReadOnly);
  DeviceBuffer out = memory.allocateZeroed(sizeof(float));
  run(module, "warp_reduction", {3, 1, 1}, {256, 1, 1},
      {in, out, int32_t(values.size())}, memory);
  float expected = 0;
  for (float value : values)
    expected += value;
  EXPECT_EQ(memory.read<float>(out)[0], expected);
}

TEST(CompilerOutput, HalfAxpyWithATail) {
  Module module = parseFromNVCC("half-axpy");
  constexpr size_t count = 77;
  std::vector<uint16_t> x = toHalves(makeValues(count, 8));
  std::vector<uint16_t> y = toHalves(makeValues(count, 9));
  Memory memory;
  DeviceBuffer deviceX = memory.allocateCopy(x, Access::ReadOnly);
  DeviceBuffer deviceY = memory.allocateCopy(y);
  run(module, "half_axpy", {2, 1, 1}, {32, 1, 1},
      {1.0f / 3.0f, deviceX, deviceY, int32_t(count)}, memory);
  std::vector<uint16_t> results = memory.read<uint16_t>(deviceY);
  double scale = toDouble(roundToHalf(1.0f / 3.0f, Rounding::NearestEven));
  for (size_t i = 0; i < count; ++i) {
    double sum = scale * toDouble(Half{x[i]}) + toDouble(Half{y[i]});
    EXPECT_EQ(results[i], roundToHalf(sum, Rounding::NearestEven).bits);
  }
}

TEST(CompilerOutput, TiledMatmulWithAsynchronousCopies) {
  Module module = parseFromNVCC("tiled-matmul");
  struct Extents {
    int32_t m, n, k;
  } extents = {64, 48, 80};
  std::vector<float> a = makeValues(64 * 80, 10), b = makeValues(80 * 48, 11);
  Memory memory;
  DeviceBuffer deviceA = memory.allocateCopy(toHalves(a), Access::ReadOnly);
  DeviceBuffer deviceB = memory.allocateCopy(toHalves(b), Access::ReadOnly);
  DeviceBuffer c = memory.allocateUninitialized(64 * 48 * sizeof(float));
  std::vector<std::byte> extentBytes(sizeof(extents));
  std::memcpy(extentBytes.data(), &extents, sizeof(extents));
  LaunchStatistics statistics =
      run(module, "tiled_matmul", {3, 2, 1}, {128, 1, 1},
          {deviceA, deviceB, c, Param(extentBytes)}, memory);
  EXPECT_EQ(statistics.getCount("mma"), 3u * 2 * 128 * (80 / 16));
  EXPECT_EQ(memory.findUnwrittenByte(c), std::nullopt);
  std::vector<float> product = memory.read<float>(c);
  for (size_t i = 0; i < 64; ++i)
    for (size_t j = 0; j < 48; ++j) {
      float expected = 0;
      for (size_t k = 0; k < 80; ++k)
        expected += a[i * 80 + k] * b[k * 48 + j];
      EXPECT_EQ(product[i * 48 + j], expected) << i << ", " << j;
    }
}

TEST(CompilerOutput, ElementaryFunctions) {
  Module module = parseFromNVCC("elementary-functions");
  std::vector<float> values = makeValues(64, 12);
  Memory memory;
  DeviceBuffer in = memory.allocateCopy(values, Access::ReadOnly);
  DeviceBuffer out = memory.allocateUninitialized(64 * 8 * sizeof(float));
  run(module, "elementary_functions", {1, 1, 1}, {64, 1, 1},
      {in, out, int32_t(64)}, memory);
  std::vector<float> results = memory.read<float>(out);
  for (size_t i = 0; i < values.size(); ++i) {
    double x = values[i];
    double expected[8] = {std::exp(x),          std::log(std::fabs(x) + 0.5),
                          std::tanh(x),         std::erf(x),
                          1.0 / (x * x + 0.25), std::sqrt(std::fabs(x)),
                          std::sin(x),          1.0 / std::sqrt(x * x + 1.0)};
    // The CUDA math library states at most 2 ulp for these functions.
    for (size_t f = 0; f < 8; ++f)
      EXPECT_NEAR(results[8 * i + f], expected[f],
                  std::fabs(expected[f]) * 0x1p-22)
          << "function " << f << " of " << x;
  }
}
