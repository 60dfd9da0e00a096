//===- EncodeEdgeCasesTest.cpp - extreme weights and shapes ---------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Quantizer/Encode.h"

#include "ccq/Codec/Decode.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <limits>
#include <random>

using namespace ccq;
using namespace ccq::quantizer;
using codec::Scheme;

static const char *const schemeNames[] = {"w2", "w2.5",       "w2.75",     "i4",
                                          "i8", "i4:channel", "i8:channel"};
static constexpr float notANumber = std::numeric_limits<float>::quiet_NaN();
static constexpr float infinity = std::numeric_limits<float>::infinity();
static constexpr float largest = std::numeric_limits<float>::max();

static Scheme getScheme(const char *name) {
  return **codec::parseSchemeName(name);
}

/// Encodes and decodes.
static std::vector<float> roundTrip(const std::vector<float> &weights,
                                    MatrixShape shape, const char *name) {
  Result<EncodeResult> result =
      encodeMatrix({weights.data(), shape}, getScheme(name));
  EXPECT_TRUE(result) << result.error().message;
  return codec::decodeMatrix(result->matrix.view());
}

static Error getError(const std::vector<float> &weights, MatrixShape shape,
                      const char *name, ThreadPool *threads = nullptr) {
  Result<EncodeResult> result =
      encodeMatrix({weights.data(), shape}, getScheme(name), {threads});
  return result ? Error{} : result.error();
}

TEST(EncodeEdgeCasesTest, WeightsThatAreNotFiniteAreLocated) {
  for (const char *name : schemeNames) {
    Error error = getError({1, 2, 3, notANumber, 5, infinity}, {3, 2}, name);
    EXPECT_EQ(error.kind, ErrorKind::CompileError);
    EXPECT_EQ(error.message,
              "weight at k = 1, n = 1: expected a finite number, got nan");
    EXPECT_EQ(getError({1, -infinity}, {1, 2}, name).message,
              "weight at k = 0, n = 1: expected a finite number, got -inf");
  }
}

// The first in row order, whichever thread meets which.
TEST(EncodeEdgeCasesTest, TheFirstBadWeightIsReported) {
  MatrixShape shape = {1000, 3};
  std::vector<float> weights(3000, 1.0f);
  weights[900 * 3 + 1] = weights[200 * 3 + 2] = weights[201 * 3] = notANumber;
  ThreadPool threads(4);
  for (int repeat = 0; repeat < 20; ++repeat)
    EXPECT_EQ(getError(weights, shape, "i8", &threads).message,
              "weight at k = 200, n = 2: expected a finite number, got nan");
}

TEST(EncodeEdgeCasesTest, ScalarSchemesRefuseWhatFloat16CannotScale) {
  for (const char *name : {"i8", "i8:channel"}) {
    EXPECT_EQ(getError({0, 1e30f}, {2, 1}, name).message,
              "weight at k = 1, n = 0: expected a magnitude of at most "
              "8319008, got 1e+30");
    EXPECT_EQ(roundTrip({8319008}, {1, 1}, name)[0], 8319008);
  }
  EXPECT_EQ(getError({0, 1e30f}, {2, 1}, "i4").message,
            "weight at k = 1, n = 0: expected a magnitude of at most 458528, "
            "got 1e+30");
}

TEST(EncodeEdgeCasesTest, EmptyMatricesAreCoded) {
  for (const char *name : schemeNames) {
    EXPECT_TRUE(roundTrip({}, {0, 0}, name).empty());
    EXPECT_TRUE(roundTrip({}, {5, 0}, name).empty());
    EXPECT_TRUE(roundTrip({}, {0, 5}, name).empty());
  }
}

TEST(EncodeEdgeCasesTest, ZerosStayPositiveZeros) {
  std::vector<float> weights(130 * 2, 0.0f);
  for (const char *name : schemeNames)
    for (float value : roundTrip(weights, {130, 2}, name))
      EXPECT_EQ(std::bit_cast<uint32_t>(value), 0u) << name;
}

TEST(EncodeEdgeCasesTest, AZeroGroupBesideAnotherDecodesToZero) {
  std::vector<float> weights(128, 0.0f);
  std::fill(weights.begin() + 64, weights.end(), 1.0f);
  for (const char *name : {"w2", "w2.5", "w2.75", "i4", "i8"}) {
    std::vector<float> decoded = roundTrip(weights, {128, 1}, name);
    for (int k = 0; k < 64; ++k)
      EXPECT_EQ(std::bit_cast<uint32_t>(decoded[k]), 0u) << name;
  }
}

// One weight is one window times a scale of at least 4 bits' choice.
TEST(EncodeEdgeCasesTest, ASingleWeightIsAlmostExact) {
  for (const char *name : schemeNames)
    for (float weight : {1.0f, -0.37f, 1e-6f, 4e5f}) {
      float decoded = roundTrip({weight}, {1, 1}, name)[0];
      // A subnormal float16 scale is worse: 2^-25 / (1e-6 / 127).
      double bound = weight == 1e-6f && name[0] == 'i' ? 1.0 : 1e-3;
      EXPECT_NEAR(decoded, weight, std::fabs(weight) * bound) << name;
    }
}

// Short and ragged K: the padding must not cost anything.
TEST(EncodeEdgeCasesTest, RaggedDepthsAreAsGoodAsWholeGroups) {
  std::mt19937 random(1);
  std::normal_distribution<float> gauss;
  for (int64_t k : {2, 7, 63, 64, 65, 100, 127}) {
    std::vector<float> weights(size_t(k) * 64);
    for (float &weight : weights)
      weight = gauss(random);
    for (const char *name : {"w2.5", "w2.75"}) {
      Result<EncodeResult> result =
          encodeMatrix({weights.data(), {k, 64}}, getScheme(name));
      ASSERT_TRUE(result);
      // Fewer weights per scale fit better, never worse.
      EXPECT_LT(result->statistics.relativeMse(), 0.1) << name << " K = " << k;
    }
  }
}

// Windows overlap, so the 63 weights beside an outlier cannot all be zero at a
// scale that reaches it; least squares settles on a smaller one.
TEST(EncodeEdgeCasesTest, AnOutlierKeepsEverythingFinite) {
  for (float outlier : {1e9f, 1e30f, largest, -largest}) {
    std::vector<float> weights(256, 0.01f);
    weights[70] = outlier;
    for (const char *name : {"w2.5", "w2.75"}) {
      Result<EncodeResult> result =
          encodeMatrix({weights.data(), {256, 1}}, getScheme(name));
      ASSERT_TRUE(result);
      EXPECT_LT(result->statistics.relativeMse(), 0.76) << name;
      std::vector<float> decoded = codec::decodeMatrix(result->matrix.view());
      for (float value : decoded)
        EXPECT_TRUE(std::isfinite(value)) << name;
      EXPECT_GT(decoded[70] / outlier, 0.2f) << name;
      // The other groups cannot be told from zero beside it.
      EXPECT_EQ(decoded[200], 0.0f) << name;
    }
  }
}

TEST(EncodeEdgeCasesTest, AllLargestWeightsStayFinite) {
  std::vector<float> weights(64, -largest);
  for (const char *name : {"w2.5", "w2.75"})
    for (float value : roundTrip(weights, {64, 1}, name))
      EXPECT_TRUE(std::isfinite(value)) << name;
}

// Below 2^-126 weights become multiples of the smallest normal number.
TEST(EncodeEdgeCasesTest, SuperScalesAreNeverSubnormal) {
  for (float weight : {std::numeric_limits<float>::denorm_min(), 1e-40f, 1e-36f,
                       std::numeric_limits<float>::min()})
    for (const char *name : {"w2.5", "w2.75"}) {
      std::vector<float> weights(64, weight);
      Result<EncodeResult> result =
          encodeMatrix({weights.data(), {64, 1}}, getScheme(name));
      ASSERT_TRUE(result);
      const auto &bytes =
          result->matrix.findComponent(codec::ComponentRole::SuperScale)->bytes;
      uint32_t bits = 0;
      std::memcpy(&bits, bytes.data(), sizeof(bits));
      EXPECT_TRUE(std::isnormal(std::bit_cast<float>(bits))) << weight;
      for (float value : codec::decodeMatrix(result->matrix.view()))
        EXPECT_LE(std::fabs(value - weight), 8e-38f) << name;
    }
}
