//===- ViewTest.cpp - activations and results behind reshapes and slices --===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelRun.h"

#include <gtest/gtest.h>

#include <span>

using namespace ccq;
using namespace ccq::cuda_test;

static const char *const w2_75 =
    "#w = #ccq.words<u8, words = 22, window = 4, shifts = [4, 2, 0], "
    "tail_shift = 4, scale_bits = 4>\n"
    "!coded = !ccq.tensor<64x32xf32, #w, #ccq.row_pitch<16>>\n";

static std::vector<std::byte> toBytes(const std::vector<float> &values) {
  auto bytes = std::as_bytes(std::span(values));
  return {bytes.begin(), bytes.end()};
}

/// Inputs of a kernel whose first buffer is `activations`.
static std::vector<std::vector<std::byte>>
makeInputs(const std::vector<float> &activations, const KernelData &data) {
  std::vector<std::vector<std::byte>> inputs = {toBytes(activations)};
  for (std::vector<std::byte> &bytes : getPitchedComponents(data.weights))
    inputs.push_back(std::move(bytes));
  return inputs;
}

// Columns 17 to 80 of the second of three rows per token: the kernel reads them
// where they are.
TEST(Views, SliceOfAnArgument) {
  CompiledKernel kernel = compileFunction(std::string(w2_75) + R"(
func.func @dispatch_0(%x: tensor<?x3x100xf32> {ccq.extents = array<i64: 0>}, %w: !coded, %m: index) -> tensor<?x32xf32> attributes {ccq.kernel} {
  %zero = arith.constant 0.0 : f32
  %c0 = arith.constant 0 : index
  %rows = tensor.dim %x, %c0 : tensor<?x3x100xf32>
  %s = tensor.extract_slice %x[0, 1, 17] [%rows, 1, 64] [1, 1, 1] : tensor<?x3x100xf32> to tensor<?x64xf32>
  %d = ccq.decode %w : !coded -> tensor<64x32xf32>
  %e = tensor.empty(%rows) : tensor<?x32xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?x32xf32>) -> tensor<?x32xf32>
  %y = linalg.matmul ins(%s, %d : tensor<?x64xf32>, tensor<64x32xf32>) outs(%f : tensor<?x32xf32>) -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
})");
  KernelSpec spec{"w2.75", {64, 32}, std::nullopt, "", ""};
  KernelData data = createKernelData(spec, 5, 21);
  std::vector<float> whole(5 * 300, 1e30f);
  for (int64_t m = 0; m < 5; ++m)
    for (int64_t k = 0; k < 64; ++k)
      whole[m * 300 + 117 + k] = data.activations[m * 64 + k];
  std::vector<float> got =
      launchKernel(kernel, 5, makeInputs(whole, data), 5 * 32, {5});
  ASSERT_FALSE(got.empty());
  EXPECT_LE(getLargestRatio(got, computeExpectation(data)), 1.0);
}

// Tokens in two dimensions in front; a bias per head behind, on a product that
// is taken apart into heads.
TEST(Views, ReshapesOnBothSides) {
  CompiledKernel kernel = compileFunction(std::string(w2_75) + R"(
func.func @dispatch_0(%x: tensor<?x3x64xf32>, %w: !coded, %bias: tensor<2x16xf32>, %m: index) -> tensor<?x3x2x16xf32> attributes {ccq.kernel} {
  %zero = arith.constant 0.0 : f32
  %c3 = arith.constant 3 : index
  %rows = arith.muli %m, %c3 : index
  %s = tensor.collapse_shape %x [[0, 1], [2]] : tensor<?x3x64xf32> into tensor<?x64xf32>
  %d = ccq.decode %w : !coded -> tensor<64x32xf32>
  %e = tensor.empty(%rows) : tensor<?x32xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?x32xf32>) -> tensor<?x32xf32>
  %y = linalg.matmul ins(%s, %d : tensor<?x64xf32>, tensor<64x32xf32>) outs(%f : tensor<?x32xf32>) -> tensor<?x32xf32>
  %h = tensor.expand_shape %y [[0, 1], [2, 3]] output_shape [%m, 3, 2, 16] : tensor<?x32xf32> into tensor<?x3x2x16xf32>
  %o = tensor.empty(%m) : tensor<?x3x2x16xf32>
  %z = linalg.generic {indexing_maps = [affine_map<(a, b, c, d) -> (a, b, c, d)>, affine_map<(a, b, c, d) -> (c, d)>, affine_map<(a, b, c, d) -> (a, b, c, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%h, %bias : tensor<?x3x2x16xf32>, tensor<2x16xf32>) outs(%o : tensor<?x3x2x16xf32>) {
  ^bb0(%p: f32, %b: f32, %out: f32):
    %r = arith.addf %p, %b : f32
    linalg.yield %r : f32
  } -> tensor<?x3x2x16xf32>
  return %z : tensor<?x3x2x16xf32>
})");
  KernelSpec spec{"w2.75", {64, 32}, std::nullopt, "", ""};
  KernelData data = createKernelData(spec, 9, 22);
  Expectation expected = computeExpectation(data);
  for (size_t i = 0; i < expected.values.size(); ++i) {
    expected.values[i] += data.bias[i % 32];
    expected.bounds[i] += std::abs(expected.values[i]) * 0x1p-24;
  }
  auto inputs = makeInputs(data.activations, data);
  inputs.push_back(toBytes(data.bias));
  std::vector<float> got = launchKernel(kernel, 3, inputs, 9 * 32, {3});
  ASSERT_FALSE(got.empty());
  EXPECT_LE(getLargestRatio(got, expected), 1.0);
}

// Two dynamic dimensions of tokens, as of a batch of sequences.
TEST(Views, TwoDynamicDimensions) {
  CompiledKernel kernel = compileFunction(std::string(w2_75) + R"(
func.func @dispatch_0(%x: tensor<?x2x?x64xf32> {ccq.extents = array<i64: 1, 2>}, %w: !coded, %m: index, %b: index, %s: index) -> tensor<?x32xf32> attributes {ccq.kernel} {
  %zero = arith.constant 0.0 : f32
  %rows = tensor.collapse_shape %x [[0, 1, 2], [3]] : tensor<?x2x?x64xf32> into tensor<?x64xf32>
  %d = ccq.decode %w : !coded -> tensor<64x32xf32>
  %e = tensor.empty(%m) : tensor<?x32xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?x32xf32>) -> tensor<?x32xf32>
  %y = linalg.matmul ins(%rows, %d : tensor<?x64xf32>, tensor<64x32xf32>) outs(%f : tensor<?x32xf32>) -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
})");
  KernelSpec spec{"w2.75", {64, 32}, std::nullopt, "", ""};
  KernelData data = createKernelData(spec, 3 * 2 * 5, 24);
  std::vector<float> got = launchKernel(
      kernel, 30, makeInputs(data.activations, data), 30 * 32, {30, 3, 5});
  ASSERT_FALSE(got.empty());
  EXPECT_LE(getLargestRatio(got, computeExpectation(data)), 1.0);
}

// Every second column, every third row, of a K that ends in a ragged group.
TEST(Views, SliceWithSteps) {
  CompiledKernel kernel = compileFunction(R"(
#i8 = #ccq.scalar<bits = 8, group = 64>
!coded = !ccq.tensor<70x32xf32, #i8, #ccq.row_pitch<16>>
func.func @dispatch_0(%x: tensor<?x150xf32> {ccq.extents = array<i64: 0>}, %w: !coded, %m: index, %n: index) -> tensor<?x32xf32> attributes {ccq.kernel} {
  %zero = arith.constant 0.0 : f32
  %rows = tensor.extract_slice %x[1, 5] [%n, 70] [3, 2] : tensor<?x150xf32> to tensor<?x70xf32>
  %d = ccq.decode %w : !coded -> tensor<70x32xf32>
  %e = tensor.empty(%n) : tensor<?x32xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?x32xf32>) -> tensor<?x32xf32>
  %y = linalg.matmul ins(%rows, %d : tensor<?x70xf32>, tensor<70x32xf32>) outs(%f : tensor<?x32xf32>) -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
})");
  KernelSpec spec{"i8", {70, 32}, std::nullopt, "", ""};
  KernelData data = createKernelData(spec, 4, 25);
  std::vector<float> whole(11 * 150, 1e30f);
  for (int64_t m = 0; m < 4; ++m)
    for (int64_t k = 0; k < 70; ++k)
      whole[size_t((1 + 3 * m) * 150 + 5 + 2 * k)] =
          data.activations[size_t(m * 70 + k)];
  std::vector<float> got =
      launchKernel(kernel, 4, makeInputs(whole, data), 4 * 32, {11, 4});
  ASSERT_FALSE(got.empty());
  EXPECT_LE(getLargestRatio(got, computeExpectation(data)), 1.0);
}

// What the matmul accumulates onto is added.
TEST(Views, InitialValueOfTheProduct) {
  CompiledKernel kernel = compileFunction(std::string(w2_75) + R"(
func.func @dispatch_0(%x: tensor<4x64xf32>, %w: !coded, %bias: tensor<32xf32>) -> tensor<4x32xf32> attributes {ccq.kernel} {
  %d = ccq.decode %w : !coded -> tensor<64x32xf32>
  %e = tensor.empty() : tensor<4x32xf32>
  %f = linalg.broadcast ins(%bias : tensor<32xf32>) outs(%e : tensor<4x32xf32>) dimensions = [0]
  %y = linalg.matmul ins(%x, %d : tensor<4x64xf32>, tensor<64x32xf32>) outs(%f : tensor<4x32xf32>) -> tensor<4x32xf32>
  return %y : tensor<4x32xf32>
})");
  KernelSpec spec{"w2.75", {64, 32}, 4, "", ""};
  KernelData data = createKernelData(spec, 4, 23);
  Expectation expected = computeExpectation(data);
  for (size_t i = 0; i < expected.values.size(); ++i) {
    expected.values[i] += data.bias[i % 32];
    expected.bounds[i] += std::abs(expected.values[i]) * 0x1p-24;
  }
  auto inputs = makeInputs(data.activations, data);
  inputs.push_back(toBytes(data.bias));
  std::vector<float> got = launchKernel(kernel, 4, inputs, 4 * 32, {});
  ASSERT_FALSE(got.empty());
  EXPECT_LE(getLargestRatio(got, expected), 1.0);
}
