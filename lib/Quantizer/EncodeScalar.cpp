//===- EncodeScalar.cpp - symmetric integers with float16 scales ----------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ChannelEncoders.h"
#include "ErrorRows.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

using namespace ccq;
using namespace ccq::quantizer;

/// The smallest float16 that is not below `value`, so that the largest weight
/// of a group never exceeds the largest code. `value` is from 0 to 65504.
static uint16_t roundUpToHalf(float value) {
  uint16_t nearest = floatToHalf(value);
  return uint16_t(nearest + (halfToFloat(nearest) < value));
}

namespace {
/// Encodes groups of consecutive k, one channel per lane.
class ScalarGroupEncoder {
public:
  ScalarGroupEncoder(const MatrixView<const float> &weights,
                     const codec::ScalarScheme &scheme,
                     const ErrorFactor &factors, codec::CodedMatrix &out)
      : weights(weights), isPacked(scheme.bits == 4),
        largestCode(float(scheme.largestCode())),
        codes(out.components[0].bytes.data()),
        scales(out.components[1].bytes.data()), channels(out.shape.n),
        factors(factors) {}

  void encode(int64_t kBegin, int64_t kEnd, int64_t group, int64_t nBegin,
              int64_t nEnd, std::span<EncodeStatistics> statistics) {
    std::vector<float> scale(size_t(nEnd - nBegin));
    for (int64_t k = kBegin; k < kEnd; ++k)
      for (int64_t n = nBegin; n < nEnd; ++n)
        scale[n - nBegin] =
            std::max(scale[n - nBegin], std::fabs(weights(k, n)));
    for (int64_t n = nBegin; n < nEnd; ++n)
      scale[n - nBegin] = storeScale(group, n, scale[n - nBegin] / largestCode);
    for (int64_t k = kBegin; k < kEnd; ++k)
      for (int64_t n = nBegin; n < nEnd; ++n)
        encodeWeight(k, n, weights(k, n), scale[n - nBegin], statistics[n]);
  }

  /// As encode, with the errors of earlier rows fed forward; `errors` has the
  /// channels [nBegin, nEnd).
  void encodeWithFeedback(int64_t kBegin, int64_t kEnd, int64_t group,
                          int64_t nBegin, int64_t nEnd, ErrorRows &errors,
                          std::span<EncodeStatistics> statistics) {
    int64_t count = nEnd - nBegin;
    std::vector<float> targets(static_cast<size_t>(count));
    std::vector<float> scale(static_cast<size_t>(count));
    std::vector<float> added = errors.correctBlock(kBegin, kEnd);
    for (int64_t k = kBegin; k < kEnd; ++k)
      for (int64_t i = 0; i < count; ++i) {
        float moved =
            weights(k, nBegin + i) + added[size_t((k - kBegin) * count + i)];
        scale[size_t(i)] = std::max(scale[size_t(i)], std::fabs(moved));
      }
    for (int64_t i = 0; i < count; ++i)
      scale[size_t(i)] =
          storeScale(group, nBegin + i, scale[size_t(i)] / largestCode);
    for (int64_t k = kBegin; k < kEnd; ++k) {
      float *row = targets.data();
      for (int64_t i = 0; i < count; ++i)
        row[i] = weights(k, nBegin + i);
      errors.addFeedback(k, 0, k, row);
      for (int64_t i = 0; i < count; ++i)
        errors.row(k)[i] = encodeWeight(k, nBegin + i, row[i], scale[size_t(i)],
                                        statistics[nBegin + i]);
    }
  }

  bool hasFeedback() const { return factors.hasFeedback(); }

private:
  /// Returns the scale that a decoder reads.
  float storeScale(int64_t group, int64_t n, float scale) {
    constexpr float largestHalf = 65504.0f;
    uint16_t bits = roundUpToHalf(std::min(scale, largestHalf));
    std::memcpy(scales + (group * channels + n) * int64_t(sizeof(bits)), &bits,
                sizeof(bits));
    return halfToFloat(bits);
  }

  /// Codes the target of a weight and returns the weight less what is decoded.
  float encodeWeight(int64_t k, int64_t n, float target, float scale,
                     EncodeStatistics &statistics) {
    float weight = weights(k, n);
    float ratio = scale > 0 ? target / scale : 0.0f;
    // Ties to even; the division may have rounded past the largest code.
    float code = std::clamp(std::nearbyint(ratio), -largestCode, largestCode);
    storeCode(k, n, int(code));
    double error = double(weight) - double(code * scale);
    statistics.squaredError += error * error;
    statistics.squaredNorm += double(weight) * weight;
    return float(error);
  }

  void storeCode(int64_t k, int64_t n, int code) {
    if (!isPacked) {
      codes[k * channels + n] = std::byte(code);
      return;
    }
    // The components start as zero bits.
    codes[k / 2 * channels + n] |=
        std::byte((code & 15) << (k % 2 == 0 ? 0 : 4));
  }

  const MatrixView<const float> &weights;
  bool isPacked;
  float largestCode;
  std::byte *codes;
  std::byte *scales;
  int64_t channels;
  const ErrorFactor &factors;
};
} // namespace

void quantizer::encodeScalarChannels(const MatrixView<const float> &weights,
                                     const codec::ScalarScheme &scheme,
                                     const ErrorFactor &factors, int64_t nBegin,
                                     int64_t nEnd, codec::CodedMatrix &out,
                                     std::span<EncodeStatistics> channels) {
  ScalarGroupEncoder encoder(weights, scheme, factors, out);
  int64_t depth = weights.shape().k;
  int64_t size = scheme.groupSize ? int64_t(*scheme.groupSize) : depth;
  // An empty channel has a scale all the same.
  if (!scheme.groupSize && depth == 0)
    return encoder.encode(0, 0, 0, nBegin, nEnd, channels);
  ErrorRows errors(factors, encoder.hasFeedback() ? nEnd - nBegin : 0);
  for (int64_t group = 0; group * size < depth; ++group) {
    int64_t kBegin = group * size, kEnd = std::min(kBegin + size, depth);
    if (encoder.hasFeedback())
      encoder.encodeWithFeedback(kBegin, kEnd, group, nBegin, nEnd, errors,
                                 channels);
    else
      encoder.encode(kBegin, kEnd, group, nBegin, nEnd, channels);
  }
}
