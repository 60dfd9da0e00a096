//===- Scheme.cpp - constraints and names of the weight formats -----------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Codec/Scheme.h"

using namespace ccq;
using namespace ccq::codec;

/// The failure of one labelled constraint of docs/Format.md.
static Error makeSchemeError(const char *label, const std::string &expected,
                             uint64_t got) {
  return {ErrorKind::MalformedInput, std::string(label) + ": expected " +
                                         expected + ", got " +
                                         std::to_string(got)};
}

static Result<void> checkShifts(const WordScheme &scheme) {
  // word_layout_c4
  if (scheme.shifts.empty() || scheme.shifts.size() > 16)
    return makeSchemeError("word_layout_c4", "1 to 16 shifts",
                           scheme.shifts.size());
  for (size_t i = 1; i < scheme.shifts.size(); ++i)
    if (scheme.shifts[i] >= scheme.shifts[i - 1])
      return makeSchemeError("word_layout_c4",
                             "shifts in descending order, after " +
                                 std::to_string(scheme.shifts[i - 1]),
                             scheme.shifts[i]);
  // word_layout_c5
  unsigned largestShift = scheme.wordBits - scheme.windowBits;
  if (scheme.shifts[0] > largestShift)
    return makeSchemeError("word_layout_c5",
                           "a first shift of at most " +
                               std::to_string(largestShift),
                           scheme.shifts[0]);
  // word_layout_c6
  if (scheme.tailShift > largestShift)
    return makeSchemeError("word_layout_c6",
                           "a tail shift of at most " +
                               std::to_string(largestShift),
                           scheme.tailShift);
  return {};
}

static Result<void> checkWordScheme(const WordScheme &scheme) {
  // word_layout_c1
  if (scheme.wordBits != 8 && scheme.wordBits != 16)
    return makeSchemeError("word_layout_c1", "words of 8 or 16 bits",
                           scheme.wordBits);
  // word_layout_c2
  if (scheme.wordsPerGroup < 2 || scheme.wordsPerGroup > 1024)
    return makeSchemeError("word_layout_c2", "2 to 1024 words",
                           scheme.wordsPerGroup);
  // word_layout_c3
  if (scheme.windowBits < 1 || scheme.windowBits > 8)
    return makeSchemeError("word_layout_c3", "a window of 1 to 8 bits",
                           scheme.windowBits);
  if (Result<void> shifts = checkShifts(scheme); !shifts)
    return shifts;
  // word_layout_c7
  if (scheme.scaleBits < 1 || scheme.scaleBits > scheme.tailShift)
    return makeSchemeError("word_layout_c7",
                           "1 to " + std::to_string(scheme.tailShift) +
                               " scale bits below the tail window",
                           scheme.scaleBits);
  return {};
}

static Result<void> checkScalarScheme(const ScalarScheme &scheme) {
  // scalar_layout_c1
  if (scheme.bits != 8)
    return makeSchemeError("scalar_layout_c1", "codes of 8 bits", scheme.bits);
  // scalar_layout_c2
  if (scheme.groupSize && (*scheme.groupSize < 1 || *scheme.groupSize > 65536))
    return makeSchemeError("scalar_layout_c2", "a group of 1 to 65536 weights",
                           *scheme.groupSize);
  return {};
}

Result<void> codec::checkScheme(const Scheme &scheme) {
  if (const auto *words = std::get_if<WordScheme>(&scheme))
    return checkWordScheme(*words);
  return checkScalarScheme(std::get<ScalarScheme>(scheme));
}

std::optional<unsigned> codec::getGroupSize(const Scheme &scheme) {
  if (const auto *words = std::get_if<WordScheme>(&scheme))
    return words->groupSize();
  return std::get<ScalarScheme>(scheme).groupSize;
}

double codec::getBitsPerWeight(const Scheme &scheme) {
  if (const auto *words = std::get_if<WordScheme>(&scheme))
    return double(words->wordBits * words->wordsPerGroup) / words->groupSize();
  const auto &scalar = std::get<ScalarScheme>(scheme);
  // A float16 scale per group.
  return scalar.bits + (scalar.groupSize ? 16.0 / *scalar.groupSize : 0.0);
}

unsigned codec::getBitsPerChannel(const Scheme &scheme) {
  if (std::holds_alternative<WordScheme>(scheme))
    return 32;
  return std::get<ScalarScheme>(scheme).groupSize ? 0 : 16;
}

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

std::span<const NamedScheme> codec::getNamedSchemes() {
  static const NamedScheme table[] = {
      {"w2.5", createW2_5(),
       "convolutional code in 16-bit words, 13-bit scale per 64 weights"},
      {"w2.75", createW2_75(),
       "convolutional code in bytes, 4-bit scale per 64 weights"},
      {"i8", ScalarScheme{.bits = 8, .groupSize = 64},
       "symmetric 8-bit integers, float16 scale per 64 weights"},
      {"i8:channel", ScalarScheme{.bits = 8, .groupSize = std::nullopt},
       "symmetric 8-bit integers, float16 scale per output channel"},
      {"keep", std::nullopt, "the weight stays as the model has it"},
  };
  return table;
}

Result<SchemeChoice> codec::parseSchemeName(std::string_view name) {
  std::string known;
  for (const NamedScheme &entry : getNamedSchemes()) {
    if (entry.name == name)
      return entry.scheme;
    known += known.empty() ? "" : ", ";
    known += entry.name;
  }
  return Error{ErrorKind::Usage, "expected a scheme of " + known + ", got '" +
                                     std::string(name) + "'"};
}

std::optional<std::string_view> codec::findSchemeName(const Scheme &scheme) {
  for (const NamedScheme &entry : getNamedSchemes())
    if (entry.scheme == scheme)
      return entry.name;
  return std::nullopt;
}
