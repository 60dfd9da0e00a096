//===- EmitReshape.cpp - reshapes, transposes, fills ----------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Emission.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

Value importer::emitEmpty(NodeImporter &node, Type elementType,
                          ArrayRef<Size> shape) {
  return node.builder.create<tensor::EmptyOp>(
      node.loc, node.state.emitSizes(shape, node.loc), elementType);
}

Value importer::emitFill(NodeImporter &node, TypedAttr value,
                         ArrayRef<Size> shape) {
  Value scalar = node.builder.create<arith::ConstantOp>(node.loc, value);
  Value init = emitEmpty(node, value.getType(), shape);
  return node.builder.create<linalg::FillOp>(node.loc, scalar, init)
      .getResult(0);
}

//===----------------------------------------------------------------------===//
// Reshape
//===----------------------------------------------------------------------===//

namespace {

/// Dimensions of the source and of the target that have the same product.
struct ReshapeGroups {
  SmallVector<ReassociationIndices> source;
  SmallVector<ReassociationIndices> target;
};

} // namespace

/// Whether `product` is `factor` times something.
static bool isMultiple(const SizeContext &sizes, Size product, Size factor) {
  Size quotient = sizes.tryDivideExactly(product, factor);
  return quotient && quotient.getKind() != AffineExprKind::FloorDiv;
}

/// Finds the finest grouping, or one group of everything.
static ReshapeGroups groupDimensions(const SizeContext &sizes,
                                     ArrayRef<Size> source,
                                     ArrayRef<Size> target) {
  ReshapeGroups groups;
  size_t i = 0, j = 0;
  while (i < source.size() && j < target.size()) {
    ReassociationIndices from{int64_t(i)}, to{int64_t(j)};
    Size above = source[i++], below = target[j++];
    while (above && below && above != below) {
      // Extend the side that divides the other one.
      auto x = findConstant(above), y = findConstant(below);
      bool extendSource = x && y ? *x < *y : isMultiple(sizes, below, above);
      if (extendSource ? i == source.size() : j == target.size())
        break;
      if (extendSource) {
        from.push_back(i);
        above = sizes.tryMultiply(above, source[i++]);
      } else {
        to.push_back(j);
        below = sizes.tryMultiply(below, target[j++]);
      }
    }
    groups.source.push_back(from);
    groups.target.push_back(to);
    if (!above || above != below) {
      // No finer grouping: everything is one group.
      groups = {{{}}, {{}}};
      for (size_t k = 0; k < source.size(); ++k)
        groups.source[0].push_back(k);
      for (size_t k = 0; k < target.size(); ++k)
        groups.target[0].push_back(k);
      return groups;
    }
  }
  // What is left on one side are dimensions of size 1.
  for (; i < source.size() && !groups.source.empty(); ++i)
    groups.source.back().push_back(i);
  for (; j < target.size() && !groups.target.empty(); ++j)
    groups.target.back().push_back(j);
  return groups;
}

/// The type with one dimension per group, dynamic where a member is.
static RankedTensorType getGroupedType(RankedTensorType type,
                                       ArrayRef<ReassociationIndices> groups) {
  SmallVector<int64_t> shape;
  for (const ReassociationIndices &group : groups) {
    int64_t product = 1;
    for (int64_t dim : group)
      product = ShapedType::isDynamic(product) || type.isDynamicDim(dim)
                    ? ShapedType::kDynamic
                    : product * type.getDimSize(dim);
    shape.push_back(product);
  }
  return RankedTensorType::get(shape, type.getElementType());
}

static Value reshapeValue(NodeImporter &node, Value value,
                          ArrayRef<Size> source, ArrayRef<Size> target,
                          RankedTensorType type) {
  ReshapeGroups groups = groupDimensions(node.sizes, source, target);
  auto sourceType = cast<RankedTensorType>(value.getType());
  RankedTensorType collapsed = getGroupedType(sourceType, groups.source);
  if (collapsed.getRank() != sourceType.getRank())
    value = node.builder.create<tensor::CollapseShapeOp>(node.loc, collapsed,
                                                         value, groups.source);
  RankedTensorType expandable = getGroupedType(type, groups.target);
  if (value.getType() != expandable)
    value = node.builder.create<tensor::CastOp>(node.loc, expandable, value);
  if (expandable.getRank() == type.getRank())
    return value;
  return node.builder.create<tensor::ExpandShapeOp>(
      node.loc, type, value, groups.target,
      node.state.emitSizes(target, node.loc));
}

ImportedTensor importer::emitReshape(NodeImporter &node, ImportedTensor &tensor,
                                     Shape shape) {
  if (tensor.shape == shape)
    return tensor;
  ImportedTensor result = tensor;
  result.shape = std::move(shape);
  result.emitted = {};
  bool staysKnown =
      (tensor.constant && !tensor.isTransposed) || tensor.integers;
  if (staysKnown)
    return result;
  result.constant = nullptr;
  result.isTransposed = false;
  result.emitted =
      reshapeValue(node, node.emit(tensor), tensor.shape, result.shape,
                   node.state.getType(result.elementType, result.shape));
  return result;
}

//===----------------------------------------------------------------------===//
// Transpose
//===----------------------------------------------------------------------===//

ImportedTensor importer::emitTranspose(NodeImporter &node,
                                       ImportedTensor &tensor,
                                       ArrayRef<int64_t> permutation) {
  bool isIdentity = true;
  bool movesOnlyOnes = true;
  int64_t lastMoved = -1;
  ImportedTensor result = tensor;
  for (auto [i, from] : llvm::enumerate(permutation)) {
    isIdentity &= int64_t(i) == from;
    result.shape[i] = tensor.shape[from];
    if (isConstant(tensor.shape[from], 1))
      continue;
    movesOnlyOnes &= from > lastMoved;
    lastMoved = from;
  }
  if (isIdentity)
    return tensor;
  if (movesOnlyOnes)
    return emitReshape(node, tensor, result.shape);
  result.emitted = {};
  if (tensor.getRank() == 2 && node.state.findIntegers(tensor)) {
    // Pads of models come as a matrix that is turned.
    int64_t rows = *findConstant(tensor.shape[0]);
    int64_t columns = *findConstant(tensor.shape[1]);
    SmallVector<Size> integers;
    for (int64_t at = 0; at < rows * columns; ++at)
      integers.push_back((*tensor.integers)[(at % rows) * columns + at / rows]);
    result.integers = std::move(integers);
    result.constant = nullptr;
    return result;
  }
  result.integers.reset();
  if (tensor.constant && tensor.getRank() == 2) {
    result.isTransposed = !tensor.isTransposed;
    return result;
  }
  result.constant = nullptr;
  result.isTransposed = false;
  Value source = node.emit(tensor);
  Value init = emitEmpty(
      node, cast<ShapedType>(source.getType()).getElementType(), result.shape);
  result.emitted =
      node.builder
          .create<linalg::TransposeOp>(node.loc, source, init, permutation)
          ->getResult(0);
  return result;
}
