//===- HashScheme.h - description of hashed streams -------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_CODEC_HASHSCHEME_H
#define CCQ_CODEC_HASHSCHEME_H

#include "ccq/Codec/StreamScheme.h"
#include "ccq/Support/Result.h"

#include <cstdint>

namespace ccq::codec {

/// A trellis code whose chains run along bits (docs/Format.md, "Hashed
/// streams"). The chains are those of StreamScheme; each is a sequence of bits
/// of its own. A weight takes one to four new bits and depends on the newest
/// stateBits of them, a window v:
///   level = table[top indexBits bits of v * (v + offset) mod 2^stateBits]
/// A weight is (level + 0.5) * scale[n] before rotation.
struct HashScheme : StreamFrame {
  /// Bits that determine a weight; 8 to 16.
  unsigned stateBits = 0;
  /// Bits of the index into the levels; 6 or 8, at most stateBits.
  unsigned indexBits = 0;
  /// Odd, below 2^stateBits.
  unsigned offset = 0;
  /// Bits per weight in sixteenths: 16 for one bit to 64 for four.
  unsigned sixteenths = 0;

  bool operator==(const HashScheme &) const = default;
};

/// The parts of a hashed stream that a user chooses by name.
struct HashChoice {
  unsigned sixteenths = 32;
  unsigned stateBits = 16;
  unsigned indexBits = 8;
  StreamFrame frame = {.tileRows = 256, .rotation = 256};

  bool operator==(const HashChoice &) const = default;
};

/// The scheme with the published offset. stateBits is 12, 14 or 16.
HashScheme createHashScheme(const HashChoice &choice);

/// Whether the scheme can be decoded; see checkScheme. Labels `hash_layout_c1`
/// to `hash_layout_c4`, and those of the frame.
Result<void> checkHashScheme(const HashScheme &scheme);

} // namespace ccq::codec

#endif // CCQ_CODEC_HASHSCHEME_H
