//===- StreamScale.cpp - scale of a channel of a stream ---------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StreamScale.h"

#include "ccq/Codec/Stream.h"

using namespace mlir;
using namespace mlir::ccq;
namespace codec = ::ccq::codec;

/// A bf16 is the upper half of an f32.
static Value loadBFloat(KernelBuilder &builder, Value pointer) {
  Value bits = builder.create<arith::ExtUIOp>(
      builder.getI32Type(), builder.load(builder.getI16Type(), pointer));
  return builder.reinterpret(builder.apply<arith::ShLIOp>(bits, 16),
                             builder.getF32Type());
}

/// 2^((code - 15) / 3) to f32, made of a third and a power of two; 0 for 0.
static Value createStep(KernelBuilder &builder, Value code) {
  auto select = [&](Value value, int64_t number, Value ifEqual,
                    Value otherwise) {
    return builder.create<arith::SelectOp>(builder.isEqual(value, number),
                                           ifEqual, otherwise);
  };
  Value down = builder.create<arith::SubIOp>(builder.word(15), code);
  // down / 3 for 0 to 15.
  Value whole = builder.apply<arith::ShRUIOp>(builder.mul(down, 11), 5);
  Value rest = builder.create<arith::SubIOp>(down, builder.mul(whole, 3));
  Value third = builder.real(codec::getChannel4Scale(13));
  third = select(rest, 1, builder.real(codec::getChannel4Scale(14)), third);
  third = select(rest, 0, builder.real(codec::getChannel4Scale(15)), third);
  Value exponent = builder.apply<arith::ShLIOp>(
      builder.create<arith::SubIOp>(builder.word(127), whole), 23);
  Value power = builder.reinterpret(exponent, builder.getF32Type());
  Value step = builder.create<arith::MulFOp>(third, power);
  return select(code, 0, builder.real(0), step);
}

/// The four-bit scale of channel `n`, two in a byte, the low one first.
static Value loadNibble(KernelBuilder &builder, Value pointer, Value n) {
  Value pair = builder.advance(pointer, builder.apply<arith::ShRUIOp>(n, 1), 1);
  Value bits = builder.create<arith::ExtUIOp>(
      builder.getI32Type(), builder.load(builder.getI8Type(), pair));
  Value shift = builder.mul(builder.apply<arith::AndIOp>(n, 1), 4);
  return builder.apply<arith::AndIOp>(
      builder.apply<arith::ShRUIOp>(bits, shift), 15);
}

Value mlir::ccq::createStreamScale(KernelBuilder &builder, CodedTensorType type,
                                   ValueRange components, Value n) {
  switch (findStreamFrame(type.getScheme())->scale) {
  case codec::StreamScale::Channel:
    return loadBFloat(builder, builder.advance(components[1], n, 2));
  case codec::StreamScale::Channel4: {
    Value step = createStep(builder, loadNibble(builder, components[1], n));
    return builder.create<arith::MulFOp>(
        step, builder.load(builder.getF32Type(), components[2]));
  }
  case codec::StreamScale::Tensor:
    return builder.load(builder.getF32Type(), components[1]);
  }
  llvm_unreachable("unknown form of scales");
}
