//===- FrameFeedback.cpp - strips coded one after another -----------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FrameEncoder.h"

#include "ccq/Codec/Stream.h"

using namespace ccq;
using namespace ccq::quantizer;

/// Channels that a task works on at once.
static constexpr int64_t chunkChannels = 64;

/// out(k, n) = sum over j < min(k, end) of feedback(k, j) * in(j, n) for rows
/// [begin, begin + rows), added to what is there. in: [K][N], out: [rows][N].
void FrameEncoder::addFeedback(const std::vector<float> &in, int64_t begin,
                               int64_t rows, int64_t end,
                               std::vector<float> &out) {
  auto addChunk = [&](int64_t nBegin, int64_t nEnd) {
    for (int64_t j = 0; j < end; ++j) {
      const float *source = in.data() + size_t(j * shape.n);
      for (int64_t k = std::max(begin, j + 1); k < begin + rows; ++k) {
        float factor = factors.feedbackRow(k)[j];
        float *target = out.data() + size_t((k - begin) * shape.n);
        for (int64_t n = nBegin; n < nEnd; ++n)
          target[n] += factor * source[n];
      }
    }
  };
  parallelFor(shape.n, chunkChannels, addChunk);
}

/// Codes the strips in the order of k; `errors` of the rows before are known.
void FrameEncoder::encodeStrips() {
  codec::StreamScheme cut;
  cut.tileRows = frame.tileRows;
  errors.assign(targets.size(), 0.0f);
  std::vector<codec::StreamBlock> blocks = codec::getStreamBlocks(cut, shape);
  for (size_t block = 0; block < blocks.size(); ++block)
    for (unsigned strip = 0; strip < codec::streamStrips; ++strip) {
      StripTargets work;
      work.block = block;
      work.strip = strip;
      int64_t stripRows = blocks[block].rows / codec::streamStrips;
      work.k0 = blocks[block].k0 + strip * stripRows;
      work.rows = stripRows;
      work.countedRows = std::clamp<int64_t>(shape.k - work.k0, 0, stripRows);
      work.fixed.assign(size_t(stripRows * shape.n), 0.0f);
      addFeedback(errors, work.k0, work.countedRows, work.k0, work.fixed);
      divideByScales(work);
      encodeStrip(work);
      updateErrors(work);
    }
}

/// Adds the weights themselves and divides by the scales.
void FrameEncoder::divideByScales(StripTargets &work) {
  work.lower.assign(size_t(work.rows * work.rows), 0.0f);
  work.qualities.assign(size_t(work.rows), 0.0f);
  for (int64_t i = 0; i < work.countedRows; ++i) {
    int64_t k = work.k0 + i;
    work.qualities[size_t(i)] = float(factors.quality(k));
    std::copy_n(factors.feedbackRow(k) + work.k0, i,
                work.lower.data() + i * work.rows);
  }
  auto divide = [&](int64_t i, int64_t n) {
    const Channel &channel = channels[size_t(n)];
    if (channel.scale <= 0)
      return;
    auto at = size_t(i * shape.n + n);
    double fixed = double(work.fixed[at]) +
                   double(targets[size_t((work.k0 + i) * shape.n + n)]);
    // What the weights of the strip ask does not depend on their levels.
    for (int64_t j = 0; j < i; ++j)
      fixed += double(work.lower[size_t(i * work.rows + j)]) *
               double(targets[size_t((work.k0 + j) * shape.n + n)]);
    work.fixed[at] = float(fixed / channel.scale);
  };
  parallelFor(shape.n, chunkChannels, [&](int64_t begin, int64_t end) {
    for (int64_t i = 0; i < work.countedRows; ++i)
      for (int64_t n = begin; n < end; ++n)
        divide(i, n);
  });
}

void FrameEncoder::updateErrors(const StripTargets &work) {
  errors.resize(targets.size());
  for (int64_t k = work.k0; k < work.k0 + work.countedRows; ++k)
    for (int64_t n = 0; n < shape.n; ++n) {
      auto at = size_t(k * shape.n + n);
      errors[at] = float(double(targets[at]) -
                         channels[size_t(n)].scale * 0.5 * levels[at]);
    }
}

/// Sums for the least-squares scale in the measure of the Hessian: of
/// diagonal * (M w) * (M l) and diagonal * (M l)^2.
void FrameEncoder::sumWeighted() {
  // M w = M e + scale * M l.
  std::vector<float> mixedLevels(levels.size());
  std::vector<float> plainLevels(levels.size());
  for (size_t i = 0; i < levels.size(); ++i)
    mixedLevels[i] = plainLevels[i] = 0.5f * float(levels[i]);
  std::vector<float> mixedErrors = errors;
  if (factors.hasFeedback()) {
    addFeedback(plainLevels, 0, shape.k, shape.k, mixedLevels);
    addFeedback(errors, 0, shape.k, shape.k, mixedErrors);
  }
  for (int64_t n = 0; n < shape.n; ++n) {
    Channel &channel = channels[size_t(n)];
    channel.weightedProduct = channel.weightedLevels = 0;
    channel.weightedNorm = 0;
    for (int64_t k = 0; k < shape.k; ++k) {
      auto at = size_t(k * shape.n + n);
      double level = mixedLevels[at];
      double weight = double(mixedErrors[at]) + channel.scale * level;
      double quality = factors.quality(k);
      channel.weightedProduct += quality * weight * level;
      channel.weightedLevels += quality * level * level;
      channel.weightedNorm += quality * weight * weight;
    }
  }
}
