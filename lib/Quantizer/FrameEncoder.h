//===- FrameEncoder.h - rotation and scales around chains -------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_QUANTIZER_FRAMEENCODER_H
#define CCQ_LIB_QUANTIZER_FRAMEENCODER_H

#include "ErrorFactor.h"

#include "ccq/Codec/CodedMatrix.h"
#include "ccq/Quantizer/Encode.h"
#include "ccq/Support/MatrixView.h"
#include "ccq/Support/ThreadPool.h"

#include <algorithm>
#include <vector>

namespace ccq::quantizer {

/// The rows of a strip of a block, for all channels.
struct StripTargets {
  size_t block = 0;
  unsigned strip = 0;
  int64_t k0 = 0;
  int64_t rows = 0;
  /// Rows that are not padding.
  int64_t countedRows = 0;
  /// Targets of a search that knows the levels of earlier rows of the strip,
  /// less what these take off, over scales, [rows][N].
  std::vector<float> fixed;
  /// Feedback inside the strip, [rows][rows].
  std::vector<float> lower;
  /// Relative cost of a squared error, [rows]; 0 for padding.
  std::vector<float> qualities;
};

/// What the encoders of all codes with a StreamFrame share: weights are
/// rotated, divided by a scale per channel, coded, and the scales are fitted to
/// the levels that came out.
class FrameEncoder {
public:
  /// `targetRms` is the standard deviation that weights over their scale are
  /// searched with, in levels. `threads` may be null.
  FrameEncoder(const MatrixView<const float> &weights,
               const codec::StreamFrame &frame, float targetRms,
               const ErrorFactor &factors, ThreadPool *threads,
               codec::CodedMatrix &out);
  virtual ~FrameEncoder() = default;

  EncodeStatistics encode();

protected:
  /// Chooses all levels.
  virtual void encodeChains() = 0;

  /// Chooses the levels of one strip.
  virtual void encodeStrip(const StripTargets &strip) = 0;

  /// Writes the codes, unless that is done when levels are chosen.
  virtual void storeCodes() {}

  /// Weight over scale, at most `limit` from zero; 0 in channels of zeros.
  double getRatio(int64_t k, int64_t n, double limit) const {
    double scale = channels[size_t(n)].scale;
    if (scale <= 0)
      return 0;
    double ratio = double(targets[size_t(k * shape.n + n)]) / scale;
    return std::clamp(ratio, -limit, limit);
  }
  bool isZeroChannel(int64_t n) const { return channels[size_t(n)].scale <= 0; }

  /// `level` is the level plus one half.
  void setLevel(int64_t k, int64_t n, float level) {
    levels[size_t(k * shape.n + n)] = int16_t(2 * level);
  }

  void parallelFor(int64_t count, int64_t grain, const ThreadPool::Body &body);

  const MatrixView<const float> &weights;
  const codec::StreamFrame &frame;
  codec::CodedMatrix &out;
  MatrixShape shape;
  /// Standard deviation of weights over scale, in levels.
  float targetRms;
  const ErrorFactor &factors;

private:
  /// Sums over one channel, of weights and levels before the rotation is
  /// turned back; weights divided by 2^exponent.
  struct Channel {
    int exponent = 0;
    double squaredNorm = 0;
    double product = 0;
    double squaredLevels = 0;
    /// Scale over 2^exponent.
    double scale = 0;
    /// As product, squaredLevels and squaredNorm, in the measure of the
    /// Hessian.
    double weightedProduct = 0;
    double weightedLevels = 0;
    double weightedNorm = 0;
  };

  void loadChannel(int64_t n, std::vector<double> &column);
  void chooseScales();
  void sumChannel(int64_t n);
  void storeScales();
  void encodeStrips();
  void addFeedback(const std::vector<float> &in, int64_t begin, int64_t rows,
                   int64_t end, std::vector<float> &out);
  void divideByScales(StripTargets &work);
  void updateErrors(const StripTargets &work);
  void sumWeighted();

  ThreadPool *threads;
  /// Rotated weights, [K][N], each channel divided by a power of two.
  std::vector<float> targets;
  /// Twice the level plus one, [K][N].
  std::vector<int16_t> levels;
  /// Targets less decoded weights, [K][N]; only with feedback.
  std::vector<float> errors;
  std::vector<Channel> channels;
};

} // namespace ccq::quantizer

#endif // CCQ_LIB_QUANTIZER_FRAMEENCODER_H
