//===- DecodeCluster.cpp - the meaning of clusters of four weights --------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TileDecoders.h"

#include "ccq/Codec/Decode.h"

#include <cmath>

using namespace ccq;
using namespace ccq::codec;

int32_t codec::expandCluster(unsigned byte, float codeScale, float codeZp) {
  // Three roundings to float32; contraction is off in this library.
  float product = float(byte) * codeScale;
  float code = std::floor(product + codeZp + 0.5f);
  // 2^31 and everything outside of int32 saturate; NaN is 0.
  if (std::isnan(code))
    return 0;
  if (code >= 0x1p31f)
    return INT32_MAX;
  return code < -0x1p31f ? INT32_MIN : int32_t(code);
}

namespace {
/// Reads single weights.
class ClusterReader {
public:
  explicit ClusterReader(const CodedMatrixView &matrix)
      : scheme(std::get<ClusterScheme>(matrix.scheme())), matrix(matrix),
        channels(matrix.shape().n) {}

  float operator()(int64_t k, int64_t n) const {
    auto load = [&](ComponentRole role) {
      return loadElement<float>(matrix.bytes(role), n);
    };
    int64_t perByte = scheme.weightsPerByte();
    // A group is a whole number of bytes, the last one as well.
    auto byte = loadElement<uint8_t>(matrix.bytes(ComponentRole::Codes),
                                     k / perByte * channels + n);
    int32_t code = expandCluster(byte, load(ComponentRole::CodeScale),
                                 load(ComponentRole::CodeZp));
    int window = decodeClusterWindow(scheme, code, unsigned(k % perByte));
    return decodeWeight(window, loadScale(k / scheme.groupSize, n),
                        load(ComponentRole::SuperScale));
  }

private:
  unsigned loadScale(int64_t group, int64_t n) const {
    auto pair = loadElement<uint8_t>(matrix.bytes(ComponentRole::LocalScales),
                                     group / 2 * channels + n);
    bool isEven = group % 2 == 0;
    bool isHigh = isEven == (scheme.scaleOrder == NibbleOrder::HighFirst);
    return isHigh ? pair >> 4 : pair & 15;
  }

  const ClusterScheme &scheme;
  const CodedMatrixView &matrix;
  int64_t channels;
};
} // namespace

void codec::decodeClusterTile(const CodedMatrixView &matrix,
                              const MatrixTile &tile, MatrixView<float> out) {
  ClusterReader read(matrix);
  for (int64_t k = 0; k < tile.extent.k; ++k)
    for (int64_t n = 0; n < tile.extent.n; ++n)
      out(k, n) = read(tile.k0 + k, tile.n0 + n);
}
