//===- TensorAdjoint.cpp - adjoints of ops that move elements -------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TensorAdjoint.h"

#include "TensorExtents.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::ccq;

namespace {

/// The rules, for one op.
class TensorRule {
public:
  TensorRule(OpBuilder &builder, Operation *op, Value cotangent,
             AdjointSink sink)
      : builder(builder), loc(op->getLoc()), g(cotangent), sink(sink) {}

  LogicalResult apply(tensor::CastOp op) {
    sink.add(op.getSource(),
             builder.create<tensor::CastOp>(loc, op.getSource().getType(), g));
    return success();
  }
  LogicalResult apply(tensor::ExpandShapeOp op) {
    sink.add(op.getSrc(),
             builder.create<tensor::CollapseShapeOp>(
                 loc, op.getSrcType(), g, op.getReassociationIndices()));
    return success();
  }
  LogicalResult apply(tensor::CollapseShapeOp op);
  LogicalResult apply(tensor::ExtractSliceOp op);
  LogicalResult apply(tensor::InsertSliceOp op);
  LogicalResult apply(tensor::PadOp op);
  LogicalResult apply(tensor::ConcatOp op);

private:
  /// The sizes of a tensor; an error when they cannot be traced.
  FailureOr<SmallVector<OpFoldResult>> findSizes(Value tensor);
  Value slice(Value like, ArrayRef<OpFoldResult> offsets,
              ArrayRef<OpFoldResult> sizes, ArrayRef<OpFoldResult> strides) {
    return builder.create<tensor::ExtractSliceOp>(
        loc, cast<RankedTensorType>(like.getType()), g, offsets, sizes,
        strides);
  }

  OpBuilder &builder;
  Location loc;
  Value g;
  AdjointSink sink;
};

} // namespace

FailureOr<SmallVector<OpFoldResult>> TensorRule::findSizes(Value tensor) {
  SmallVector<OpFoldResult> sizes;
  auto type = cast<RankedTensorType>(tensor.getType());
  for (int64_t dim = 0; dim < type.getRank(); ++dim) {
    sizes.push_back(findExtent(builder, tensor, dim));
    if (!sizes.back())
      return emitError(tensor.getLoc())
             << "expected a size of dimension " << dim << " of " << type
             << " that is known before it is computed";
  }
  return sizes;
}

LogicalResult TensorRule::apply(tensor::CollapseShapeOp op) {
  FailureOr<SmallVector<OpFoldResult>> sizes = findSizes(op.getSrc());
  if (failed(sizes))
    return failure();
  sink.add(op.getSrc(),
           builder.create<tensor::ExpandShapeOp>(
               loc, op.getSrcType(), g, op.getReassociationIndices(), *sizes));
  return success();
}

LogicalResult TensorRule::apply(tensor::ExtractSliceOp op) {
  FailureOr<Value> zeros = createZerosLike(builder, op.getSource());
  if (failed(zeros))
    return failure();
  sink.add(op.getSource(), builder.create<tensor::InsertSliceOp>(
                               loc, g, *zeros, op.getMixedOffsets(),
                               op.getMixedSizes(), op.getMixedStrides()));
  return success();
}

LogicalResult TensorRule::apply(tensor::InsertSliceOp op) {
  if (sink.isActive(op.getSource()))
    sink.add(op.getSource(), slice(op.getSource(), op.getMixedOffsets(),
                                   op.getMixedSizes(), op.getMixedStrides()));
  if (!sink.isActive(op.getDest()))
    return success();
  FailureOr<Value> zeros = createZerosLike(builder, op.getSource());
  if (failed(zeros))
    return failure();
  sink.add(op.getDest(), builder.create<tensor::InsertSliceOp>(
                             loc, *zeros, g, op.getMixedOffsets(),
                             op.getMixedSizes(), op.getMixedStrides()));
  return success();
}

LogicalResult TensorRule::apply(tensor::PadOp op) {
  if (!op.getConstantPaddingValue())
    return op.emitOpError("has no derivative rule, but lies between a "
                          "parameter and the output: expected one constant as "
                          "padding");
  FailureOr<SmallVector<OpFoldResult>> sizes = findSizes(op.getSource());
  if (failed(sizes))
    return failure();
  SmallVector<OpFoldResult> strides(sizes->size(), builder.getIndexAttr(1));
  sink.add(op.getSource(),
           slice(op.getSource(), op.getMixedLowPad(), *sizes, strides));
  return success();
}

LogicalResult TensorRule::apply(tensor::ConcatOp op) {
  auto rank = size_t(op.getResultType().getRank());
  SmallVector<OpFoldResult> offsets(rank, builder.getIndexAttr(0));
  SmallVector<OpFoldResult> strides(rank, builder.getIndexAttr(1));
  for (Value input : op.getInputs()) {
    FailureOr<SmallVector<OpFoldResult>> sizes = findSizes(input);
    if (failed(sizes))
      return failure();
    if (sink.isActive(input))
      sink.add(input, slice(input, offsets, *sizes, strides));
    OpFoldResult &offset = offsets[op.getDim()];
    Value begin = getValueOrCreateConstantIndexOp(builder, loc, offset);
    Value size =
        getValueOrCreateConstantIndexOp(builder, loc, (*sizes)[op.getDim()]);
    offset = getAsOpFoldResult(
        builder.createOrFold<arith::AddIOp>(loc, begin, size));
  }
  return success();
}

LogicalResult mlir::ccq::emitTensorAdjoint(OpBuilder &builder, Operation *op,
                                           Value cotangent, AdjointSink sink) {
  return llvm::TypeSwitch<Operation *, LogicalResult>(op)
      .Case<tensor::CastOp, tensor::ExpandShapeOp, tensor::CollapseShapeOp,
            tensor::ExtractSliceOp, tensor::InsertSliceOp, tensor::PadOp,
            tensor::ConcatOp>([&](auto concrete) {
        return TensorRule(builder, op, cotangent, sink).apply(concrete);
      })
      .Default([](Operation *other) {
        return other->emitOpError("has no derivative rule, but lies between a "
                                  "parameter and the output");
      });
}
