//===- BitCast.cpp - bits of a tensor as another type ---------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BitCast.h"

#include "Emission.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

LogicalResult importer::importBitCast(NodeImporter &node) {
  ImportedTensor &x = node.getInput(0);
  ElementType to = ElementType(node.getInt("to", 0));
  MLIRContext *context = node.builder.getContext();
  Type element = findBuiltinType(to, context);
  if (!element)
    return node.unsupported("tensors of " + ::ccq::getElementTypeName(to) +
                            " are not supported");
  if (element.getIntOrFloatBitWidth() !=
      findBuiltinType(x.elementType, context).getIntOrFloatBitWidth())
    return node.unsupported("expected types of one width, got " +
                            ::ccq::getElementTypeName(x.elementType) + " and " +
                            ::ccq::getElementTypeName(to));
  RankedTensorType type = node.state.getType(to, x.shape);
  Value source = node.emit(x);
  Value result =
      source.getType() == type
          ? source
          : node.builder.create<arith::BitcastOp>(node.loc, type, source);
  node.setOutput(0, node.getResult(to, x.shape, result));
  return success();
}
