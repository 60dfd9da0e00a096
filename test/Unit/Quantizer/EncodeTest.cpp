//===- EncodeTest.cpp - tests of ccq/Quantizer/Encode.h -------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Quantizer/Encode.h"

#include "ccq/Codec/Decode.h"
#include "ccq/Support/Sha256.h"

#include <cmath>
#include <gtest/gtest.h>
#include <random>
#include <string>

using namespace ccq;
using namespace ccq::quantizer;
using codec::Scheme;

static const char *const schemeNames[] = {
    "w2", "w2.5", "w2.75", "i4", "i4:channel", "i8", "i8:channel"};

static Scheme getScheme(const char *name) {
  return **codec::parseSchemeName(name);
}

static std::vector<float> drawGauss(MatrixShape shape, unsigned seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<float> gauss;
  std::vector<float> weights(size_t(shape.k * shape.n));
  for (float &weight : weights)
    weight = gauss(random);
  return weights;
}

static EncodeResult encode(const std::vector<float> &weights, MatrixShape shape,
                           const char *name, ThreadPool *threads = nullptr) {
  Result<EncodeResult> result =
      encodeMatrix({weights.data(), shape}, getScheme(name), {threads});
  EXPECT_TRUE(result) << result.error().message;
  return *std::move(result);
}

static bool haveSameBytes(const codec::CodedMatrix &a,
                          const codec::CodedMatrix &b) {
  for (size_t i = 0; i < a.components.size(); ++i)
    if (a.components[i].bytes != b.components[i].bytes)
      return false;
  return a.components.size() == b.components.size();
}

/// Relative error of what the reference decoder reads.
static double measureError(const std::vector<float> &weights,
                           const codec::CodedMatrix &matrix) {
  std::vector<float> decoded = codec::decodeMatrix(matrix.view());
  double error = 0, norm = 0;
  for (size_t i = 0; i < weights.size(); ++i) {
    double difference = double(weights[i]) - decoded[i];
    error += difference * difference;
    norm += double(weights[i]) * weights[i];
  }
  return error / norm;
}

// The figures of docs/Rationale/Encoder.md. One per cent is ten times the
// spread over seeds.
TEST(EncodeTest, ReachesTheDocumentedErrorOnGaussianWeights) {
  MatrixShape shape = {4096, 1024};
  std::vector<float> weights = drawGauss(shape, 1);
  ThreadPool threads;
  auto measure = [&](const char *name) {
    return measureError(weights, encode(weights, shape, name, &threads).matrix);
  };
  EXPECT_NEAR(measure("w2"), 0.1040, 0.1040 * 0.01);
  EXPECT_NEAR(measure("w2.5"), 0.0939, 0.0939 * 0.01);
  EXPECT_NEAR(measure("w2.75"), 0.0774, 0.0774 * 0.01);
}

TEST(EncodeTest, StatisticsAreThoseOfTheDecoder) {
  MatrixShape shape = {200, 21};
  std::vector<float> weights = drawGauss(shape, 2);
  for (const char *name : schemeNames) {
    EncodeResult result = encode(weights, shape, name);
    double measured = measureError(weights, result.matrix);
    // Float32 sums of 64 terms, 64 * 2^-24 at worst.
    EXPECT_NEAR(result.statistics.relativeMse(), measured, 4e-6 * measured)
        << name;
  }
}

TEST(EncodeTest, BytesDoNotDependOnThreads) {
  MatrixShape shape = {300, 77};
  std::vector<float> weights = drawGauss(shape, 3);
  for (const char *name : schemeNames) {
    EncodeResult alone = encode(weights, shape, name);
    for (unsigned count : {1u, 2u, 7u}) {
      ThreadPool threads(count);
      EncodeResult result = encode(weights, shape, name, &threads);
      EXPECT_TRUE(haveSameBytes(result.matrix, alone.matrix)) << name;
      EXPECT_EQ(result.statistics.squaredError, alone.statistics.squaredError);
      EXPECT_EQ(result.statistics.squaredNorm, alone.statistics.squaredNorm);
    }
  }
}

TEST(EncodeTest, BytesDoNotDependOnStrides) {
  MatrixShape shape = {70, 19};
  std::vector<float> weights = drawGauss(shape, 4);
  std::vector<float> transposed(weights.size());
  for (int64_t k = 0; k < shape.k; ++k)
    for (int64_t n = 0; n < shape.n; ++n)
      transposed[n * shape.k + k] = weights[k * shape.n + n];
  for (const char *name : schemeNames) {
    Result<EncodeResult> result = encodeMatrix(
        MatrixView<const float>::transposed(transposed.data(), shape),
        getScheme(name));
    ASSERT_TRUE(result);
    EXPECT_TRUE(
        haveSameBytes(result->matrix, encode(weights, shape, name).matrix))
        << name;
  }
}

// Channels are coded independently, also across blocks of channels.
TEST(EncodeTest, AChannelDoesNotDependOnItsNeighbours) {
  MatrixShape shape = {130, 40};
  std::vector<float> weights = drawGauss(shape, 5);
  for (const char *name : schemeNames) {
    std::vector<float> whole =
        codec::decodeMatrix(encode(weights, shape, name).matrix.view());
    for (int64_t n : {0, 15, 16, 39}) {
      std::vector<float> column(size_t(shape.k));
      for (int64_t k = 0; k < shape.k; ++k)
        column[k] = weights[k * shape.n + n];
      std::vector<float> decoded =
          codec::decodeMatrix(encode(column, {shape.k, 1}, name).matrix.view());
      for (int64_t k = 0; k < shape.k; ++k)
        EXPECT_EQ(decoded[k], whole[k * shape.n + n]) << name;
    }
  }
}

// Powers of two change nothing but the scales of a word scheme.
TEST(EncodeTest, WordSchemesScaleWithPowersOfTwo) {
  MatrixShape shape = {100, 3};
  std::vector<float> weights = drawGauss(shape, 6), small = weights;
  for (float &weight : small)
    weight *= 0x1p-80f;
  for (const char *name : {"w2.5", "w2.75"}) {
    EncodeResult a = encode(weights, shape, name);
    EncodeResult b = encode(small, shape, name);
    EXPECT_EQ(a.matrix.components[0].bytes, b.matrix.components[0].bytes);
    EXPECT_EQ(a.statistics.relativeMse(), b.statistics.relativeMse());
  }
}

/// Weights that every machine computes alike: sums of four uniform numbers of
/// a linear congruential generator (Knuth's MMIX constants).
static std::vector<float> drawPortable(size_t count) {
  uint64_t state = 1;
  auto next = [&] {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return float(int32_t(state >> 40) - (1 << 23)) * 0x1p-23f;
  };
  std::vector<float> weights(count);
  for (float &weight : weights)
    weight = next() + next() + next() + next();
  return weights;
}

// The encoder is deterministic across machines and compilers, so a change of
// these digests is a change of what users get.
TEST(EncodeTest, BytesArePinned) {
  MatrixShape shape = {200, 24};
  std::vector<float> weights = drawPortable(200 * 24);
  auto getDigest = [&](const char *name) {
    EncodeResult result = encode(weights, shape, name);
    Sha256 hash;
    for (const codec::Component &component : result.matrix.components)
      hash.update(component.bytes);
    return formatHex(hash.finish()).substr(0, 16);
  };
  EXPECT_EQ(getDigest("w2.5"), "133e9badee03a9b2");
  EXPECT_EQ(getDigest("w2.75"), "cc789f56bdd17933");
  EXPECT_EQ(getDigest("w2"), "e60cb3ed5940ff12");
  EXPECT_EQ(getDigest("t2"), "6fa456cfd1ae2dc7");
  EXPECT_EQ(getDigest("t2:start=zero"), "4f54fb430e785d90");
  EXPECT_EQ(getDigest("t2.3125:L=12,rotate=none,scale=tensor"),
            "6859cc777683f7d4");
  EXPECT_EQ(getDigest("t2.875:L=12,seed=5,scale=channel4"), "437521b4f86def4f");
  EXPECT_EQ(getDigest("i4"), "64224ebaf17a9d5f");
  EXPECT_EQ(getDigest("i8"), "4c4d9151172d8f97");
  EXPECT_EQ(getDigest("i8:channel"), "fb63df90feb75023");
}

TEST(EncodeTest, ScalarCodesAreRoundedToNearestEven) {
  // Largest magnitude 127: scale 1. 0.5 and 1.5 are ties.
  std::vector<float> weights = {127, 0.5f, 1.5f, -2.5f, 0.75f, -127};
  EncodeResult result = encode(weights, {6, 1}, "i8");
  std::vector<float> decoded = codec::decodeMatrix(result.matrix.view());
  EXPECT_EQ(decoded, (std::vector<float>{127, 0, 2, -2, 1, -127}));
}

TEST(EncodeTest, RefusesSchemesAndShapesThatCannotBe) {
  float weight = 0;
  Result<EncodeResult> scheme = encodeMatrix(
      {&weight, {1, 1}}, codec::ScalarScheme{.bits = 3, .groupSize = 64});
  ASSERT_FALSE(scheme);
  EXPECT_EQ(scheme.error().message,
            "scalar_layout_c1: expected codes of 4 or 8 bits, got 3");
  EXPECT_FALSE(encodeMatrix({&weight, {-1, 1}}, getScheme("i8")));
}
