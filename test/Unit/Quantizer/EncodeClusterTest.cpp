//===- EncodeClusterTest.cpp - clusters through ccq/Quantizer/Encode.h ----===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Kernels/ClusterSearch.h"

#include "ccq/Codec/Decode.h"
#include "ccq/Quantizer/Encode.h"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <limits>
#include <memory>
#include <random>

using namespace ccq;
using namespace ccq::quantizer;

static EncodeResult encode(const std::vector<float> &weights,
                           MatrixShape shape) {
  Result<EncodeResult> result =
      encodeMatrix({weights.data(), shape}, **codec::parseSchemeName("w2"));
  EXPECT_TRUE(result) << result.error().message;
  return *std::move(result);
}

static std::vector<float> drawGauss(size_t count, unsigned seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<float> gauss;
  std::vector<float> weights(count);
  for (float &weight : weights)
    weight = gauss(random);
  return weights;
}

static float readFloat(codec::CodedMatrix &matrix, codec::ComponentRole role) {
  float value;
  std::memcpy(&value, matrix.findComponent(role)->bytes.data(), sizeof(value));
  return value;
}

// One published kernel contracts the product and the first sum, another adds
// the half in double: what we write means the same to all of them.
TEST(EncodeClusterTest, AllPublishedDecodersAgree) {
  codec::CodedMatrix matrix = encode(drawGauss(64, 1), {64, 1}).matrix;
  float scale = readFloat(matrix, codec::ComponentRole::CodeScale);
  float zp = readFloat(matrix, codec::ComponentRole::CodeZp);
  for (unsigned byte = 0; byte < 256; ++byte) {
    int32_t code = codec::expandCluster(byte, scale, zp);
    float fused = std::floor(std::fma(float(byte), scale, zp) + 0.5f);
    float product = float(byte) * scale;
    double wide = std::floor(double(product + zp) + 0.5);
    EXPECT_EQ(code, int32_t(fused)) << byte;
    EXPECT_EQ(code, int32_t(wide)) << byte;
  }
}

// At the scales that were written, no other byte is better.
TEST(EncodeClusterTest, BytesAreTheBestOfAll) {
  MatrixShape shape = {70, 3};
  std::vector<float> weights = drawGauss(210, 2);
  EncodeResult result = encode(weights, shape);
  std::vector<float> decoded = codec::decodeMatrix(result.matrix.view());
  codec::CodedMatrix other = result.matrix;
  std::vector<std::byte> &codes = other.components[0].bytes;
  for (int64_t k = 0; k < shape.k; k += 4)
    for (int64_t n = 0; n < shape.n; ++n) {
      auto measure = [&](const std::vector<float> &values) {
        double error = 0;
        for (int64_t i = k; i < std::min(k + 4, shape.k); ++i)
          error += std::pow(double(weights[size_t(i * 3 + n)]) -
                                values[size_t(i * 3 + n)],
                            2);
        return error;
      };
      double found = measure(decoded);
      for (unsigned byte = 0; byte < 256; byte += 5) {
        std::byte &code = codes[size_t(k / 4 * 3 + n)];
        std::byte kept = code;
        code = std::byte(byte);
        EXPECT_LE(found, measure(codec::decodeMatrix(other.view())) + 1e-5);
        code = kept;
      }
    }
}

TEST(EncodeClusterTest, KernelsAgreeBitForBit) {
  auto books = std::make_unique<ClusterBook[]>(2);
  std::mt19937 random(3);
  for (int book = 0; book < 2; ++book)
    for (int byte = 0; byte < 256; ++byte) {
      books[book].norms[byte] = 0;
      for (auto &levels : books[book].levels) {
        levels[byte] = float(random() % 64) - 32;
        books[book].norms[byte] += levels[byte] * levels[byte];
      }
    }
  std::vector<float> values = drawGauss(64 * columnsPerBlock, 4);
  alignas(64) float weights[64 * columnsPerBlock];
  std::copy(values.begin(), values.end(), weights);
  alignas(64) float scales[scalesPerSearch * columnsPerBlock];
  for (int i = 0; i < scalesPerSearch * columnsPerBlock; ++i)
    scales[i] = 0.03f + 0.001f * float(i);
  ClusterSearchInput input = {weights, 16, &books[0], &books[1]};
  alignas(64) float expectedCosts[scalesPerSearch * columnsPerBlock];
  alignas(64) uint32_t expectedBytes[16 * columnsPerBlock];
  clusterSearchGeneric.findCosts(input, scales, expectedCosts);
  clusterSearchGeneric.findBytes(input, scales, expectedBytes);
  for (const ClusterSearch *const *kernel = getUsableClusterSearches(); *kernel;
       ++kernel) {
    alignas(64) float costs[scalesPerSearch * columnsPerBlock];
    alignas(64) uint32_t bytes[16 * columnsPerBlock];
    (*kernel)->findCosts(input, scales, costs);
    (*kernel)->findBytes(input, scales, bytes);
    EXPECT_EQ(std::memcmp(costs, expectedCosts, sizeof(costs)), 0)
        << (*kernel)->instructionSet;
    EXPECT_EQ(std::memcmp(bytes, expectedBytes, sizeof(bytes)), 0)
        << (*kernel)->instructionSet;
  }
}

TEST(EncodeClusterTest, ExtremeWeightsStayFinite) {
  for (float extreme : {1e30f, std::numeric_limits<float>::max(), 1e-40f}) {
    std::vector<float> weights = drawGauss(128, 5);
    weights[3] = extreme;
    std::vector<float> all(128, -extreme);
    for (const std::vector<float> &values : {weights, all})
      for (float value :
           codec::decodeMatrix(encode(values, {128, 1}).matrix.view()))
        EXPECT_TRUE(std::isfinite(value)) << extreme;
  }
}
