//===- EncodeStreamTest.cpp - streams through ccq/Quantizer/Encode.h ------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Quantizer/Encode.h"

#include "ccq/Codec/Decode.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <random>
#include <string>

using namespace ccq;
using namespace ccq::quantizer;

// L = 12 where the length of the memory does not matter: it is faster.
static const char *const schemeNames[] = {
    "t2:L=12",
    "t2.5:L=12,scale=tensor",
    "t2.8125:L=12,scale=channel4",
    "t3:L=12,rotate=none",
    "t2.25:L=12,tile=32",
    "t2.3125:code=hash,L=12",
    "t3:code=hash,L=12,rotate=none,scale=tensor"};

static std::vector<float> drawGauss(MatrixShape shape, unsigned seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<float> gauss;
  std::vector<float> weights(size_t(shape.k * shape.n));
  for (float &weight : weights)
    weight = gauss(random);
  return weights;
}

static EncodeResult encode(const std::vector<float> &weights, MatrixShape shape,
                           const std::string &name,
                           ThreadPool *threads = nullptr) {
  Result<EncodeResult> result = encodeMatrix(
      {weights.data(), shape}, **codec::parseSchemeName(name), {threads});
  EXPECT_TRUE(result) << result.error().message;
  return *std::move(result);
}

static double measureError(const std::vector<float> &weights,
                           const codec::CodedMatrix &matrix) {
  std::vector<float> decoded = codec::decodeMatrix(matrix.view());
  double error = 0, norm = 0;
  for (size_t i = 0; i < weights.size(); ++i) {
    double difference = double(weights[i]) - decoded[i];
    error += difference * difference;
    norm += double(weights[i]) * weights[i];
  }
  return norm > 0 ? error / norm : error;
}

// docs/Rationale/StreamFormat.md. Chains of 1024 weights, a seventh of the
// weights of the documented figure: within 2 %.
TEST(EncodeStreamTest, ReachesTheDocumentedError) {
  MatrixShape shape = {512, 1024};
  std::vector<float> weights = drawGauss(shape, 1);
  ThreadPool threads;
  auto measure = [&](const char *name) {
    return encode(weights, shape, name, &threads).statistics.relativeMse();
  };
  EXPECT_NEAR(measure("t2.5"), 0.0362, 0.0362 * 0.02);
  EXPECT_NEAR(measure("t2:L=12"), 0.0734, 0.0734 * 0.02);
  EXPECT_NEAR(measure("t2.5:L=12"), 0.0380, 0.0380 * 0.02);
  EXPECT_NEAR(measure("t3:L=12"), 0.0200, 0.0200 * 0.02);
  EXPECT_NEAR(measure("t2:code=hash,L=12"), 0.0715, 0.0715 * 0.02);
  EXPECT_NEAR(measure("t3:code=hash,L=12"), 0.0186, 0.0186 * 0.02);
}

// The chains of a small matrix are one; apart they would begin anew every 16
// weights, at an error of 0.051.
TEST(EncodeStreamTest, SmallMatricesReachTheErrorOfLargeOnes) {
  double error = 0;
  for (unsigned seed = 1; seed <= 4; ++seed)
    error += encode(drawGauss({64, 64}, seed), {64, 64}, "t2.5:L=12")
                 .statistics.relativeMse() /
             4;
  EXPECT_NEAR(error, 0.0373, 0.0373 * 0.03);
}

// Runs of a long row of chains meet in states that windows found.
TEST(EncodeStreamTest, RunsMeet) {
  MatrixShape shape = {256, 250};
  std::vector<float> weights = drawGauss(shape, 7);
  for (const char *name : {"t2:L=12", "t2.8125:L=12", "t2.5:L=20,tile=64"}) {
    EncodeResult result = encode(weights, shape, name);
    double measured = measureError(weights, result.matrix);
    EXPECT_NEAR(result.statistics.relativeMse(), measured, 1e-5 * measured);
    EXPECT_LT(measured, 0.075) << name;
  }
}

// Without rotation and group scales, heavy tails cost; with it they do not.
TEST(EncodeStreamTest, RotationMakesHeavyTailsGaussian) {
  MatrixShape shape = {1024, 256};
  std::mt19937_64 random(1);
  std::student_t_distribution<float> student(5.0f);
  std::vector<float> weights(size_t(shape.k * shape.n));
  for (float &weight : weights)
    weight = student(random);
  double gauss =
      encode(drawGauss(shape, 1), shape, "t2.5:L=12").statistics.relativeMse();
  double rotated = encode(weights, shape, "t2.5:L=12").statistics.relativeMse();
  double plain =
      encode(weights, shape, "t2.5:L=12,rotate=none").statistics.relativeMse();
  EXPECT_NEAR(rotated, gauss, 0.03 * gauss);
  EXPECT_GT(plain, 1.1 * gauss);
}

TEST(EncodeStreamTest, StatisticsAreThoseOfTheDecoder) {
  MatrixShape shape = {200, 21};
  std::vector<float> weights = drawGauss(shape, 2);
  for (const char *name : schemeNames) {
    EncodeResult result = encode(weights, shape, name);
    double measured = measureError(weights, result.matrix);
    EXPECT_NEAR(result.statistics.relativeMse(), measured, 1e-5 * measured)
        << name;
    EXPECT_LT(measured, 0.25) << name;
  }
}

TEST(EncodeStreamTest, BytesDoNotDependOnThreads) {
  MatrixShape shape = {300, 33};
  std::vector<float> weights = drawGauss(shape, 3);
  for (const char *name : schemeNames) {
    EncodeResult alone = encode(weights, shape, name);
    ThreadPool threads(3);
    EncodeResult result = encode(weights, shape, name, &threads);
    for (size_t i = 0; i < alone.matrix.components.size(); ++i)
      EXPECT_EQ(result.matrix.components[i].bytes,
                alone.matrix.components[i].bytes)
          << name;
    EXPECT_EQ(result.statistics.squaredError, alone.statistics.squaredError);
  }
}

TEST(EncodeStreamTest, SmallAndOddShapesAreCoded) {
  for (const char *name : schemeNames)
    for (MatrixShape shape : {MatrixShape{1, 1},
                              {1, 40},
                              {40, 1},
                              {33, 17},
                              {0, 3},
                              {3, 0},
                              {257, 15}}) {
      std::vector<float> weights = drawGauss(shape, 4);
      EncodeResult result = encode(weights, shape, name);
      EXPECT_LT(measureError(weights, result.matrix), 0.5)
          << name << " " << shape.k << "x" << shape.n;
    }
}

TEST(EncodeStreamTest, ZerosDecodeToZero) {
  MatrixShape shape = {70, 5};
  std::vector<float> weights = drawGauss(shape, 5);
  for (int64_t k = 0; k < shape.k; ++k)
    weights[size_t(k * shape.n + 2)] = 0;
  for (const char *scale : {"channel", "channel4"}) {
    EncodeResult result =
        encode(weights, shape, std::string("t2.5:L=12,scale=") + scale);
    std::vector<float> decoded = codec::decodeMatrix(result.matrix.view());
    for (int64_t k = 0; k < shape.k; ++k)
      EXPECT_EQ(decoded[size_t(k * shape.n + 2)], 0.0f);
  }
  for (const char *name : schemeNames) {
    std::vector<float> zeros(weights.size());
    EncodeResult result = encode(zeros, shape, name);
    EXPECT_EQ(result.statistics.squaredError, 0) << name;
    for (float value : codec::decodeMatrix(result.matrix.view()))
      EXPECT_EQ(value, 0.0f) << name;
  }
}

TEST(EncodeStreamTest, ExtremeWeightsStayFinite) {
  MatrixShape shape = {64, 3};
  for (const char *name : schemeNames)
    for (float extreme : {1e30f, std::numeric_limits<float>::max(), 1e-40f,
                          std::numeric_limits<float>::denorm_min()}) {
      // One outlier, then weights of that size only.
      std::vector<float> outlier = drawGauss(shape, 6);
      outlier[10] = extreme;
      std::vector<float> all(outlier.size(), extreme);
      for (const std::vector<float> &weights : {outlier, all}) {
        EncodeResult result = encode(weights, shape, name);
        for (float value : codec::decodeMatrix(result.matrix.view()))
          EXPECT_TRUE(std::isfinite(value)) << name << " " << extreme;
      }
    }
}

// An outlier costs its own channel only, where scales are per channel.
TEST(EncodeStreamTest, OutliersStayInTheirChannel) {
  MatrixShape shape = {256, 2};
  std::vector<float> weights = drawGauss(shape, 7);
  weights[0] = 1e30f;
  std::vector<float> decoded =
      codec::decodeMatrix(encode(weights, shape, "t2.5:L=12").matrix.view());
  double error = 0;
  for (int64_t k = 0; k < shape.k; ++k)
    error += std::pow(
        double(weights[size_t(2 * k + 1)]) - decoded[size_t(2 * k + 1)], 2);
  EXPECT_LT(error / double(shape.k), 0.1);
}

TEST(EncodeStreamTest, WeightsThatAreNotFiniteAreLocated) {
  std::vector<float> weights(64, 1.0f);
  weights[33] = std::numeric_limits<float>::quiet_NaN();
  Result<EncodeResult> result =
      encodeMatrix({weights.data(), {32, 2}}, **codec::parseSchemeName("t2.5"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message,
            "weight at k = 16, n = 1: expected a finite number, got nan");
}
