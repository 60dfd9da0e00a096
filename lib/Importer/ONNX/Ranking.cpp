//===- Ranking.cpp - order of elements along an axis ----------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Ranking.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

/// left < right.
static Value buildLess(ImplicitLocOpBuilder &b, Value left, Value right,
                       bool isUnsigned) {
  if (isa<FloatType>(left.getType()))
    return b.create<arith::CmpFOp>(arith::CmpFPredicate::OLT, left, right);
  return b.create<arith::CmpIOp>(isUnsigned ? arith::CmpIPredicate::ult
                                            : arith::CmpIPredicate::slt,
                                 left, right);
}

ImportedTensor importer::emitRanks(NodeImporter &node, ImportedTensor &tensor,
                                   int64_t axis, RankOrder order) {
  int64_t rank = tensor.getRank();
  MLIRContext *context = node.builder.getContext();
  AffineMap own = AffineMap::getMultiDimIdentityMap(rank, context);
  SmallVector<AffineExpr> exprs(own.getResults());
  exprs[axis] = node.builder.getAffineDimExpr(rank);
  AffineMap kept = AffineMap::get(rank + 1, 0, own.getResults(), context);
  AffineMap other = AffineMap::get(rank + 1, 0, exprs, context);
  SmallVector<utils::IteratorType> iterators(rank + 1,
                                             utils::IteratorType::parallel);
  iterators.back() = utils::IteratorType::reduction;
  bool isUnsigned = isUnsignedInteger(tensor.elementType);
  Value source = node.emit(tensor);
  Value zeros = emitFill(node, node.builder.getI32IntegerAttr(0), tensor.shape);
  auto generic = node.builder.create<linalg::GenericOp>(
      node.loc, zeros.getType(), ValueRange{source, source}, zeros,
      ArrayRef<AffineMap>{kept, other, kept}, iterators,
      [&](OpBuilder &nested, Location loc, ValueRange args) {
        ImplicitLocOpBuilder b(loc, nested);
        bool isDescending = order == RankOrder::LargestFirst;
        Value isBefore = isDescending
                             ? buildLess(b, args[0], args[1], isUnsigned)
                             : buildLess(b, args[1], args[0], isUnsigned);
        Value isAfter = isDescending
                            ? buildLess(b, args[1], args[0], isUnsigned)
                            : buildLess(b, args[0], args[1], isUnsigned);
        Value isEarlier = b.create<arith::CmpIOp>(
            arith::CmpIPredicate::slt, b.create<linalg::IndexOp>(rank),
            b.create<linalg::IndexOp>(axis));
        Value yes = b.create<arith::ConstantOp>(b.getBoolAttr(true));
        Value isTied = b.create<arith::XOrIOp>(
            b.create<arith::OrIOp>(isBefore, isAfter), yes);
        Value counts = b.create<arith::OrIOp>(
            isBefore, b.create<arith::AndIOp>(isTied, isEarlier));
        Value one = b.create<arith::ExtUIOp>(b.getI32Type(), counts);
        b.create<linalg::YieldOp>(
            b.create<arith::AddIOp>(args[2], one).getResult());
      });
  return node.getResult(ElementType::Int32, tensor.shape, generic.getResult(0));
}
