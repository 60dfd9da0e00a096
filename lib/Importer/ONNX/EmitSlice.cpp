//===- EmitSlice.cpp - slices and gathered elements -----------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Emission.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

std::optional<ImportedTensor> importer::foldSlice(NodeImporter &node,
                                                  ImportedTensor &tensor,
                                                  ArrayRef<Size> offsets,
                                                  ArrayRef<Size> sizes,
                                                  ArrayRef<int64_t> strides) {
  const SmallVector<Size> *integers = node.state.findIntegers(tensor);
  auto first = findConstants(offsets), count = findConstants(sizes);
  if (!integers || !first || !count)
    return std::nullopt;
  ImportedTensor result;
  result.elementType = tensor.elementType;
  result.shape = Shape(sizes);
  result.integers.emplace();
  int64_t total = 1;
  for (int64_t size : *count)
    total *= size;
  for (int64_t at = 0; at < total; ++at) {
    int64_t rest = at, position = 0, pitch = 1;
    for (int64_t i = tensor.getRank() - 1; i >= 0; --i) {
      int64_t index = (*first)[i] + (rest % (*count)[i]) * strides[i];
      rest /= (*count)[i];
      position += index * pitch;
      pitch *= *findConstant(tensor.shape[i]);
    }
    result.integers->push_back((*integers)[position]);
  }
  return result;
}

ImportedTensor importer::emitSlice(NodeImporter &node, ImportedTensor &tensor,
                                   ArrayRef<Size> offsets, ArrayRef<Size> sizes,
                                   ArrayRef<int64_t> strides) {
  bool isUnitStride =
      llvm::all_of(strides, [](int64_t stride) { return stride == 1; });
  if (isUnitStride && ArrayRef<Size>(tensor.shape) == sizes)
    return tensor;
  if (auto folded = foldSlice(node, tensor, offsets, sizes, strides))
    return *folded;
  SmallVector<OpFoldResult> steps;
  for (int64_t stride : strides)
    steps.push_back(node.builder.getIndexAttr(stride));
  Value source = node.emit(tensor);
  Value slice = node.builder.create<tensor::ExtractSliceOp>(
      node.loc, node.state.getType(tensor.elementType, sizes), source,
      node.state.emitSizes(offsets, node.loc),
      node.state.emitSizes(sizes, node.loc), steps);
  return node.getResult(tensor.elementType, Shape(sizes), slice);
}

ImportedTensor importer::emitIndexed(NodeImporter &node, ImportedTensor &tensor,
                                     ArrayRef<MappedOperand> operands,
                                     ArrayRef<Size> shape,
                                     IndexFunction getIndices) {
  Value source = node.emit(tensor);
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  for (const MappedOperand &operand : operands) {
    inputs.push_back(operand.value);
    maps.push_back(operand.map);
  }
  maps.push_back(node.builder.getMultiDimIdentityMap(shape.size()));
  Type type = findBuiltinType(tensor.elementType, node.builder.getContext());
  Value init = emitEmpty(node, type, shape);
  SmallVector<utils::IteratorType> iterators(shape.size(),
                                             utils::IteratorType::parallel);
  auto generic = node.builder.create<linalg::GenericOp>(
      node.loc, init.getType(), inputs, init, maps, iterators,
      [&](OpBuilder &nested, Location loc, ValueRange args) {
        ImplicitLocOpBuilder b(loc, nested);
        SmallVector<Value> position;
        for (size_t i = 0; i < shape.size(); ++i)
          position.push_back(b.create<linalg::IndexOp>(i));
        SmallVector<Value> indices = getIndices(b, position, args.drop_back());
        b.create<linalg::YieldOp>(
            b.create<tensor::ExtractOp>(source, indices).getResult());
      });
  return node.getResult(tensor.elementType, Shape(shape), generic.getResult(0));
}
