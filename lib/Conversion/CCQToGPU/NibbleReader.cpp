//===- NibbleReader.cpp - weights coded as 4-bit integers -------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ScalarReader.h"

using namespace mlir;
using namespace mlir::ccq;

namespace {

/// A nibble with its top bit flipped is code + 8; it is decoded where it lies
/// in the mantissa of the f16 1024.
class NibbleReader : public ScalarReader {
public:
  using ScalarReader::ScalarReader;

  PairOffsets getPairOffsets() const override {
    PairOffsets offsets;
    for (int64_t i = 0; i < kPairsPerGroup; ++i) {
      int64_t base = i / 2 * 4 + i % 2;
      offsets[i] = {LaneOffset{kOwnRows, base}, LaneOffset{kOwnRows, base + 2}};
    }
    return offsets;
  }

private:
  /// The low nibbles, then the high ones.
  void decodeBytes(KernelBuilder &builder, Value packed,
                   Value *weights) override {
    Value low = builder.maskAndFlip(packed, 0x000f000f, 0x64086408);
    weights[0] = builder.scaleHalves(low, 1, -(1024 + 8));
    Value high = builder.maskAndFlip(packed, 0x00f000f0, 0x64806480);
    weights[1] = builder.scaleHalves(high, 1.0f / 16, -(1024 / 16 + 8));
  }
};

} // namespace

std::unique_ptr<WeightReader>
mlir::ccq::createNibbleReader(CodedTensorType type, ScalarAttr scheme) {
  return std::make_unique<NibbleReader>(type, scheme);
}
