//===- OneHot.cpp - OneHot ------------------------------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LayerHandlers.h"
#include "TensorMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

static std::string name(ElementType type) {
  return ::ccq::getElementTypeName(type);
}

/// The number of classes, which has to be known.
static FailureOr<Size> getDepth(NodeImporter &node) {
  ImportedTensor &depth = node.getInput(1);
  const SmallVector<Size> *known = node.state.findIntegers(depth);
  if (known && known->size() == 1) {
    if (auto value = findConstant(known->front()); value && *value < 1)
      return node.malformed("expected a depth of at least 1, got " +
                            Twine(*value));
    return known->front();
  }
  bool isConstantFloat = depth.constant && isFloat(depth.elementType) &&
                         depth.constant->getNumElements() == 1;
  if (!isConstantFloat)
    return node.unsupported("expected a depth that is one number known at "
                            "import, got " +
                            name(depth.elementType) + node.print(depth.shape));
  double value = readFloat(*depth.constant, 0);
  if (!(value >= 1 && value < double(int64_t(1) << 53)))
    return node.malformed("expected a depth of at least 1, got " +
                          std::to_string(value));
  return node.sizes.getConstant(int64_t(value));
}

LogicalResult importer::importOneHot(NodeImporter &node) {
  ImportedTensor &indices = node.getInput(0), &values = node.getInput(2);
  if (!isInteger(indices.elementType) && !isFloat(indices.elementType))
    return node.malformed("expected indices of numbers, got " +
                          name(indices.elementType));
  if (values.shape != Shape{node.sizes.getConstant(2)})
    return node.malformed("expected two values, off and on, got shape " +
                          node.print(values.shape));
  FailureOr<Size> depth = getDepth(node);
  if (failed(depth))
    return failure();
  int64_t rank = indices.getRank() + 1;
  FailureOr<int64_t> axis = node.getAxis(node.getInt("axis", -1), rank);
  if (failed(axis))
    return failure();
  Shape shape = indices.shape;
  shape.insert(shape.begin() + *axis, *depth);
  if (!node.sizes.tryGetProduct(shape))
    return node.tooLarge();
  Builder &builder = node.builder;
  auto getValueMap = [&](int64_t position) {
    return AffineMap::get(rank, 0, builder.getAffineConstantExpr(position),
                          builder.getContext());
  };
  Value classes = node.state.emitIndex(*depth, node.loc);
  Value indexTensor = node.emit(indices), valueTensor = node.emit(values);
  bool isUnsigned = isUnsignedInteger(indices.elementType);
  node.setOutput(
      0, emitGeneric(
             node,
             {{indexTensor, getKeptMap(node, rank, {*axis})},
              {valueTensor, getValueMap(0)},
              {valueTensor, getValueMap(1)}},
             shape, values.elementType,
             [&](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
               Value index = elements[0];
               Type i64 = b.getI64Type();
               if (isa<FloatType>(index.getType()))
                 index = b.create<arith::FPToSIOp>(i64, index);
               Value place =
                   isUnsigned
                       ? b.create<arith::IndexCastUIOp>(b.getIndexType(), index)
                             .getResult()
                       : b.create<arith::IndexCastOp>(b.getIndexType(), index)
                             .getResult();
               // Negative indices count from the end.
               Value own = b.create<linalg::IndexOp>(*axis);
               Value fromEnd = b.create<arith::SubIOp>(own, classes);
               auto isPlace = [&](Value candidate) -> Value {
                 return b.create<arith::CmpIOp>(arith::CmpIPredicate::eq, place,
                                                candidate);
               };
               Value isOn =
                   b.create<arith::OrIOp>(isPlace(own), isPlace(fromEnd));
               return b.create<arith::SelectOp>(isOn, elements[2], elements[1]);
             }));
  return success();
}
