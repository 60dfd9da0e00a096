//===- DecodeHash.cpp - the meaning of hashed streams ---------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StreamFrameReader.h"
#include "TileDecoders.h"

#include "ccq/Codec/Hash.h"

using namespace ccq;
using namespace ccq::codec;

namespace {
/// Reads levels of a hashed stream.
class HashLevels {
public:
  explicit HashLevels(const CodedMatrixView &matrix)
      : scheme(std::get<HashScheme>(matrix.scheme())),
        codes(matrix.bytes(ComponentRole::Codes)),
        table(getHashLevels(scheme.indexBits)),
        blocks(getHashBlocks(scheme, matrix.shape())) {}

  const StreamFrame &frame() const { return scheme; }

  /// Level of row k of channel n, before rotation.
  int readLevel(int64_t k, int64_t n) const {
    const HashBlock &block = findBlockOfRow(blocks, k);
    HashPosition position = getHashPosition(block, k - block.k0, n);
    int64_t end = countHashBits(scheme, position.weight + 1);
    unsigned window = 0;
    for (int64_t bit = end - scheme.stateBits; bit < end; ++bit)
      window = window << 1 | readBit(block, position.chain, bit);
    return table[getHashIndex(scheme, window)];
  }

private:
  /// Bit number `bit` of a chain; those before the first are of the stored
  /// start, the last ones of the chain that this one continues, or zero.
  unsigned readBit(const HashBlock &block, unsigned chain, int64_t bit) const {
    int64_t place = bit + block.startRows * hashRowBits;
    if (place < 0) {
      unsigned number =
          getStreamChain({chain / streamLanes, chain % streamLanes});
      if (number == 0 || !isLinked(scheme, block))
        return 0;
      StreamChainPlace before = getStreamChainPlace(number - 1);
      chain = before.thread * streamLanes + before.lane;
      place = countHashBits(scheme, block.weights) + bit;
    }
    int64_t row = block.codeRow + place / hashRowBits;
    uint32_t word = loadElement<uint32_t>(codes, row * hashChains + chain);
    return word >> (hashRowBits - 1 - place % hashRowBits) & 1;
  }

  const HashScheme &scheme;
  std::span<const std::byte> codes;
  std::span<const int8_t> table;
  std::vector<HashBlock> blocks;
};
} // namespace

void codec::decodeHashTile(const CodedMatrixView &matrix,
                           const MatrixTile &tile, MatrixView<float> out) {
  decodeFrameTile(HashLevels(matrix), matrix, tile, out);
}
