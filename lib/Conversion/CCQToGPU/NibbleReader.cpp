//===- NibbleReader.cpp - weights coded as 4-bit integers -------*- C++ -*-===//
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

/// Column c owns rows 16c .. 16c + 15 of the group, which are eight rows of
/// bytes. Bytes of two of them meet in one register, two channels of each, by a
/// byte permute. A nibble with its top bit flipped is code + 8; it is decoded
/// where it lies in the mantissa of the f16 1024.
class NibbleReader : public WeightReader {
public:
  NibbleReader(CodedTensorType type, ScalarAttr scheme)
      : codeRows((type.getK() + 1) / 2), reductionSize(type.getK()),
        hasGroupScales(scheme.getGroup() != 0),
        pitchBytes(type.getComponentTypes().front().getDimSize(1)) {}

  PairOffsets getPairOffsets() const override {
    PairOffsets offsets;
    for (int64_t i = 0; i < kPairsPerGroup; ++i) {
      int64_t base = i / 2 * 4 + i % 2;
      offsets[i] = {LaneOffset{2 * kOwnRows, base},
                    LaneOffset{2 * kOwnRows, base + 2}};
    }
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
    // Codes have no padding along K but for the second nibble of the last byte:
    // rows past the end repeat the last one, and x is zero there.
    bool isRagged = reductionSize % kGroupSize != 0;
    Value own = builder.advance(ownRows, group, kGroupSize / 2 * pitchBytes);
    Value first = builder.add(builder.mul(group, kGroupSize / 2),
                              builder.mul(column, kOwnRows));
    for (int64_t i = 0; i < kOwnRows; ++i) {
      Value pointer = own;
      if (isRagged)
        pointer = builder.advance(
            channels,
            builder.apply<arith::MinUIOp>(builder.add(first, i), codeRows - 1),
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
      for (int64_t i = 0; i < kOwnRows / 2; ++i) {
        Value packed =
            builder.permute(rows[2 * i][index], rows[2 * i + 1][index], halves);
        decodeByte(builder, packed, &pairs[half].weights[0][2 * i]);
        decodeByte(builder, builder.apply<arith::ShRUIOp>(packed, 8),
                   &pairs[half].weights[1][2 * i]);
      }
      if (hasGroupScales)
        pairs[half].groupScales =
            builder.halvesToFloat(scaleWords[2 * index + half]);
    }
    return pairs;
  }

private:
  /// Rows of bytes that a column owns.
  static constexpr int64_t kOwnRows = 8;

  /// Bytes 0 and 2 of a register: their low nibbles as an f16x2, then their
  /// high ones.
  void decodeByte(KernelBuilder &builder, Value packed, Value *weights) {
    Value low = builder.maskAndFlip(packed, 0x000f000f, 0x64086408);
    weights[0] = builder.scaleHalves(low, 1, -(1024 + 8));
    Value high = builder.maskAndFlip(packed, 0x00f000f0, 0x64806480);
    weights[1] = builder.scaleHalves(high, 1.0f / 16, -(1024 / 16 + 8));
  }

  int64_t codeRows, reductionSize;
  bool hasGroupScales;
  int64_t pitchBytes;
  Value column, channels, ownRows, scales;
  std::array<SmallVector<Value>, kOwnRows> rows;
  SmallVector<Value> scaleWords;
};

} // namespace

std::unique_ptr<WeightReader>
mlir::ccq::createNibbleReader(CodedTensorType type, ScalarAttr scheme) {
  return std::make_unique<NibbleReader>(type, scheme);
}
