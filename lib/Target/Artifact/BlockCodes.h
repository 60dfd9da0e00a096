//===- BlockCodes.h - weights stored as blocks of integers ------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_TARGET_ARTIFACT_BLOCKCODES_H
#define CCQ_LIB_TARGET_ARTIFACT_BLOCKCODES_H

#include "ccq/Support/MatrixView.h"

#include <cstddef>
#include <span>
#include <vector>

namespace mlir::ccq {

/// The operands of a `ccq.dequantize`, whose verifier has checked the sizes.
struct BlockCodes {
  ::ccq::MatrixShape shape;
  /// Bits of a code: 2, 4 or 8.
  unsigned bits = 4;
  /// Weights of a block along K.
  int64_t block = 32;
  /// N x G x block * bits / 8.
  std::span<const std::byte> codes;
  /// N x G.
  std::vector<float> scales;
  /// N rows of G integers, each row in whole bytes; empty without.
  std::span<const std::byte> packedZeros;
  /// N x G; empty without. Without either, zero is 2^(bits - 1).
  std::vector<float> zeros;
};

/// (code - zero) * scale in float32, as N x K: the transpose of the weight.
std::vector<float> dequantizeBlocks(const BlockCodes &blocks);

} // namespace mlir::ccq

#endif // CCQ_LIB_TARGET_ARTIFACT_BLOCKCODES_H
