//===- RowUpdates.cpp - rows reversed or replaced by batch ----------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RowUpdates.h"

#include "TensorMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

static bool isIndexVector(const ImportedTensor &tensor) {
  return tensor.elementType == ElementType::Int64 && tensor.getRank() == 1;
}

LogicalResult importer::importReverseSequence(NodeImporter &node) {
  ImportedTensor &x = node.getInput(0), &lengths = node.getInput(1);
  int64_t batch = node.getInt("batch_axis", 1),
          time = node.getInt("time_axis", 0);
  bool isOrder = (batch == 0 && time == 1) || (batch == 1 && time == 0);
  if (x.getRank() < 2 || !isOrder || !isIndexVector(lengths) ||
      !node.equate(lengths.shape[0], x.shape[batch]))
    return node.malformed("expected batch and time as the first dimensions and "
                          "an int64 length per batch, got " +
                          node.print(x) + " and " + node.print(lengths));
  MLIRContext *context = node.builder.getContext();
  AffineMap map = AffineMap::get(x.getRank(), 0,
                                 node.builder.getAffineDimExpr(batch), context);
  Value steps = node.state.emitIndex(x.shape[time], node.loc);
  node.setOutput(
      0, emitIndexed(
             node, x, {{node.emit(lengths), map}}, x.shape,
             [&](ImplicitLocOpBuilder &b, ValueRange position,
                 ValueRange elements) {
               SmallVector<Value> place(position);
               Value length =
                   b.create<arith::IndexCastOp>(b.getIndexType(), elements[0]);
               length = b.create<arith::MinSIOp>(length, steps);
               Value one = b.create<arith::ConstantIndexOp>(1);
               Value last = b.create<arith::SubIOp>(length, one);
               Value isInside = b.create<arith::CmpIOp>(
                   arith::CmpIPredicate::slt, place[time], length);
               Value mirrored = b.create<arith::SubIOp>(last, place[time]);
               place[time] =
                   b.create<arith::SelectOp>(isInside, mirrored, place[time]);
               return place;
             }));
  return success();
}

/// Where the updates have the row `row` of the cache, which may be outside.
static Value buildUpdateRow(ImplicitLocOpBuilder &b, Value row, Value start,
                            Value size, bool isCircular) {
  Value first = b.create<arith::IndexCastOp>(b.getIndexType(), start);
  Value place = b.create<arith::SubIOp>(row, first);
  if (!isCircular)
    return place;
  Value rest = b.create<arith::RemSIOp>(place, size);
  Value zero = b.create<arith::ConstantIndexOp>(0);
  Value isNegative =
      b.create<arith::CmpIOp>(arith::CmpIPredicate::slt, rest, zero);
  return b.create<arith::SelectOp>(isNegative,
                                   b.create<arith::AddIOp>(rest, size), rest);
}

LogicalResult importer::importTensorScatter(NodeImporter &node) {
  ImportedTensor &past = node.getInput(0), &update = node.getInput(1);
  int64_t rank = past.getRank();
  if (update.elementType != past.elementType || update.getRank() != rank ||
      rank < 2)
    return node.malformed("expected two tensors of one type and rank, got " +
                          node.print(past) + " and " + node.print(update));
  FailureOr<int64_t> axis = node.getAxis(node.getInt("axis", -2), rank);
  if (failed(axis))
    return failure();
  std::string mode = node.getString("mode", "linear");
  if (*axis == 0 || (mode != "linear" && mode != "circular"))
    return node.malformed("expected an axis behind the batch and mode linear "
                          "or circular, got axis " +
                          Twine(*axis) + " and '" + mode + "'");
  for (int64_t i = 0; i < rank; ++i)
    if (i == *axis ? !node.limit(update.shape[i], past.shape[i])
                   : !node.equate(update.shape[i], past.shape[i]))
      return node.malformed("expected an update that fits into " +
                            node.print(past.shape) + ", got " +
                            node.print(update.shape));
  MLIRContext *context = node.builder.getContext();
  AffineMap byBatch =
      AffineMap::get(rank, 0, node.builder.getAffineDimExpr(0), context);
  ImportedTensor starts;
  if (node.hasInput(2)) {
    starts = node.getInput(2);
    if (!isIndexVector(starts) || !node.equate(starts.shape[0], past.shape[0]))
      return node.malformed("expected an int64 per batch, got " +
                            node.print(starts));
  } else {
    starts = node.getResult(
        ElementType::Int64, {past.shape[0]},
        emitFill(node, node.builder.getI64IntegerAttr(0), {past.shape[0]}));
  }
  Value size = node.state.emitIndex(past.shape[*axis], node.loc);
  Value count = node.state.emitIndex(update.shape[*axis], node.loc);
  bool isCircular = mode == "circular";
  Value start = node.emit(starts);
  ImportedTensor placed = emitIndexed(
      node, update, {{start, byBatch}}, past.shape,
      [&](ImplicitLocOpBuilder &b, ValueRange position, ValueRange elements) {
        SmallVector<Value> place(position);
        Value row =
            buildUpdateRow(b, place[*axis], elements[0], size, isCircular);
        Value zero = b.create<arith::ConstantIndexOp>(0);
        Value one = b.create<arith::ConstantIndexOp>(1);
        Value last = b.create<arith::SubIOp>(count, one);
        place[*axis] =
            b.create<arith::MinSIOp>(b.create<arith::MaxSIOp>(row, zero), last);
        return place;
      });
  AffineMap all = node.builder.getMultiDimIdentityMap(rank);
  node.setOutput(
      0,
      emitGeneric(
          node,
          {{node.emit(past), all}, {placed.emitted, all}, {start, byBatch}},
          past.shape, past.elementType,
          [&](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
            Value row = buildUpdateRow(b, b.create<linalg::IndexOp>(*axis),
                                       elements[2], size, isCircular);
            // A negative row is a large unsigned one.
            Value isNew =
                b.create<arith::CmpIOp>(arith::CmpIPredicate::ult, row, count);
            return b.create<arith::SelectOp>(isNew, elements[1], elements[0]);
          }));
  return success();
}
