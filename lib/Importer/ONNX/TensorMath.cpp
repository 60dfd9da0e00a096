//===- TensorMath.cpp - composed operations on whole tensors --------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TensorMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

ElementType importer::getAccumulatorType(ElementType type) {
  bool isHalf = type == ElementType::Float16 || type == ElementType::BFloat16;
  return isHalf ? ElementType::Float32 : type;
}

ImportedTensor importer::emitConcat(NodeImporter &node,
                                    ArrayRef<ImportedTensor *> operands,
                                    int64_t axis, const Shape &shape) {
  ElementType type = operands.front()->elementType;
  Value result =
      emitEmpty(node, findBuiltinType(type, node.builder.getContext()), shape);
  Size offset = node.sizes.getConstant(0);
  SmallVector<OpFoldResult> strides(shape.size(), node.builder.getIndexAttr(1));
  for (ImportedTensor *operand : operands) {
    if (!isConstant(operand->shape[axis], 0)) {
      SmallVector<OpFoldResult> offsets(shape.size(),
                                        node.builder.getIndexAttr(0));
      offsets[axis] = node.state.emitSize(offset, node.loc);
      Value source = node.emit(*operand);
      result = node.builder.create<tensor::InsertSliceOp>(
          node.loc, source, result, offsets,
          node.state.emitSizes(operand->shape, node.loc), strides);
    }
    offset = node.sizes.tryAdd(offset, operand->shape[axis]);
  }
  return node.getResult(type, shape, result);
}

ImportedTensor importer::emitWithBias(NodeImporter &node, ImportedTensor &rows,
                                      size_t biasInput, ElementType type) {
  if (!node.hasInput(biasInput))
    return emitConversion(node, rows, type);
  return emitGeneric(
      node,
      {{node.emit(rows), node.builder.getMultiDimIdentityMap(2)},
       {node.emit(node.getInput(biasInput)), getKeptMap(node, 2, {0})}},
      rows.shape, type,
      [](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
        return b.create<arith::AddFOp>(elements[0], elements[1]);
      });
}

ImportedTensor importer::emitPart(NodeImporter &node, ImportedTensor &tensor,
                                  int64_t index) {
  Shape shape(ArrayRef<Size>(tensor.shape).drop_front());
  if (tensor.constant && !tensor.isTransposed)
    return node.state.getTensor(*node.state.addPart(
        *tensor.constant, *findConstants(tensor.shape), index));
  SmallVector<Size> offsets(tensor.getRank(), node.sizes.getConstant(0));
  offsets[0] = node.sizes.getConstant(index);
  Shape sizes = tensor.shape;
  sizes[0] = node.sizes.getConstant(1);
  ImportedTensor slice = emitSlice(node, tensor, offsets, sizes,
                                   SmallVector<int64_t>(sizes.size(), 1));
  return emitReshape(node, slice, shape);
}

ImportedTensor importer::emitConversion(NodeImporter &node,
                                        ImportedTensor &tensor,
                                        ElementType type) {
  if (tensor.elementType == type)
    return tensor;
  AffineMap all = node.builder.getMultiDimIdentityMap(tensor.getRank());
  return emitGeneric(
      node, {{node.emit(tensor), all}}, tensor.shape, type,
      [](ImplicitLocOpBuilder &, ValueRange elements) { return elements[0]; });
}

AffineMap importer::getTrailingMap(NodeImporter &node, ArrayRef<Size> operand,
                                   int64_t rank) {
  SmallVector<AffineExpr> exprs;
  int64_t first = rank - int64_t(operand.size());
  for (auto [i, size] : llvm::enumerate(operand))
    exprs.push_back(isConstant(size, 1)
                        ? node.builder.getAffineConstantExpr(0)
                        : node.builder.getAffineDimExpr(first + i));
  return AffineMap::get(rank, 0, exprs, node.builder.getContext());
}
