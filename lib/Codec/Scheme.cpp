//===- Scheme.cpp - constraints and sizes of the weight formats -----------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Codec/Scheme.h"

#include <bit>

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
  if (scheme.bits != 4 && scheme.bits != 8)
    return makeSchemeError("scalar_layout_c1", "codes of 4 or 8 bits",
                           scheme.bits);
  // scalar_layout_c2
  if (scheme.groupSize && (*scheme.groupSize < 1 || *scheme.groupSize > 65536))
    return makeSchemeError("scalar_layout_c2", "a group of 1 to 65536 weights",
                           *scheme.groupSize);
  return {};
}

static Result<void> checkClusterScheme(const ClusterScheme &scheme) {
  // cluster_layout_c1
  if (scheme.windowBits < 1 || scheme.windowBits > 8)
    return makeSchemeError("cluster_layout_c1", "a window of 1 to 8 bits",
                           scheme.windowBits);
  // cluster_layout_c2
  if (scheme.shifts.size() != 4)
    return makeSchemeError("cluster_layout_c2", "4 shifts",
                           scheme.shifts.size());
  for (size_t i = 1; i < scheme.shifts.size(); ++i)
    if (scheme.shifts[i] >= scheme.shifts[i - 1])
      return makeSchemeError("cluster_layout_c2",
                             "shifts in descending order, after " +
                                 std::to_string(scheme.shifts[i - 1]),
                             scheme.shifts[i]);
  // cluster_layout_c3
  if (scheme.shifts[0] > 31 - scheme.windowBits)
    return makeSchemeError("cluster_layout_c3",
                           "a first shift of at most " +
                               std::to_string(31 - scheme.windowBits),
                           scheme.shifts[0]);
  // cluster_layout_c4
  if (scheme.groupSize < 4 || scheme.groupSize > 65536 ||
      scheme.groupSize % 4 != 0)
    return makeSchemeError("cluster_layout_c4",
                           "a group of 4 to 65536 weights, a multiple of 4",
                           scheme.groupSize);
  return {};
}

static Result<void> checkStreamFrame(const StreamFrame &frame) {
  // stream_layout_c5
  if (!std::has_single_bit(frame.tileRows) || frame.tileRows < 32 ||
      frame.tileRows > 4096)
    return makeSchemeError("stream_layout_c5",
                           "a tile of 32 to 4096 rows, a power of two",
                           frame.tileRows);
  // stream_layout_c6
  if (frame.rotation &&
      (!std::has_single_bit(*frame.rotation) || *frame.rotation > 4096))
    return makeSchemeError("stream_layout_c6",
                           "a rotation of 1 to 4096 rows, a power of two",
                           *frame.rotation);
  return {};
}

static Result<void> checkStreamWeight(const StreamScheme &scheme,
                                      const StreamScheme::Weight &weight) {
  // stream_layout_c3
  unsigned limit = 1u << (scheme.memory + 1);
  if (weight.tapsN < 1 || weight.tapsN >= limit)
    return makeSchemeError("stream_layout_c3",
                           "taps of n from 1 to " + std::to_string(limit - 1),
                           weight.tapsN);
  if (weight.tapsY >= limit || std::popcount(weight.tapsN ^ weight.tapsY) != 1)
    return makeSchemeError("stream_layout_c3",
                           "taps of y that differ in one word from " +
                               std::to_string(weight.tapsN),
                           weight.tapsY);
  // stream_layout_c4
  if (weight.extraN > 15)
    return makeSchemeError("stream_layout_c4", "at most 15 for bits of n",
                           weight.extraN);
  if (weight.extraY > 7)
    return makeSchemeError("stream_layout_c4", "at most 7 for bits of y",
                           weight.extraY);
  return {};
}

Result<void> codec::checkStreamScheme(const StreamScheme &scheme) {
  // stream_layout_c1
  if (scheme.memory < 1 || scheme.memory > 4)
    return makeSchemeError("stream_layout_c1", "a memory of 1 to 4 words",
                           scheme.memory);
  // stream_layout_c2
  if (scheme.sixteenths < 32 || scheme.sixteenths > 48)
    return makeSchemeError("stream_layout_c2",
                           "32 to 48 sixteenths of a bit per weight",
                           scheme.sixteenths);
  for (const StreamScheme::Weight &weight : {scheme.even, scheme.odd})
    if (Result<void> valid = checkStreamWeight(scheme, weight); !valid)
      return valid;
  return checkStreamFrame(scheme);
}

Result<void> codec::checkHashScheme(const HashScheme &scheme) {
  // hash_layout_c1
  if (scheme.stateBits < 8 || scheme.stateBits > 16)
    return makeSchemeError("hash_layout_c1", "windows of 8 to 16 bits",
                           scheme.stateBits);
  // hash_layout_c2
  if (scheme.indexBits != 6 && scheme.indexBits != 8)
    return makeSchemeError("hash_layout_c2", "an index of 6 or 8 bits",
                           scheme.indexBits);
  // hash_layout_c3
  if (scheme.offset % 2 == 0 || scheme.offset >> scheme.stateBits != 0)
    return makeSchemeError("hash_layout_c3",
                           "an odd offset below " +
                               std::to_string(1u << scheme.stateBits),
                           scheme.offset);
  // hash_layout_c4
  if (scheme.sixteenths < 16 || scheme.sixteenths > 64)
    return makeSchemeError("hash_layout_c4",
                           "16 to 64 sixteenths of a bit per weight",
                           scheme.sixteenths);
  return checkStreamFrame(scheme);
}

Result<void> codec::checkScheme(const Scheme &scheme) {
  if (const auto *words = std::get_if<WordScheme>(&scheme))
    return checkWordScheme(*words);
  if (const auto *scalar = std::get_if<ScalarScheme>(&scheme))
    return checkScalarScheme(*scalar);
  if (const auto *cluster = std::get_if<ClusterScheme>(&scheme))
    return checkClusterScheme(*cluster);
  if (const auto *stream = std::get_if<StreamScheme>(&scheme))
    return checkStreamScheme(*stream);
  return checkHashScheme(std::get<HashScheme>(scheme));
}

std::optional<unsigned> codec::getGroupSize(const Scheme &scheme) {
  if (const auto *words = std::get_if<WordScheme>(&scheme))
    return words->groupSize();
  if (const auto *scalar = std::get_if<ScalarScheme>(&scheme))
    return scalar->groupSize;
  if (const auto *cluster = std::get_if<ClusterScheme>(&scheme))
    return cluster->groupSize;
  return std::nullopt;
}

double codec::getBitsPerWeight(const Scheme &scheme) {
  if (const auto *words = std::get_if<WordScheme>(&scheme))
    return double(words->wordBits * words->wordsPerGroup) / words->groupSize();
  // A float16 scale per group.
  if (const auto *scalar = std::get_if<ScalarScheme>(&scheme))
    return scalar->bits + (scalar->groupSize ? 16.0 / *scalar->groupSize : 0.0);
  // Eight bits per cluster, a scale of four bits per group.
  if (const auto *cluster = std::get_if<ClusterScheme>(&scheme))
    return 8.0 / cluster->weightsPerByte() + 4.0 / cluster->groupSize;
  if (const auto *stream = std::get_if<StreamScheme>(&scheme))
    return stream->sixteenths / 16.0;
  return std::get<HashScheme>(scheme).sixteenths / 16.0;
}

unsigned codec::getBitsPerChannel(const Scheme &scheme) {
  if (std::holds_alternative<WordScheme>(scheme))
    return 32;
  if (const auto *scalar = std::get_if<ScalarScheme>(&scheme))
    return scalar->groupSize ? 0 : 16;
  // Super scale, code scale and code zero point.
  if (std::holds_alternative<ClusterScheme>(scheme))
    return 96;
  const auto *stream = std::get_if<StreamScheme>(&scheme);
  switch (stream ? stream->scale : std::get<HashScheme>(scheme).scale) {
  case StreamScale::Channel:
    return 16;
  case StreamScale::Channel4:
    return 4;
  case StreamScale::Tensor:
    break;
  }
  return 0;
}
