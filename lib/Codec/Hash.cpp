//===- Hash.cpp - geometry and levels of hashed streams -------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Codec/Hash.h"

using namespace ccq;
using namespace ccq::codec;

// docs/Format.md, "Hashed streams"; test/Golden/generate.py derives them again.
static constexpr int8_t levels64[] = {
    -128, -102, -90, -82, -75, -70, -65, -61, -57, -53, -50, -47, -44,
    -41,  -39,  -36, -34, -31, -29, -26, -24, -22, -20, -18, -16, -14,
    -12,  -9,   -7,  -5,  -3,  -1,  0,   2,   4,   6,   8,   11,  13,
    15,   17,   19,  21,  23,  25,  28,  30,  33,  35,  38,  40,  43,
    46,   49,   52,  56,  60,  64,  69,  74,  81,  89,  101, 127};
static constexpr int8_t levels256[] = {
    -128, -109, -101, -95, -91, -87, -84, -82, -79, -77, -75, -73, -72, -70,
    -69,  -67,  -66,  -64, -63, -62, -61, -60, -59, -58, -57, -56, -55, -54,
    -53,  -52,  -51,  -50, -49, -49, -48, -47, -46, -46, -45, -44, -44, -43,
    -42,  -41,  -41,  -40, -40, -39, -38, -38, -37, -36, -36, -35, -35, -34,
    -34,  -33,  -32,  -32, -31, -31, -30, -30, -29, -29, -28, -28, -27, -27,
    -26,  -26,  -25,  -25, -24, -24, -23, -23, -22, -22, -21, -21, -20, -20,
    -19,  -19,  -18,  -18, -18, -17, -17, -16, -16, -15, -15, -14, -14, -14,
    -13,  -13,  -12,  -12, -11, -11, -10, -10, -10, -9,  -9,  -8,  -8,  -7,
    -7,   -7,   -6,   -6,  -5,  -5,  -5,  -4,  -4,  -3,  -3,  -2,  -2,  -2,
    -1,   -1,   0,    0,   1,   1,   1,   2,   2,   3,   3,   4,   4,   4,
    5,    5,    6,    6,   6,   7,   7,   8,   8,   9,   9,   9,   10,  10,
    11,   11,   12,   12,  13,  13,  13,  14,  14,  15,  15,  16,  16,  17,
    17,   17,   18,   18,  19,  19,  20,  20,  21,  21,  22,  22,  23,  23,
    24,   24,   25,   25,  26,  26,  27,  27,  28,  28,  29,  29,  30,  30,
    31,   31,   32,   33,  33,  34,  34,  35,  35,  36,  37,  37,  38,  39,
    39,   40,   40,   41,  42,  43,  43,  44,  45,  45,  46,  47,  48,  48,
    49,   50,   51,   52,  53,  54,  55,  56,  57,  58,  59,  60,  61,  62,
    63,   65,   66,   68,  69,  71,  72,  74,  76,  78,  81,  83,  86,  90,
    94,   100,  108,  127};

std::span<const int8_t> codec::getHashLevels(unsigned indexBits) {
  if (indexBits == 6)
    return levels64;
  return levels256;
}

std::vector<HashBlock> codec::getHashBlocks(const HashScheme &scheme,
                                            MatrixShape shape) {
  // Cut like a stream of two bits, without words of its own.
  StreamScheme cut;
  cut.tileRows = scheme.tileRows;
  std::vector<HashBlock> blocks;
  int64_t codeRow = 0;
  for (const StreamBlock &part : getStreamBlocks(cut, shape)) {
    HashBlock block;
    block.k0 = part.k0;
    block.rows = part.rows;
    block.weights = 2 * part.steps;
    block.codeRow = codeRow;
    bool isStored = scheme.start == StreamStart::Stored && block.weights > 0;
    block.startRows = isStored ? 1 : 0;
    block.bitRows =
        (countHashBits(scheme, block.weights) + hashRowBits - 1) / hashRowBits;
    codeRow += block.startRows + block.bitRows;
    blocks.push_back(block);
  }
  return blocks;
}

int64_t codec::countHashRows(const HashScheme &scheme, MatrixShape shape) {
  // As countStreamRows: whole tiles are alike.
  int64_t wholeRows = shape.k / scheme.tileRows * scheme.tileRows;
  int64_t rows = 0;
  auto add = [&](int64_t depth, int64_t times) {
    for (const HashBlock &block : getHashBlocks(scheme, {depth, shape.n}))
      rows += times * (block.startRows + block.bitRows);
  };
  if (wholeRows > 0)
    add(scheme.tileRows, shape.k / scheme.tileRows);
  add(shape.k - wholeRows, 1);
  return rows;
}

bool codec::isLinked(const HashScheme &scheme, const HashBlock &block) {
  return scheme.start == StreamStart::Linked &&
         countHashBits(scheme, block.weights) >= scheme.stateBits;
}

HashPosition codec::getHashPosition(const HashBlock &block, int64_t row,
                                    int64_t n) {
  StreamBlock part;
  part.rows = block.rows;
  StreamPosition position = getStreamPosition(part, row, n);
  return {position.thread * streamLanes + position.lane,
          2 * position.step + int64_t(position.isOdd)};
}

HashScheme codec::createHashScheme(const HashChoice &choice) {
  HashScheme scheme;
  static_cast<StreamFrame &>(scheme) = choice.frame;
  scheme.stateBits = choice.stateBits;
  scheme.indexBits = choice.indexBits;
  // Found by search on Gaussian weights; docs/Rationale/StreamFormat.md.
  if (choice.stateBits == 12)
    scheme.offset = 0x39F;
  else if (choice.stateBits == 14)
    scheme.offset = 0x1A27;
  else
    scheme.offset = 0xDBA9;
  scheme.sixteenths = choice.sixteenths;
  return scheme;
}
