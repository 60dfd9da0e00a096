//===- Decode.cpp - the meaning of the bits -------------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Codec/Decode.h"

#include "TileDecoders.h"
#include "ccq/Support/Half.h"

#include <bit>
#include <string>

using namespace ccq;
using namespace ccq::codec;

static_assert(std::endian::native == std::endian::little,
              "component tensors are little endian");

WindowPosition codec::getWindowPosition(const WordScheme &scheme,
                                        unsigned weightInGroup) {
  if (weightInGroup + 1 == scheme.groupSize())
    return {scheme.wordsPerGroup - 1, scheme.tailShift};
  unsigned perWord = scheme.weightsPerWord();
  return {weightInGroup / perWord, scheme.shifts[weightInGroup % perWord]};
}

namespace {
/// Reads single weights of a word scheme.
class WordReader {
public:
  WordReader(const CodedMatrixView &matrix)
      : scheme(std::get<WordScheme>(matrix.scheme())),
        codes(matrix.bytes(ComponentRole::Codes)),
        superScale(matrix.bytes(ComponentRole::SuperScale)),
        channels(matrix.shape().n) {}

  float operator()(int64_t k, int64_t n) const {
    int64_t firstWord = k / scheme.groupSize() * scheme.wordsPerGroup;
    WindowPosition position =
        getWindowPosition(scheme, unsigned(k % scheme.groupSize()));
    uint32_t word = loadWord(firstWord + position.word, n);
    uint32_t tail = loadWord(firstWord + scheme.wordsPerGroup - 1, n);
    int window =
        int(extractWindow(scheme, word, position.shift)) - scheme.bias();
    return decodeWeight(window, decodeLocalScale(scheme, tail),
                        loadElement<float>(superScale, n));
  }

private:
  uint32_t loadWord(int64_t row, int64_t n) const {
    int64_t index = row * channels + n;
    return scheme.wordBits == 8 ? loadElement<uint8_t>(codes, index)
                                : loadElement<uint16_t>(codes, index);
  }

  const WordScheme &scheme;
  std::span<const std::byte> codes;
  std::span<const std::byte> superScale;
  int64_t channels;
};

/// Reads single weights of a scalar scheme.
class ScalarReader {
public:
  ScalarReader(const CodedMatrixView &matrix)
      : isPacked(std::get<ScalarScheme>(matrix.scheme()).bits == 4),
        groupSize(std::get<ScalarScheme>(matrix.scheme()).groupSize),
        codes(matrix.bytes(ComponentRole::Codes)),
        scales(matrix.bytes(groupSize ? ComponentRole::LocalScales
                                      : ComponentRole::SuperScale)),
        channels(matrix.shape().n) {}

  float operator()(int64_t k, int64_t n) const {
    int64_t scaleRow = groupSize ? k / *groupSize : 0;
    uint16_t scale = loadElement<uint16_t>(scales, scaleRow * channels + n);
    return float(readCode(k, n)) * halfToFloat(scale);
  }

private:
  int readCode(int64_t k, int64_t n) const {
    if (!isPacked)
      return loadElement<int8_t>(codes, k * channels + n);
    auto pair = loadElement<uint8_t>(codes, k / 2 * channels + n);
    return decodeNibble(k % 2 == 0 ? pair & 15u : pair >> 4u);
  }

  bool isPacked;
  std::optional<unsigned> groupSize;
  std::span<const std::byte> codes;
  std::span<const std::byte> scales;
  int64_t channels;
};
} // namespace

template <typename Reader>
static void readTile(const Reader &read, const MatrixTile &tile,
                     MatrixView<float> out) {
  for (int64_t k = 0; k < tile.extent.k; ++k)
    for (int64_t n = 0; n < tile.extent.n; ++n)
      out(k, n) = read(tile.k0 + k, tile.n0 + n);
}

/// Whether [begin, begin + extent) lies inside [0, size).
static bool isInside(int64_t begin, int64_t extent, int64_t size) {
  return begin >= 0 && extent >= 0 && begin <= size && extent <= size - begin;
}

static std::string printTile(const MatrixTile &tile) {
  return "k0 = " + std::to_string(tile.k0) +
         ", n0 = " + std::to_string(tile.n0) + ", extents [" +
         std::to_string(tile.extent.k) + ", " + std::to_string(tile.extent.n) +
         "]";
}

Result<void> codec::decodeTile(const CodedMatrixView &matrix,
                               const MatrixTile &tile, MatrixView<float> out) {
  MatrixShape shape = matrix.shape();
  if (!isInside(tile.k0, tile.extent.k, shape.k) ||
      !isInside(tile.n0, tile.extent.n, shape.n))
    return Error{ErrorKind::Internal,
                 "expected a tile inside [" + std::to_string(shape.k) + ", " +
                     std::to_string(shape.n) + "], got " + printTile(tile)};
  if (out.shape() != tile.extent)
    return Error{ErrorKind::Internal,
                 "expected an output with the extents of the tile, got [" +
                     std::to_string(out.shape().k) + ", " +
                     std::to_string(out.shape().n) + "] for " +
                     printTile(tile)};
  if (std::holds_alternative<WordScheme>(matrix.scheme()))
    readTile(WordReader(matrix), tile, out);
  else if (std::holds_alternative<ScalarScheme>(matrix.scheme()))
    readTile(ScalarReader(matrix), tile, out);
  else if (std::holds_alternative<ClusterScheme>(matrix.scheme()))
    decodeClusterTile(matrix, tile, out);
  else if (std::holds_alternative<StreamScheme>(matrix.scheme()))
    decodeStreamTile(matrix, tile, out);
  else
    decodeHashTile(matrix, tile, out);
  return {};
}

std::vector<float> codec::decodeMatrix(const CodedMatrixView &matrix) {
  MatrixShape shape = matrix.shape();
  std::vector<float> values(size_t(shape.k * shape.n));
  // The tile is the matrix, which cannot fail.
  (void)decodeTile(matrix, {0, 0, shape},
                   MatrixView<float>(values.data(), shape));
  return values;
}
