//===- DecodeStream.cpp - the meaning of streams --------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StreamFrameReader.h"
#include "TileDecoders.h"

#include "ccq/Codec/Stream.h"

using namespace ccq;
using namespace ccq::codec;

namespace {
/// Reads levels of a stream.
class StreamLevels {
public:
  explicit StreamLevels(const CodedMatrixView &matrix)
      : scheme(std::get<StreamScheme>(matrix.scheme())), matrix(matrix),
        blocks(getStreamBlocks(scheme, matrix.shape())) {}

  const StreamFrame &frame() const { return scheme; }

  /// Level of row k of channel n, before rotation.
  int readLevel(int64_t k, int64_t n) const;

private:
  /// XOR of the nibbles that `taps` selects.
  unsigned combine(const StreamBlock &block, const StreamPosition &position,
                   unsigned taps) const;

  unsigned readExtraBit(const StreamBlock &block,
                        const StreamPosition &position) const;

  const StreamScheme &scheme;
  const CodedMatrixView &matrix;
  std::vector<StreamBlock> blocks;
};
} // namespace

unsigned StreamLevels::combine(const StreamBlock &block,
                               const StreamPosition &position,
                               unsigned taps) const {
  std::span<const std::byte> codes = matrix.bytes(ComponentRole::Codes);
  unsigned nibble = 0;
  for (int64_t back = 0; back <= scheme.memory; ++back) {
    // Words before the first stored one are zero.
    int64_t row = block.startRows + position.step - back;
    if (row < 0 || !(taps >> back & 1))
      continue;
    uint32_t word = loadElement<uint32_t>(
        codes, (block.codeRow + row) * streamThreads + position.thread);
    nibble ^= word >> (4 * position.lane) & 15;
  }
  return nibble;
}

unsigned StreamLevels::readExtraBit(const StreamBlock &block,
                                    const StreamPosition &position) const {
  std::optional<ExtraPosition> extra =
      findExtraPosition(scheme, position.isOdd, position.step, block.steps);
  if (!extra)
    return 0;
  uint32_t word = loadElement<uint32_t>(
      matrix.bytes(ComponentRole::Extra),
      (block.extraRow + extra->row) * streamThreads + position.thread);
  return word >> (4 * position.lane + extra->bit) & 1;
}

int StreamLevels::readLevel(int64_t k, int64_t n) const {
  const StreamBlock &block = findBlockOfRow(blocks, k);
  StreamPosition position = getStreamPosition(block, k - block.k0, n);
  const StreamScheme::Weight &weight =
      position.isOdd ? scheme.odd : scheme.even;
  return decodeStreamLevel(weight, combine(block, position, weight.tapsN),
                           combine(block, position, weight.tapsY),
                           readExtraBit(block, position));
}

void codec::decodeStreamTile(const CodedMatrixView &matrix,
                             const MatrixTile &tile, MatrixView<float> out) {
  decodeFrameTile(StreamLevels(matrix), matrix, tile, out);
}
