//===- HalfWordReader.cpp - weights coded in 16-bit words -------*- C++ -*-===//
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

/// Words 2c and 2c + 1 belong to column c: they meet in the halves of one
/// register by two byte permutes, before the decode, so that one window
/// operation gives two k of one channel. The windows of word 8 and the tail's
/// are two per column, at shifts that depend on it.
class HalfWordReader : public WeightReader {
public:
  HalfWordReader(CodedTensorType type, WordsAttr scheme)
      : scheme(scheme),
        pitchBytes(type.getComponentTypes().front().getDimSize(1) * 2) {}

  PairOffsets getPairOffsets() const override {
    PairOffsets offsets;
    for (int64_t i = 0; i < kWindows; ++i)
      offsets[i] = {LaneOffset{2 * kWindows, i},
                    LaneOffset{2 * kWindows, kWindows + i}};
    offsets[kWindows] = {LaneOffset{2, kSharedWord * kWindows},
                         LaneOffset{2, kSharedWord * kWindows + 1}};
    return offsets;
  }

  void createPointers(KernelBuilder &builder, const LanePosition &lane,
                      ValueRange components) override {
    Value channels = builder.advance(components[0], lane.channel, 2);
    ownWords = builder.advance(channels, lane.column, 2 * pitchBytes);
    lastWords = builder.advance(channels, kSharedWord * pitchBytes);
    // Window 2c of the last nine words' windows, and the one after it.
    auto selectShift = [&](ArrayRef<unsigned> shifts) {
      uint32_t table = 0;
      for (int64_t column = 0; column < kLaneColumns; ++column)
        table |= shifts[column] << (8 * column);
      Value bits = builder.apply<arith::ShRUIOp>(builder.word(table),
                                                 builder.mul(lane.column, 8));
      return builder.apply<arith::AndIOp>(bits, 31);
    };
    ArrayRef<unsigned> shifts = scheme.getShifts();
    firstShift = selectShift({shifts[0], shifts[2], shifts[4], shifts[6]});
    secondShift =
        selectShift({shifts[1], shifts[3], shifts[5], scheme.getTailShift()});
    takesTail = builder.isEqual(lane.column, kLaneColumns - 1);
  }

  void createLoads(KernelBuilder &builder, Value group) override {
    int64_t groupBytes = scheme.getWords() * pitchBytes;
    Value own = builder.advance(ownWords, group, groupBytes);
    Value last = builder.advance(lastWords, group, groupBytes);
    even = builder.loadFourWords(own, 0);
    odd = builder.loadFourWords(own, pitchBytes);
    shared = builder.loadFourWords(last, 0);
    tail = builder.loadFourWords(last, pitchBytes);
  }

  SmallVector<ChannelPair> createPairs(KernelBuilder &builder,
                                       unsigned index) override {
    Value second =
        builder.create<arith::SelectOp>(takesTail, tail[index], shared[index]);
    Value first = createWindow(builder, shared[index], firstShift);
    second = createWindow(builder, second, secondShift);
    ChannelPair pair;
    pair.groupScales = createScales(builder, tail[index]);
    for (unsigned channel : {0, 1}) {
      auto halves =
          channel ? BytePermutation::HighHalves : BytePermutation::LowHalves;
      decodeOwnWords(builder, builder.permute(even[index], odd[index], halves),
                     pair.weights[channel]);
      pair.weights[channel][kWindows] = builder.reinterpret(
          builder.permute(first, second, halves), builder.getHalfPairType());
    }
    return {pair};
  }

private:
  /// Windows per word, and the word that all columns share.
  static constexpr int64_t kWindows = 7, kSharedWord = 8;

  /// All windows of the two words in `packed`.
  void decodeOwnWords(KernelBuilder &builder, Value packed,
                      std::array<Value, kPairsPerGroup> &weights) {
    auto wordsType = VectorType::get({1, 2}, builder.getI16Type());
    auto resultType = VectorType::get({kWindows, 2}, builder.getF16Type());
    Value words = builder.create<vector::BroadcastOp>(
        wordsType,
        builder.reinterpret(packed, VectorType::get(2, builder.getI16Type())));
    Value windows = builder.create<TrellisDecodeOp>(resultType, scheme, words,
                                                    /*extra=*/Value(), 0);
    for (int64_t i = 0; i < kWindows; ++i)
      weights[i] = builder.create<vector::ExtractOp>(windows, i);
  }

  /// One window of both channels of `packed`, as a word.
  Value createWindow(KernelBuilder &builder, Value packed, Value shift) {
    Value words =
        builder.reinterpret(packed, VectorType::get(2, builder.getI16Type()));
    Value window = builder.create<ExtractWindowOp>(builder.getHalfPairType(),
                                                   scheme, words, shift);
    return builder.reinterpret(window, builder.getI32Type());
  }

  /// The low bits of both tail words as f32.
  std::array<Value, 2> createScales(KernelBuilder &builder, Value packed) {
    uint32_t mask = (1u << scheme.getScaleBits()) - 1;
    Value high = builder.apply<arith::ShRUIOp>(packed, 16);
    return {builder.maskToFloat(packed, mask), builder.maskToFloat(high, mask)};
  }

  WordsAttr scheme;
  int64_t pitchBytes;
  Value ownWords, lastWords, firstShift, secondShift, takesTail;
  SmallVector<Value> even, odd, shared, tail;
};

} // namespace

std::unique_ptr<WeightReader>
mlir::ccq::createHalfWordReader(CodedTensorType type, WordsAttr scheme) {
  return std::make_unique<HalfWordReader>(type, scheme);
}
