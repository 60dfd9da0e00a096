//===- Scheme.h - descriptions of the weight formats ------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_CODEC_SCHEME_H
#define CCQ_CODEC_SCHEME_H

#include "ccq/Codec/HashScheme.h"
#include "ccq/Codec/StreamScheme.h"
#include "ccq/Support/Result.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ccq::codec {

/// A convolutional code in separate words (docs/Format.md, "Word schemes").
///
/// A group of consecutive k of one output channel is stored in wordsPerGroup
/// words of wordBits. Every word but the last holds one window of windowBits
/// per entry of `shifts`: window = (word >> shift) & (2^windowBits - 1).
/// Windows may overlap; the shared bits are the code. The last word holds the
/// window of the group's last weight at tailShift and the group's local scale,
/// an unsigned integer, in its low scaleBits. A weight is
/// (window - bias()) * (localScale * superScale[n]).
struct WordScheme {
  /// Width of a stored word: 8 or 16.
  unsigned wordBits = 0;
  /// Words per group, the tail word included; at least 2.
  unsigned wordsPerGroup = 0;
  /// Width of a window; 1 to 8.
  unsigned windowBits = 0;
  /// Right shifts of the windows of one word, strictly descending.
  std::vector<unsigned> shifts;
  /// Right shift of the one window in the tail word.
  unsigned tailShift = 0;
  /// Width of the local scale in the tail word.
  unsigned scaleBits = 0;

  unsigned weightsPerWord() const { return unsigned(shifts.size()); }
  unsigned groupSize() const {
    return (wordsPerGroup - 1) * weightsPerWord() + 1;
  }
  unsigned windowMask() const { return (1u << windowBits) - 1; }
  unsigned scaleMask() const { return (1u << scaleBits) - 1; }
  /// What a window is measured from: windows stand for -bias .. bias - 1.
  int bias() const { return 1 << (windowBits - 1); }

  bool operator==(const WordScheme &) const = default;
};

/// Symmetric integers with a float16 scale (docs/Format.md, "Scalar schemes").
/// A weight is code * scale, the code in -(2^(bits-1) - 1) .. 2^(bits-1) - 1.
struct ScalarScheme {
  /// Width of a code; 4 or 8.
  unsigned bits = 0;
  /// Consecutive k that share a scale; no value: one scale per channel n.
  std::optional<unsigned> groupSize;

  int largestCode() const { return (1 << (bits - 1)) - 1; }

  bool operator==(const ScalarScheme &) const = default;
};

/// Which nibble of a byte belongs to the even one of two groups.
enum class NibbleOrder { HighFirst, LowFirst };

/// Clusters of four weights per byte (docs/Format.md, "Cluster scheme"). An
/// affine function per channel expands a byte to a code of many bits, which is
/// read in overlapping windows of windowBits:
///   code = floor(float(byte) * codeScale[n] + codeZp[n] + 0.5)
/// Local scales of four bits lie in a component of their own.
struct ClusterScheme {
  /// Width of a window; 1 to 8.
  unsigned windowBits = 0;
  /// Right shifts of the windows of one byte, strictly descending; four.
  std::vector<unsigned> shifts;
  /// Consecutive k that share a local scale; a multiple of four.
  unsigned groupSize = 0;
  /// Where the local scale of an even group lies.
  NibbleOrder scaleOrder = NibbleOrder::HighFirst;

  unsigned weightsPerByte() const { return unsigned(shifts.size()); }
  unsigned windowMask() const { return (1u << windowBits) - 1; }
  int bias() const { return 1 << (windowBits - 1); }

  bool operator==(const ClusterScheme &) const = default;
};

/// How a matrix is coded. Always checked: the parsers below and the table of
/// named schemes hand out only schemes that checkScheme accepts.
using Scheme = std::variant<WordScheme, ScalarScheme, ClusterScheme,
                            StreamScheme, HashScheme>;

/// A scheme, or no value for `keep`: the weight stays as the model has it.
using SchemeChoice = std::optional<Scheme>;

/// Whether the scheme can be decoded. The message of the MalformedInput error
/// starts with the label of the broken constraint in docs/Format.md,
/// `word_layout_c1` to `word_layout_c7`, `scalar_layout_c1` to
/// `scalar_layout_c2`, `cluster_layout_c1` to `cluster_layout_c4`,
/// `stream_layout_c1` to `stream_layout_c6` or `hash_layout_c1` to
/// `hash_layout_c5`.
Result<void> checkScheme(const Scheme &scheme);

/// Consecutive k that share a local scale; no value: all of K.
std::optional<unsigned> getGroupSize(const Scheme &scheme);

/// Stored bits per weight when the group size divides K, without what is
/// stored once per output channel.
double getBitsPerWeight(const Scheme &scheme);

/// Bits stored once per output channel.
unsigned getBitsPerChannel(const Scheme &scheme);

/// The attribute text, the same in MLIR and in safetensors metadata, for
/// example `#ccq.scalar<bits = 8, group = 64>`.
std::string printScheme(const Scheme &scheme);

/// Reads what printScheme writes; blanks between tokens do not matter. Fails
/// with MalformedInput on anything else and on schemes that checkScheme
/// refuses.
Result<Scheme> parseScheme(std::string_view text);

/// One line of the table of schemes that have a short name.
struct NamedScheme {
  std::string_view name;
  /// No value for `keep`.
  SchemeChoice scheme;
  /// One sentence without a full stop.
  std::string_view summary;
};

/// The schemes that a user can name, in the order of `ccq schemes`; of the
/// stream schemes those at quarters of a bit, without options.
std::span<const NamedScheme> getNamedSchemes();

/// The scheme of a short name such as `w2.5`, `i8:channel` or
/// `t2.5:L=12,rotate=none`. Stream names: every sixteenth of a bit from 2 to 3,
/// 1 to 4 with `code=hash`, and options after a colon, separated by commas:
/// `code=lanes|hash`, `L=12|16|20` (bits that determine a weight; `L=12|14|16`
/// and `levels=64|256` with `code=hash`), `rotate=none|POWER OF TWO`,
/// `tile=ROWS`, `seed=NUMBER`, `scale=channel|channel4|tensor`. Fails with
/// Usage on anything else; the message lists what is known.
Result<SchemeChoice> parseSchemeName(std::string_view name);

/// The short name of a scheme, if it has one; stream options only where they
/// differ from what is assumed without them.
std::optional<std::string> findSchemeName(const Scheme &scheme);

} // namespace ccq::codec

#endif // CCQ_CODEC_SCHEME_H
