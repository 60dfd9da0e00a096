//===- ArgExtremum.cpp - ArgMax and ArgMin --------------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Emission.h"
#include "LayerHandlers.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

/// The value that every other one beats.
static TypedAttr getWeakest(Builder &builder, ElementType elementType,
                            bool isMaximum) {
  Type type = findBuiltinType(elementType, builder.getContext());
  if (auto floating = dyn_cast<FloatType>(type))
    return builder.getFloatAttr(
        type, APFloat::getInf(floating.getFloatSemantics(), isMaximum));
  unsigned width = type.getIntOrFloatBitWidth();
  bool isUnsigned = isUnsignedInteger(elementType);
  if (isMaximum)
    return builder.getIntegerAttr(type, isUnsigned
                                            ? APInt::getZero(width)
                                            : APInt::getSignedMinValue(width));
  return builder.getIntegerAttr(type, isUnsigned
                                          ? APInt::getMaxValue(width)
                                          : APInt::getSignedMaxValue(width));
}

static Value buildStronger(ImplicitLocOpBuilder &b, ElementType type,
                           bool isMaximum, Value x, Value y) {
  if (isFloat(type))
    return isMaximum ? b.create<arith::MaximumFOp>(x, y).getResult()
                     : b.create<arith::MinimumFOp>(x, y).getResult();
  if (isUnsignedInteger(type))
    return isMaximum ? b.create<arith::MaxUIOp>(x, y).getResult()
                     : b.create<arith::MinUIOp>(x, y).getResult();
  return isMaximum ? b.create<arith::MaxSIOp>(x, y).getResult()
                   : b.create<arith::MinSIOp>(x, y).getResult();
}

/// First the extremum, then the first or last place where it stands.
LogicalResult importer::importArgExtremum(NodeImporter &node) {
  ImportedTensor &x = node.getInput(0);
  ElementType type = x.elementType;
  if (!isFloat(type) && !isInteger(type))
    return node.malformed("expected a tensor of numbers, got " +
                          ::ccq::getElementTypeName(type));
  FailureOr<int64_t> axis = node.getAxis(node.getInt("axis", 0), x.getRank());
  if (failed(axis))
    return failure();
  if (!node.limit(node.sizes.getConstant(1), x.shape[*axis]))
    return node.malformed("expected elements to compare, got a dimension of 0");
  bool isMaximum = node.node.opType == "ArgMax";
  bool takesLast = node.getInt("select_last_index", 0);
  ImportedTensor extremum = emitReduction(
      node, x, {*axis}, type, getWeakest(node.builder, type, isMaximum),
      [&](ImplicitLocOpBuilder &b, ValueRange elements) {
        return buildStronger(b, type, isMaximum, elements[1], elements[0]);
      });
  AffineMap all = node.builder.getMultiDimIdentityMap(x.getRank());
  TypedAttr none = node.builder.getI64IntegerAttr(takesLast ? -1 : INT64_MAX);
  ImportedTensor places = emitGeneric(
      node,
      {{node.emit(x), all},
       {extremum.emitted, getKeptMap(node, x.getRank(), {*axis})}},
      x.shape, ElementType::Int64,
      [&](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
        Value isPlace = isFloat(type)
                            ? b.create<arith::CmpFOp>(arith::CmpFPredicate::OEQ,
                                                      elements[0], elements[1])
                                  .getResult()
                            : b.create<arith::CmpIOp>(arith::CmpIPredicate::eq,
                                                      elements[0], elements[1])
                                  .getResult();
        Value index = b.create<arith::IndexCastOp>(
            b.getI64Type(), b.create<linalg::IndexOp>(*axis));
        return b.create<arith::SelectOp>(isPlace, index,
                                         b.create<arith::ConstantOp>(none));
      });
  ImportedTensor result = emitReduction(
      node, places, {*axis}, ElementType::Int64, none,
      [&](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
        if (takesLast)
          return b.create<arith::MaxSIOp>(elements[1], elements[0]);
        return b.create<arith::MinSIOp>(elements[1], elements[0]);
      });
  Shape shape = result.shape;
  if (node.getInt("keepdims", 1))
    shape.insert(shape.begin() + *axis, node.sizes.getConstant(1));
  node.setOutput(0, emitReshape(node, result, shape));
  return success();
}
