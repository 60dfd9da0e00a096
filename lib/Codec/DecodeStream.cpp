//===- DecodeStream.cpp - the meaning of streams --------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TileDecoders.h"

#include "ccq/Codec/Stream.h"
#include "ccq/Support/Half.h"

#include <algorithm>

using namespace ccq;
using namespace ccq::codec;

namespace {
/// Reads levels and scales of a coded matrix, and turns back the rotation.
class StreamReader {
public:
  explicit StreamReader(const CodedMatrixView &matrix)
      : scheme(std::get<StreamScheme>(matrix.scheme())), matrix(matrix),
        blocks(getStreamBlocks(scheme, matrix.shape())) {}

  /// Level of row k of channel n, before rotation.
  int readLevel(int64_t k, int64_t n) const;

  /// Scale of channel n.
  float readScale(int64_t n) const;

  /// Weights [k, k + out.size()) of channel n, all in one rotation block.
  void readColumn(const RotationBlock &rotation, int64_t k, int64_t n,
                  std::span<float> out);

  RotationBlock findRotation(int64_t k) const {
    int64_t depth = matrix.shape().k;
    return scheme.rotation ? getRotationBlock(*scheme.rotation, depth, k)
                           : RotationBlock{k, 1};
  }

private:
  const StreamBlock &findBlock(int64_t k) const {
    return *std::prev(std::upper_bound(
        blocks.begin(), blocks.end(), k,
        [](int64_t row, const StreamBlock &block) { return row < block.k0; }));
  }

  /// XOR of the nibbles that `taps` selects.
  unsigned combine(const StreamBlock &block, const StreamPosition &position,
                   unsigned taps) const;

  unsigned readExtraBit(const StreamBlock &block,
                        const StreamPosition &position) const;

  const StreamScheme &scheme;
  const CodedMatrixView &matrix;
  std::vector<StreamBlock> blocks;
  std::vector<int32_t> sums;
};
} // namespace

unsigned StreamReader::combine(const StreamBlock &block,
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

unsigned StreamReader::readExtraBit(const StreamBlock &block,
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

int StreamReader::readLevel(int64_t k, int64_t n) const {
  const StreamBlock &block = findBlock(k);
  StreamPosition position = getStreamPosition(block, k - block.k0, n);
  const StreamScheme::Weight &weight =
      position.isOdd ? scheme.odd : scheme.even;
  return decodeStreamLevel(weight, combine(block, position, weight.tapsN),
                           combine(block, position, weight.tapsY),
                           readExtraBit(block, position));
}

float StreamReader::readScale(int64_t n) const {
  std::span<const std::byte> super = matrix.bytes(ComponentRole::SuperScale);
  switch (scheme.scale) {
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

void StreamReader::readColumn(const RotationBlock &rotation, int64_t k,
                              int64_t n, std::span<float> out) {
  sums.resize(size_t(rotation.rows));
  for (int64_t row = 0; row < rotation.rows; ++row)
    sums[row] = 2 * readLevel(rotation.k0 + row, n) + 1;
  // Integers, so the order of the sums does not matter.
  transformHadamard(sums.data(), rotation.rows);
  float scale = readScale(n) * getRotationFactor(rotation.rows);
  for (size_t i = 0; i < out.size(); ++i) {
    int32_t sum = sums[size_t(k - rotation.k0) + i];
    bool isNegated =
        scheme.rotation && isRowNegated(scheme.seed, k + int64_t(i));
    out[i] = float(isNegated ? -sum : sum) * scale;
  }
}

void codec::decodeStreamTile(const CodedMatrixView &matrix,
                             const MatrixTile &tile, MatrixView<float> out) {
  StreamReader reader(matrix);
  std::vector<float> column;
  int64_t end = tile.k0 + tile.extent.k;
  for (int64_t k = tile.k0; k < end;) {
    RotationBlock rotation = reader.findRotation(k);
    int64_t rows = std::min(rotation.k0 + rotation.rows, end) - k;
    column.resize(size_t(rows));
    for (int64_t n = 0; n < tile.extent.n; ++n) {
      reader.readColumn(rotation, k, tile.n0 + n, column);
      for (int64_t row = 0; row < rows; ++row)
        out(k - tile.k0 + row, n) = column[row];
    }
    k += rows;
  }
}
