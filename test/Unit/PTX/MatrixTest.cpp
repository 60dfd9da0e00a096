//===- MatrixTest.cpp - mma.sync and ldmatrix -------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestKernel.h"

#include "PTX/Rounding.h"

#include <gtest/gtest.h>

#include <array>
#include <bit>

using namespace ccq;
using namespace ccq::ptx;
using namespace ccq::ptx::test;

namespace {
/// Where an element of a fragment lies in its matrix.
struct Position {
  int row;
  int column;
};

/// The lane mappings of the PTX ISA, written down shape by shape as the tables
/// of "Matrix Fragments for mma.m16n8k*" give them.
struct Layout {
  std::string shape;
  int depth;
  int aElements;
  int bElements;
  Position (*a)(int group, int thread, int i);
  Position (*b)(int group, int thread, int i);
};

Position accumulatorPosition(int group, int thread, int i) {
  return {i < 2 ? group : group + 8, thread * 2 + (i & 1)};
}
} // namespace

static const Layout half8 = {"m16n8k8",
                             8,
                             4,
                             2,
                             [](int group, int thread, int i) {
                               return Position{i < 2 ? group : group + 8,
                                               thread * 2 + (i & 1)};
                             },
                             [](int group, int thread, int i) {
                               return Position{thread * 2 + i, group};
                             }};

static const Layout half16 = {
    "m16n8k16",
    16,
    8,
    4,
    [](int group, int thread, int i) {
      bool isUpper = (i >= 0 && i < 2) || (i >= 4 && i < 6);
      int column = thread * 2 + (i & 1);
      return Position{isUpper ? group : group + 8, i < 4 ? column : column + 8};
    },
    [](int group, int thread, int i) {
      int row = thread * 2 + (i & 1);
      return Position{i < 2 ? row : row + 8, group};
    }};

static const Layout byte16 = {"m16n8k16",
                              16,
                              8,
                              4,
                              [](int group, int thread, int i) {
                                return Position{i < 4 ? group : group + 8,
                                                thread * 4 + (i & 3)};
                              },
                              [](int group, int thread, int i) {
                                return Position{thread * 4 + i, group};
                              }};

static const Layout byte32 = {"m16n8k32",
                              32,
                              16,
                              8,
                              [](int group, int thread, int i) {
                                bool isUpper =
                                    (i >= 0 && i < 4) || (i >= 8 && i < 12);
                                int column = thread * 4 + (i & 3);
                                return Position{isUpper ? group : group + 8,
                                                i < 8 ? column : column + 16};
                              },
                              [](int group, int thread, int i) {
                                int row = thread * 4 + (i & 3);
                                return Position{i < 4 ? row : row + 16, group};
                              }};

static const Layout tensor8 = {
    "m16n8k8",
    8,
    4,
    2,
    [](int group, int thread, int i) {
      return Position{i == 0 || i == 2 ? group : group + 8,
                      i < 2 ? thread : thread + 4};
    },
    [](int group, int thread, int i) {
      return Position{i == 0 ? thread : thread + 4, group};
    }};

namespace {
using MatrixA = std::array<std::array<uint32_t, 32>, 16>;
using MatrixB = std::array<std::array<uint32_t, 8>, 32>;
using MatrixC = std::array<std::array<uint32_t, 8>, 16>;

/// One product: the bits of all elements, and how many bits each has.
struct Problem {
  MatrixA a = {};
  MatrixB b = {};
  MatrixC c = {};
  unsigned bits;
  unsigned accumulatorBits;
};
} // namespace

/// Packs the elements of one lane's fragment into registers, low ones first.
template <typename M>
static std::vector<uint32_t> packFragment(const M &matrix, unsigned bits,
                                          int lane, int elements,
                                          Position (*position)(int, int, int)) {
  std::vector<uint32_t> words(static_cast<size_t>(elements) * bits / 32);
  for (int i = 0; i < elements; ++i) {
    Position p = position(lane >> 2, lane % 4, i);
    unsigned bit = static_cast<unsigned>(i) * bits;
    words[bit / 32] |= matrix[p.row][p.column] << bit % 32;
  }
  return words;
}

static std::string listRegisters(const std::string &name, size_t count) {
  std::string text = "{";
  for (size_t i = 0; i < count; ++i)
    text += (i ? ", " : "") + name + std::to_string(i);
  return text + "}";
}

/// A kernel that loads words of every lane, runs one mma and stores D.
static std::string makeProduct(const std::string &mnemonic, size_t aWords,
                               size_t bWords, size_t cWords) {
  std::string body = R"(
.reg .b64 %in, %out, %index;
.reg .b32 %row, %a<8>, %b<4>, %c<4>, %d<4>;
mov.u32 %row, %tid.x;
ld.param.u64 %in, [in];
ld.param.u64 %out, [out];
)";
  size_t words = aWords + bWords + cWords;
  body += "mul.wide.u32 %index, %row, " + std::to_string(4 * words) +
          ";\nadd.u64 %in, %in, %index;\nmul.wide.u32 %index, %row, " +
          std::to_string(4 * cWords) + ";\nadd.u64 %out, %out, %index;\n";
  for (size_t i = 0; i < words; ++i) {
    std::string name = i < aWords ? "%a" + std::to_string(i)
                       : i < aWords + bWords
                           ? "%b" + std::to_string(i - aWords)
                           : "%c" + std::to_string(i - aWords - bWords);
    body +=
        "ld.global.u32 " + name + ", [%in+" + std::to_string(4 * i) + "];\n";
  }
  body += mnemonic + " " + listRegisters("%d", cWords) + ", " +
          listRegisters("%a", aWords) + ", " + listRegisters("%b", bWords) +
          ", " + listRegisters("%c", cWords) + ";\n";
  for (size_t i = 0; i < cWords; ++i)
    body += "st.global.u32 [%out+" + std::to_string(4 * i) + "], %d" +
            std::to_string(i) + ";\n";
  return makeModule(".param .u64 in, .param .u64 out", body + "ret;");
}

/// Runs the instruction on the problem and returns D.
static MatrixC runProduct(const Layout &layout, const std::string &types,
                          const Problem &problem) {
  std::vector<uint32_t> words;
  size_t counts[3] = {};
  for (int lane = 0; lane < 32; ++lane) {
    auto a =
        packFragment(problem.a, problem.bits, lane, layout.aElements, layout.a);
    auto b =
        packFragment(problem.b, problem.bits, lane, layout.bElements, layout.b);
    auto c = packFragment(problem.c, problem.accumulatorBits, lane, 4,
                          accumulatorPosition);
    counts[0] = a.size(), counts[1] = b.size(), counts[2] = c.size();
    for (const auto *part : {&a, &b, &c})
      words.insert(words.end(), part->begin(), part->end());
  }
  std::string mnemonic =
      "mma.sync.aligned." + layout.shape + ".row.col." + types;
  Result<Module> module =
      parseModule(makeProduct(mnemonic, counts[0], counts[1], counts[2]));
  MatrixC d = {};
  if (!module) {
    ADD_FAILURE() << module.error().message;
    return d;
  }
  Memory memory;
  DeviceBuffer in = memory.allocateCopy(words, Access::ReadOnly);
  DeviceBuffer out = memory.allocateUninitialized(32 * 4 * counts[2]);
  Result<LaunchStatistics> launched =
      launch(*module, "k", {}, {32, 1, 1}, {in, out}, memory);
  if (!launched) {
    ADD_FAILURE() << launched.error().message;
    return d;
  }
  std::vector<uint32_t> results = memory.read<uint32_t>(out);
  unsigned bits = problem.accumulatorBits;
  for (int lane = 0; lane < 32; ++lane)
    for (int i = 0; i < 4; ++i) {
      Position p = accumulatorPosition(lane >> 2, lane % 4, i);
      unsigned bit = static_cast<unsigned>(i) * bits;
      uint32_t word = results[lane * counts[2] + bit / 32];
      d[p.row][p.column] = bits == 32 ? word : word >> bit % 32 & 0xffff;
    }
  return d;
}

/// Small integers, so that every product and sum is exact in any format.
static Problem makeIntegralProblem(const Layout &layout, unsigned bits,
                                   unsigned accumulatorBits,
                                   uint32_t (*encode)(int),
                                   uint32_t (*encodeAccumulator)(int),
                                   std::array<std::array<int, 8>, 16> &d) {
  Problem problem;
  problem.bits = bits;
  problem.accumulatorBits = accumulatorBits;
  ValueSequence sequence(static_cast<uint64_t>(layout.depth));
  auto pick = [&] { return static_cast<int>(sequence.next() % 15) - 7; };
  std::array<std::array<int, 32>, 16> a = {};
  std::array<std::array<int, 8>, 32> b = {};
  for (int i = 0; i < 16; ++i)
    for (int k = 0; k < layout.depth; ++k)
      problem.a[i][k] = encode(a[i][k] = pick());
  for (int k = 0; k < layout.depth; ++k)
    for (int j = 0; j < 8; ++j)
      problem.b[k][j] = encode(b[k][j] = pick());
  for (int i = 0; i < 16; ++i)
    for (int j = 0; j < 8; ++j) {
      int sum = pick();
      problem.c[i][j] = encodeAccumulator(sum);
      for (int k = 0; k < layout.depth; ++k)
        sum += a[i][k] * b[k][j];
      d[i][j] = sum;
    }
  return problem;
}

static uint32_t encodeHalf(int value) {
  return roundToHalf(value, Rounding::NearestEven).bits;
}
static uint32_t encodeBFloat(int value) {
  return roundToBFloat(value, Rounding::NearestEven).bits;
}
static uint32_t encodeFloat(int value) {
  return std::bit_cast<uint32_t>(static_cast<float>(value));
}
static uint32_t encodeByte(int value) {
  return static_cast<uint32_t>(value) & 0xff;
}
static uint32_t encodeWord(int value) { return static_cast<uint32_t>(value); }

static void checkProduct(const Layout &layout, const std::string &types,
                         unsigned bits, unsigned accumulatorBits,
                         uint32_t (*encode)(int),
                         uint32_t (*encodeAccumulator)(int)) {
  std::array<std::array<int, 8>, 16> expected;
  Problem problem = makeIntegralProblem(layout, bits, accumulatorBits, encode,
                                        encodeAccumulator, expected);
  MatrixC d = runProduct(layout, types, problem);
  for (int i = 0; i < 16; ++i)
    for (int j = 0; j < 8; ++j)
      EXPECT_EQ(d[i][j], encodeAccumulator(expected[i][j]))
          << layout.shape << "." << types << " at " << i << ", " << j;
}

TEST(Matrix, HalfProducts) {
  checkProduct(half16, "f32.f16.f16.f32", 16, 32, encodeHalf, encodeFloat);
  checkProduct(half8, "f32.f16.f16.f32", 16, 32, encodeHalf, encodeFloat);
  checkProduct(half16, "f16.f16.f16.f16", 16, 16, encodeHalf, encodeHalf);
  checkProduct(half8, "f16.f16.f16.f16", 16, 16, encodeHalf, encodeHalf);
}

TEST(Matrix, BFloatProducts) {
  checkProduct(half16, "f32.bf16.bf16.f32", 16, 32, encodeBFloat, encodeFloat);
  checkProduct(half8, "f32.bf16.bf16.f32", 16, 32, encodeBFloat, encodeFloat);
}

TEST(Matrix, TensorFloatProduct) {
  checkProduct(tensor8, "f32.tf32.tf32.f32", 32, 32, encodeFloat, encodeFloat);
}

TEST(Matrix, ByteProducts) {
  checkProduct(byte16, "s32.s8.s8.s32", 8, 32, encodeByte, encodeWord);
  checkProduct(byte32, "s32.s8.s8.s32", 8, 32, encodeByte, encodeWord);
}
