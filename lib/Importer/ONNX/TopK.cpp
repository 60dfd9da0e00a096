//===- TopK.cpp - largest or smallest elements along an axis --------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TopK.h"

#include "Ranking.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

/// The number of elements to keep, which may depend on symbolic dimensions.
static FailureOr<Size> getCount(NodeImporter &node) {
  if (node.node.opset < 10)
    return node.sizes.getConstant(node.getInt("k", 0));
  ImportedTensor &given = node.getInput(1);
  const SmallVector<Size> *known = node.state.findIntegers(given);
  if (given.elementType != ElementType::Int64 || (known && known->size() != 1))
    return node.malformed("expected one int64 as k, got " + node.print(given));
  if (!known)
    return node.unsupported("expected k to be known at import, got a computed "
                            "tensor",
                            "make it a constant of the model");
  return known->front();
}

/// For each place along `axis` what `pick` makes of the element with that rank
/// and its position.
static ImportedTensor
emitByRank(NodeImporter &node, ImportedTensor &x, ImportedTensor &ranks,
           int64_t axis, const Shape &shape, ElementType type,
           llvm::function_ref<Value(ImplicitLocOpBuilder &, Value element,
                                    Value position)>
               pick) {
  int64_t rank = x.getRank();
  MLIRContext *context = node.builder.getContext();
  AffineMap own = AffineMap::getMultiDimIdentityMap(rank, context);
  SmallVector<AffineExpr> exprs(own.getResults());
  exprs[axis] = node.builder.getAffineDimExpr(rank);
  AffineMap written = AffineMap::get(rank + 1, 0, own.getResults(), context);
  AffineMap read = AffineMap::get(rank + 1, 0, exprs, context);
  SmallVector<utils::IteratorType> iterators(rank + 1,
                                             utils::IteratorType::parallel);
  iterators.back() = utils::IteratorType::reduction;
  auto zero =
      cast<TypedAttr>(node.builder.getZeroAttr(findBuiltinType(type, context)));
  Value target = emitFill(node, zero, shape);
  Value elements = node.emit(x);
  auto generic = node.builder.create<linalg::GenericOp>(
      node.loc, target.getType(), ValueRange{elements, ranks.emitted}, target,
      ArrayRef<AffineMap>{read, read, written}, iterators,
      [&](OpBuilder &nested, Location loc, ValueRange args) {
        ImplicitLocOpBuilder b(loc, nested);
        Value place = b.create<arith::IndexCastOp>(
            b.getI32Type(), b.create<linalg::IndexOp>(axis));
        Value isHere =
            b.create<arith::CmpIOp>(arith::CmpIPredicate::eq, args[1], place);
        Value picked = pick(b, args[0], b.create<linalg::IndexOp>(rank));
        b.create<linalg::YieldOp>(
            b.create<arith::SelectOp>(isHere, picked, args[2]).getResult());
      });
  return node.getResult(type, shape, generic.getResult(0));
}

LogicalResult importer::importTopK(NodeImporter &node) {
  ImportedTensor &x = node.getInput(0);
  if ((!isFloat(x.elementType) && !isInteger(x.elementType)) ||
      x.getRank() == 0)
    return node.malformed("expected numbers in 1 or more dimensions, got " +
                          node.print(x));
  FailureOr<int64_t> axis = node.getAxis(node.getInt("axis", -1), x.getRank());
  if (failed(axis))
    return failure();
  FailureOr<Size> count = getCount(node);
  if (failed(count))
    return failure();
  Size size = x.shape[*axis];
  bool isNegative = findConstant(*count).value_or(0) < 0;
  if (isNegative || !node.limit(*count, size))
    return node.malformed("expected k in 0.." + node.sizes.print(size) +
                          ", got " + node.sizes.print(*count));
  Shape shape = x.shape;
  shape[*axis] = *count;
  ImportedTensor ranks =
      emitRanks(node, x, *axis,
                node.getInt("largest", 1) ? RankOrder::LargestFirst
                                          : RankOrder::SmallestFirst);
  node.setOutput(0, emitByRank(node, x, ranks, *axis, shape, x.elementType,
                               [](ImplicitLocOpBuilder &, Value element,
                                  Value) { return element; }));
  node.setOutput(
      1, emitByRank(node, x, ranks, *axis, shape, ElementType::Int64,
                    [](ImplicitLocOpBuilder &b, Value, Value position) {
                      return b
                          .create<arith::IndexCastOp>(b.getI64Type(), position)
                          .getResult();
                    }));
  return success();
}
