//===- KernelTest.cpp - compiled kernels without a contraction ------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestKernel.h"
#include "ccq/Artifact/CpuTargets.h"
#include "ccq/Codec/Decode.h"

#include <bit>
#include <cmath>
#include <gtest/gtest.h>
#include <numeric>

using namespace ccq;
using namespace ccq::test;

static std::vector<float> createRamp(size_t size) {
  std::vector<float> values(size);
  std::iota(values.begin(), values.end(), -float(size / 2));
  return values;
}

/// Compiles for this machine.
static std::unique_ptr<TestKernel> compileHere(const std::string &text) {
  return TestKernel::compile(text, getNativeTarget());
}

// Rows of the identity pick rows of the weights: every sum has one term that is
// not zero, so nothing rounds and the outputs are the weights.
TEST(KernelTest, DecodeIsBitExactForEveryTarget) {
  MatrixShape shape{70, 21};
  std::vector<float> identity(shape.k * shape.k);
  for (int64_t k = 0; k < shape.k; ++k)
    identity[k * shape.k + k] = 1;
  for (const artifact::CpuTarget &target : artifact::getCpuTargets()) {
    if (!artifact::isSupportedHere(target))
      continue;
    for (const char *scheme : {"w2.5", "w2.75", "i8", "i8:channel"}) {
      SCOPED_TRACE(std::string(target.name) + " " + scheme);
      std::string coded =
          "!ccq.tensor<70x21xf32, " + getSchemeText(scheme) + ">";
      auto kernel = TestKernel::compile(
          "func.func private @k(%x: tensor<70x70xf32>, %e: " + coded +
              ") -> tensor<70x21xf32> attributes {ccq.kernel} {\n"
              "%zero = arith.constant 0.0 : f32\n"
              "%d = ccq.decode %e : " +
              coded +
              " -> tensor<70x21xf32>\n"
              "%empty = tensor.empty() : tensor<70x21xf32>\n"
              "%fill = linalg.fill ins(%zero : f32) outs(%empty : "
              "tensor<70x21xf32>) -> tensor<70x21xf32>\n"
              "%y = linalg.matmul ins(%x, %d : tensor<70x70xf32>, "
              "tensor<70x21xf32>) outs(%fill : tensor<70x21xf32>) -> "
              "tensor<70x21xf32>\n"
              "return %y : tensor<70x21xf32>\n}\n",
          std::string(target.name));
      ASSERT_TRUE(kernel);
      codec::CodedMatrix matrix = createRandomMatrix(scheme, shape, 1);
      std::vector<float> decoded(shape.k * shape.n);
      std::vector<void *> buffers{identity.data()};
      for (codec::Component &component : matrix.components)
        buffers.push_back(component.bytes.data());
      buffers.push_back(decoded.data());
      kernel->run(buffers, {}, 1);
      // Equal as numbers: a sum that starts from zero has no negative zero.
      EXPECT_EQ(decoded, codec::decodeMatrix(matrix.view()));
    }
  }
}

TEST(KernelTest, HalfIsExtendedExactlyWithoutHardware) {
  auto kernel = TestKernel::compile(R"(
func.func private @k(%h: tensor<65536xf16>) -> tensor<65536xf32> attributes {ccq.kernel} {
  %f = arith.extf %h : tensor<65536xf16> to tensor<65536xf32>
  return %f : tensor<65536xf32>
}
)",
                                    "cpu:x86-64");
  ASSERT_TRUE(kernel);
  std::vector<uint16_t> halves(65536);
  std::iota(halves.begin(), halves.end(), uint16_t(0));
  std::vector<float> floats(65536);
  kernel->run(std::array<void *, 2>{halves.data(), floats.data()}, {}, 1);
  for (size_t i = 0; i < halves.size(); ++i) {
    _Float16 half = std::bit_cast<_Float16>(halves[i]);
    if (std::isnan(float(half)))
      EXPECT_TRUE(std::isnan(floats[i])) << i;
    else
      EXPECT_EQ(std::bit_cast<uint32_t>(floats[i]),
                std::bit_cast<uint32_t>(float(half)))
          << i;
  }
}

/// Runs a kernel that rounds `Wide` to f16 on `values`.
template <typename Wide>
static std::vector<uint16_t>
truncateToHalf(const char *target, const char *wide, std::vector<Wide> values) {
  std::string count = std::to_string(values.size());
  std::string in = "tensor<" + count + "x" + wide + ">",
              out = "tensor<" + count + "xf16>";
  auto kernel = TestKernel::compile(
      "func.func private @k(%x: " + in + ") -> " + out +
          " attributes {ccq.kernel} {\n  %h = arith.truncf %x : " + in +
          " to " + out + "\n  return %h : " + out + "\n}\n",
      target);
  std::vector<uint16_t> halves(values.size());
  EXPECT_TRUE(kernel);
  if (kernel)
    kernel->run(std::array<void *, 2>{values.data(), halves.data()}, {}, 1);
  return halves;
}

/// Every f16, the middle between it and the next one, and the neighbours of
/// that middle in `Wide`; infinities and NaNs are among them.
template <typename Wide> static std::vector<Wide> getRoundingCases() {
  std::vector<Wide> values;
  for (uint32_t i = 0; i < 0x10000; ++i) {
    auto value = Wide(std::bit_cast<_Float16>(uint16_t(i)));
    auto next = Wide(std::bit_cast<_Float16>(uint16_t(i + 1)));
    Wide middle = value / 2 + next / 2;
    for (Wide x : {value, middle, std::nextafter(middle, value),
                   std::nextafter(middle, next)})
      values.push_back(x);
  }
  values.insert(values.end(), {Wide(65519.99), Wide(65520), Wide(1e30),
                               Wide(-1e30), Wide(1e-30), Wide(-1e-30)});
  return values;
}

template <typename Wide>
static void expectHalves(const std::vector<Wide> &values,
                         const std::vector<uint16_t> &halves) {
  for (size_t i = 0; i < values.size(); ++i) {
    _Float16 expected = _Float16(values[i]);
    if (std::isnan(values[i]))
      ASSERT_TRUE(std::isnan(float(std::bit_cast<_Float16>(halves[i])))) << i;
    else
      ASSERT_EQ(halves[i], std::bit_cast<uint16_t>(expected)) << values[i];
  }
}

TEST(KernelTest, FloatIsRoundedToHalfWithoutHardware) {
  auto values = getRoundingCases<float>();
  expectHalves(values, truncateToHalf("cpu:x86-64", "f32", values));
}

TEST(KernelTest, DoubleIsRoundedToHalfOnce) {
  auto values = getRoundingCases<double>();
  expectHalves(values, truncateToHalf("cpu:x86-64", "f64", values));
  expectHalves(values,
               truncateToHalf(getNativeTarget().c_str(), "f64", values));
}

TEST(KernelTest, Softmax) {
  auto kernel = compileHere(R"(
#mn = affine_map<(m, n) -> (m, n)>
#m = affine_map<(m, n) -> (m)>
func.func private @k(%x: tensor<?x700xf32> {ccq.extents = array<i64: 0>}, %rows: index) -> (tensor<?x700xf32> {ccq.extents = array<i64: 0>}) attributes {ccq.kernel} {
  %zero = arith.constant 0.0 : f32
  %low = arith.constant 0xFF800000 : f32
  %empty = tensor.empty(%rows) : tensor<?x700xf32>
  %row = tensor.empty(%rows) : tensor<?xf32>
  %lows = linalg.fill ins(%low : f32) outs(%row : tensor<?xf32>) -> tensor<?xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%row : tensor<?xf32>) -> tensor<?xf32>
  %max = linalg.generic {indexing_maps = [#mn, #m], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<?x700xf32>) outs(%lows : tensor<?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.maximumf %a, %o : f32
    linalg.yield %0 : f32
  } -> tensor<?xf32>
  %exp = linalg.generic {indexing_maps = [#mn, #m, #mn], iterator_types = ["parallel", "parallel"]} ins(%x, %max : tensor<?x700xf32>, tensor<?xf32>) outs(%empty : tensor<?x700xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %0 = arith.subf %a, %b : f32
    %1 = math.exp %0 : f32
    linalg.yield %1 : f32
  } -> tensor<?x700xf32>
  %sum = linalg.generic {indexing_maps = [#mn, #m], iterator_types = ["parallel", "reduction"]} ins(%exp : tensor<?x700xf32>) outs(%zeros : tensor<?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.addf %a, %o : f32
    linalg.yield %0 : f32
  } -> tensor<?xf32>
  %div = linalg.generic {indexing_maps = [#mn, #m, #mn], iterator_types = ["parallel", "parallel"]} ins(%exp, %sum : tensor<?x700xf32>, tensor<?xf32>) outs(%empty : tensor<?x700xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %0 = arith.divf %a, %b : f32
    linalg.yield %0 : f32
  } -> tensor<?x700xf32>
  return %div : tensor<?x700xf32>
}
)");
  ASSERT_TRUE(kernel);
  for (int64_t rows : {1, 3, 100}) {
    std::vector<float> x(rows * 700), y(rows * 700);
    for (size_t i = 0; i < x.size(); ++i)
      x[i] = std::sin(float(i)) * 10;
    kernel->run(std::array<void *, 2>{x.data(), y.data()}, std::array{rows}, 1);
    if (rows == 100)
      EXPECT_GT(kernel->countItems(std::array{rows}), 1);
    for (int64_t m = 0; m < rows; ++m) {
      double sum = 0;
      for (int64_t n = 0; n < 700; ++n)
        sum += std::exp(double(x[m * 700 + n]));
      for (int64_t n = 0; n < 700; ++n) {
        double expected = std::exp(double(x[m * 700 + n])) / sum;
        EXPECT_NEAR(y[m * 700 + n], expected, 1e-4 * expected);
      }
    }
  }
}

TEST(KernelTest, ElementwiseOnTensors) {
  auto kernel = compileHere(R"(
func.func private @k(%x: tensor<?x33xf32> {ccq.extents = array<i64: 0>}, %rows: index) -> (tensor<?x33xf32> {ccq.extents = array<i64: 0>}) attributes {ccq.kernel} {
  %half = arith.constant dense<0.5> : tensor<33xf32>
  %t = math.tanh %x : tensor<?x33xf32>
  %p = arith.mulf %x, %t : tensor<?x33xf32>
  %empty = tensor.empty(%rows) : tensor<?x33xf32>
  %s = linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (n)>, affine_map<(m, n) -> (m, n)>], iterator_types = ["parallel", "parallel"]} ins(%p, %half : tensor<?x33xf32>, tensor<33xf32>) outs(%empty : tensor<?x33xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %0 = arith.addf %a, %b : f32
    linalg.yield %0 : f32
  } -> tensor<?x33xf32>
  return %s : tensor<?x33xf32>
}
)");
  ASSERT_TRUE(kernel);
  std::vector<float> x = createRamp(99), y(99);
  kernel->run(std::array<void *, 2>{x.data(), y.data()},
              std::array<int64_t, 1>{3}, 1);
  for (size_t i = 0; i < x.size(); ++i)
    EXPECT_EQ(y[i], x[i] * std::tanh(x[i]) + 0.5f);
}

TEST(KernelTest, ConcatenationAndSlices) {
  auto kernel = compileHere(R"(
func.func private @k(%a: tensor<?x5xf32> {ccq.extents = array<i64: 0>}, %b: tensor<?x7xf32> {ccq.extents = array<i64: 0>}, %rows: index) -> (tensor<?x12xf32> {ccq.extents = array<i64: 0>}, tensor<?x2xf32> {ccq.extents = array<i64: 0>}) attributes {ccq.kernel} {
  %empty = tensor.empty(%rows) : tensor<?x12xf32>
  %0 = tensor.insert_slice %a into %empty[0, 0] [%rows, 5] [1, 1] : tensor<?x5xf32> into tensor<?x12xf32>
  %1 = tensor.insert_slice %b into %0[0, 5] [%rows, 7] [1, 1] : tensor<?x7xf32> into tensor<?x12xf32>
  %2 = tensor.extract_slice %b[0, 3] [%rows, 2] [1, 1] : tensor<?x7xf32> to tensor<?x2xf32>
  return %1, %2 : tensor<?x12xf32>, tensor<?x2xf32>
}
)");
  ASSERT_TRUE(kernel);
  for (int64_t rows : {1, 4, 5000}) {
    std::vector<float> a = createRamp(rows * 5), b = createRamp(rows * 7);
    std::vector<float> joined(rows * 12), part(rows * 2);
    kernel->run(
        std::array<void *, 4>{a.data(), b.data(), joined.data(), part.data()},
        std::array{rows}, 1);
    for (int64_t m = 0; m < rows; ++m) {
      for (int64_t n = 0; n < 12; ++n)
        ASSERT_EQ(joined[m * 12 + n], n < 5 ? a[m * 5 + n] : b[m * 7 + n - 5]);
      for (int64_t n = 0; n < 2; ++n)
        ASSERT_EQ(part[m * 2 + n], b[m * 7 + 3 + n]);
    }
  }
}

TEST(KernelTest, ReturnedArgumentsAndReshapes) {
  auto kernel = compileHere(R"(
func.func private @k(%x: tensor<?x2x3xf32> {ccq.extents = array<i64: 0>}, %rows: index) -> (tensor<?x6xf32> {ccq.extents = array<i64: 0>}, tensor<?x2x3xf32> {ccq.extents = array<i64: 0>}, tensor<?x6x1xf32> {ccq.extents = array<i64: 0>}) attributes {ccq.kernel} {
  %0 = tensor.collapse_shape %x [[0], [1, 2]] : tensor<?x2x3xf32> into tensor<?x6xf32>
  %1 = math.absf %0 : tensor<?x6xf32>
  %2 = tensor.expand_shape %1 [[0], [1, 2]] output_shape [%rows, 6, 1] : tensor<?x6xf32> into tensor<?x6x1xf32>
  return %0, %x, %2 : tensor<?x6xf32>, tensor<?x2x3xf32>, tensor<?x6x1xf32>
}
)");
  ASSERT_TRUE(kernel);
  std::vector<float> x = createRamp(24), y(24), z(24), w(24);
  kernel->run(std::array<void *, 4>{x.data(), y.data(), z.data(), w.data()},
              std::array<int64_t, 1>{4}, 1);
  EXPECT_EQ(x, y);
  EXPECT_EQ(x, z);
  for (size_t i = 0; i < x.size(); ++i)
    EXPECT_EQ(w[i], std::fabs(x[i]));
}

TEST(KernelTest, Transpose) {
  auto kernel = compileHere(R"(
func.func private @k(%x: tensor<?x6xf32> {ccq.extents = array<i64: 0>}, %rows: index) -> (tensor<6x?xf32> {ccq.extents = array<i64: 0>}) attributes {ccq.kernel} {
  %empty = tensor.empty(%rows) : tensor<6x?xf32>
  %t = linalg.transpose ins(%x : tensor<?x6xf32>) outs(%empty : tensor<6x?xf32>) permutation = [1, 0]
  return %t : tensor<6x?xf32>
}
)");
  ASSERT_TRUE(kernel);
  std::vector<float> x = createRamp(24), y(24);
  kernel->run(std::array<void *, 2>{x.data(), y.data()},
              std::array<int64_t, 1>{4}, 1);
  for (int64_t m = 0; m < 4; ++m)
    for (int64_t n = 0; n < 6; ++n)
      EXPECT_EQ(y[n * 4 + m], x[m * 6 + n]);
}

TEST(KernelTest, MatmulOfActivations) {
  auto kernel = compileHere(R"(
func.func private @k(%a: tensor<?x?xf32> {ccq.extents = array<i64: 0, 1>}, %b: tensor<?x5xf32> {ccq.extents = array<i64: 1>}, %rows: index, %depth: index) -> (tensor<?x5xf32> {ccq.extents = array<i64: 0>}) attributes {ccq.kernel} {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty(%rows) : tensor<?x5xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%empty : tensor<?x5xf32>) -> tensor<?x5xf32>
  %y = linalg.matmul ins(%a, %b : tensor<?x?xf32>, tensor<?x5xf32>) outs(%fill : tensor<?x5xf32>) -> tensor<?x5xf32>
  return %y : tensor<?x5xf32>
}
)");
  ASSERT_TRUE(kernel);
  std::vector<float> a = createRamp(12), b = createRamp(20), y(15);
  kernel->run(std::array<void *, 3>{a.data(), b.data(), y.data()},
              std::array<int64_t, 2>{3, 4}, 1);
  for (int64_t m = 0; m < 3; ++m)
    for (int64_t n = 0; n < 5; ++n) {
      float sum = 0;
      for (int64_t k = 0; k < 4; ++k)
        sum += a[m * 4 + k] * b[k * 5 + n];
      EXPECT_EQ(y[m * 5 + n], sum);
    }
}

// Half-precision inputs on a processor that cannot convert them: the extension
// is expanded below the matmul.
TEST(KernelTest, MatmulOfHalvesWithoutHardware) {
  auto kernel = TestKernel::compile(R"(
func.func private @k(%a: tensor<1x2x3xf16>, %b: tensor<1x3x2xf16>) -> tensor<1x2x2xf32> attributes {ccq.kernel} {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<1x2x2xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%empty : tensor<1x2x2xf32>) -> tensor<1x2x2xf32>
  %y = linalg.batch_matmul ins(%a, %b : tensor<1x2x3xf16>, tensor<1x3x2xf16>) outs(%fill : tensor<1x2x2xf32>) -> tensor<1x2x2xf32>
  return %y : tensor<1x2x2xf32>
}
)",
                                    "cpu:x86-64");
  ASSERT_TRUE(kernel);
  _Float16 a[6] = {1, 2, 3, -1, 0.5, 4}, b[6] = {1, -1, 0.25, 2, 0, 8};
  float y[4];
  kernel->run(std::array<void *, 3>{a, b, y}, {}, 1);
  EXPECT_EQ((std::array{y[0], y[1], y[2], y[3]}),
            (std::array{1.5f, 27.0f, -0.875f, 34.0f}));
}
