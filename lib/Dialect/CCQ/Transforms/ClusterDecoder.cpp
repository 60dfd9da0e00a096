//===- ClusterDecoder.cpp - bytes of clusters on vectors --------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ClusterDecoder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include <limits>

using namespace mlir;
using namespace mlir::ccq;

Value ClusterDecoder::createInt(int32_t value) {
  auto ints = VectorType::get(type.getShape(), builder.getI32Type());
  return builder.create<arith::ConstantOp>(loc,
                                           DenseElementsAttr::get(ints, value));
}

Value ClusterDecoder::createFloat(float value) {
  return builder.create<arith::ConstantOp>(loc,
                                           DenseElementsAttr::get(type, value));
}

Value ClusterDecoder::decodeScale(Value pair, int64_t half) {
  auto ints = VectorType::get(type.getShape(), builder.getI32Type());
  Value bits = builder.create<arith::ExtUIOp>(loc, ints, pair);
  bool isHigh = (half == 0) == scheme.getHighFirst();
  Value nibble =
      isHigh
          ? builder.create<arith::ShRUIOp>(loc, bits, createInt(4)).getResult()
          : builder.create<arith::AndIOp>(loc, bits, createInt(15)).getResult();
  return builder.create<arith::UIToFPOp>(loc, type, nibble);
}

Value ClusterDecoder::createFloor(Value value) {
  auto ints = VectorType::get(type.getShape(), builder.getI32Type());
  Value towardsZero = builder.create<arith::FPToSIOp>(loc, ints, value);
  Value back = builder.create<arith::SIToFPOp>(loc, type, towardsZero);
  Value isAbove = builder.create<arith::CmpFOp>(loc, arith::CmpFPredicate::OGT,
                                                back, value);
  Value below = builder.create<arith::SubIOp>(loc, towardsZero, createInt(1));
  return builder.create<arith::SelectOp>(loc, isAbove, below, towardsZero);
}

Value ClusterDecoder::expand(Value bytes) {
  auto ints = VectorType::get(type.getShape(), builder.getI32Type());
  Value byte = builder.create<arith::UIToFPOp>(
      loc, type, builder.create<arith::ExtUIOp>(loc, ints, bytes));
  // Three roundings, as codec::expandCluster has them.
  Value product = builder.create<arith::MulFOp>(loc, byte, codeScale);
  Value sum = builder.create<arith::AddFOp>(loc, product, codeZp);
  Value code = builder.create<arith::AddFOp>(loc, sum, createFloat(0.5f));
  // Outside of int32 codes saturate, and NaN is 0; the greatest float below
  // 2^31 is 2^31 - 128.
  Value isNumber =
      builder.create<arith::CmpFOp>(loc, arith::CmpFPredicate::ORD, code, code);
  Value finite =
      builder.create<arith::SelectOp>(loc, isNumber, code, createFloat(0));
  Value isAbove = builder.create<arith::CmpFOp>(loc, arith::CmpFPredicate::OGE,
                                                finite, createFloat(0x1p31f));
  Value isBelow = builder.create<arith::CmpFOp>(loc, arith::CmpFPredicate::OLT,
                                                finite, createFloat(-0x1p31f));
  Value inside = builder.create<arith::SelectOp>(
      loc, isBelow, createFloat(-0x1p31f),
      builder.create<arith::SelectOp>(loc, isAbove, createFloat(0x1.fffffep30f),
                                      finite));
  Value integer = createFloor(inside);
  return builder.create<arith::SelectOp>(
      loc, isAbove, createInt(std::numeric_limits<int32_t>::max()), integer);
}

Value ClusterDecoder::decodeWindow(Value code, int64_t index) {
  unsigned window = scheme.getWindow();
  Value shifted = builder.create<arith::ShRUIOp>(
      loc, code, createInt(int32_t(scheme.getShifts()[index])));
  Value masked = builder.create<arith::AndIOp>(
      loc, shifted, createInt(int32_t((1u << window) - 1)));
  Value centred = builder.create<arith::SubIOp>(
      loc, masked, createInt(int32_t(1u << (window - 1))));
  return builder.create<arith::SIToFPOp>(loc, type, centred);
}
