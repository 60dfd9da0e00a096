//===- StreamFrameReader.h - weights from levels of streams -----*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_CODEC_STREAMFRAMEREADER_H
#define CCQ_LIB_CODEC_STREAMFRAMEREADER_H

#include "TileDecoders.h"

#include "ccq/Codec/Stream.h"
#include "ccq/Support/Half.h"

#include <algorithm>
#include <vector>

namespace ccq::codec {

/// The block that holds row k of a matrix.
template <typename Block>
const Block &findBlockOfRow(const std::vector<Block> &blocks, int64_t k) {
  return *std::prev(std::upper_bound(
      blocks.begin(), blocks.end(), k,
      [](int64_t row, const Block &block) { return row < block.k0; }));
}

/// Scale of channel n of a matrix in a stream scheme.
inline float readStreamScale(const StreamFrame &frame,
                             const CodedMatrixView &matrix, int64_t n) {
  std::span<const std::byte> super = matrix.bytes(ComponentRole::SuperScale);
  switch (frame.scale) {
  case StreamScale::Channel:
    return bfloat16ToFloat(loadElement<uint16_t>(super, n));
  case StreamScale::Tensor:
    return loadElement<float>(super, 0);
  case StreamScale::Channel4:
    break;
  }
  auto pair =
      loadElement<uint8_t>(matrix.bytes(ComponentRole::LocalScales), n / 2);
  return getChannel4Scale(n % 2 == 0 ? pair & 15 : pair >> 4) *
         loadElement<float>(super, 0);
}

/// Turns the rotation back and applies scales. `levels.readLevel(k, n)` is the
/// level of a weight before rotation, `levels.frame()` the frame of the scheme.
template <typename Levels>
void decodeFrameTile(const Levels &levels, const CodedMatrixView &matrix,
                     const MatrixTile &tile, MatrixView<float> out) {
  const StreamFrame &frame = levels.frame();
  std::vector<int32_t> sums;
  int64_t end = tile.k0 + tile.extent.k;
  for (int64_t k = tile.k0; k < end;) {
    RotationBlock rotation =
        frame.rotation ? getRotationBlock(*frame.rotation, matrix.shape().k, k)
                       : RotationBlock{k, 1};
    int64_t rows = std::min(rotation.k0 + rotation.rows, end) - k;
    sums.resize(size_t(rotation.rows));
    for (int64_t n = 0; n < tile.extent.n; ++n) {
      for (int64_t row = 0; row < rotation.rows; ++row)
        sums[size_t(row)] =
            2 * levels.readLevel(rotation.k0 + row, tile.n0 + n) + 1;
      // Integers, so the order of the sums does not matter.
      transformHadamard(sums.data(), rotation.rows);
      float scale = readStreamScale(frame, matrix, tile.n0 + n) *
                    getRotationFactor(rotation.rows);
      for (int64_t row = k; row < k + rows; ++row) {
        int32_t sum = sums[size_t(row - rotation.k0)];
        bool isNegated = frame.rotation && isRowNegated(frame.seed, row);
        out(row - tile.k0, n) = float(isNegated ? -sum : sum) * scale;
      }
    }
    k += rows;
  }
}

} // namespace ccq::codec

#endif // CCQ_LIB_CODEC_STREAMFRAMEREADER_H
