//===- BlockCodes.cpp - weights stored as blocks of integers --------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BlockCodes.h"

#include <algorithm>

using namespace mlir;
using namespace mlir::ccq;

/// Integer `index` of `bits` bits in `bytes`, the lowest bits of a byte first.
static float unpack(std::span<const std::byte> bytes, unsigned bits,
                    int64_t index) {
  int64_t position = index * bits;
  unsigned value = unsigned(bytes[size_t(position / 8)]) >> (position % 8);
  return float(value & ((1u << bits) - 1));
}

std::vector<float> mlir::ccq::dequantizeBlocks(const BlockCodes &blocks) {
  const int64_t k = blocks.shape.k, n = blocks.shape.n, block = blocks.block;
  const int64_t groups = (k + block - 1) / block;
  const size_t zeroRowBytes = size_t((groups * blocks.bits + 7) / 8);
  const size_t groupBytes = size_t(block * blocks.bits / 8);
  std::vector<float> weights(size_t(k * n));
  for (int64_t column = 0; column < n; ++column)
    for (int64_t group = 0; group < groups; ++group) {
      size_t at = size_t(column * groups + group);
      float zero = float(1u << (blocks.bits - 1));
      if (!blocks.zeros.empty())
        zero = blocks.zeros[at];
      else if (!blocks.packedZeros.empty())
        zero = unpack(blocks.packedZeros.subspan(size_t(column) * zeroRowBytes,
                                                 zeroRowBytes),
                      blocks.bits, group);
      auto codes = blocks.codes.subspan(at * groupBytes, groupBytes);
      float *row = weights.data() + column * k + group * block;
      int64_t count = std::min(block, k - group * block);
      for (int64_t i = 0; i < count; ++i)
        row[i] = (unpack(codes, blocks.bits, i) - zero) * blocks.scales[at];
    }
  return weights;
}
