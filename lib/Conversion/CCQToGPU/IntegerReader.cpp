//===- IntegerReader.cpp - weights coded as 8-bit integers ------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "WeightReader.h"

using namespace mlir;
using namespace mlir::ccq;

namespace {

/// Column c owns rows 16c .. 16c + 15 of the group. Bytes of two rows meet in
/// one register, two channels of each, by a byte permute; a byte b with its
/// top bit flipped is b + 128, which set into the mantissa of the f16 1024
/// gives 1152 + b.
class IntegerReader : public WeightReader {
public:
  IntegerReader(CodedTensorType type, ScalarAttr scheme)
      : reductionSize(type.getK()), hasGroupScales(scheme.getGroup() != 0),
        pitchBytes(type.getComponentTypes().front().getDimSize(1)) {}

  PairOffsets getPairOffsets() const override {
    PairOffsets offsets;
    for (int64_t i = 0; i < kPairsPerGroup; ++i)
      offsets[i] = {LaneOffset{kOwnRows, 2 * i},
                    LaneOffset{kOwnRows, 2 * i + 1}};
    return offsets;
  }

  void createPointers(KernelBuilder &builder, const LanePosition &lane,
                      ValueRange components) override {
    column = lane.column;
    channels = builder.advance(components[0], lane.channel, 1);
    ownRows = builder.advance(channels, column, kOwnRows * pitchBytes);
    if (hasGroupScales)
      scales = builder.advance(components[1], lane.channel, 2);
  }

  void createLoads(KernelBuilder &builder, Value group) override {
    // Codes have no padding along K: rows past the end repeat the last one,
    // and x is zero there.
    bool isRagged = reductionSize % kGroupSize != 0;
    Value own = builder.advance(ownRows, group, kGroupSize * pitchBytes);
    Value first = builder.add(builder.mul(group, kGroupSize),
                              builder.mul(column, kOwnRows));
    for (int64_t i = 0; i < kOwnRows; ++i) {
      Value pointer = own;
      if (isRagged)
        pointer = builder.advance(channels,
                                  builder.apply<arith::MinUIOp>(
                                      builder.add(first, i), reductionSize - 1),
                                  pitchBytes);
      rows[i] = builder.loadFourWords(pointer, isRagged ? 0 : i * pitchBytes);
    }
    if (!hasGroupScales)
      return;
    Value row = builder.advance(scales, group, 2 * pitchBytes);
    scaleWords = builder.loadFourWords(row, 0);
    llvm::append_range(scaleWords, builder.loadFourWords(row, 16));
  }

  SmallVector<ChannelPair> createPairs(KernelBuilder &builder,
                                       unsigned index) override {
    SmallVector<ChannelPair> pairs(2);
    for (unsigned half : {0, 1}) {
      auto halves =
          half ? BytePermutation::HighHalves : BytePermutation::LowHalves;
      for (int64_t i = 0; i < kPairsPerGroup; ++i) {
        Value packed =
            builder.permute(rows[2 * i][index], rows[2 * i + 1][index], halves);
        Value odd = builder.apply<arith::ShRUIOp>(packed, 8);
        pairs[half].weights[0][i] = decodeBytes(builder, packed);
        pairs[half].weights[1][i] = decodeBytes(builder, odd);
      }
      if (hasGroupScales)
        pairs[half].groupScales =
            builder.halvesToFloat(scaleWords[2 * index + half]);
    }
    return pairs;
  }

private:
  static constexpr int64_t kOwnRows = 16;

  /// Bytes 0 and 2 of a register as f16x2.
  Value decodeBytes(KernelBuilder &builder, Value packed) {
    Value set = builder.maskAndFlip(packed, 0x00ff00ff, 0x64806480);
    auto type = builder.getHalfPairType();
    Value offset = builder.create<arith::ConstantOp>(
        DenseElementsAttr::get(type, builder.getF16FloatAttr(1152)));
    return builder.create<arith::SubFOp>(builder.reinterpret(set, type),
                                         offset);
  }

  int64_t reductionSize;
  bool hasGroupScales;
  int64_t pitchBytes;
  Value column, channels, ownRows, scales;
  std::array<SmallVector<Value>, kOwnRows> rows;
  SmallVector<Value> scaleWords;
};

} // namespace

std::unique_ptr<WeightReader>
mlir::ccq::createIntegerReader(CodedTensorType type, ScalarAttr scheme) {
  return std::make_unique<IntegerReader>(type, scheme);
}
