//===- FrameEncoder.cpp - rotation and scales around chains ---------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FrameEncoder.h"

#include "EncodeStream.h"

#include "ccq/Codec/Stream.h"

#include <cmath>

using namespace ccq;
using namespace ccq::quantizer;

FrameEncoder::FrameEncoder(const MatrixView<const float> &weights,
                           const codec::StreamFrame &frame, float targetRms,
                           const ErrorFactor &factors, ThreadPool *threads,
                           codec::CodedMatrix &out)
    : weights(weights), frame(frame), out(out), shape(weights.shape()),
      targetRms(targetRms), factors(factors), threads(threads),
      targets(size_t(shape.k * shape.n)), levels(targets.size()),
      channels(size_t(shape.n)) {}

void FrameEncoder::parallelFor(int64_t count, int64_t grain,
                               const ThreadPool::Body &body) {
  if (threads)
    threads->parallelFor(count, grain, body);
  else if (count > 0)
    body(0, count);
}

//===----------------------------------------------------------------------===//
// Rotation and scales
//===----------------------------------------------------------------------===//

/// Fills column n of the targets with rotated weights.
void FrameEncoder::loadChannel(int64_t n, std::vector<double> &column) {
  Channel &channel = channels[size_t(n)];
  float largest = 0;
  for (int64_t k = 0; k < shape.k; ++k)
    largest = std::max(largest, std::fabs(weights(k, n)));
  channel.exponent = largest > 0 ? std::ilogb(largest) : 0;
  for (int64_t k = 0; k < shape.k; ++k)
    column[size_t(k)] = std::ldexp(double(weights(k, n)), -channel.exponent);
  for (int64_t k = 0; frame.rotation && k < shape.k;) {
    codec::RotationBlock block =
        codec::getRotationBlock(*frame.rotation, shape.k, k);
    for (int64_t row = k; row < k + block.rows; ++row)
      if (codec::isRowNegated(frame.seed, row))
        column[size_t(row)] = -column[size_t(row)];
    codec::transformHadamard(column.data() + k, block.rows);
    double factor = 2 * double(codec::getRotationFactor(block.rows));
    for (int64_t row = k; row < k + block.rows; ++row)
      column[size_t(row)] *= factor;
    k += block.rows;
  }
  for (int64_t k = 0; k < shape.k; ++k) {
    targets[size_t(k * shape.n + n)] = float(column[size_t(k)]);
    channel.squaredNorm += column[size_t(k)] * column[size_t(k)];
  }
}

/// Scales before the search, one per channel whatever the scheme stores.
void FrameEncoder::chooseScales() {
  double largest = 0;
  for (Channel &channel : channels) {
    channel.scale =
        std::sqrt(channel.squaredNorm / double(shape.k)) / targetRms;
    largest = std::max(largest, std::ldexp(channel.scale, channel.exponent));
  }
  if (frame.scale == codec::StreamScale::Channel)
    return;
  // One scale for all: of the root mean square of the matrix.
  double squares = 0;
  for (const Channel &channel : channels) {
    double ratio =
        largest > 0 ? std::ldexp(channel.scale, channel.exponent) / largest : 0;
    squares += ratio * ratio;
  }
  double common = largest * std::sqrt(squares / double(shape.n));
  for (Channel &channel : channels) {
    double scale = std::ldexp(channel.scale, channel.exponent);
    if (frame.scale == codec::StreamScale::Tensor)
      scale = common;
    else
      scale =
          largest * codec::getChannel4Scale(chooseChannel4Code(scale, largest));
    channel.scale = std::ldexp(scale, -channel.exponent);
  }
}

//===----------------------------------------------------------------------===//
// Final scales
//===----------------------------------------------------------------------===//

void FrameEncoder::sumChannel(int64_t n) {
  Channel &channel = channels[size_t(n)];
  for (int64_t k = 0; k < shape.k; ++k) {
    double level = 0.5 * levels[size_t(k * shape.n + n)];
    channel.product += level * double(targets[size_t(k * shape.n + n)]);
    channel.squaredLevels += level * level;
  }
}

EncodeStatistics FrameEncoder::encode() {
  parallelFor(shape.n, 16, [&](int64_t begin, int64_t end) {
    std::vector<double> column(size_t(shape.k));
    for (int64_t n = begin; n < end; ++n)
      loadChannel(n, column);
  });
  chooseScales();
  if (factors.hasFeedback())
    encodeStrips();
  else
    encodeChains();
  storeCodes();
  parallelFor(shape.n, 16, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n)
      sumChannel(n);
  });
  bool isWeighted = factors.hasFeedback() || !factors.diagonal.empty();
  if (isWeighted) {
    StripTargets everything;
    everything.countedRows = shape.k;
    updateErrors(everything);
    sumWeighted();
  }
  storeScales();
  EncodeStatistics statistics;
  for (const Channel &channel : channels) {
    double unit = std::ldexp(1.0, 2 * channel.exponent);
    double error = channel.squaredNorm - 2 * channel.scale * channel.product +
                   channel.scale * channel.scale * channel.squaredLevels;
    double weighted = channel.weightedNorm -
                      2 * channel.scale * channel.weightedProduct +
                      channel.scale * channel.scale * channel.weightedLevels;
    statistics.weightedError +=
        isWeighted ? factors.unit * unit * std::max(weighted, 0.0) : 0;
    statistics.squaredError += unit * std::max(error, 0.0);
    statistics.squaredNorm += unit * channel.squaredNorm;
  }
  return statistics;
}

/// Least-squares scales for the levels found, stored as the scheme asks, and
/// left in the channels as a decoder reads them.
void FrameEncoder::storeScales() {
  std::vector<ScaleFit> fits(size_t(shape.n));
  for (size_t n = 0; n < fits.size(); ++n) {
    const Channel &channel = channels[n];
    fits[n] = {channel.exponent, channel.scale, channel.product,
               channel.squaredLevels};
    if (factors.hasFeedback() || !factors.diagonal.empty()) {
      fits[n].product = channel.weightedProduct;
      fits[n].squaredLevels = channel.weightedLevels;
    }
  }
  std::vector<float> scales = storeStreamScales(frame, fits, out);
  for (size_t n = 0; n < fits.size(); ++n)
    channels[n].scale = std::ldexp(double(scales[n]), -channels[n].exponent);
}
