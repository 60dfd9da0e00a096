//===- GradientSeed.cpp - gradients of losses by a model's output ---------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GradientSeed.h"

#include "TensorExtents.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

#include <limits>

using namespace mlir;
using namespace mlir::ccq;

using ScalarBody = llvm::function_ref<Value(OpBuilder &, Location, ValueRange)>;

/// An elementwise op on tensors of the sizes of `inputs[0]`; later inputs of
/// one dimension less are rows' values.
static FailureOr<Value> emitElementwise(OpBuilder &builder, ValueRange inputs,
                                        ScalarBody body) {
  auto type = cast<RankedTensorType>(inputs[0].getType());
  FailureOr<SmallVector<Value>> extents = getDynamicExtents(builder, inputs[0]);
  if (failed(extents))
    return failure();
  Location loc = inputs[0].getLoc();
  Value empty = builder.create<tensor::EmptyOp>(loc, type, *extents);
  auto rank = unsigned(type.getRank());
  AffineMap whole = builder.getMultiDimIdentityMap(rank);
  SmallVector<AffineMap> maps;
  for (Value input : inputs)
    maps.push_back(cast<RankedTensorType>(input.getType()).getRank() < rank
                       ? whole.dropResult(rank - 1)
                       : whole);
  maps.push_back(whole);
  SmallVector<utils::IteratorType> iterators(rank,
                                             utils::IteratorType::parallel);
  auto generic = builder.create<linalg::GenericOp>(
      loc, type, inputs, empty, maps, iterators,
      [&](OpBuilder &nested, Location at, ValueRange elements) {
        nested.create<linalg::YieldOp>(at, body(nested, at, elements));
      });
  return generic.getResult(0);
}

/// Combines the elements of each row.
template <typename OpTy>
static FailureOr<Value> emitRowReduction(OpBuilder &builder, Value input,
                                         double start) {
  auto type = cast<RankedTensorType>(input.getType());
  Location loc = input.getLoc();
  int64_t last = type.getRank() - 1;
  SmallVector<OpFoldResult> sizes;
  for (int64_t dim = 0; dim < last; ++dim) {
    sizes.push_back(findExtent(builder, input, dim));
    if (!sizes.back())
      return emitError(loc) << "expected a size of dimension " << dim << " of "
                            << type << " that is known before it is computed";
  }
  Type element = type.getElementType();
  Value empty = builder.create<tensor::EmptyOp>(loc, sizes, element);
  Value initial = builder.create<arith::ConstantOp>(
      loc, builder.getFloatAttr(element, start));
  Value filled =
      builder.create<linalg::FillOp>(loc, initial, empty).getResult(0);
  AffineMap whole = builder.getMultiDimIdentityMap(unsigned(last) + 1);
  SmallVector<utils::IteratorType> iterators(unsigned(last) + 1,
                                             utils::IteratorType::parallel);
  iterators.back() = utils::IteratorType::reduction;
  auto generic = builder.create<linalg::GenericOp>(
      loc, filled.getType(), input, filled,
      ArrayRef<AffineMap>{whole, whole.dropResult(unsigned(last))}, iterators,
      [](OpBuilder &nested, Location at, ValueRange elements) {
        Value combined = nested.create<OpTy>(at, elements[1], elements[0]);
        nested.create<linalg::YieldOp>(at, combined);
      });
  return generic.getResult(0);
}

static FailureOr<Value> emitSoftmax(OpBuilder &builder, Value logits) {
  FailureOr<Value> largest = emitRowReduction<arith::MaximumFOp>(
      builder, logits, -std::numeric_limits<double>::infinity());
  if (failed(largest))
    return failure();
  FailureOr<Value> powers =
      emitElementwise(builder, {logits, *largest},
                      [](OpBuilder &b, Location loc, ValueRange e) -> Value {
                        Value shifted =
                            b.create<arith::SubFOp>(loc, e[0], e[1]);
                        return b.create<math::ExpOp>(loc, shifted);
                      });
  if (failed(powers))
    return failure();
  FailureOr<Value> sum = emitRowReduction<arith::AddFOp>(builder, *powers, 0.0);
  if (failed(sum))
    return failure();
  return emitElementwise(builder, {*powers, *sum},
                         [](OpBuilder &b, Location loc, ValueRange e) -> Value {
                           return b.create<arith::DivFOp>(loc, e[0], e[1]);
                         });
}

static FailureOr<Value> emitDifference(OpBuilder &builder, Value a, Value b) {
  return emitElementwise(
      builder, {a, b},
      [](OpBuilder &nested, Location loc, ValueRange e) -> Value {
        return nested.create<arith::SubFOp>(loc, e[0], e[1]);
      });
}

FailureOr<Value> mlir::ccq::emitTensorSum(OpBuilder &builder, Value a,
                                          Value b) {
  return emitElementwise(
      builder, {a, b},
      [](OpBuilder &nested, Location loc, ValueRange e) -> Value {
        return nested.create<arith::AddFOp>(loc, e[0], e[1]);
      });
}

FailureOr<Value> mlir::ccq::emitGradientSeed(OpBuilder &builder,
                                             GradientLoss loss, Value output,
                                             Value given) {
  if (loss == GradientLoss::Cotangent)
    return given;
  if (loss == GradientLoss::Squares)
    return emitDifference(builder, output, given);
  if (cast<RankedTensorType>(output.getType()).getRank() == 0)
    return emitError(output.getLoc())
           << "expected rows of logits for loss=divergence, got "
           << output.getType();
  FailureOr<Value> ours = emitSoftmax(builder, output);
  if (failed(ours))
    return failure();
  FailureOr<Value> theirs = emitSoftmax(builder, given);
  if (failed(theirs))
    return failure();
  return emitDifference(builder, *ours, *theirs);
}
