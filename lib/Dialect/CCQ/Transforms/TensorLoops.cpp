//===- TensorLoops.cpp - loops that fill a tensor with vectors --*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TensorLoops.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::ccq;

Value TensorLoopEmitter::createIndex(int64_t value) {
  return builder.create<arith::ConstantIndexOp>(loc, value);
}

Value TensorLoopEmitter::emitLoop(int64_t count, Value tensor, Body body) {
  if (count == 0)
    return tensor;
  if (count == 1)
    return body(createIndex(0), tensor);
  return emitLoop(createIndex(count), 1, tensor, body);
}

Value TensorLoopEmitter::emitLoop(Value end, int64_t step, Value tensor,
                                  Body body) {
  auto loop = builder.create<scf::ForOp>(loc, createIndex(0), end,
                                         createIndex(step), tensor);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(loop.getBody());
  Value result = body(loop.getInductionVar(), loop.getRegionIterArg(0));
  builder.create<scf::YieldOp>(loc, result);
  return loop.getResult(0);
}

Value TensorLoopEmitter::read(Value source, ValueRange position,
                              VectorType type) {
  SmallVector<bool> inBounds(type.getRank(), true);
  return builder.create<vector::TransferReadOp>(loc, type, source, position,
                                                inBounds);
}

Value TensorLoopEmitter::write(Value vector, Value destination,
                               ValueRange position) {
  auto type = cast<VectorType>(vector.getType());
  SmallVector<bool> inBounds(type.getRank(), true);
  return builder
      .create<vector::TransferWriteOp>(loc, vector, destination, position,
                                       inBounds)
      .getResult();
}
