//===- StreamScheme.h - description of the stream format --------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_CODEC_STREAMSCHEME_H
#define CCQ_CODEC_STREAMSCHEME_H

#include "ccq/Support/Result.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace ccq::codec {

/// What the scale of an output channel is stored as.
enum class StreamScale {
  /// One bfloat16 per channel.
  Channel,
  /// Four bits per channel, in steps of a third of a power of two, below one
  /// float32 per matrix.
  Channel4,
  /// One float32 per matrix.
  Tensor,
};

/// What the words before the first step of a block of chains are.
enum class StreamStart {
  /// Zero, and not stored.
  Zero,
  /// Stored before the block. Cutting a matrix at a tile boundary makes such
  /// parts without a change to any word.
  Stored,
  /// The last words or bits of the chain before, not stored: the chains of a
  /// block are pieces of one.
  Linked,
};

/// What the stream formats share: blocks of chains, rotation, scales.
struct StreamFrame {
  /// Rows of k per tile, a power of two from 32 to 4096.
  unsigned tileRows = 0;
  /// Largest block of the Hadamard transform along k, a power of two; no
  /// value: the weights are not rotated.
  std::optional<unsigned> rotation;
  /// Seed of the signs of the rotation.
  uint64_t seed = 0;
  StreamScale scale = StreamScale::Channel;
  StreamStart start = StreamStart::Zero;

  bool operator==(const StreamFrame &) const = default;
};

/// A trellis code whose chains run along words (docs/Format.md, "Stream
/// schemes"). A 32-bit word has eight lanes of four bits, each lane is a chain,
/// and a word is one step of eight chains: two weights per lane, even and odd.
///
/// Per lane, with W_0 the current word and W_i the i-th word before it:
///   n = XOR of the W_i in taps.n      y = XOR of the W_i in taps.y
///   b = the extra bit of this step; n ^= b * extra.n, y ^= b * extra.y
///   level = lookup(first table, n) ^ lookup(second table, (y & 7) | (~n & 8))
/// where lookup(T, s) is T[s] for s < 8 and the sign of T[s - 8] spread over
/// the byte otherwise. A weight is (level + 0.5) * scale[n] before rotation.
struct StreamScheme : StreamFrame {
  /// How the even or the odd weight of a step is computed.
  struct Weight {
    /// Bit i selects W_i.
    unsigned tapsN = 0;
    unsigned tapsY = 0;
    /// Bits of n and y that an extra bit flips.
    unsigned extraN = 0;
    unsigned extraY = 0;
    /// The first table, then the second, of eight int8 each.
    std::array<uint8_t, 16> tables = {};

    bool operator==(const Weight &) const = default;
  };

  /// Words before the current one that an index depends on; 1 to 4.
  unsigned memory = 0;
  /// Bits per weight in sixteenths: 32 for two bits to 48 for three.
  unsigned sixteenths = 0;
  Weight even;
  Weight odd;

  /// Extra bits of the odd weights in every eight steps of a lane; 0 to 8.
  unsigned oddExtraBits() const {
    return sixteenths < 40 ? sixteenths - 32 : 8;
  }
  /// Extra bits of the even weights in every eight steps of a lane; 0 to 8.
  unsigned evenExtraBits() const {
    return sixteenths < 40 ? 0 : sixteenths - 40;
  }

  bool operator==(const StreamScheme &) const = default;
};

/// The parts of a stream scheme that a user chooses by name.
struct StreamChoice {
  unsigned sixteenths = 32;
  unsigned memory = 3;
  unsigned tileRows = 256;
  std::optional<unsigned> rotation = 256;
  uint64_t seed = 0;
  StreamScale scale = StreamScale::Channel;
  StreamStart start = StreamStart::Linked;

  bool operator==(const StreamChoice &) const = default;
};

/// The scheme with the published taps and tables for a rate and memory
/// (docs/Format.md, "Tables"); rates between the quarters of a bit take the
/// tables of a neighbour. sixteenths is 32 to 48, memory 2 to 4.
StreamScheme createStreamScheme(const StreamChoice &choice);

/// Whether the scheme can be decoded; see checkScheme. Labels
/// `stream_layout_c1` to `stream_layout_c6`.
Result<void> checkStreamScheme(const StreamScheme &scheme);

} // namespace ccq::codec

#endif // CCQ_CODEC_STREAMSCHEME_H
