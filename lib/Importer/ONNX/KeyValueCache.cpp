//===- KeyValueCache.cpp - keys and values of earlier runs ----------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KeyValueCache.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

/// The shape of past and own rows together.
static FailureOr<Shape> getPresentShape(NodeImporter &node,
                                        const ImportedTensor &past,
                                        const ImportedTensor &own) {
  Shape expected = own.shape;
  if (past.getRank() == 4)
    expected[2] = past.shape[2];
  if (past.elementType != own.elementType ||
      !node.equateShapes(past.shape, expected))
    return node.malformed(
        "expected a past of " + ::ccq::getElementTypeName(own.elementType) +
        node.print(expected) + ", got " +
        ::ccq::getElementTypeName(past.elementType) + node.print(past.shape));
  expected[2] = node.sizes.tryAdd(past.shape[2], own.shape[2]);
  if (!expected[2] || !node.sizes.tryGetProduct(expected))
    return node.tooLarge();
  return expected;
}

FailureOr<ImportedTensor> importer::emitBehindPast(NodeImporter &node,
                                                   size_t input,
                                                   ImportedTensor &own) {
  if (!node.hasInput(input))
    return own;
  ImportedTensor &past = node.getInput(input);
  FailureOr<Shape> shape = getPresentShape(node, past, own);
  if (failed(shape))
    return failure();
  return emitConcat(node, {&past, &own}, 2, *shape);
}

FailureOr<ImportedTensor>
importer::emitBehindPastCounts(NodeImporter &node, size_t input,
                               ImportedTensor &own,
                               ImportedTensor &pastCounts) {
  FailureOr<ImportedTensor> all = emitBehindPast(node, input, own);
  if (failed(all) || !node.hasInput(input))
    return all;
  // Rows of the past that do not count are skipped: there is always at least
  // one row to read, also where the past has none.
  OpBuilder &builder = node.builder;
  Value source = node.emit(*all);
  Value pastRows =
      node.state.emitIndex(node.getInput(input).shape[2], node.loc);
  Value allRows = node.state.emitIndex(all->shape[2], node.loc);
  AffineMap batch =
      AffineMap::get(4, 0, builder.getAffineDimExpr(0), builder.getContext());
  return emitGeneric(
      node, {{node.emit(pastCounts), batch}}, all->shape, own.elementType,
      [&](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
        Value zero = b.create<arith::ConstantIndexOp>(0);
        Value one = b.create<arith::ConstantIndexOp>(1);
        SmallVector<Value> position;
        for (int64_t i = 0; i < 4; ++i)
          position.push_back(b.create<linalg::IndexOp>(i));
        Value count =
            b.create<arith::IndexCastOp>(b.getIndexType(), elements[0]);
        count = b.create<arith::MaxSIOp>(count, zero);
        count = b.create<arith::MinSIOp>(count, pastRows);
        Value isPast = b.create<arith::CmpIOp>(arith::CmpIPredicate::slt,
                                               position[2], count);
        Value skipped = b.create<arith::SubIOp>(pastRows, count);
        Value behind = b.create<arith::AddIOp>(position[2], skipped);
        Value row = b.create<arith::SelectOp>(isPast, position[2], behind);
        Value exists =
            b.create<arith::CmpIOp>(arith::CmpIPredicate::slt, row, allRows);
        Value last = b.create<arith::SubIOp>(allRows, one);
        position[2] = b.create<arith::MinSIOp>(row, last);
        Value element = b.create<tensor::ExtractOp>(source, position);
        Type type = getComputeType(element.getType());
        if (element.getType() != type)
          element = b.create<arith::ExtFOp>(type, element);
        Value nothing =
            b.create<arith::ConstantOp>(cast<TypedAttr>(b.getZeroAttr(type)));
        return b.create<arith::SelectOp>(exists, element, nothing);
      });
}
