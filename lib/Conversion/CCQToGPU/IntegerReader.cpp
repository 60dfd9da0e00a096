//===- IntegerReader.cpp - weights coded as 8-bit integers ------*- C++ -*-===//
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

/// A byte b with its top bit flipped is b + 128, which set into the mantissa of
/// the f16 1024 gives 1152 + b.
class IntegerReader : public ScalarReader {
public:
  using ScalarReader::ScalarReader;

  PairOffsets getPairOffsets() const override {
    PairOffsets offsets;
    for (int64_t i = 0; i < kPairsPerGroup; ++i)
      offsets[i] = {LaneOffset{kOwnRows, 2 * i},
                    LaneOffset{kOwnRows, 2 * i + 1}};
    return offsets;
  }

private:
  void decodeBytes(KernelBuilder &builder, Value packed,
                   Value *weights) override {
    Value set = builder.maskAndFlip(packed, 0x00ff00ff, 0x64806480);
    auto type = builder.getHalfPairType();
    Value offset = builder.create<arith::ConstantOp>(
        DenseElementsAttr::get(type, builder.getF16FloatAttr(1152)));
    weights[0] =
        builder.create<arith::SubFOp>(builder.reinterpret(set, type), offset);
  }
};

} // namespace

std::unique_ptr<WeightReader>
mlir::ccq::createIntegerReader(CodedTensorType type, ScalarAttr scheme) {
  return std::make_unique<IntegerReader>(type, scheme);
}
