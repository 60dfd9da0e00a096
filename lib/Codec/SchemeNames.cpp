//===- SchemeNames.cpp - short names of the weight formats ----------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Codec/Scheme.h"

#include <algorithm>
#include <bit>
#include <charconv>

using namespace ccq;
using namespace ccq::codec;

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

// Source: docs/Format.md, "Word schemes"; the layouts are those released with
// arXiv 2507.07145.
static WordScheme createW2_5() {
  return {.wordBits = 16,
          .wordsPerGroup = 10,
          .windowBits = 3,
          .shifts = {13, 11, 9, 6, 4, 2, 0},
          .tailShift = 13,
          .scaleBits = 13};
}

static WordScheme createW2_75() {
  return {.wordBits = 8,
          .wordsPerGroup = 22,
          .windowBits = 4,
          .shifts = {4, 2, 0},
          .tailShift = 4,
          .scaleBits = 4};
}

// Source: docs/Format.md, "Cluster scheme".
static ClusterScheme createW2() {
  return {.windowBits = 6,
          .shifts = {9, 6, 3, 0},
          .groupSize = 64,
          .scaleOrder = NibbleOrder::HighFirst};
}

static StreamScheme createStream(unsigned sixteenths) {
  return createStreamScheme({.sixteenths = sixteenths});
}

std::span<const NamedScheme> codec::getNamedSchemes() {
  static const NamedScheme table[] = {
      {"w2", createW2(),
       "four weights per byte through an affine map, 4-bit scale per 64 "
       "weights"},
      {"w2.5", createW2_5(),
       "convolutional code in 16-bit words, 13-bit scale per 64 weights"},
      {"w2.75", createW2_75(),
       "convolutional code in bytes, 4-bit scale per 64 weights"},
      {"t2", createStream(32), "trellis code along words, rotated by 256"},
      {"t2.25", createStream(36), "trellis code along words, rotated by 256"},
      {"t2.5", createStream(40), "trellis code along words, rotated by 256"},
      {"t2.75", createStream(44), "trellis code along words, rotated by 256"},
      {"t3", createStream(48), "trellis code along words, rotated by 256"},
      {"i4", ScalarScheme{.bits = 4, .groupSize = 64},
       "symmetric 4-bit integers, float16 scale per 64 weights"},
      {"i4:channel", ScalarScheme{.bits = 4, .groupSize = std::nullopt},
       "symmetric 4-bit integers, float16 scale per output channel"},
      {"i8", ScalarScheme{.bits = 8, .groupSize = 64},
       "symmetric 8-bit integers, float16 scale per 64 weights"},
      {"i8:channel", ScalarScheme{.bits = 8, .groupSize = std::nullopt},
       "symmetric 8-bit integers, float16 scale per output channel"},
      {"keep", std::nullopt, "the weight stays as the model has it"},
  };
  return table;
}

//===----------------------------------------------------------------------===//
// Stream names
//===----------------------------------------------------------------------===//

/// A decimal number and nothing else.
template <typename T>
static std::optional<T> parseNumber(std::string_view text) {
  T value = 0;
  const char *end = text.data() + text.size();
  auto [rest, code] = std::from_chars(text.data(), end, value);
  if (code != std::errc() || rest != end)
    return std::nullopt;
  return value;
}

/// `2.5` as 40; no value unless it is a multiple of a sixteenth from 1 to 4.
static std::optional<unsigned> parseRate(std::string_view text) {
  for (unsigned sixteenths = 16; sixteenths <= 64; ++sixteenths) {
    char digits[16];
    auto end = std::to_chars(digits, digits + 16, sixteenths / 16.0).ptr;
    if (text == std::string_view(digits, size_t(end - digits)))
      return sixteenths;
  }
  return std::nullopt;
}

static std::optional<unsigned> parsePower(std::string_view text,
                                          unsigned least) {
  std::optional<unsigned> value = parseNumber<unsigned>(text);
  bool isValid =
      value && std::has_single_bit(*value) && *value >= least && *value <= 4096;
  return isValid ? value : std::nullopt;
}

static bool parseStart(std::string_view value, StreamStart &start) {
  if (value == "zero")
    start = StreamStart::Zero;
  else if (value == "linked")
    start = StreamStart::Linked;
  else
    return false;
  return true;
}

static bool parseScale(std::string_view value, StreamScale &scale) {
  if (value == "channel")
    scale = StreamScale::Channel;
  else if (value == "channel4")
    scale = StreamScale::Channel4;
  else if (value == "tensor")
    scale = StreamScale::Tensor;
  else
    return false;
  return true;
}

namespace {
/// What the options of a stream name say; options of both codes.
struct StreamOptions {
  unsigned stateBits = 16;
  unsigned indexBits = 8;
  bool isHashed = false;
  StreamFrame frame = HashChoice().frame;

  /// Chains are linked unless an option says otherwise.
  static StreamOptions create(bool isHashed) {
    StreamOptions options;
    options.isHashed = isHashed;
    options.frame.start = StreamStart::Linked;
    return options;
  }
};
} // namespace

/// One of `allowed`.
static bool parseOneOf(std::string_view text,
                       std::initializer_list<unsigned> allowed,
                       unsigned &value) {
  std::optional<unsigned> number = parseNumber<unsigned>(text);
  if (!number ||
      std::find(allowed.begin(), allowed.end(), *number) == allowed.end())
    return false;
  value = *number;
  return true;
}

/// Applies `name=value`; false if there is no such option or value.
static bool applyOption(std::string_view name, std::string_view value,
                        StreamOptions &options) {
  StreamFrame &frame = options.frame;
  if (name == "code")
    return value == (options.isHashed ? "hash" : "lanes");
  if (name == "scale")
    return parseScale(value, frame.scale);
  if (name == "start")
    return parseStart(value, frame.start);
  if (name == "seed") {
    std::optional<uint64_t> seed = parseNumber<uint64_t>(value);
    frame.seed = seed.value_or(0);
    return seed.has_value();
  }
  if (name == "L")
    return options.isHashed
               ? parseOneOf(value, {12, 14, 16}, options.stateBits)
               : parseOneOf(value, {12, 16, 20}, options.stateBits);
  if (name == "levels") {
    unsigned levels = 0;
    bool isValid = options.isHashed && parseOneOf(value, {64, 256}, levels);
    options.indexBits = levels == 64 ? 6 : 8;
    return isValid;
  }
  if (name == "tile") {
    std::optional<unsigned> rows = parsePower(value, 32);
    frame.tileRows = rows.value_or(0);
    return rows.has_value();
  }
  if (name != "rotate")
    return false;
  frame.rotation = parsePower(value, 1);
  return frame.rotation || value == "none";
}

static Scheme createChosen(unsigned sixteenths, const StreamOptions &options) {
  const StreamFrame &frame = options.frame;
  if (options.isHashed)
    return createHashScheme(
        {sixteenths, options.stateBits, options.indexBits, frame});
  return createStreamScheme({sixteenths, options.stateBits / 4 - 1,
                             frame.tileRows, frame.rotation, frame.seed,
                             frame.scale, frame.start});
}

/// What follows the `t` of a stream name.
static Result<SchemeChoice> parseStreamName(std::string_view name) {
  std::string_view rest = name.substr(1);
  size_t colon = std::min(rest.find(':'), rest.size());
  std::optional<unsigned> sixteenths = parseRate(rest.substr(0, colon));
  // What the rate and the other options mean depends on the code.
  auto options = StreamOptions::create(rest.find("code=hash") != rest.npos);
  bool isPossible = sixteenths && (options.isHashed ||
                                   (*sixteenths >= 32 && *sixteenths <= 48));
  if (!isPossible)
    return Error{ErrorKind::Usage,
                 std::string("expected a rate of ") +
                     (options.isHashed ? "1 to 4" : "2 to 3") +
                     " in steps of 0.0625 after t, got '" + std::string(name) +
                     "'"};
  while (colon < rest.size()) {
    rest.remove_prefix(colon + 1);
    colon = std::min(rest.find(','), rest.size());
    std::string_view option = rest.substr(0, colon);
    size_t equals = std::min(option.find('='), option.size());
    std::string_view value = option.substr(std::min(equals + 1, option.size()));
    if (!applyOption(option.substr(0, equals), value, options))
      return Error{
          ErrorKind::Usage,
          std::string("expected ") +
              (options.isHashed ? "L=12|14|16, levels=64|256"
                                : "code=lanes|hash, L=12|16|20") +
              ", start=linked|zero, rotate=none|POWER OF TWO, tile=32..4096, "
              "seed=NUMBER or scale=channel|channel4|tensor, got '" +
              std::string(option) + "'"};
  }
  return SchemeChoice(createChosen(*sixteenths, options));
}

/// The name of a stream with these options.
static std::string printStreamName(unsigned sixteenths,
                                   const StreamOptions &options) {
  std::string text;
  auto add = [&](const std::string &option) {
    text += (text.empty() ? ":" : ",") + option;
  };
  auto usual = StreamOptions::create(options.isHashed);
  const StreamFrame &frame = options.frame;
  if (options.isHashed)
    add("code=hash");
  if (options.stateBits != usual.stateBits)
    add("L=" + std::to_string(options.stateBits));
  if (options.indexBits != usual.indexBits)
    add("levels=" + std::to_string(1u << options.indexBits));
  if (frame.rotation != usual.frame.rotation)
    add("rotate=" +
        (frame.rotation ? std::to_string(*frame.rotation) : "none"));
  if (frame.tileRows != usual.frame.tileRows)
    add("tile=" + std::to_string(frame.tileRows));
  if (frame.seed != usual.frame.seed)
    add("seed=" + std::to_string(frame.seed));
  if (frame.scale != usual.frame.scale)
    add(frame.scale == StreamScale::Tensor ? "scale=tensor" : "scale=channel4");
  if (frame.start != usual.frame.start)
    add("start=zero");
  char digits[16];
  auto end = std::to_chars(digits, digits + 16, sixteenths / 16.0).ptr;
  return "t" + std::string(digits, end) + text;
}

/// The name of a scheme that parseStreamName makes.
static std::optional<std::string> findStreamName(const Scheme &scheme) {
  StreamOptions options;
  unsigned sixteenths = 0;
  if (const auto *stream = std::get_if<StreamScheme>(&scheme)) {
    if (stream->memory < 2)
      return std::nullopt;
    options.stateBits = 4 * (stream->memory + 1);
    options.frame = *stream;
    sixteenths = stream->sixteenths;
  } else if (const auto *hash = std::get_if<HashScheme>(&scheme)) {
    options.stateBits = hash->stateBits;
    options.indexBits = hash->indexBits;
    options.isHashed = true;
    options.frame = *hash;
    sixteenths = hash->sixteenths;
  } else {
    return std::nullopt;
  }
  if (options.frame.start == StreamStart::Stored)
    return std::nullopt;
  if (createChosen(sixteenths, options) != scheme)
    return std::nullopt;
  return printStreamName(sixteenths, options);
}

//===----------------------------------------------------------------------===//
// All names
//===----------------------------------------------------------------------===//

Result<SchemeChoice> codec::parseSchemeName(std::string_view name) {
  std::string known;
  for (const NamedScheme &entry : getNamedSchemes()) {
    if (entry.name == name)
      return entry.scheme;
    known += known.empty() ? "" : ", ";
    known += entry.name;
  }
  if (name.starts_with("t"))
    return parseStreamName(name);
  return Error{ErrorKind::Usage, "expected a scheme of " + known + ", got '" +
                                     std::string(name) + "'"};
}

std::optional<std::string> codec::findSchemeName(const Scheme &scheme) {
  for (const NamedScheme &entry : getNamedSchemes())
    if (entry.scheme == scheme)
      return std::string(entry.name);
  return findStreamName(scheme);
}
