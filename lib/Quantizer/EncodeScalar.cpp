//===- EncodeScalar.cpp - symmetric integers with float16 scales ----------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ChannelEncoders.h"

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
                     const codec::ScalarScheme &scheme, codec::CodedMatrix &out)
      : weights(weights), isPacked(scheme.bits == 4),
        largestCode(float(scheme.largestCode())),
        codes(out.components[0].bytes.data()),
        scales(out.components[1].bytes.data()), channels(out.shape.n) {}

  void encode(int64_t kBegin, int64_t kEnd, int64_t group, int64_t nBegin,
              int64_t nEnd, std::span<EncodeStatistics> statistics) {
    std::vector<float> scale(size_t(nEnd - nBegin));
    for (int64_t k = kBegin; k < kEnd; ++k)
      for (int64_t n = nBegin; n < nEnd; ++n)
        scale[n - nBegin] =
            std::max(scale[n - nBegin], std::fabs(weights(k, n)));
    for (int64_t n = nBegin; n < nEnd; ++n) {
      uint16_t bits = roundUpToHalf(scale[n - nBegin] / largestCode);
      std::memcpy(scales + (group * channels + n) * sizeof(bits), &bits,
                  sizeof(bits));
      scale[n - nBegin] = halfToFloat(bits);
    }
    for (int64_t k = kBegin; k < kEnd; ++k)
      for (int64_t n = nBegin; n < nEnd; ++n)
        encodeWeight(k, n, scale[n - nBegin], statistics[n]);
  }

private:
  void encodeWeight(int64_t k, int64_t n, float scale,
                    EncodeStatistics &statistics) {
    float weight = weights(k, n);
    float ratio = scale > 0 ? weight / scale : 0.0f;
    // Ties to even; the division may have rounded past the largest code.
    float code = std::clamp(std::nearbyint(ratio), -largestCode, largestCode);
    storeCode(k, n, int(code));
    double error = double(weight) - double(code * scale);
    statistics.squaredError += error * error;
    statistics.squaredNorm += double(weight) * weight;
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
};
} // namespace

void quantizer::encodeScalarChannels(const MatrixView<const float> &weights,
                                     const codec::ScalarScheme &scheme,
                                     int64_t nBegin, int64_t nEnd,
                                     codec::CodedMatrix &out,
                                     std::span<EncodeStatistics> channels) {
  ScalarGroupEncoder encoder(weights, scheme, out);
  int64_t depth = weights.shape().k;
  if (!scheme.groupSize)
    return encoder.encode(0, depth, 0, nBegin, nEnd, channels);
  int64_t size = *scheme.groupSize;
  for (int64_t group = 0; group * size < depth; ++group)
    encoder.encode(group * size, std::min((group + 1) * size, depth), group,
                   nBegin, nEnd, channels);
}
