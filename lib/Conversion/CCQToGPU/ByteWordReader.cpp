//===- ByteWordReader.cpp - weights coded in 8-bit words --------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "WeightReader.h"
#include "ccq/Dialect/CCQ/IR/CCQOps.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::ccq;

namespace {

/// Column c owns words 4c .. 4c + 3 and 16 + c and one window of the last two
/// words. Pairs of its first four words meet in one register, two channels of
/// each, by a byte permute before the decode: bytes (a0, a1, b0, b1) decode to
/// the f16x2 (a0, b0) and (a1, b1), two k of a channel each.
class ByteWordReader : public WeightReader {
public:
  ByteWordReader(CodedTensorType type, WordsAttr scheme)
      : scheme(scheme),
        pitchBytes(type.getComponentTypes().front().getDimSize(1)) {}

  PairOffsets getPairOffsets() const override {
    PairOffsets offsets;
    int64_t perColumn = kOwnWords * kWindows;
    for (int64_t i = 0; i < kWindows; ++i)
      for (int64_t words : {0, 1}) {
        int64_t base = 2 * words * kWindows + i;
        offsets[words * kWindows + i] = {
            LaneOffset{perColumn, base},
            LaneOffset{perColumn, base + kWindows}};
      }
    int64_t base = kFifthWords * kWindows;
    offsets[6] = {LaneOffset{kWindows, base}, LaneOffset{kWindows, base + 1}};
    offsets[7] = {LaneOffset{kWindows, base + 2},
                  LaneOffset{1, kSharedWord * kWindows}};
    return offsets;
  }

  void createPointers(KernelBuilder &builder, const LanePosition &lane,
                      ValueRange components) override {
    Value channels = builder.advance(components[0], lane.channel, 1);
    ownWords = builder.advance(channels, lane.column, kOwnWords * pitchBytes);
    fifthWord =
        builder.advance(builder.advance(channels, kFifthWords * pitchBytes),
                        lane.column, pitchBytes);
    tailWord = builder.advance(channels, (kSharedWord + 1) * pitchBytes);
    // Columns 0 to 2 take a window of word 20, column 3 the tail's.
    Value isTail = builder.isEqual(lane.column, kLaneColumns - 1);
    Value last = builder.create<arith::SelectOp>(
        isTail, builder.word(kSharedWord + 1), builder.word(kSharedWord));
    lastWord = builder.advance(channels, last, pitchBytes);
    uint32_t table = scheme.getTailShift() << 24;
    for (auto [column, shift] : llvm::enumerate(scheme.getShifts()))
      table |= shift << (8 * column);
    Value bits = builder.apply<arith::ShRUIOp>(builder.word(table),
                                               builder.mul(lane.column, 8));
    lastShift = builder.apply<arith::AndIOp>(bits, 7);
  }

  void createLoads(KernelBuilder &builder, Value group) override {
    int64_t groupBytes = scheme.getWords() * pitchBytes;
    Value own = builder.advance(ownWords, group, groupBytes);
    for (int64_t i = 0; i < kOwnWords; ++i)
      rows[i] = builder.loadFourWords(own, i * pitchBytes);
    auto loadRow = [&](Value pointer) {
      return builder.loadFourWords(builder.advance(pointer, group, groupBytes),
                                   0);
    };
    fifth = loadRow(fifthWord);
    last = loadRow(lastWord);
    tail = loadRow(tailWord);
  }

  SmallVector<ChannelPair> createPairs(KernelBuilder &builder,
                                       unsigned index) override {
    SmallVector<ChannelPair> pairs(2);
    for (unsigned words : {0, 1})
      for (unsigned half : {0, 1}) {
        auto halves =
            half ? BytePermutation::HighHalves : BytePermutation::LowHalves;
        Value packed = builder.permute(rows[2 * words][index],
                                       rows[2 * words + 1][index], halves);
        SmallVector<LanePairs> windows = decodeWindows(builder, packed);
        for (int64_t i = 0; i < kWindows; ++i)
          for (unsigned channel : {0, 1})
            pairs[half].weights[channel][words * kWindows + i] =
                windows[i][channel];
      }
    SmallVector<LanePairs> windows = decodeWindows(builder, fifth[index]);
    windows.push_back(decodeLast(builder, last[index]));
    for (unsigned pair : {0, 1})
      for (unsigned channel : {0, 1}) {
        Value low = windows[2 * pair][channel];
        Value high = windows[2 * pair + 1][channel];
        pairs[0].weights[channel][6 + pair] =
            transpose(builder, low, high, BytePermutation::LowHalves);
        pairs[1].weights[channel][6 + pair] =
            transpose(builder, low, high, BytePermutation::HighHalves);
      }
    createScales(builder, tail[index], pairs);
    return pairs;
  }

private:
  /// f16x2 of lanes (0, 2) and (1, 3) of a register of four bytes.
  using LanePairs = std::array<Value, 2>;

  static constexpr int64_t kWindows = 3, kOwnWords = 4, kFifthWords = 16,
                           kSharedWord = 20;

  LanePairs splitLanes(KernelBuilder &builder, Value fourHalves) {
    auto split = builder.create<vector::DeinterleaveOp>(fourHalves);
    return {split.getRes1(), split.getRes2()};
  }

  SmallVector<LanePairs> decodeWindows(KernelBuilder &builder, Value packed) {
    auto wordsType = VectorType::get({1, 4}, builder.getI8Type());
    auto resultType = VectorType::get({kWindows, 4}, builder.getF16Type());
    Value words = builder.create<vector::BroadcastOp>(
        wordsType,
        builder.reinterpret(packed, VectorType::get(4, builder.getI8Type())));
    Value decoded = builder.create<TrellisDecodeOp>(resultType, scheme, words,
                                                    /*extra=*/Value(), 0);
    SmallVector<LanePairs> windows;
    for (int64_t i = 0; i < kWindows; ++i)
      windows.push_back(
          splitLanes(builder, builder.create<vector::ExtractOp>(decoded, i)));
    return windows;
  }

  LanePairs decodeLast(KernelBuilder &builder, Value packed) {
    Value words =
        builder.reinterpret(packed, VectorType::get(4, builder.getI8Type()));
    auto resultType = VectorType::get(4, builder.getF16Type());
    return splitLanes(builder, builder.create<ExtractWindowOp>(
                                   resultType, scheme, words, lastShift));
  }

  /// Halves of two f16x2 that hold two channels each, of one channel.
  Value transpose(KernelBuilder &builder, Value low, Value high,
                  BytePermutation halves) {
    Type word = builder.getI32Type();
    return builder.reinterpret(builder.permute(builder.reinterpret(low, word),
                                               builder.reinterpret(high, word),
                                               halves),
                               builder.getHalfPairType());
  }

  /// The low bits of the four tail bytes as f32.
  void createScales(KernelBuilder &builder, Value packed,
                    MutableArrayRef<ChannelPair> pairs) {
    uint32_t mask = (1u << scheme.getScaleBits()) - 1;
    for (int64_t channel = 0; channel < 4; ++channel) {
      Value shifted = packed;
      if (channel > 0)
        shifted = builder.apply<arith::ShRUIOp>(packed, 8 * channel);
      pairs[channel / 2].groupScales[channel % 2] =
          builder.maskToFloat(shifted, mask);
    }
  }

  WordsAttr scheme;
  int64_t pitchBytes;
  Value ownWords, fifthWord, lastWord, tailWord, lastShift;
  std::array<SmallVector<Value>, kOwnWords> rows;
  SmallVector<Value> fifth, last, tail;
};

} // namespace

std::unique_ptr<WeightReader>
mlir::ccq::createByteWordReader(CodedTensorType type, WordsAttr scheme) {
  return std::make_unique<ByteWordReader>(type, scheme);
}
