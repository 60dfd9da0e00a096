//===- EncodeFeedbackTest.cpp - importance, Hessians, feedback ------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HashFeedbackChains.h"

#include "ccq/Codec/Decode.h"
#include "ccq/Codec/Hash.h"
#include "ccq/Codec/Stream.h"
#include "ccq/Quantizer/Encode.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <random>
#include <string>

using namespace ccq;
using namespace ccq::quantizer;

static std::vector<float> drawGauss(MatrixShape shape, unsigned seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<float> gauss;
  std::vector<float> weights(size_t(shape.k * shape.n));
  for (float &weight : weights)
    weight = gauss(random);
  return weights;
}

/// Covariance of a first-order autoregression.
static std::vector<double> createHessian(int64_t depth, double correlation) {
  std::vector<double> hessian;
  for (int64_t k = 0; k < depth; ++k)
    for (int64_t j = 0; j < depth; ++j)
      hessian.push_back(std::pow(correlation, double(std::abs(k - j))));
  return hessian;
}

static EncodeResult encode(const std::vector<float> &weights, MatrixShape shape,
                           const std::string &name,
                           const EncodeOptions &options = {}) {
  Result<EncodeResult> result = encodeMatrix(
      {weights.data(), shape}, **codec::parseSchemeName(name), options);
  EXPECT_TRUE(result) << result.error().message;
  return *std::move(result);
}

/// tr(E^T H E) of what a decoder reads.
static double measureWeighted(const std::vector<float> &weights,
                              const std::vector<double> &hessian,
                              const codec::CodedMatrix &matrix) {
  std::vector<float> decoded = codec::decodeMatrix(matrix.view());
  auto [depth, channels] = matrix.shape;
  double total = 0;
  for (int64_t n = 0; n < channels; ++n)
    for (int64_t k = 0; k < depth; ++k)
      for (int64_t j = 0; j < depth; ++j) {
        auto a = size_t(k * channels + n), b = size_t(j * channels + n);
        total += hessian[size_t(k * depth + j)] *
                 (double(weights[a]) - decoded[a]) *
                 (double(weights[b]) - decoded[b]);
      }
  return total;
}

// What remains where every row knows the row before it is 0.19 to 0.25, with
// words of seven and three weights 0.58 and 0.50.
TEST(EncodeFeedbackTest, CorrelatedInputsLoseLess) {
  MatrixShape shape = {160, 48};
  std::vector<float> weights = drawGauss(shape, 1);
  std::vector<double> hessian = createHessian(shape.k, 0.9);
  struct Case {
    const char *scheme;
    double largestRatio;
  };
  for (Case test : {Case{"t2.5:L=12", 0.3},
                    {"t2.5:L=12,rotate=none", 0.3},
                    {"t3:L=12,scale=channel4", 0.3},
                    {"t2.5:code=hash,L=12,rotate=none", 0.3},
                    {"w2", 0.4},
                    {"w2.5", 0.7},
                    {"w2.75", 0.65},
                    {"i4", 0.3},
                    {"i4:channel", 0.3},
                    {"i8", 0.3}}) {
    EncodeOptions options;
    double plain = measureWeighted(weights, hessian,
                                   encode(weights, shape, test.scheme).matrix);
    options.hessian =
        MatrixView<const double>(hessian.data(), {shape.k, shape.k});
    EncodeResult result = encode(weights, shape, test.scheme, options);
    double with = measureWeighted(weights, hessian, result.matrix);
    EXPECT_LT(with, test.largestRatio * plain) << test.scheme;
  }
}

// One run, eight and sixteen runs per strip; tiles of one step and of eight.
TEST(EncodeFeedbackTest, RunsOfAStripMeet) {
  for (MatrixShape shape :
       {MatrixShape{32, 500}, {32, 700}, {32, 4100}, {256, 200}}) {
    std::vector<float> weights = drawGauss(shape, 9);
    std::vector<double> hessian = createHessian(shape.k, 0.9);
    EncodeOptions options;
    options.hessian =
        MatrixView<const double>(hessian.data(), {shape.k, shape.k});
    EncodeResult result =
        encode(weights, shape, "t2.5:L=12,rotate=none", options);
    double with = measureWeighted(weights, hessian, result.matrix);
    double plain = measureWeighted(weights, hessian,
                                   encode(weights, shape, "t2.5:L=12").matrix);
    EXPECT_LT(with, 0.35 * plain) << shape.k << "x" << shape.n;
  }
}

TEST(EncodeFeedbackTest, MultiplesOfTheIdentityChangeNothing) {
  MatrixShape shape = {172, 19};
  std::vector<float> weights = drawGauss(shape, 2);
  std::vector<double> hessian(size_t(shape.k * shape.k));
  for (int64_t k = 0; k < shape.k; ++k)
    hessian[size_t(k * shape.k + k)] = 3;
  std::vector<double> importance(size_t(shape.k), 0.7);
  for (const char *scheme : {"t2.5:L=12", "t2:code=hash,L=12", "w2", "w2.5",
                             "w2.75", "i4", "i8:channel"}) {
    EncodeResult plain = encode(weights, shape, scheme);
    EncodeOptions options[2];
    options[0].hessian =
        MatrixView<const double>(hessian.data(), {shape.k, shape.k});
    options[1].importance = importance;
    for (const EncodeOptions &option : options) {
      EncodeResult result = encode(weights, shape, scheme, option);
      for (size_t i = 0; i < plain.matrix.components.size(); ++i)
        EXPECT_EQ(result.matrix.components[i].bytes,
                  plain.matrix.components[i].bytes)
            << scheme;
    }
  }
}

TEST(EncodeFeedbackTest, ImportantRowsAreCodedBetter) {
  MatrixShape shape = {128, 64};
  std::vector<float> weights = drawGauss(shape, 3);
  std::vector<double> importance(size_t(shape.k), 0.1), hessian;
  for (int64_t k = 0; k < shape.k; k += 2)
    importance[size_t(k)] = 1;
  hessian.resize(size_t(shape.k * shape.k));
  for (int64_t k = 0; k < shape.k; ++k)
    hessian[size_t(k * shape.k + k)] = importance[size_t(k)];
  for (const char *scheme :
       {"t2.5:L=12,rotate=none", "t2.5:code=hash,L=12,rotate=none"}) {
    EncodeOptions options;
    options.importance = importance;
    EncodeResult result = encode(weights, shape, scheme, options);
    double with = measureWeighted(weights, hessian, result.matrix);
    double plain = measureWeighted(weights, hessian,
                                   encode(weights, shape, scheme).matrix);
    EXPECT_LT(with, 0.9 * plain) << scheme;
    EXPECT_NEAR(result.statistics.weightedError, with, 1e-3 * with) << scheme;
  }
}

/// Powers of two from 2^-3 to 2^3 at random.
static std::vector<double> drawImportance(int64_t depth, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<double> importance;
  for (int64_t k = 0; k < depth; ++k)
    importance.push_back(std::ldexp(1.0, int(random() % 7) - 3));
  return importance;
}

static double measureWithImportance(const std::vector<float> &weights,
                                    const std::vector<double> &importance,
                                    const codec::CodedMatrix &matrix) {
  std::vector<float> decoded = codec::decodeMatrix(matrix.view());
  double total = 0;
  for (size_t i = 0; i < weights.size(); ++i)
    total += importance[i / size_t(matrix.shape.n)] *
             std::pow(double(weights[i]) - decoded[i], 2);
  return total;
}

// What remains is 0.60, 0.78 and 0.72. The last group is 44 rows.
TEST(EncodeFeedbackTest, ImportanceCountsInSmallGroups) {
  MatrixShape shape = {300, 65};
  std::vector<float> weights = drawGauss(shape, 7);
  std::vector<double> importance = drawImportance(shape.k, 8);
  ThreadPool threads(3);
  struct Case {
    const char *scheme;
    double largestRatio;
  };
  for (Case test : {Case{"w2", 0.65}, {"w2.5", 0.82}, {"w2.75", 0.77}}) {
    EncodeOptions options;
    options.importance = importance;
    EncodeResult result = encode(weights, shape, test.scheme, options);
    EncodeResult unweighted = encode(weights, shape, test.scheme);
    double with = measureWithImportance(weights, importance, result.matrix);
    double plain =
        measureWithImportance(weights, importance, unweighted.matrix);
    EXPECT_LT(with, test.largestRatio * plain) << test.scheme;
    // Statistics count all rows alike.
    double squared = measureWithImportance(
        weights, std::vector<double>(size_t(shape.k), 1.0), result.matrix);
    EXPECT_NEAR(result.statistics.squaredError, squared, 1e-4 * squared);
    EXPECT_LT(unweighted.statistics.squaredError, squared) << test.scheme;

    options.threads = &threads;
    EncodeResult parallel = encode(weights, shape, test.scheme, options);
    for (size_t i = 0; i < result.matrix.components.size(); ++i)
      EXPECT_EQ(parallel.matrix.components[i].bytes,
                result.matrix.components[i].bytes)
          << test.scheme;
  }
}

// Rows that cost nothing are coded well where the others leave a choice: in
// groups of their own as if there were no importance.
TEST(EncodeFeedbackTest, RowsWithoutImportance) {
  MatrixShape shape = {128, 16};
  std::vector<float> weights = drawGauss(shape, 9);
  std::vector<double> importance(128, 1.0);
  for (size_t k = 64; k < 128; ++k)
    importance[k] = 0;
  for (const char *scheme : {"w2", "w2.5", "w2.75"}) {
    EncodeOptions options;
    options.importance = importance;
    EncodeResult result = encode(weights, shape, scheme, options);
    EncodeResult plain = encode(weights, shape, scheme);
    for (size_t i = 0; i < plain.matrix.components.size(); ++i)
      EXPECT_EQ(result.matrix.components[i].bytes,
                plain.matrix.components[i].bytes)
          << scheme;
  }
}

// The scale of a scalar group is fixed and each weight is rounded by itself.
TEST(EncodeFeedbackTest, ImportanceCannotMatterToScalars) {
  MatrixShape shape = {130, 5};
  std::vector<float> weights = drawGauss(shape, 10);
  std::vector<double> importance = drawImportance(shape.k, 11);
  for (const char *scheme : {"i4", "i8", "i8:channel"}) {
    EncodeOptions options;
    options.importance = importance;
    EncodeResult result = encode(weights, shape, scheme, options);
    EncodeResult plain = encode(weights, shape, scheme);
    for (size_t i = 0; i < plain.matrix.components.size(); ++i)
      EXPECT_EQ(result.matrix.components[i].bytes,
                plain.matrix.components[i].bytes)
          << scheme;
  }
}

TEST(EncodeFeedbackTest, BytesDoNotDependOnThreads) {
  MatrixShape shape = {100, 33};
  std::vector<float> weights = drawGauss(shape, 4);
  std::vector<double> hessian = createHessian(shape.k, 0.8);
  ThreadPool threads(3);
  for (const char *scheme :
       {"t2.5:L=12", "t3:code=hash,L=12", "w2", "w2.5", "i4"}) {
    EncodeOptions options;
    options.hessian =
        MatrixView<const double>(hessian.data(), {shape.k, shape.k});
    EncodeResult alone = encode(weights, shape, scheme, options);
    options.threads = &threads;
    EncodeResult result = encode(weights, shape, scheme, options);
    for (size_t i = 0; i < alone.matrix.components.size(); ++i)
      EXPECT_EQ(result.matrix.components[i].bytes,
                alone.matrix.components[i].bytes)
          << scheme;
  }
}

// Strips of two rows: the odd row is the only one that depends on another, so
// the search is exact.
TEST(EncodeFeedbackTest, TwoRowsReachTheLeastError) {
  for (const char *name : {"t2:L=12", "t2.5:L=12", "t3:L=12"}) {
    auto scheme = std::get<codec::StreamScheme>(**codec::parseSchemeName(name));
    StreamCode code(scheme);
    constexpr int64_t steps = 3;
    StreamChains chains(steps, feedbackChains);
    std::mt19937 random(5);
    std::normal_distribution<float> gauss(0, 48);
    for (float &target : chains.targets)
      target = gauss(random);
    StripFeedback strip = {2, {0, 0, 0.8f, 0}, {1.0f, 0.5f}};
    FeedbackChainSearch(code, feedbackSearchGeneric, 2).run(strip, chains);
    auto getCost = [&](unsigned chain, const std::vector<float> &levels) {
      double cost = 0;
      for (int64_t step = 0; step < steps; ++step) {
        auto at = size_t(2 * step);
        double even =
            double(levels[at]) - chains.targets[at * feedbackChains + chain];
        double odd = double(levels[at + 1]) + 0.8 * levels[at] -
                     chains.targets[(at + 1) * feedbackChains + chain];
        cost += even * even + 0.5 * odd * odd;
      }
      return cost;
    };
    std::vector<float> found, levels(size_t(2 * steps));
    for (int64_t i = 0; i < 2 * steps; ++i)
      found.push_back(chains.levels[size_t(i) * feedbackChains]);
    double least = 1e30;
    unsigned extraBits = (scheme.oddExtraBits() == 8 ? steps : 0) +
                         (scheme.evenExtraBits() == 8 ? steps : 0);
    for (unsigned number = 0; number < 1u << (4 * steps + extraBits);
         ++number) {
      unsigned rest = number >> (4 * steps);
      for (int64_t step = 0; step < steps; ++step)
        for (unsigned i = 0; i < 2; ++i) {
          const auto &weight = i == 0 ? scheme.even : scheme.odd;
          unsigned n = 0, y = 0;
          for (int64_t back = 0; back <= scheme.memory && back <= step;
               ++back) {
            unsigned nibble = number >> (4 * (step - back)) & 15;
            n ^= weight.tapsN >> back & 1 ? nibble : 0;
            y ^= weight.tapsY >> back & 1 ? nibble : 0;
          }
          unsigned bit = 0;
          if (codec::findExtraPosition(scheme, i == 1, step, steps)) {
            bit = rest & 1;
            rest >>= 1;
          }
          levels[size_t(2 * step + i)] =
              float(codec::decodeStreamLevel(weight, n, y, bit)) + 0.5f;
        }
      least = std::min(least, getCost(0, levels));
    }
    EXPECT_NEAR(getCost(0, found), least, 1e-4 * least) << name;
  }
}

// The same for hashed chains, against all bits.
TEST(EncodeFeedbackTest, TwoHashedRowsReachTheLeastError) {
  for (const char *name :
       {"t1:code=hash,L=12", "t2.5:code=hash,L=12", "t4:code=hash,L=12"}) {
    auto scheme = std::get<codec::HashScheme>(**codec::parseSchemeName(name));
    HashCode code(scheme);
    constexpr int64_t weights = 4;
    HashFeedbackChains chains(weights, {weights});
    std::mt19937 random(7);
    std::normal_distribution<float> gauss(0, 46);
    for (float &target : chains.targets)
      target = gauss(random);
    StripFeedback strip = {2, {0, 0, 0.8f, 0}, {1.0f, 0.5f}};
    HashFeedbackChainSearch(code, hashFeedbackSearchGeneric, 2)
        .run(strip, chains);
    auto getCost = [&](auto getWindow) {
      double cost = 0, before = 0;
      for (int64_t i = 0; i < weights; ++i) {
        double level = 0.5 * code.levels()[getWindow(i)];
        double error = level + (i % 2) * 0.8 * before -
                       chains.targets[size_t(i) * feedbackChains];
        cost += (i % 2 ? 0.5 : 1.0) * error * error;
        before = level;
      }
      return cost;
    };
    int64_t bits = codec::countHashBits(scheme, weights);
    double least = 1e30;
    for (unsigned number = 0; number < 1u << bits; ++number)
      least = std::min(
          least, getCost([&](int64_t i) {
            return number >> (bits - codec::countHashBits(scheme, i + 1)) &
                   4095;
          }));
    double found = getCost(
        [&](int64_t i) { return chains.windows[size_t(i) * feedbackChains]; });
    EXPECT_NEAR(found, least, 1e-4 * least) << name;
  }
}

TEST(EncodeFeedbackTest, HashedKernelsAgreeBitForBit) {
  auto scheme = std::get<codec::HashScheme>(
      **codec::parseSchemeName("t2.25:code=hash,L=12"));
  HashCode code(scheme);
  HashFeedbackChains chains(400, {400});
  std::mt19937 random(6);
  std::normal_distribution<float> gauss(0, 46);
  for (float &target : chains.targets)
    target = gauss(random);
  StripFeedback strip = {4, std::vector<float>(16), std::vector<float>(4, 1)};
  for (unsigned i = 0; i < 4; ++i)
    for (unsigned j = 0; j < i; ++j)
      strip.lower[i * 4 + j] = std::pow(0.8f, float(i - j));
  HashFeedbackChains expected = chains;
  HashFeedbackChainSearch(code, hashFeedbackSearchGeneric, 4)
      .run(strip, expected);
  for (const HashFeedbackSearch *const *kernel =
           getUsableHashFeedbackSearches();
       *kernel; ++kernel) {
    HashFeedbackChains other = chains;
    HashFeedbackChainSearch(code, **kernel, 4).run(strip, other);
    EXPECT_EQ(other.windows, expected.windows) << (*kernel)->instructionSet;
  }
}

TEST(EncodeFeedbackTest, KernelsAgreeBitForBit) {
  auto scheme =
      std::get<codec::StreamScheme>(**codec::parseSchemeName("t2.75:L=12"));
  StreamCode code(scheme);
  StreamChains chains(300, feedbackChains);
  std::mt19937 random(6);
  std::normal_distribution<float> gauss(0, 48);
  for (float &target : chains.targets)
    target = gauss(random);
  StripFeedback strip = {8, std::vector<float>(64), std::vector<float>(8, 1)};
  for (unsigned i = 0; i < 8; ++i)
    for (unsigned j = 0; j < i; ++j)
      strip.lower[i * 8 + j] = std::pow(0.8f, float(i - j));
  StreamChains expected = chains;
  FeedbackChainSearch(code, feedbackSearchGeneric, 8).run(strip, expected);
  for (const FeedbackSearch *const *kernel = getUsableFeedbackSearches();
       *kernel; ++kernel) {
    StreamChains other = chains;
    FeedbackChainSearch(code, **kernel, 8).run(strip, other);
    EXPECT_EQ(other.found, expected.found) << (*kernel)->instructionSet;
  }
}

TEST(EncodeFeedbackTest, WrongHessiansAreRefused) {
  std::vector<float> weights(6, 1.0f);
  auto getMessage = [&](const EncodeOptions &options) {
    Result<EncodeResult> result = encodeMatrix(
        {weights.data(), {2, 3}}, **codec::parseSchemeName("i8"), options);
    EXPECT_FALSE(result);
    return result ? std::string() : result.error().message;
  };
  std::vector<double> values = {1, 0.5, 0.4, 1};
  EncodeOptions options;
  options.hessian = MatrixView<const double>(values.data(), {2, 2});
  EXPECT_EQ(getMessage(options),
            "hessian at k = 1, j = 0: expected a symmetric matrix");
  values = {1, 0, 0, -1};
  EXPECT_EQ(getMessage(options),
            "hessian at k = 1, j = 1: expected finite numbers, not negative on "
            "the diagonal");
  options.hessian = MatrixView<const double>(values.data(), {1, 1});
  EXPECT_EQ(getMessage(options), "expected a hessian of 2 x 2, got 1 x 1");
  options = {};
  values = {1, std::numeric_limits<double>::infinity()};
  options.importance = values;
  EXPECT_EQ(getMessage(options), "hessian at k = 1, j = 1: expected a finite "
                                 "importance of at least 0");
  options.importance = std::span<const double>(values).first(1);
  EXPECT_EQ(getMessage(options), "expected an importance of 2 rows, got 1");
}
