//===- Stream.h - geometry and levels of the stream format ------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_CODEC_STREAM_H
#define CCQ_CODEC_STREAM_H

#include "ccq/Codec/StreamScheme.h"
#include "ccq/Support/MatrixView.h"

#include <cstdint>
#include <vector>

namespace ccq::codec {

// Where things lie in a matrix in a stream scheme (docs/Format.md, "Stream
// schemes"). A block is a run of k, a power of two of rows; a tile is a block
// times 16 channels and takes rows / 32 steps; the tiles of a block follow each
// other along n. A step is a row of 32 words, one per thread of a warp.

/// Words per step.
inline constexpr unsigned streamThreads = 32;
/// Lanes of four bits per word.
inline constexpr unsigned streamLanes = 8;
/// Channels per tile.
inline constexpr unsigned streamTileColumns = 16;
/// Chains that the rows of a block are dealt to; each has rows / 16 of them.
inline constexpr unsigned streamStrips = 16;
/// Rows of k in one step: two per strip.
inline constexpr unsigned streamStepRows = 2 * streamStrips;

/// A block of rows [k0, k0 + rows) and its words.
struct StreamBlock {
  int64_t k0 = 0;
  /// A power of two of at least 32; the last rows may be padding.
  int64_t rows = 0;
  /// Steps of the block: ceil(N / 16) * rows / 32.
  int64_t steps = 0;
  /// First row of `codes` that belongs to the block.
  int64_t codeRow = 0;
  /// Rows of `codes` before the first step: the stored start words.
  int64_t startRows = 0;
  /// First row of `extra` that belongs to the block.
  int64_t extraRow = 0;
  /// Rows of `extra` of the block.
  int64_t extraRows = 0;
};

/// The blocks of a matrix: K rounded up to 32, cut into tileRows as often as
/// they fit, then into falling powers of two. Extents are not negative.
std::vector<StreamBlock> getStreamBlocks(const StreamScheme &scheme,
                                         MatrixShape shape);

/// Rows of `codes` and of `extra` of a whole matrix.
struct StreamRows {
  int64_t codes = 0;
  int64_t extra = 0;
};
StreamRows countStreamRows(const StreamScheme &scheme, MatrixShape shape);

/// Where a weight lies inside its block.
struct StreamPosition {
  int64_t step = 0;
  /// Word of the step, 0 to 31.
  unsigned thread = 0;
  /// Nibble of the word, 0 to 7.
  unsigned lane = 0;
  bool isOdd = false;
};

/// Chains of a block: 16 c + m is strip c of the channels n = m mod 16.
inline constexpr unsigned streamChains = streamStrips * streamTileColumns;

/// Where a chain lies in every step.
struct StreamChainPlace {
  /// Word of the step, 0 to 31.
  unsigned thread = 0;
  /// Nibble of the word, 0 to 7.
  unsigned lane = 0;
};

/// Place of chain number `chain` of a block.
StreamChainPlace getStreamChainPlace(unsigned chain);

/// Number of the chain at a place.
unsigned getStreamChain(const StreamChainPlace &place);

/// Whether the chains of a block continue each other: linked starts, and
/// enough steps for the words before the first one to be of one chain.
bool isLinked(const StreamScheme &scheme, const StreamBlock &block);

/// Position of the weight at row `row` of a block (k - k0) and channel n.
StreamPosition getStreamPosition(const StreamBlock &block, int64_t row,
                                 int64_t n);

/// Where the extra bit of a step lies.
struct ExtraPosition {
  /// Row, counted from the first of the block.
  int64_t row = 0;
  /// Bit inside each nibble, 0 to 3.
  unsigned bit = 0;
};

/// Position of the extra bit of the odd or even weights of a step, if the step
/// carries one. `steps` is the number of steps of the block.
std::optional<ExtraPosition> findExtraPosition(const StreamScheme &scheme,
                                               bool isOdd, int64_t step,
                                               int64_t steps);

/// The level of one weight, -128 to 127: n and y are the four-bit XORs of the
/// tapped nibbles; bits above the fourth are ignored.
int decodeStreamLevel(const StreamScheme::Weight &weight, unsigned n,
                      unsigned y, unsigned extraBit);

/// Blocks of the rotation along K: the largest powers of two up to `largest`
/// that tile it, in falling order. Returned as the size of the block that holds
/// row k, and its first row.
struct RotationBlock {
  int64_t k0 = 0;
  int64_t rows = 0;
};
RotationBlock getRotationBlock(unsigned largest, int64_t depth, int64_t k);

/// Rows whose signs one number of the generator below holds.
inline constexpr int64_t signRows = 64;
/// Distance between the states of the generator that follow each other.
inline constexpr uint64_t signStep = 0x9E3779B97F4A7C15;
/// One step from a state to its number: z = (z ^ z >> shift) * factor.
struct SignMix {
  unsigned shift;
  uint64_t factor;
};
/// The steps, in order.
inline constexpr SignMix signMixes[] = {
    {30, 0xBF58476D1CE4E5B9}, {27, 0x94D049BB133111EB}, {31, 1}};

/// Whether the rotation turns the sign of row k. Bit k % 64 of the number
/// k / 64 of the generator SplitMix64 (Steele, Lea, Flood, OOPSLA 2014) with
/// this seed, whose state is seed + (k / 64 + 1) * signStep; row k + 64 i under
/// a seed has the sign of row k under seed + i * signStep.
bool isRowNegated(uint64_t seed, int64_t k);

/// Walsh-Hadamard transform without normalisation of 2^i values in natural
/// order, in place: out[i] = sum over j of (-1)^popcount(i & j) in[j].
template <typename T> void transformHadamard(T *values, int64_t count) {
  for (int64_t half = 1; half < count; half *= 2)
    for (int64_t i = 0; i < count; ++i) {
      if (i & half)
        continue;
      T sum = values[i] + values[i + half];
      T difference = values[i] - values[i + half];
      values[i] = sum;
      values[i + half] = difference;
    }
}

/// Factor between the transformed sum of 2 * level + 1 and the weight over its
/// channel scale, for a rotation block of `rows`: float32(0.5 / sqrt(rows)).
float getRotationFactor(int64_t rows);

/// Number of the four-bit scale c relative to the scale of the matrix: 0 for
/// c = 0, else the float32 nearest to 2^((c - 15) / 3).
float getChannel4Scale(unsigned code);

} // namespace ccq::codec

#endif // CCQ_CODEC_STREAM_H
