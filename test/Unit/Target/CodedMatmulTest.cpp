//===- CodedMatmulTest.cpp - compiled matmuls with coded weights ----------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestKernel.h"
#include "ccq/Artifact/CpuTargets.h"
#include "ccq/Codec/Decode.h"

#include <cmath>
#include <gtest/gtest.h>
#include <random>
#include <tuple>

using namespace ccq;
using namespace ccq::test;

/// Replaces $M, $K, $N and $E (the type of the weights) in `text`.
static std::string substitute(std::string text, MatrixShape shape,
                              const std::string &weights) {
  auto replace = [&](const std::string &from, const std::string &to) {
    for (size_t at; (at = text.find(from)) != std::string::npos;)
      text.replace(at, from.size(), to);
  };
  replace("$K", std::to_string(shape.k));
  replace("$N", std::to_string(shape.n));
  replace("$E", weights);
  return text;
}

/// y = max(x W + b, 0) for any number of rows.
static std::string getLayerText(const char *scheme, MatrixShape shape) {
  bool isCoded = scheme != nullptr;
  std::string dims = std::to_string(shape.k) + "x" + std::to_string(shape.n);
  std::string weights =
      isCoded ? "!ccq.tensor<" + dims + "xf32, " + getSchemeText(scheme) + ">"
              : "tensor<" + dims + "xf32>";
  std::string decode =
      isCoded ? "%d = ccq.decode %e : $E -> tensor<$Kx$Nxf32>\n" : "";
  return substitute(
      R"(func.func private @layer(%x: tensor<?x$Kxf32> {ccq.extents = array<i64: 0>}, %e: $E, %b: tensor<$Nxf32>, %m: index) -> (tensor<?x$Nxf32> {ccq.extents = array<i64: 0>}) attributes {ccq.kernel} {
  %zero = arith.constant 0.0 : f32
  )" + decode +
          R"(%empty = tensor.empty(%m) : tensor<?x$Nxf32>
  %fill = linalg.fill ins(%zero : f32) outs(%empty : tensor<?x$Nxf32>) -> tensor<?x$Nxf32>
  %mm = linalg.matmul ins(%x, )" +
          (isCoded ? "%d" : "%e") +
          R"( : tensor<?x$Kxf32>, tensor<$Kx$Nxf32>) outs(%fill : tensor<?x$Nxf32>) -> tensor<?x$Nxf32>
  %y = linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (n)>, affine_map<(m, n) -> (m, n)>], iterator_types = ["parallel", "parallel"]}
      ins(%mm, %b : tensor<?x$Nxf32>, tensor<$Nxf32>) outs(%empty : tensor<?x$Nxf32>) {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %s = arith.addf %a, %c : f32
    %r = arith.maximumf %s, %zero : f32
    linalg.yield %r : f32
  } -> tensor<?x$Nxf32>
  return %y : tensor<?x$Nxf32>
}
)",
      shape, weights);
}

static std::vector<float> createRandomVector(size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(size);
  for (float &value : values)
    value = normal(random);
  return values;
}

namespace {

/// One layer: inputs, weights in both forms, and outputs behind which a guard
/// must stay untouched.
struct Layer {
  Layer(const char *scheme, MatrixShape shape, int64_t rows, unsigned seed)
      : shape(shape), rows(rows), x(createRandomVector(rows * shape.k, seed)),
        bias(createRandomVector(shape.n, seed + 1)),
        coded(createRandomMatrix(scheme, shape, seed + 2)),
        weights(codec::decodeMatrix(coded.view())) {}

  /// Runs the kernel on coded or on plain weights.
  std::vector<float> run(const TestKernel &kernel, bool onCodes) {
    std::vector<float> y(rows * shape.n + 1, guard);
    std::vector<void *> buffers{x.data()};
    if (onCodes)
      for (codec::Component &component : coded.components)
        buffers.push_back(component.bytes.data());
    else
      buffers.push_back(weights.data());
    buffers.push_back(bias.data());
    buffers.push_back(y.data());
    kernel.run(buffers, std::array{rows}, /*itemsPerCall=*/1);
    EXPECT_EQ(y.back(), guard);
    y.pop_back();
    return y;
  }

  /// Largest |y - exact| over the bound of docs/Rationale/CpuKernels.md,
  /// (K + 1) 2^-24 (|b| + sum |x| |w|); at most 1 when the kernel is right.
  double measureError(const std::vector<float> &y) const {
    double worst = 0;
    for (int64_t m = 0; m < rows; ++m)
      for (int64_t n = 0; n < shape.n; ++n) {
        double sum = bias[n], magnitude = std::fabs(bias[n]);
        for (int64_t k = 0; k < shape.k; ++k) {
          double product =
              double(x[m * shape.k + k]) * weights[k * shape.n + n];
          sum += product;
          magnitude += std::fabs(product);
        }
        double error = std::fabs(std::max(sum, 0.0) - y[m * shape.n + n]);
        double bound = double(shape.k + 2) * std::ldexp(magnitude, -24);
        worst = std::max(worst, error / bound);
      }
    return worst;
  }

  static constexpr float guard = 12345.0f;
  MatrixShape shape;
  int64_t rows;
  std::vector<float> x, bias;
  codec::CodedMatrix coded;
  std::vector<float> weights;
};

/// A scheme, and the CPU target that kernels are compiled for.
using Parameter = std::tuple<const char *, std::string>;

/// Sweeps rows for shapes of one scheme on every target this machine supports.
class CodedMatmulTest : public ::testing::TestWithParam<Parameter> {
protected:
  void expectExact(MatrixShape shape, std::span<const int64_t> rows) {
    SCOPED_TRACE("K = " + std::to_string(shape.k) +
                 ", N = " + std::to_string(shape.n));
    auto [scheme, target] = GetParam();
    auto coded = TestKernel::compile(getLayerText(scheme, shape), target);
    auto plain = TestKernel::compile(getLayerText(nullptr, shape), target);
    ASSERT_TRUE(coded && plain);
    for (int64_t m : rows) {
      SCOPED_TRACE("M = " + std::to_string(m));
      Layer layer(scheme, shape, m, unsigned(m));
      std::vector<float> y = layer.run(*coded, /*onCodes=*/true);
      EXPECT_LE(layer.measureError(y), 1.0);
      // Both kernels add the same products in the same order.
      EXPECT_EQ(y, layer.run(*plain, /*onCodes=*/false));
    }
  }
};

/// More shapes, on the best target only.
class CodedMatmulShapesTest : public CodedMatmulTest {};

} // namespace

TEST_P(CodedMatmulTest, AnyNumberOfRows) {
  int64_t rows[17];
  for (int64_t i = 0; i < 17; ++i)
    rows[i] = i + 1;
  for (MatrixShape shape : {MatrixShape{150, 97}, {37, 13}, {63, 1}, {65, 31}})
    expectExact(shape, rows);
}

TEST_P(CodedMatmulTest, ShortAndRaggedRows) {
  for (int64_t k : {1, 5, 63, 65, 129, 191})
    expectExact({k, 20}, std::array<int64_t, 2>{1, 6});
}

TEST_P(CodedMatmulShapesTest, MoreRowsThanATile) {
  expectExact({64, 64}, std::array<int64_t, 3>{64, 65, 200});
}

TEST_P(CodedMatmulShapesTest, PrimeAndNarrowChannels) {
  for (int64_t n : {1, 2, 13, 61, 127, 131})
    expectExact({64, n}, std::array<int64_t, 3>{1, 5, 8});
}

TEST_P(CodedMatmulShapesTest, RowsAndChannelsAndDepth) {
  expectExact({320, 1031}, std::array<int64_t, 3>{1, 3, 17});
}

static std::vector<std::string> getSupportedTargets() {
  std::vector<std::string> names;
  for (const artifact::CpuTarget &target : artifact::getCpuTargets())
    if (artifact::isSupportedHere(target))
      names.push_back(std::string(target.name));
  return names;
}

static std::string
printParameter(const testing::TestParamInfo<Parameter> &info) {
  std::string name = std::get<0>(info.param) + ("_" + std::get<1>(info.param));
  for (char &character : name)
    if (!std::isalnum(static_cast<unsigned char>(character)))
      character = '_';
  return name;
}

static const auto schemes = ::testing::Values("w2", "w2.5", "w2.75", "i4",
                                              "i4:channel", "i8", "i8:channel");

INSTANTIATE_TEST_SUITE_P(
    Schemes, CodedMatmulTest,
    ::testing::Combine(schemes, ::testing::ValuesIn(getSupportedTargets())),
    printParameter);

INSTANTIATE_TEST_SUITE_P(
    Schemes, CodedMatmulShapesTest,
    ::testing::Combine(schemes, ::testing::Values(getNativeTarget())),
    printParameter);

/// Streams without rotation: several blocks of a ragged matrix, every form of
/// scales, frames of extra bits that a block fills in part.
class StreamMatmulTest : public CodedMatmulTest {};

TEST_P(StreamMatmulTest, WholeAndRaggedBlocks) {
  expectExact({300, 150}, std::array<int64_t, 3>{1, 5, 17});
}

TEST_P(StreamMatmulTest, FewRowsAndChannels) {
  expectExact({5, 3}, std::array<int64_t, 1>{2});
}

INSTANTIATE_TEST_SUITE_P(
    Schemes, StreamMatmulTest,
    ::testing::Combine(
        ::testing::Values("t2:rotate=none", "t2.5:rotate=none",
                          "t2.5:rotate=none,start=zero",
                          "t2.8125:L=12,rotate=none,tile=128,scale=channel4",
                          "t2.3125:L=20,rotate=none,tile=32,scale=tensor",
                          "t2.5:code=hash,rotate=none",
                          "t3.8125:code=hash,L=12,rotate=none,levels=64,"
                          "tile=64,scale=channel4",
                          "t1:code=hash,L=14,rotate=none,tile=32,scale=tensor"),
        ::testing::ValuesIn(getSupportedTargets())),
    printParameter);
