//===- Softmax.cpp - Softmax and LogSoftmax -------------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Handlers.h"
#include "ScalarMath.h"
#include "TensorMath.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

ImportedTensor importer::emitSoftmax(NodeImporter &node, ImportedTensor &x,
                                     int64_t axis, EmptyRows emptyRows) {
  bool isLog = node.node.opType == "LogSoftmax" ||
               node.node.opType == "SoftmaxCrossEntropyLoss";
  bool emptyIsZero = emptyRows == EmptyRows::AreZero;
  Builder &builder = node.builder;
  Type type =
      getComputeType(findBuiltinType(x.elementType, builder.getContext()));
  ElementType computeType = type.isF32() ? ElementType::Float32 : x.elementType;
  AffineMap all = builder.getMultiDimIdentityMap(x.getRank());
  AffineMap kept = getKeptMap(node, x.getRank(), {axis});
  // A finite start makes exp(-inf - peak) of an empty row 0 and not NaN.
  const llvm::fltSemantics &semantics =
      cast<FloatType>(type).getFloatSemantics();
  ImportedTensor peak = emitReduction(
      node, x, {axis}, computeType,
      builder.getFloatAttr(
          type, emptyIsZero ? APFloat::getLargest(semantics, /*Negative=*/true)
                            : APFloat::getInf(semantics, /*Negative=*/true)),
      [](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
        return b.create<arith::MaximumFOp>(elements[1], elements[0]);
      });
  // The shifted elements: their exponentials, or themselves for the logarithm.
  ImportedTensor shifted = emitGeneric(
      node, {{node.emit(x), all}, {peak.emitted, kept}}, x.shape, computeType,
      [&](ImplicitLocOpBuilder &b, ValueRange elements) {
        ScalarMath m(b, type);
        Value difference = m.sub(elements[0], elements[1]);
        return isLog ? difference : m.exp(difference);
      });
  ImportedTensor sum = emitReduction(
      node, shifted, {axis}, computeType, builder.getFloatAttr(type, 0.0),
      [&](ImplicitLocOpBuilder &b, ValueRange elements) {
        ScalarMath m(b, type);
        return m.add(elements[1], isLog ? m.exp(elements[0]) : elements[0]);
      });
  return emitGeneric(
      node, {{shifted.emitted, all}, {sum.emitted, kept}}, x.shape,
      x.elementType, [&](ImplicitLocOpBuilder &b, ValueRange elements) {
        ScalarMath m(b, type);
        if (isLog)
          return m.sub(elements[0], m.log(elements[1]));
        // The sum is at least 1 where there is a peak.
        Value sum = emptyIsZero ? m.atLeast(elements[1], 1e-30) : elements[1];
        return m.div(elements[0], sum);
      });
}

/// Checks the operand and gives the axis counted from the front.
static FailureOr<int64_t> getSoftmaxAxis(NodeImporter &node,
                                         int64_t byDefault) {
  ImportedTensor &x = node.getInput(0);
  if (!isFloat(x.elementType))
    return node.malformed("expected a tensor of floats, got " +
                          ::ccq::getElementTypeName(x.elementType));
  if (x.getRank() == 0)
    return node.malformed("expected a tensor of rank 1 or more, got a scalar");
  return node.getAxis(node.getInt("axis", byDefault), x.getRank());
}

LogicalResult importer::importSoftmax(NodeImporter &node) {
  FailureOr<int64_t> axis = getSoftmaxAxis(node, -1);
  if (failed(axis))
    return failure();
  node.setOutput(0, emitSoftmax(node, node.getInput(0), *axis));
  return success();
}

LogicalResult importer::importFlatteningSoftmax(NodeImporter &node) {
  ImportedTensor &x = node.getInput(0);
  FailureOr<int64_t> axis =
      x.getRank() == 1 ? getSoftmaxAxis(node, 0) : getSoftmaxAxis(node, 1);
  if (failed(axis))
    return failure();
  if (*axis == x.getRank() - 1) {
    node.setOutput(0, emitSoftmax(node, x, *axis));
    return success();
  }
  // One row per element of the dimensions before the axis.
  ArrayRef<Size> sizes = x.shape;
  Shape matrix = {node.sizes.tryGetProduct(sizes.take_front(*axis)),
                  node.sizes.tryGetProduct(sizes.drop_front(*axis))};
  ImportedTensor rows = emitReshape(node, x, matrix);
  ImportedTensor result = emitSoftmax(node, rows, 1);
  node.setOutput(0, emitReshape(node, result, x.shape));
  return success();
}
