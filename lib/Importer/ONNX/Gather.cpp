//===- Gather.cpp - Gather ------------------------------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Handlers.h"
#include "TensorMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

/// data.shape[:axis] + indices.shape + data.shape[axis + 1:].
static Shape getGatherShape(const ImportedTensor &data,
                            const ImportedTensor &indices, int64_t axis) {
  Shape shape(ArrayRef<Size>(data.shape).take_front(axis));
  shape.append(indices.shape);
  shape.append(data.shape.begin() + axis + 1, data.shape.end());
  return shape;
}

/// Checks constant indices against a constant size and counts them from the
/// front.
static LogicalResult normalizeIndices(NodeImporter &node,
                                      SmallVector<int64_t> &indices,
                                      std::optional<int64_t> size) {
  for (int64_t &index : indices) {
    if (size && (index < -*size || index >= *size))
      return node.malformed("expected indices in " + Twine(-*size) + ".." +
                            Twine(*size - 1) + ", got " + Twine(index));
    if (size && index < 0)
      index += *size;
  }
  return success();
}

/// The distance of the indices when they ascend evenly.
static std::optional<int64_t> findStride(ArrayRef<int64_t> indices) {
  if (indices.empty() || llvm::any_of(indices, [](int64_t i) { return i < 0; }))
    return std::nullopt;
  if (indices.size() == 1)
    return 1;
  int64_t stride = indices[1] - indices[0];
  for (size_t i = 1; i < indices.size(); ++i)
    if (indices[i] - indices[i - 1] != stride)
      return std::nullopt;
  return stride > 0 ? std::optional(stride) : std::nullopt;
}

/// The known integers that constant indices of a known vector select.
static std::optional<ImportedTensor> foldGather(NodeImporter &node,
                                                ImportedTensor &data,
                                                ArrayRef<int64_t> indices,
                                                Shape shape) {
  const SmallVector<Size> *integers = node.state.findIntegers(data);
  if (!integers || data.getRank() != 1)
    return std::nullopt;
  ImportedTensor result;
  result.elementType = data.elementType;
  result.shape = std::move(shape);
  result.integers.emplace();
  for (int64_t index : indices)
    result.integers->push_back((*integers)[index]);
  return result;
}

/// Indices that are evenly spaced: a slice.
static ImportedTensor emitStridedGather(NodeImporter &node,
                                        ImportedTensor &data, int64_t axis,
                                        ArrayRef<int64_t> indices,
                                        int64_t stride, Shape shape) {
  SmallVector<Size> offsets(data.getRank(), node.sizes.getConstant(0));
  SmallVector<int64_t> strides(data.getRank(), 1);
  Shape sizes = data.shape;
  offsets[axis] = node.sizes.getConstant(indices.front());
  sizes[axis] = node.sizes.getConstant(indices.size());
  strides[axis] = stride;
  ImportedTensor slice = emitSlice(node, data, offsets, sizes, strides);
  return emitReshape(node, slice, std::move(shape));
}

ImportedTensor importer::emitGather(NodeImporter &node, ImportedTensor &data,
                                    ImportedTensor &indices, int64_t axis) {
  Shape shape = getGatherShape(data, indices, axis);
  SmallVector<AffineExpr> exprs;
  for (int64_t i = 0; i < indices.getRank(); ++i)
    exprs.push_back(node.builder.getAffineDimExpr(axis + i));
  AffineMap map =
      AffineMap::get(shape.size(), 0, exprs, node.builder.getContext());
  Value size = node.state.emitIndex(data.shape[axis], node.loc);
  Value indexTensor = node.emit(indices);
  return emitIndexed(
      node, data, {{indexTensor, map}}, shape,
      [&](ImplicitLocOpBuilder &b, ValueRange position, ValueRange elements) {
        SmallVector<Value> result(position.take_front(axis));
        result.push_back(buildIndex(b, elements[0], size));
        llvm::append_range(result,
                           position.drop_front(axis + indices.getRank()));
        return result;
      });
}

LogicalResult importer::importGather(NodeImporter &node) {
  ImportedTensor &data = node.getInput(0), &indices = node.getInput(1);
  if (indices.elementType != ElementType::Int64 &&
      indices.elementType != ElementType::Int32)
    return node.malformed("expected indices of int32 or int64, got " +
                          ::ccq::getElementTypeName(indices.elementType));
  if (data.getRank() == 0)
    return node.malformed("expected data of rank 1 or more, got a scalar");
  FailureOr<int64_t> axis =
      node.getAxis(node.getInt("axis", 0), data.getRank());
  if (failed(axis))
    return failure();
  Shape shape = getGatherShape(data, indices, *axis);
  if (!node.sizes.tryGetProduct(shape))
    return node.tooLarge();
  const SmallVector<Size> *known = node.state.findIntegers(indices);
  if (auto constants = known ? findConstants(*known) : std::nullopt) {
    if (failed(normalizeIndices(node, *constants,
                                findConstant(data.shape[*axis]))))
      return failure();
    if (auto folded = foldGather(node, data, *constants, shape)) {
      node.setOutput(0, *folded);
      return success();
    }
    if (auto stride = findStride(*constants)) {
      node.setOutput(
          0, emitStridedGather(node, data, *axis, *constants, *stride, shape));
      return success();
    }
  }
  if (indices.elementLimit &&
      !node.limit(indices.elementLimit, data.shape[*axis]))
    return node.malformed(
        "expected indices below " + node.sizes.print(data.shape[*axis]) +
        ", got some up to before " + node.sizes.print(indices.elementLimit));
  if (isConstant(data.shape[*axis], 0))
    return node.malformed("expected data to gather from, got a dimension of 0");
  node.setOutput(0, emitGather(node, data, indices, *axis));
  return success();
}
