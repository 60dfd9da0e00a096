//===- EyeLike.cpp - matrices with ones on a diagonal ---------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "EyeLike.h"

#include "Emission.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

LogicalResult importer::importEyeLike(NodeImporter &node) {
  ImportedTensor &x = node.getInput(0);
  ElementType type = x.elementType;
  if (auto given = node.findInt("dtype"))
    type = ElementType(*given);
  if (!findBuiltinType(type, node.builder.getContext()) || x.getRank() != 2)
    return node.malformed("expected a matrix and a type of numbers, got " +
                          node.print(x));
  int64_t diagonal = node.getInt("k", 0);
  node.setOutput(
      0, emitGeneric(
             node, {}, x.shape, type,
             [&](ImplicitLocOpBuilder &b, ValueRange) -> Value {
               Type element =
                   getComputeType(findBuiltinType(type, b.getContext()));
               Value shifted = b.create<arith::AddIOp>(
                   b.create<linalg::IndexOp>(0),
                   b.create<arith::ConstantIndexOp>(diagonal));
               Value isOn =
                   b.create<arith::CmpIOp>(arith::CmpIPredicate::eq, shifted,
                                           b.create<linalg::IndexOp>(1));
               TypedAttr one = isa<FloatType>(element)
                                   ? TypedAttr(b.getFloatAttr(element, 1))
                                   : TypedAttr(b.getIntegerAttr(element, 1));
               Value zero = b.create<arith::ConstantOp>(
                   cast<TypedAttr>(b.getZeroAttr(element)));
               return b.create<arith::SelectOp>(
                   isOn, b.create<arith::ConstantOp>(one), zero);
             }));
  return success();
}
