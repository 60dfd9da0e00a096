//===- ActivationSplit.cpp - f32 as the sum of two f16 ----------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ActivationSplit.h"

#include "WeightReader.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::ccq;

/// Exponent field of an f32, and one unit of it.
static constexpr uint32_t kExponentMask = 0x7f800000;
static constexpr uint32_t kExponentUnit = 0x00800000;
/// The scaled maximum lies in [2^14, 2^15), which f16 holds; 2^15 would too,
/// but then rounding could reach infinity.
static constexpr uint32_t kTargetExponent = 14;
static constexpr uint32_t kExponentBias = 127;
/// Below this exponent field 2^e or 2^-e would not be a normal f32.
static constexpr uint32_t kSmallestExponent = 15;

/// Maximum of a value over the four columns of a lane row.
static Value createRowMaximum(KernelBuilder &builder, Value value) {
  for (int32_t distance : {1, 2}) {
    auto shuffle = builder.create<gpu::ShuffleOp>(value, distance, 32,
                                                  gpu::ShuffleMode::XOR);
    value = builder.create<arith::MaxNumFOp>(value, shuffle.getShuffleResult());
  }
  return value;
}

/// f16x2 of two f32, each rounded to nearest even.
static Value createHalfPair(KernelBuilder &builder, Value low, Value high) {
  return builder
      .create<LLVM::CallIntrinsicOp>(
          builder.getHalfPairType(),
          builder.getStringAttr("llvm.nvvm.ff2f16x2.rn"), ValueRange{high, low})
      .getResults();
}

/// 2^e that brings `maximum` into [2^14, 2^15), and 2^-e.
static std::pair<Value, Value> createScale(KernelBuilder &builder,
                                           Value maximum) {
  Type f32 = builder.getF32Type();
  Value exponent = builder.apply<arith::MaxUIOp>(
      builder.apply<arith::AndIOp>(
          builder.reinterpret(maximum, builder.getI32Type()), kExponentMask),
      kSmallestExponent * kExponentUnit);
  Value scaleBits = builder.create<arith::SubIOp>(
      builder.word((2 * kExponentBias + kTargetExponent) * kExponentUnit),
      exponent);
  Value unscaleBits =
      builder.apply<arith::SubIOp>(exponent, kTargetExponent * kExponentUnit);
  return {builder.reinterpret(scaleBits, f32),
          builder.reinterpret(unscaleBits, f32)};
}

SplitActivations mlir::ccq::splitActivations(KernelBuilder &builder,
                                             ValueRange values, Value column) {
  Value maximum;
  for (Value value : values) {
    Value magnitude = builder.create<math::AbsFOp>(value);
    maximum = maximum ? builder.create<arith::MaxNumFOp>(maximum, magnitude)
                      : magnitude;
  }
  auto [scale, unscale] =
      createScale(builder, createRowMaximum(builder, maximum));
  SplitActivations result;
  for (size_t i = 0; i < values.size(); i += 2) {
    std::array<Value, 2> scaled, rest;
    for (int64_t half : {0, 1})
      scaled[half] = builder.create<arith::MulFOp>(values[i + half], scale);
    Value pair = createHalfPair(builder, scaled[0], scaled[1]);
    for (int64_t half : {0, 1}) {
      Value high = builder.create<vector::ExtractOp>(pair, half);
      rest[half] = builder.create<arith::SubFOp>(
          scaled[half],
          builder.create<arith::ExtFOp>(builder.getF32Type(), high));
    }
    result.high.push_back(pair);
    result.low.push_back(createHalfPair(builder, rest[0], rest[1]));
  }
  Value width = builder.word(32);
  Value owner = builder.mul(column, 2 * kLaneColumns);
  for (int64_t token : {0, 1})
    result.unscale[token] =
        builder
            .create<gpu::ShuffleOp>(unscale,
                                    builder.add(owner, token * kLaneColumns),
                                    width, gpu::ShuffleMode::IDX)
            .getShuffleResult();
  return result;
}
