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

  /// The nibble of a chain at a step, which may be before the first.
  unsigned readNibble(const StreamBlock &block, StreamChainPlace place,
                      int64_t step) const;

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
  unsigned nibble = 0;
  for (int64_t back = 0; back <= scheme.memory; ++back)
    if (taps >> back & 1)
      nibble ^= readNibble(block, {position.thread, position.lane},
                           position.step - back);
  return nibble;
}

unsigned StreamLevels::readNibble(const StreamBlock &block,
                                  StreamChainPlace place, int64_t step) const {
  int64_t row = block.startRows + step;
  if (row < 0) {
    unsigned chain = getStreamChain(place);
    if (chain == 0 || !isLinked(scheme, block))
      return 0;
    place = getStreamChainPlace(chain - 1);
    row = block.steps + step;
  }
  auto word = loadElement<uint32_t>(matrix.bytes(ComponentRole::Codes),
                                    (block.codeRow + row) * streamThreads +
                                        place.thread);
  return word >> (4 * place.lane) & 15;
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
