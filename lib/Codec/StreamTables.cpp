//===- StreamTables.cpp - published codes of the stream format ------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Codec/StreamScheme.h"

#include <iterator>

using namespace ccq;
using namespace ccq::codec;

namespace {
/// One line of docs/Format.md, "Tables".
struct Line {
  unsigned memory;
  /// The rate it was made for.
  unsigned sixteenths;
  /// Even n and y, odd n and y.
  unsigned taps[4];
  /// Signs of the first and second table of the even, then the odd weight.
  unsigned signs[4];
  /// Magnitudes of the first, then the second table.
  uint8_t even[16];
  uint8_t odd[16];
  /// Bits of n and y that the extra bit flips.
  unsigned evenExtra[2];
  unsigned oddExtra[2];
};
} // namespace

static const Line lines[] = {
    {3,
     32,
     {0xB, 0x9, 0xD, 0xF},
     {0xA5, 0x69, 0x96, 0x0F},
     {11, 17, 123, 13, 23, 10, 14, 16, 45, 44, 33, 84, 65, 83, 55, 49},
     {48, 8, 38, 28, 122, 60, 86, 9, 50, 21, 30, 26, 10, 60, 2, 82},
     {0, 0},
     {0, 1}},
    // The line above with even and odd weights exchanged: its even weights make
    // more of an extra bit.
    {3,
     33,
     {0xD, 0xF, 0xB, 0x9},
     {0x96, 0x0F, 0xA5, 0x69},
     {48, 8, 38, 28, 122, 60, 86, 9, 50, 21, 30, 26, 10, 60, 2, 82},
     {11, 17, 123, 13, 23, 10, 14, 16, 45, 44, 33, 84, 65, 83, 55, 49},
     {0, 0},
     {0xA, 0x7}},
    {3,
     36,
     {0xB, 0xF, 0xD, 0x9},
     {0x8E, 0x5A, 0xAA, 0x69},
     {1, 21, 120, 53, 12, 6, 24, 8, 50, 34, 70, 36, 23, 69, 42, 88},
     {16, 50, 37, 18, 22, 68, 70, 26, 15, 121, 33, 48, 1, 89, 49, 2},
     {0, 0},
     {0, 1}},
    {3,
     40,
     {0xD, 0x9, 0xB, 0xF},
     {0x69, 0x66, 0x9A, 0x6A},
     {33, 67, 93, 10, 75, 22, 123, 5, 27, 20, 56, 51, 42, 38, 6, 12},
     {92, 6, 7, 45, 124, 12, 73, 8, 51, 24, 66, 25, 37, 30, 23, 53},
     {1, 1},
     {1, 0}},
    {3,
     44,
     {0xB, 0xF, 0xD, 0x9},
     {0x69, 0x33, 0xC3, 0xF0},
     {40, 8, 6, 49, 63, 53, 36, 31, 73, 91, 17, 17, 18, 27, 0, 121},
     {4, 21, 47, 20, 57, 30, 75, 14, 123, 5, 44, 64, 37, 7, 93, 28},
     {1, 1},
     {2, 2}},
    {3,
     48,
     {0xD, 0xF, 0xB, 0x9},
     {0x95, 0x96, 0x5A, 0x66},
     {12, 28, 39, 14, 76, 95, 22, 38, 63, 4, 124, 14, 48, 28, 54, 1},
     {122, 41, 4, 54, 37, 28, 28, 13, 64, 93, 48, 76, 5, 21, 8, 19},
     {0, 1},
     {4, 4}},
    {2,
     32,
     {0x7, 0x6, 0x5, 0x7},
     {0xA5, 0x66, 0x96, 0x0F},
     {120, 20, 16, 14, 6, 12, 21, 13, 65, 86, 60, 42, 77, 42, 46, 41},
     {120, 78, 21, 47, 16, 68, 12, 48, 22, 4, 30, 30, 84, 3, 56, 37},
     {0, 0},
     {2, 2}},
    {2,
     33,
     {0x5, 0x7, 0x7, 0x3},
     {0x96, 0x0F, 0xA5, 0x66},
     {75, 118, 66, 14, 48, 24, 28, 7, 48, 13, 83, 34, 3, 36, 51, 13},
     {28, 15, 16, 11, 24, 14, 22, 10, 121, 71, 47, 87, 46, 75, 52, 50},
     {0, 0},
     {0xD, 0x1}},
    {2,
     36,
     {0x5, 0x7, 0x7, 0x3},
     {0x96, 0x0F, 0xA5, 0x66},
     {89, 119, 7, 24, 48, 36, 14, 16, 48, 8, 72, 26, 70, 35, 52, 9},
     {7, 6, 21, 28, 13, 10, 25, 23, 67, 88, 43, 119, 74, 52, 47, 46},
     {0, 0},
     {0xF, 0x6}},
    {2,
     40,
     {0x7, 0x5, 0x5, 0x7},
     {0xC3, 0x96, 0xC3, 0xF0},
     {7, 43, 41, 0, 127, 3, 44, 41, 23, 23, 82, 65, 65, 19, 21, 93},
     {28, 10, 125, 39, 2, 49, 53, 11, 30, 72, 92, 8, 76, 22, 24, 51},
     {2, 2},
     {2, 2}},
    {2,
     44,
     {0x7, 0x5, 0x5, 0x7},
     {0xC3, 0x96, 0xC3, 0xF0},
     {24, 38, 47, 0, 37, 4, 125, 45, 79, 12, 14, 65, 62, 20, 25, 94},
     {34, 21, 78, 49, 7, 49, 37, 10, 95, 126, 14, 2, 68, 22, 30, 60},
     {5, 5},
     {2, 2}},
    {2,
     48,
     {0x5, 0x7, 0x7, 0x5},
     {0x5A, 0xCC, 0x69, 0xF0},
     {50, 8, 3, 42, 39, 14, 20, 26, 60, 78, 22, 31, 65, 95, 6, 125},
     {10, 1, 30, 28, 56, 51, 67, 76, 19, 124, 41, 41, 94, 23, 12, 5},
     {2, 2},
     {4, 4}},
};

/// The line of a memory whose rate is nearest; the higher of two.
static const Line &findLine(unsigned memory, unsigned sixteenths) {
  const Line *best = nullptr;
  unsigned bestDistance = 0;
  for (const Line &line : lines) {
    if (line.memory != memory)
      continue;
    unsigned distance = line.sixteenths > sixteenths
                            ? line.sixteenths - sixteenths
                            : sixteenths - line.sixteenths;
    if (best && distance > bestDistance)
      continue;
    best = &line;
    bestDistance = distance;
  }
  return *best;
}

/// A set bit in `signs` complements the magnitude.
static std::array<uint8_t, 16> makeTables(const uint8_t (&magnitudes)[16],
                                          const unsigned *signs) {
  std::array<uint8_t, 16> tables;
  for (unsigned i = 0; i < 16; ++i) {
    bool isNegative = signs[i / 8] >> (i % 8) & 1;
    tables[i] = isNegative ? uint8_t(~magnitudes[i]) : magnitudes[i];
  }
  return tables;
}

StreamScheme codec::createStreamScheme(const StreamChoice &choice) {
  // A longer memory takes the tables of the one before, with other taps.
  bool isLong = choice.memory == 4;
  const Line &line = findLine(isLong ? 3 : choice.memory, choice.sixteenths);
  static constexpr unsigned longTaps[4] = {0x19, 0x1B, 0x13, 0x17};
  const unsigned *taps = isLong ? longTaps : line.taps;
  StreamScheme scheme;
  scheme.memory = choice.memory;
  scheme.sixteenths = choice.sixteenths;
  scheme.even = {taps[0], taps[1], line.evenExtra[0], line.evenExtra[1],
                 makeTables(line.even, line.signs)};
  scheme.odd = {taps[2], taps[3], line.oddExtra[0], line.oddExtra[1],
                makeTables(line.odd, line.signs + 2)};
  scheme.tileRows = choice.tileRows;
  scheme.rotation = choice.rotation;
  scheme.seed = choice.seed;
  scheme.scale = choice.scale;
  scheme.start = choice.start;
  return scheme;
}
