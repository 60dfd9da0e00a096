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

/// `2.5` as 40; no value unless it is a multiple of a sixteenth from 2 to 3.
static std::optional<unsigned> parseRate(std::string_view text) {
  for (unsigned sixteenths = 32; sixteenths <= 48; ++sixteenths) {
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

/// Applies `name=value`; false if there is no such option or value.
static bool applyOption(std::string_view name, std::string_view value,
                        StreamChoice &choice) {
  if (name == "code")
    return value == "lanes";
  if (name == "scale")
    return parseScale(value, choice.scale);
  if (name == "seed") {
    std::optional<uint64_t> seed = parseNumber<uint64_t>(value);
    choice.seed = seed.value_or(0);
    return seed.has_value();
  }
  if (name == "L") {
    std::optional<unsigned> bits = parseNumber<unsigned>(value);
    if (!bits || (*bits != 12 && *bits != 16 && *bits != 20))
      return false;
    choice.memory = *bits / 4 - 1;
    return true;
  }
  if (name == "tile") {
    std::optional<unsigned> rows = parsePower(value, 32);
    choice.tileRows = rows.value_or(0);
    return rows.has_value();
  }
  if (name != "rotate")
    return false;
  choice.rotation = parsePower(value, 1);
  return choice.rotation || value == "none";
}

/// What follows the `t` of a stream name.
static Result<SchemeChoice> parseStreamName(std::string_view name) {
  std::string_view rest = name.substr(1);
  size_t colon = std::min(rest.find(':'), rest.size());
  std::optional<unsigned> sixteenths = parseRate(rest.substr(0, colon));
  if (!sixteenths)
    return Error{ErrorKind::Usage,
                 "expected a rate of 2 to 3 in steps of 0.0625 after t, got '" +
                     std::string(name) + "'"};
  StreamChoice choice = {.sixteenths = *sixteenths};
  while (colon < rest.size()) {
    rest.remove_prefix(colon + 1);
    colon = std::min(rest.find(','), rest.size());
    std::string_view option = rest.substr(0, colon);
    size_t equals = std::min(option.find('='), option.size());
    std::string_view value = option.substr(std::min(equals + 1, option.size()));
    if (!applyOption(option.substr(0, equals), value, choice))
      return Error{ErrorKind::Usage,
                   "expected code=lanes, L=12|16|20, rotate=none|POWER OF TWO, "
                   "tile=32..4096, seed=NUMBER or "
                   "scale=channel|channel4|tensor, got '" +
                       std::string(option) + "'"};
  }
  return SchemeChoice(createStreamScheme(choice));
}

/// The name of a scheme that parseStreamName makes.
static std::optional<std::string> findStreamName(const StreamScheme &scheme) {
  StreamChoice choice = {scheme.sixteenths, scheme.memory, scheme.tileRows,
                         scheme.rotation,   scheme.seed,   scheme.scale};
  if (scheme.memory < 2 || createStreamScheme(choice) != scheme)
    return std::nullopt;
  std::string options;
  auto add = [&](const std::string &option) {
    options += (options.empty() ? ":" : ",") + option;
  };
  StreamChoice usual;
  if (choice.memory != usual.memory)
    add("L=" + std::to_string(4 * (choice.memory + 1)));
  if (choice.rotation != usual.rotation)
    add("rotate=" +
        (choice.rotation ? std::to_string(*choice.rotation) : "none"));
  if (choice.tileRows != usual.tileRows)
    add("tile=" + std::to_string(choice.tileRows));
  if (choice.seed != usual.seed)
    add("seed=" + std::to_string(choice.seed));
  if (choice.scale != usual.scale)
    add(choice.scale == StreamScale::Tensor ? "scale=tensor"
                                            : "scale=channel4");
  char digits[16];
  auto end = std::to_chars(digits, digits + 16, scheme.sixteenths / 16.0).ptr;
  return "t" + std::string(digits, end) + options;
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
  if (const auto *stream = std::get_if<StreamScheme>(&scheme))
    return findStreamName(*stream);
  return std::nullopt;
}
