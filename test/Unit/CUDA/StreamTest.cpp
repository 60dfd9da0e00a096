//===- StreamTest.cpp - kernels of streams against the reference ----------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelRun.h"

#include <gtest/gtest.h>

#include <cmath>
#include <regex>

using namespace ccq;
using namespace ccq::cuda_test;

namespace {

struct StreamCase {
  const char *scheme;
  MatrixShape shape;
};

std::string printCase(const testing::TestParamInfo<StreamCase> &info) {
  std::string name = info.param.scheme + std::string("_K") +
                     std::to_string(info.param.shape.k) + "_N" +
                     std::to_string(info.param.shape.n);
  for (char &c : name)
    if (!std::isalnum(c))
      c = '_';
  return name;
}

class Streams : public testing::TestWithParam<StreamCase> {};

/// Executes the kernel of `spec` and compares with the reference.
void expectProduct(const CompiledKernel &kernel, int64_t tokens) {
  KernelData data = createKernelData(kernel.spec, tokens, 500 + tokens);
  std::vector<float> got = runKernel(kernel, data);
  ASSERT_FALSE(got.empty()) << tokens << " tokens";
  EXPECT_LE(getLargestRatio(got, computeExpectation(data)), 1.0)
      << tokens << " tokens";
}

} // namespace

TEST_P(Streams, AnyNumberOfTokens) {
  KernelSpec spec{GetParam().scheme, GetParam().shape, std::nullopt, "", ""};
  CompiledKernel kernel = compileKernel(spec);
  ASSERT_FALSE(kernel.text.empty());
  for (int64_t tokens : {1, 8, 9, 17})
    expectProduct(kernel, tokens);
}

// K below a tile, of whole tiles, with every kind of rest; N below a tile,
// prime, of several blocks; every rate class, memory, form of scales.
INSTANTIATE_TEST_SUITE_P(
    All, Streams,
    testing::Values(
        StreamCase{"t2:rotate=none", {1, 1}}, StreamCase{"t2", {17, 7}},
        StreamCase{"t2.5", {44, 61}}, StreamCase{"t2.0625", {172, 37}},
        StreamCase{"t2", {250, 16}}, StreamCase{"t2", {256, 5}},
        StreamCase{"t2.75:scale=channel4", {256, 131}},
        StreamCase{"t3:L=12,seed=99", {300, 53}},
        StreamCase{"t2.5:scale=tensor", {556, 150}},
        StreamCase{"t2.5:rotate=none", {520, 40}},
        StreamCase{"t2.5:L=20", {1068, 13}},
        StreamCase{"t2.25:tile=64,rotate=16", {300, 67}},
        StreamCase{"t2.25:L=12", {300, 35}},
        StreamCase{"t2.875:tile=32,rotate=32", {90, 270}},
        StreamCase{"t2.5:start=zero", {300, 67}},
        StreamCase{"t2.5:rotate=1024", {172, 20}},
        StreamCase{"t2:code=hash,rotate=none", {1, 1}},
        StreamCase{"t2.5:code=hash", {556, 150}},
        StreamCase{"t2.0625:code=hash,L=12", {172, 37}},
        StreamCase{"t3:code=hash,scale=channel4", {256, 131}},
        StreamCase{"t1:code=hash,scale=tensor", {300, 53}},
        StreamCase{"t4:code=hash,levels=64", {320, 20}},
        StreamCase{"t3.9375:code=hash,tile=128,rotate=16", {300, 67}},
        StreamCase{"t1.4375:code=hash,tile=32,rotate=32", {90, 270}}),
    printCase);

// The warps share the blocks of K; whatever their number, a run repeats.
TEST(StreamExecution, EveryNumberOfWarps) {
  for (int warps : {1, 2, 4, 8}) {
    KernelSpec spec{"t2.5",
                    {812, 24},
                    std::nullopt,
                    "",
                    "#ccq.mma_strategy<warps = " + std::to_string(warps) +
                        ", token_tiles = 1>"};
    CompiledKernel kernel = compileKernel(spec);
    expectProduct(kernel, 3);
    KernelData data = createKernelData(spec, 3, 2);
    EXPECT_EQ(runKernel(kernel, data), runKernel(kernel, data));
  }
}

// Blocks that store the words before their first step, as parts of a matrix do.
TEST(StreamExecution, StoredStart) {
  for (const char *name : {"t2.5", "t2.25:L=20"}) {
    auto stream = std::get<codec::StreamScheme>(
        KernelSpec{name, {}, {}, "", ""}.getScheme());
    stream.start = codec::StreamStart::Stored;
    KernelSpec spec{
        codec::printScheme(stream), {600, 150}, std::nullopt, "", ""};
    expectProduct(compileKernel(spec), 9);
  }
  for (const char *name :
       {"t2.5:code=hash", "t1.25:code=hash,tile=64,rotate=64"}) {
    auto hash = std::get<codec::HashScheme>(
        KernelSpec{name, {}, {}, "", ""}.getScheme());
    hash.start = codec::StreamStart::Stored;
    KernelSpec spec{codec::printScheme(hash), {600, 150}, std::nullopt, "", ""};
    expectProduct(compileKernel(spec), 9);
  }
}

TEST(StreamExecution, BiasAndRelu) {
  KernelSpec spec{"t2.5",
                  {96, 75},
                  11,
                  "    %s = arith.addf %p, %b : f32\n"
                  "    %r = arith.maximumf %s, %zero : f32",
                  ""};
  KernelData data = createKernelData(spec, 11, 3);
  Expectation expected = computeExpectation(data);
  for (size_t i = 0; i < expected.values.size(); ++i) {
    double sum = expected.values[i] + data.bias[i % 75];
    expected.bounds[i] += std::fabs(sum) * 0x1p-24;
    expected.values[i] = std::max(sum, 0.0);
  }
  std::vector<float> got = runKernel(compileKernel(spec), data);
  ASSERT_FALSE(got.empty());
  EXPECT_LE(getLargestRatio(got, expected), 1.0);
}

/// The positions of the immediate table of every `lop3` and of the table words
/// of every `prmt`.
static std::vector<std::pair<size_t, size_t>>
findConstants(const std::string &text) {
  std::vector<std::pair<size_t, size_t>> found;
  std::regex pattern("lop3\\.b32 [^;]*, (\\d+);");
  for (std::sregex_iterator it(text.begin(), text.end(), pattern), end;
       it != end; ++it)
    found.emplace_back(it->position(1), it->length(1));
  return found;
}

// The comparison sees every truth table of the decode: another one takes the
// result out of its bound.
TEST(StreamCorruption, EveryTruthTableMatters) {
  KernelSpec spec{"t2.5", {256, 32}, 8, "", ""};
  CompiledKernel kernel = compileKernel(spec);
  KernelData data = createKernelData(spec, 8, 1);
  Expectation expected = computeExpectation(data);
  EXPECT_LE(getLargestRatio(runKernel(kernel, data), expected), 1.0);
  auto constants = findConstants(kernel.text);
  EXPECT_GE(constants.size(), 80u);
  for (size_t i = 0; i < constants.size(); i += 3) {
    auto [position, length] = constants[i];
    CompiledKernel corrupted = kernel;
    int table = std::stoi(kernel.text.substr(position, length));
    corrupted.text.replace(position, length, std::to_string(table ^ 8));
    EXPECT_GT(getLargestRatio(runKernel(corrupted, data), expected), 1.0)
        << "table " << table << " at " << position;
  }
}
