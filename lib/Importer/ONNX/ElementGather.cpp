//===- ElementGather.cpp - GatherElements and GatherND --------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Emission.h"
#include "LayerHandlers.h"
#include "TensorMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

static std::string name(ElementType type) {
  return ::ccq::getElementTypeName(type);
}

Value importer::buildIndex(ImplicitLocOpBuilder &b, Value element, Value size) {
  Value zero = b.create<arith::ConstantIndexOp>(0);
  Value one = b.create<arith::ConstantIndexOp>(1);
  Value index = b.create<arith::IndexCastOp>(b.getIndexType(), element);
  Value isNegative =
      b.create<arith::CmpIOp>(arith::CmpIPredicate::slt, index, zero);
  Value fromEnd = b.create<arith::AddIOp>(index, size);
  index = b.create<arith::SelectOp>(isNegative, fromEnd, index);
  index = b.create<arith::MaxSIOp>(index, zero);
  return b.create<arith::MinSIOp>(index, b.create<arith::SubIOp>(size, one));
}

LogicalResult importer::importGatherElements(NodeImporter &node) {
  ImportedTensor &data = node.getInput(0), &indices = node.getInput(1);
  bool isIndex = indices.elementType == ElementType::Int64 ||
                 indices.elementType == ElementType::Int32;
  if (!isIndex || indices.getRank() != data.getRank() || data.getRank() == 0)
    return node.malformed(
        "expected indices of int32 or int64 of rank " + Twine(data.getRank()) +
        ", got " + name(indices.elementType) + node.print(indices.shape));
  FailureOr<int64_t> axis =
      node.getAxis(node.getInt("axis", 0), data.getRank());
  if (failed(axis))
    return failure();
  for (int64_t i = 0; i < data.getRank(); ++i)
    if (i != *axis && !node.limit(indices.shape[i], data.shape[i]))
      return node.malformed("expected indices inside data of " +
                            node.print(data.shape) + ", got " +
                            node.print(indices.shape));
  if (!node.limit(node.sizes.getConstant(1), data.shape[*axis]))
    return node.malformed("expected data to gather from, got a dimension of 0");
  Value size = node.state.emitIndex(data.shape[*axis], node.loc);
  AffineMap all = node.builder.getMultiDimIdentityMap(data.getRank());
  node.setOutput(
      0, emitIndexed(node, data, {{node.emit(indices), all}}, indices.shape,
                     [&](ImplicitLocOpBuilder &b, ValueRange position,
                         ValueRange elements) {
                       SmallVector<Value> place(position);
                       place[*axis] = buildIndex(b, elements[0], size);
                       return place;
                     }));
  return success();
}

/// The result has the batch dimensions and the dimensions of the indices but
/// the last, then those of the data that the last one does not count.
LogicalResult importer::importGatherND(NodeImporter &node) {
  ImportedTensor &data = node.getInput(0), &indices = node.getInput(1);
  int64_t batches = node.getInt("batch_dims", 0);
  auto count =
      indices.getRank() > 0 ? findConstant(indices.shape.back()) : std::nullopt;
  if (indices.elementType != ElementType::Int64 || !count || batches < 0 ||
      batches >= std::min(data.getRank(), indices.getRank()) || *count < 1 ||
      *count > data.getRank() - batches)
    return node.malformed(
        "expected indices of int64 for data of " + node.print(data.shape) +
        " with " + Twine(batches) + " batch dimensions, got " +
        name(indices.elementType) + node.print(indices.shape));
  for (int64_t i = 0; i < batches; ++i)
    if (!node.equate(indices.shape[i], data.shape[i]))
      return node.malformed("expected equal batch dimensions, got " +
                            node.print(data.shape) + " and " +
                            node.print(indices.shape));
  Shape shape(ArrayRef<Size>(indices.shape).drop_back());
  int64_t outer = shape.size();
  shape.append(data.shape.begin() + batches + *count, data.shape.end());
  if (!node.sizes.tryGetProduct(shape))
    return node.tooLarge();
  SmallVector<MappedOperand> operands;
  SmallVector<Value> sizes;
  for (int64_t i = 0; i < *count; ++i) {
    SmallVector<AffineExpr> exprs;
    for (int64_t j = 0; j < outer; ++j)
      exprs.push_back(node.builder.getAffineDimExpr(j));
    exprs.push_back(node.builder.getAffineConstantExpr(i));
    operands.push_back(
        {node.emit(indices),
         AffineMap::get(shape.size(), 0, exprs, node.builder.getContext())});
    Size size = data.shape[batches + i];
    if (!node.limit(node.sizes.getConstant(1), size))
      return node.malformed(
          "expected data to gather from, got a dimension of 0");
    sizes.push_back(node.state.emitIndex(size, node.loc));
  }
  node.setOutput(
      0, emitIndexed(node, data, operands, shape,
                     [&](ImplicitLocOpBuilder &b, ValueRange position,
                         ValueRange elements) {
                       SmallVector<Value> place(position.take_front(batches));
                       for (auto [element, size] : llvm::zip(elements, sizes))
                         place.push_back(buildIndex(b, element, size));
                       llvm::append_range(place, position.drop_front(outer));
                       return place;
                     }));
  return success();
}
