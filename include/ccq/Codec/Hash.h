//===- Hash.h - geometry and levels of hashed streams -----------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_CODEC_HASH_H
#define CCQ_CODEC_HASH_H

#include "ccq/Codec/HashScheme.h"
#include "ccq/Codec/Stream.h"

#include <span>

namespace ccq::codec {

// Where things lie in a hashed stream (docs/Format.md, "Hashed streams").
// Blocks, strips and chains are those of ccq/Codec/Stream.h. A row of `codes`
// holds the next 32 bits of all 256 chains of a block.

/// Chains of a block, and words of a row: 16 strips of 16 channels.
inline constexpr unsigned hashChains = streamThreads * streamLanes;
/// Bits of a chain in one row.
inline constexpr unsigned hashRowBits = 32;

/// A block of rows [k0, k0 + rows) and its words.
struct HashBlock {
  int64_t k0 = 0;
  /// A power of two of at least 32; the last rows may be padding.
  int64_t rows = 0;
  /// Weights per chain: ceil(N / 16) * rows / 16.
  int64_t weights = 0;
  /// First row of `codes` that belongs to the block.
  int64_t codeRow = 0;
  /// Rows of `codes` before the first bit of the chains: the stored start.
  int64_t startRows = 0;
  /// Rows of `codes` with bits of the chains.
  int64_t bitRows = 0;
};

/// The blocks of a matrix. Extents are not negative.
std::vector<HashBlock> getHashBlocks(const HashScheme &scheme,
                                     MatrixShape shape);

/// Rows of `codes` of a whole matrix.
int64_t countHashRows(const HashScheme &scheme, MatrixShape shape);

/// Where a weight lies inside its block.
struct HashPosition {
  /// Word of each row, 0 to 255.
  unsigned chain = 0;
  /// Number of the weight in its chain.
  int64_t weight = 0;
};

/// Position of the weight at row `row` of a block (k - k0) and channel n.
HashPosition getHashPosition(const HashBlock &block, int64_t row, int64_t n);

/// Bits of a chain up to and with weight number `weights - 1`:
/// floor(weights * sixteenths / 16).
inline int64_t countHashBits(const HashScheme &scheme, int64_t weights) {
  return weights / 16 * scheme.sixteenths +
         weights % 16 * scheme.sixteenths / 16;
}

/// Whether the chains of a block continue each other, in the order of
/// getStreamChain: linked starts, and enough bits for a window to be of one
/// chain.
bool isLinked(const HashScheme &scheme, const HashBlock &block);

/// Index of the level of a window of stateBits bits.
inline unsigned getHashIndex(const HashScheme &scheme, unsigned window) {
  unsigned mask = (1u << scheme.stateBits) - 1;
  return (window * (window + scheme.offset) & mask) >>
         (scheme.stateBits - scheme.indexBits);
}

/// The 2^indexBits levels, -128 to 127, ascending: the means of as many
/// equally likely parts of a normal distribution, rounded to odd halves.
/// indexBits is 6 or 8.
std::span<const int8_t> getHashLevels(unsigned indexBits);

} // namespace ccq::codec

#endif // CCQ_CODEC_HASH_H
