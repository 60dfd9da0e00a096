//===- Encode.cpp - from float weights to coded matrices ------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Quantizer/Encode.h"

#include "ChannelEncoders.h"
#include "EncodeStream.h"

#include <atomic>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

using namespace ccq;
using namespace ccq::quantizer;

static void parallelFor(ThreadPool *threads, int64_t count, int64_t grain,
                        const ThreadPool::Body &body) {
  if (threads)
    threads->parallelFor(count, grain, body);
  else if (count > 0)
    body(0, count);
}

static float getLargestWeight(const codec::Scheme &scheme) {
  if (const auto *scalar = std::get_if<codec::ScalarScheme>(&scheme))
    return getLargestScalarWeight(*scalar);
  return std::numeric_limits<float>::max();
}

/// Row-order index k * N + n of the first weight that is NaN or whose
/// magnitude exceeds `largest`; K * N if there is none.
static int64_t findFirstRefused(const MatrixView<const float> &weights,
                                float largest, ThreadPool *threads) {
  MatrixShape shape = weights.shape();
  std::atomic<int64_t> first = shape.k * shape.n;
  auto scanRows = [&](int64_t kBegin, int64_t kEnd) {
    for (int64_t k = kBegin; k < kEnd; ++k) {
      bool isAccepted = true;
      for (int64_t n = 0; n < shape.n; ++n)
        isAccepted &= std::fabs(weights(k, n)) <= largest;
      if (isAccepted)
        continue;
      int64_t n = 0;
      while (std::fabs(weights(k, n)) <= largest)
        ++n;
      int64_t index = k * shape.n + n;
      int64_t known = first.load();
      while (index < known && !first.compare_exchange_weak(known, index))
        ;
      return;
    }
  };
  // Rows of one call are scanned in order, so its first find is its smallest.
  parallelFor(threads, shape.k, 64, scanRows);
  return first;
}

static std::string printNumber(float value) {
  char text[64];
  return {text, std::to_chars(text, text + sizeof(text), value).ptr};
}

static Error makeWeightError(const MatrixView<const float> &weights,
                             int64_t index, float largest) {
  int64_t k = index / weights.shape().n;
  int64_t n = index % weights.shape().n;
  float value = weights(k, n);
  std::string expected = std::isfinite(value)
                             ? "a magnitude of at most " + printNumber(largest)
                             : std::string("a finite number");
  return {ErrorKind::CompileError,
          "weight at k = " + std::to_string(k) + ", n = " + std::to_string(n) +
              ": expected " + expected + ", got " + printNumber(value)};
}

Result<EncodeResult>
quantizer::encodeMatrix(const MatrixView<const float> &weights,
                        const codec::Scheme &scheme,
                        const EncodeOptions &options) {
  MatrixShape shape = weights.shape();
  if (Result<void> valid = codec::checkScheme(scheme); !valid)
    return valid.takeError();
  if (Result<void> valid = codec::checkShape(scheme, shape); !valid)
    return valid.takeError();
  float largest = getLargestWeight(scheme);
  int64_t refused = findFirstRefused(weights, largest, options.threads);
  if (refused != shape.k * shape.n)
    return makeWeightError(weights, refused, largest);

  const codec::StreamFrame *frame = std::get_if<codec::StreamScheme>(&scheme);
  if (!frame)
    frame = std::get_if<codec::HashScheme>(&scheme);
  Result<ErrorFactor> factors = tryFactorErrors(options, shape.k, frame);
  if (!factors)
    return factors.takeError();

  EncodeResult result{codec::CodedMatrix::createZeroed(scheme, shape), {}};
  if (const auto *stream = std::get_if<codec::StreamScheme>(&scheme)) {
    result.statistics =
        encodeStreamMatrix(weights, *stream, **getUsableStreamSearches(),
                           *factors, options.threads, result.matrix);
    return result;
  }
  if (const auto *hash = std::get_if<codec::HashScheme>(&scheme)) {
    result.statistics =
        encodeHashMatrix(weights, *hash, **getUsableHashSearches(), *factors,
                         options.threads, result.matrix);
    return result;
  }
  std::vector<EncodeStatistics> channels(shape.n);
  const WordSearch &search = **getUsableWordSearches();
  auto encodeBlocks = [&](int64_t begin, int64_t end) {
    int64_t nBegin = begin * columnsPerBlock;
    int64_t nEnd = std::min(end * columnsPerBlock, shape.n);
    if (const auto *words = std::get_if<codec::WordScheme>(&scheme))
      encodeWordChannels(weights, *words, search, *factors, nBegin, nEnd,
                         result.matrix, channels);
    else if (const auto *cluster = std::get_if<codec::ClusterScheme>(&scheme))
      encodeClusterChannels(weights, *cluster, **getUsableClusterSearches(),
                            *factors, nBegin, nEnd, result.matrix, channels);
    else
      encodeScalarChannels(weights, std::get<codec::ScalarScheme>(scheme),
                           *factors, nBegin, nEnd, result.matrix, channels);
  };
  int64_t blocks = (shape.n + columnsPerBlock - 1) / columnsPerBlock;
  parallelFor(options.threads, blocks, 1, encodeBlocks);
  for (const EncodeStatistics &channel : channels) {
    result.statistics.squaredError += channel.squaredError;
    result.statistics.squaredNorm += channel.squaredNorm;
  }
  return result;
}

std::string_view quantizer::getInstructionSet() {
  return (*getUsableWordSearches())->instructionSet;
}
