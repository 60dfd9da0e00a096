//===- Stream.cpp - geometry and levels of the stream format --------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Codec/Stream.h"

#include <bit>

using namespace ccq;
using namespace ccq::codec;

/// Steps that share a frame of `extra`: rows of one frame follow each other.
static constexpr int64_t frameSteps = 32;

/// Steps of [0, step) that carry a bit when `bits` of every eight do.
static int64_t countCarriers(int64_t step, unsigned bits) {
  return step * bits / 8;
}

/// Rows of one plane for the carriers of steps [begin, end), where begin is
/// the first step of a frame. A row holds four bits of each nibble.
static int64_t countExtraRows(int64_t begin, int64_t end, unsigned bits) {
  int64_t carriers = countCarriers(end, bits) - countCarriers(begin, bits);
  return (carriers + 3) / 4;
}

static int64_t countExtraRows(const StreamScheme &scheme, int64_t steps) {
  int64_t frame = steps / frameSteps * frameSteps;
  int64_t bits = scheme.oddExtraBits() + scheme.evenExtraBits();
  return frame / frameSteps * bits +
         countExtraRows(frame, steps, scheme.oddExtraBits()) +
         countExtraRows(frame, steps, scheme.evenExtraBits());
}

std::vector<StreamBlock> codec::getStreamBlocks(const StreamScheme &scheme,
                                                MatrixShape shape) {
  int64_t depth =
      (shape.k + streamStepRows - 1) / streamStepRows * int64_t(streamStepRows);
  int64_t tiles = (shape.n + streamTileColumns - 1) / streamTileColumns;
  std::vector<StreamBlock> blocks;
  StreamBlock block;
  int64_t rows = scheme.tileRows;
  while (block.k0 < depth) {
    while (rows > depth - block.k0)
      rows /= 2;
    block.rows = rows;
    block.steps = tiles * rows / streamStepRows;
    bool isStored = scheme.start == StreamStart::Stored && block.steps > 0;
    block.startRows = isStored ? scheme.memory : 0;
    block.extraRows = countExtraRows(scheme, block.steps);
    blocks.push_back(block);
    block.k0 += rows;
    block.codeRow += block.startRows + block.steps;
    block.extraRow += block.extraRows;
  }
  return blocks;
}

StreamRows codec::countStreamRows(const StreamScheme &scheme,
                                  MatrixShape shape) {
  // All but the last few blocks are alike, so a matrix that claims 2^50 rows
  // costs nothing.
  int64_t wholeRows = shape.k / scheme.tileRows * scheme.tileRows;
  StreamRows rows;
  auto add = [&](int64_t depth, int64_t times) {
    for (const StreamBlock &block : getStreamBlocks(scheme, {depth, shape.n})) {
      rows.codes += times * (block.startRows + block.steps);
      rows.extra += times * block.extraRows;
    }
  };
  if (wholeRows > 0)
    add(scheme.tileRows, shape.k / scheme.tileRows);
  add(shape.k - wholeRows, 1);
  return rows;
}

StreamChainPlace codec::getStreamChainPlace(unsigned chain) {
  unsigned strip = chain / streamTileColumns;
  unsigned column = chain % streamTileColumns;
  // Thread and byte of the A operand of mma.m16n8k32: rows of the operand are
  // channels, a thread holds two of them, eight apart.
  return {column % 8 * 4 + strip / 4, strip % 4 + column / 8 * 4};
}

unsigned codec::getStreamChain(const StreamChainPlace &place) {
  unsigned strip = place.thread % 4 * 4 + place.lane % 4;
  unsigned column = place.thread / 4 + place.lane / 4 * 8;
  return strip * streamTileColumns + column;
}

bool codec::isLinked(const StreamScheme &scheme, const StreamBlock &block) {
  return scheme.start == StreamStart::Linked && block.steps >= scheme.memory;
}

StreamPosition codec::getStreamPosition(const StreamBlock &block, int64_t row,
                                        int64_t n) {
  int64_t stripRows = block.rows / streamStrips;
  auto strip = unsigned(row / stripRows);
  int64_t inStrip = row % stripRows;
  auto column = unsigned(n % streamTileColumns);
  StreamChainPlace place =
      getStreamChainPlace(strip * streamTileColumns + column);
  StreamPosition position;
  position.step =
      n / streamTileColumns * (block.rows / streamStepRows) + inStrip / 2;
  position.thread = place.thread;
  position.lane = place.lane;
  position.isOdd = inStrip % 2 != 0;
  return position;
}

std::optional<ExtraPosition>
codec::findExtraPosition(const StreamScheme &scheme, bool isOdd, int64_t step,
                         int64_t steps) {
  unsigned odd = scheme.oddExtraBits(), even = scheme.evenExtraBits();
  unsigned bits = isOdd ? odd : even;
  int64_t carrier = countCarriers(step, bits);
  if (countCarriers(step + 1, bits) == carrier)
    return std::nullopt;
  int64_t frame = step / frameSteps;
  int64_t begin = frame * frameSteps;
  int64_t inFrame = carrier - countCarriers(begin, bits);
  int64_t row = frame * (odd + even) + inFrame / 4;
  if (!isOdd)
    row += countExtraRows(begin, std::min(begin + frameSteps, steps), odd);
  return ExtraPosition{row, unsigned(inFrame % 4)};
}

/// PTX prmt in its default mode, for one selector.
static uint8_t lookUp(const uint8_t *table, unsigned selector) {
  uint8_t entry = table[selector & 7];
  if (selector < 8)
    return entry;
  return entry & 0x80 ? 0xFF : 0x00;
}

int codec::decodeStreamLevel(const StreamScheme::Weight &weight, unsigned n,
                             unsigned y, unsigned extraBit) {
  if (extraBit) {
    n ^= weight.extraN;
    y ^= weight.extraY;
  }
  n &= 15;
  unsigned m = (y & 7) | (~n & 8);
  const uint8_t *tables = weight.tables.data();
  return int8_t(lookUp(tables, n) ^ lookUp(tables + 8, m));
}

RotationBlock codec::getRotationBlock(unsigned largest, int64_t depth,
                                      int64_t k) {
  int64_t rows = largest;
  int64_t k0 = depth / rows * rows;
  if (k < k0)
    return {k / rows * rows, rows};
  while (true) {
    rows = int64_t(std::bit_floor(uint64_t(depth - k0)));
    if (k < k0 + rows)
      return {k0, rows};
    k0 += rows;
  }
}

bool codec::isRowNegated(uint64_t seed, int64_t k) {
  uint64_t z = seed + (uint64_t(k) / signRows + 1) * signStep;
  for (const SignMix &mix : signMixes)
    z = (z ^ (z >> mix.shift)) * mix.factor;
  return z >> (k % signRows) & 1;
}

float codec::getRotationFactor(int64_t rows) {
  // 2^-1.5, the factor of two rows, to float32; four times the rows halve it.
  float factor = 0.5f;
  for (; rows >= 4; rows /= 4)
    factor *= 0.5f;
  return rows == 2 ? factor * 0.707106769f : factor;
}

float codec::getChannel4Scale(unsigned code) {
  // 2^0, 2^(-1/3) and 2^(-2/3) to float32.
  static constexpr float thirds[] = {1.0f, 0.793700516f, 0.629960537f};
  if (code == 0)
    return 0;
  unsigned down = 15 - code;
  return thirds[down % 3] / float(1u << (down / 3));
}
