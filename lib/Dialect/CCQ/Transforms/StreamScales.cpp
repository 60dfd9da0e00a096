//===- StreamScales.cpp - scales of a stream as vectors ---------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StreamScales.h"

#include "ccq/Codec/Stream.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::ccq;
namespace codec = ::ccq::codec;

namespace {

/// Emits the scales of some neighbouring channels.
class ScaleEmitter {
public:
  ScaleEmitter(OpBuilder &builder, Location loc, ValueRange components, Value n,
               int64_t lanes)
      : builder(builder), loc(loc), components(components), n(n), lanes(lanes),
        type(VectorType::get(lanes, builder.getF32Type())) {}

  Value emitChannel() {
    auto half = VectorType::get(lanes, builder.getBF16Type());
    return builder.create<arith::ExtFOp>(loc, type,
                                         read(components[1], n, half));
  }

  Value emitTensor(Value component) {
    Value zero = builder.create<arith::ConstantIndexOp>(loc, 0);
    Value scale = builder.create<tensor::ExtractOp>(loc, component, zero);
    return builder.create<vector::BroadcastOp>(loc, type, scale);
  }

  /// float32(step(c) * super scale), with step(c) = 2^((c - 15) / 3) to float32
  /// made of a third and a power of two; step(0) = 0.
  Value emitChannel4() {
    Value code = readNibbles();
    Value down = builder.create<arith::SubIOp>(loc, createInt(15), code);
    // down / 3 for 0 to 15.
    Value whole = builder.create<arith::ShRUIOp>(
        loc, builder.create<arith::MulIOp>(loc, down, createInt(11)),
        createInt(5));
    Value rest = builder.create<arith::SubIOp>(
        loc, down, builder.create<arith::MulIOp>(loc, whole, createInt(3)));
    Value third = createFloat(codec::getChannel4Scale(13));
    third = select(rest, 1, createFloat(codec::getChannel4Scale(14)), third);
    third = select(rest, 0, createFloat(codec::getChannel4Scale(15)), third);
    Value exponent = builder.create<arith::ShLIOp>(
        loc, builder.create<arith::SubIOp>(loc, createInt(127), whole),
        createInt(23));
    Value power = builder.create<arith::BitcastOp>(loc, type, exponent);
    Value step = builder.create<arith::MulFOp>(loc, third, power);
    step = select(code, 0, createFloat(0), step);
    return builder.create<arith::MulFOp>(loc, step, emitTensor(components[2]));
  }

private:
  Value read(Value source, Value position, VectorType vectorType) {
    return builder.create<vector::TransferReadOp>(
        loc, vectorType, source, ValueRange{position}, ArrayRef<bool>{true});
  }

  Value createInt(int32_t value) {
    auto ints = VectorType::get(lanes, builder.getI32Type());
    return builder.create<arith::ConstantOp>(
        loc, DenseElementsAttr::get(ints, value));
  }

  Value createFloat(float value) {
    return builder.create<arith::ConstantOp>(
        loc, DenseElementsAttr::get(type, value));
  }

  /// `ifEqual` where `value` is `number`, else `otherwise`.
  Value select(Value value, int32_t number, Value ifEqual, Value otherwise) {
    Value condition = builder.create<arith::CmpIOp>(
        loc, arith::CmpIPredicate::eq, value, createInt(number));
    return builder.create<arith::SelectOp>(loc, condition, ifEqual, otherwise);
  }

  /// The four-bit scales, two in a byte, the low one first, as i32.
  Value readNibbles() {
    int64_t bytes = (lanes + 1) / 2;
    auto byteType = VectorType::get(bytes, builder.getI8Type());
    Value two = builder.create<arith::ConstantIndexOp>(loc, 2);
    Value first = builder.createOrFold<arith::DivUIOp>(loc, n, two);
    Value pairs = read(components[1], first, byteType);
    auto splat = [&](int8_t value) {
      return builder.create<arith::ConstantOp>(
          loc, DenseElementsAttr::get(byteType, value));
    };
    Value low = builder.create<arith::AndIOp>(loc, pairs, splat(15));
    Value high = builder.create<arith::ShRUIOp>(loc, pairs, splat(4));
    Value nibbles = builder.create<vector::InterleaveOp>(loc, low, high);
    if (2 * bytes != lanes)
      nibbles = builder.create<vector::ExtractStridedSliceOp>(
          loc, nibbles, ArrayRef<int64_t>{0}, ArrayRef<int64_t>{lanes},
          ArrayRef<int64_t>{1});
    return builder.create<arith::ExtUIOp>(
        loc, VectorType::get(lanes, builder.getI32Type()), nibbles);
  }

  OpBuilder &builder;
  Location loc;
  ValueRange components;
  Value n;
  int64_t lanes;
  VectorType type;
};

} // namespace

Value mlir::ccq::createStreamScales(OpBuilder &builder, Location loc,
                                    codec::StreamScale scale,
                                    ValueRange components, Value n,
                                    int64_t lanes) {
  ScaleEmitter emitter(builder, loc, components, n, lanes);
  switch (scale) {
  case codec::StreamScale::Channel:
    return emitter.emitChannel();
  case codec::StreamScale::Channel4:
    return emitter.emitChannel4();
  case codec::StreamScale::Tensor:
    return emitter.emitTensor(components[1]);
  }
  llvm_unreachable("unknown form of scales");
}
