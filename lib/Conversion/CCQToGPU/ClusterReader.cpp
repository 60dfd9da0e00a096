//===- ClusterReader.cpp - weights coded in clusters of four ----*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "WeightReader.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::ccq;

/// Explicit mantissa bits of an f16.
static constexpr unsigned kMantissaBits = 10;

namespace {

/// Column c owns bytes 4c .. 4c + 3 of the group, four k each. A byte expands
/// to a code of at most 16 bits that matter; the codes of two bytes of a
/// channel meet in one register, and windows are decoded where they lie in the
/// mantissa of the f16 1024.
class ClusterReader : public WeightReader {
public:
  ClusterReader(CodedTensorType type, ClusterAttr scheme)
      : scheme(scheme),
        pitchBytes(type.getComponentTypes().front().getDimSize(1)) {}

  PairOffsets getPairOffsets() const override {
    PairOffsets offsets;
    int64_t perColumn = kOwnBytes * kWindows;
    for (int64_t i = 0; i < kPairsPerGroup; ++i) {
      int64_t base = i / kWindows * 2 * kWindows + i % kWindows;
      offsets[i] = {LaneOffset{perColumn, base},
                    LaneOffset{perColumn, base + kWindows}};
    }
    return offsets;
  }

  void createPointers(KernelBuilder &builder, const LanePosition &lane,
                      ValueRange components) override {
    Value channels = builder.advance(components[0], lane.channel, 1);
    ownBytes = builder.advance(channels, lane.column, kOwnBytes * pitchBytes);
    scales = builder.advance(components[1], lane.channel, 1);
    for (auto [target, component] :
         {std::pair(&slopes, components[3]), {&offsets, components[4]}}) {
      Value pointer = builder.advance(component, lane.channel, 4);
      for (int64_t bytes = 0; bytes < 64; bytes += 16) {
        Value loaded = builder.load(VectorType::get(4, builder.getF32Type()),
                                    pointer, bytes);
        for (int64_t i = 0; i < 4; ++i)
          target->push_back(builder.create<vector::ExtractOp>(loaded, i));
      }
    }
  }

  void createLoads(KernelBuilder &builder, Value group) override {
    Value own =
        builder.advance(ownBytes, group, kGroupSize / kWindows * pitchBytes);
    for (int64_t i = 0; i < kOwnBytes; ++i)
      rows[i] = builder.loadFourWords(own, i * pitchBytes);
    Value pair = builder.apply<arith::ShRUIOp>(group, 1);
    scaleWords =
        builder.loadFourWords(builder.advance(scales, pair, pitchBytes), 0);
    // Even groups have the low nibbles, unless the high ones come first.
    Value isOdd = builder.apply<arith::AndIOp>(group, 1);
    Value isHigh =
        builder.apply<arith::XOrIOp>(isOdd, int64_t(scheme.getHighFirst()));
    scaleShift = builder.apply<arith::ShLIOp>(isHigh, 2);
  }

  SmallVector<ChannelPair> createPairs(KernelBuilder &builder,
                                       unsigned index) override {
    SmallVector<ChannelPair> pairs(2);
    Value nibbles =
        builder.apply<arith::ShRUIOp>(scaleWords[index], scaleShift);
    for (int64_t channel = 0; channel < 4; ++channel) {
      ChannelPair &pair = pairs[channel / 2];
      for (int64_t i = 0; i < kOwnBytes; i += 2) {
        Value low = expand(builder, rows[i][index], 4 * index, channel);
        Value high = expand(builder, rows[i + 1][index], 4 * index, channel);
        Value codes = builder.permute(low, high, BytePermutation::LowHalves);
        decodeWindows(builder, codes,
                      &pair.weights[channel % 2][i / 2 * kWindows]);
      }
      pair.groupScales[channel % 2] =
          builder.maskToFloat(getByte(builder, nibbles, channel), 15);
    }
    return pairs;
  }

private:
  static constexpr int64_t kOwnBytes = 4, kWindows = 4;

  /// Byte `channel` in the low bits, other bytes above.
  Value getByte(KernelBuilder &builder, Value packed, int64_t channel) {
    return channel ? builder.apply<arith::ShRUIOp>(packed, 8 * channel)
                   : packed;
  }

  /// The code of a byte, with three roundings as codec::expandCluster has them.
  /// `cvt.rmi` saturates, and turns NaN into 0.
  Value expand(KernelBuilder &builder, Value packed, unsigned first,
               int64_t channel) {
    Value byte = builder.maskToFloat(getByte(builder, packed, channel), 255);
    Value product =
        builder.create<arith::MulFOp>(byte, slopes[first + channel]);
    Value sum =
        builder.create<arith::AddFOp>(product, offsets[first + channel]);
    Value code = builder.create<arith::AddFOp>(sum, builder.real(0.5f));
    return builder
        .create<LLVM::CallIntrinsicOp>(
            builder.getI32Type(), builder.getStringAttr("llvm.nvvm.f2i.rm"),
            ValueRange{code})
        .getResults();
  }

  /// The centred windows of two codes, in the order of the shifts.
  void decodeWindows(KernelBuilder &builder, Value codes, Value *weights) {
    unsigned window = scheme.getWindow(), base = 0;
    float bias = float(1u << (window - 1));
    Value shifted = codes;
    for (int64_t i = kWindows - 1; i >= 0; --i) {
      unsigned shift = scheme.getShifts()[i];
      if (shift - base + window > kMantissaBits) {
        base = shift;
        shifted = builder.apply<arith::ShRUIOp>(codes, base);
      }
      uint32_t mask = ((1u << window) - 1) << (shift - base);
      float unit = 1.0f / float(1u << (shift - base));
      Value set = builder.maskAndSet(shifted, mask | mask << 16, 0x64006400);
      weights[i] = builder.scaleHalves(set, unit, -(1024 * unit + bias));
    }
  }

  ClusterAttr scheme;
  int64_t pitchBytes;
  Value ownBytes, scales, scaleShift;
  SmallVector<Value> slopes, offsets, scaleWords;
  std::array<SmallVector<Value>, kOwnBytes> rows;
};

} // namespace

std::unique_ptr<WeightReader>
mlir::ccq::createClusterReader(CodedTensorType type, ClusterAttr scheme) {
  return std::make_unique<ClusterReader>(type, scheme);
}
