//===- RotatedMatmulTest.cpp - compiled matmuls of rotated weights --------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestKernel.h"
#include "ccq/Codec/Decode.h"
#include "ccq/Codec/Stream.h"

#include <cmath>
#include <gtest/gtest.h>
#include <random>

using namespace ccq;
using namespace ccq::test;

/// y = x W for any number of rows, with W coded with `scheme`.
static std::string getProductText(const char *scheme, MatrixShape shape) {
  std::string k = std::to_string(shape.k), n = std::to_string(shape.n);
  std::string x = "tensor<?x" + k + "xf32>", y = "tensor<?x" + n + "xf32>";
  std::string w = "tensor<" + k + "x" + n + "xf32>";
  std::string e =
      "!ccq.tensor<" + k + "x" + n + "xf32, " + getSchemeText(scheme) + ">";
  std::string extents = " {ccq.extents = array<i64: 0>}";
  return "func.func private @product(%x: " + x + extents + ", %e: " + e +
         ", %m: index) -> (" + y + extents + ") attributes {ccq.kernel} {\n" +
         "  %zero = arith.constant 0.0 : f32\n" +
         "  %d = ccq.decode %e : " + e + " -> " + w + "\n" +
         "  %empty = tensor.empty(%m) : " + y + "\n" +
         "  %fill = linalg.fill ins(%zero : f32) outs(%empty : " + y + ") -> " +
         y + "\n" + "  %y = linalg.matmul ins(%x, %d : " + x + ", " + w +
         ") outs(%fill : " + y + ") -> " + y + "\n" + "  return %y : " + y +
         "\n}\n";
}

/// What streams of both codes have.
static codec::StreamFrame &getFrame(codec::CodedMatrix &matrix) {
  if (auto *hash = std::get_if<codec::HashScheme>(&matrix.scheme))
    return *hash;
  return std::get<codec::StreamScheme>(matrix.scheme);
}

/// The matrix in the basis it is coded in: the same bits without the rotation.
static std::vector<float> decodeUnrotated(const codec::CodedMatrix &matrix) {
  codec::CodedMatrix plain = matrix;
  codec::StreamFrame &frame = getFrame(plain);
  frame.rotation.reset();
  frame.seed = 0;
  return codec::decodeMatrix(plain.view());
}

/// For every k, the sum of |x| over its rotation block, over the square root of
/// the block's size: a bound of the rotated activation.
static std::vector<double> boundRotated(const std::vector<float> &x,
                                        int64_t first, int64_t depth,
                                        unsigned largest) {
  std::vector<double> bounds;
  for (int64_t k = 0; k < depth; ++k) {
    codec::RotationBlock block = codec::getRotationBlock(largest, depth, k);
    double sum = 0;
    for (int64_t row = 0; row < block.rows; ++row)
      sum += std::fabs(x[first + block.k0 + row]);
    bounds.push_back(sum / std::sqrt(double(block.rows)));
  }
  return bounds;
}

/// Runs the kernel and compares with the product of `x` and
/// codec::decodeMatrix, which turns the rotation back on the weights. The
/// kernel rotates x instead: log2(256) + 1 roundings of each activation, then K
/// of the sums, all relative to the magnitudes in the rotated basis; the
/// reference rounds each weight twice more.
static void expectProduct(const TestKernel &kernel, const char *scheme,
                          MatrixShape shape, int64_t rows) {
  SCOPED_TRACE("M = " + std::to_string(rows));
  codec::CodedMatrix matrix = createRandomMatrix(scheme, shape, 7);
  unsigned largest = *getFrame(matrix).rotation;
  std::vector<float> weights = codec::decodeMatrix(matrix.view());
  std::vector<float> unrotated = decodeUnrotated(matrix);
  std::mt19937 random(11);
  std::normal_distribution<float> normal;
  std::vector<float> x(rows * shape.k), y(rows * shape.n);
  for (float &value : x)
    value = normal(random);
  std::vector<void *> buffers{x.data()};
  for (codec::Component &component : matrix.components)
    buffers.push_back(component.bytes.data());
  buffers.push_back(y.data());
  kernel.run(buffers, std::array{rows}, /*itemsPerCall=*/1);

  double worst = 0;
  for (int64_t m = 0; m < rows; ++m) {
    std::vector<double> bounds = boundRotated(x, m * shape.k, shape.k, largest);
    for (int64_t n = 0; n < shape.n; ++n) {
      double sum = 0, magnitude = 0;
      for (int64_t k = 0; k < shape.k; ++k) {
        int64_t at = k * shape.n + n;
        sum += double(x[m * shape.k + k]) * weights[at];
        magnitude += bounds[k] * std::fabs(unrotated[at]);
      }
      double bound = double(shape.k + 16) * std::ldexp(magnitude, -24);
      worst = std::max(worst, std::fabs(sum - y[m * shape.n + n]) / bound);
    }
  }
  EXPECT_LE(worst, 1.0);
}

static void expectProducts(const char *scheme, MatrixShape shape,
                           std::span<const int64_t> rows) {
  SCOPED_TRACE(scheme);
  SCOPED_TRACE("K = " + std::to_string(shape.k) +
               ", N = " + std::to_string(shape.n));
  auto kernel =
      TestKernel::compile(getProductText(scheme, shape), getNativeTarget());
  ASSERT_TRUE(kernel);
  for (int64_t m : rows)
    expectProduct(*kernel, scheme, shape, m);
}

TEST(RotatedMatmulTest, WholeAndRaggedBlocks) {
  for (int64_t k : {3, 172, 556})
    expectProducts("t2.5", {k, 37}, std::array<int64_t, 2>{1, 5});
}

TEST(RotatedMatmulTest, Rates) {
  for (const char *scheme : {"t2.0625", "t3:L=12,seed=99"})
    expectProducts(scheme, {520, 150}, std::array<int64_t, 2>{1, 17});
}

TEST(RotatedMatmulTest, HashedStreams) {
  expectProducts("t2.5:code=hash", {556, 37}, std::array<int64_t, 2>{1, 5});
  expectProducts("t1.3125:code=hash,tile=64,rotate=128,L=12", {300, 20},
                 std::array<int64_t, 1>{3});
}

TEST(RotatedMatmulTest, BlocksOtherThanTiles) {
  expectProducts("t2.5:rotate=16", {300, 20}, std::array<int64_t, 1>{3});
  expectProducts("t2.5:rotate=1024", {1500, 20}, std::array<int64_t, 1>{3});
  expectProducts("t2.5:tile=64,rotate=128", {300, 20},
                 std::array<int64_t, 1>{3});
}

TEST(RotatedMatmulTest, MoreRowsThanATile) {
  expectProducts("t2.5", {512, 64}, std::array<int64_t, 2>{64, 130});
}
