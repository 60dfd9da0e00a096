//===- EmitElementwise.cpp - broadcasting element-wise operations ---------===//
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

Type importer::getComputeType(Type elementType) {
  if (elementType.isF16() || elementType.isBF16())
    return Float32Type::get(elementType.getContext());
  return elementType;
}

/// Merges one dimension into the broadcast dimension `merged`.
static LogicalResult mergeDimension(NodeImporter &node, Size &merged,
                                    Size size) {
  if (merged == size || isConstant(size, 1))
    return success();
  if (isConstant(merged, 1)) {
    merged = size;
    return success();
  }
  if (!node.equate(merged, size))
    return node.malformed("expected dimensions that broadcast, got " +
                          node.sizes.print(merged) + " and " +
                          node.sizes.print(size));
  // Later nodes know most about a constant.
  if (findConstant(size))
    merged = size;
  return success();
}

FailureOr<Shape>
importer::broadcastShapes(NodeImporter &node,
                          ArrayRef<ImportedTensor *> operands) {
  int64_t rank = 0;
  for (ImportedTensor *operand : operands)
    rank = std::max(rank, operand->getRank());
  Shape shape(rank, node.sizes.getConstant(1));
  for (ImportedTensor *operand : operands) {
    int64_t first = rank - operand->getRank();
    for (int64_t i = 0; i < operand->getRank(); ++i)
      if (failed(mergeDimension(node, shape[first + i], operand->shape[i])))
        return failure();
  }
  if (!node.sizes.tryGetProduct(shape))
    return node.tooLarge();
  return shape;
}

/// The element of a constant with one element, else null.
static TypedAttr findScalar(NodeImporter &node, ImportedTensor &tensor) {
  if (tensor.constant && tensor.constant->getNumElements() == 1) {
    Type type = findBuiltinType(tensor.elementType, node.builder.getContext());
    if (tensor.elementType == ElementType::Bool)
      return node.builder.getBoolAttr(tensor.constant->bytes.front() != 0);
    return cast<TypedAttr>(
        DenseElementsAttr::getFromRawBuffer(RankedTensorType::get({}, type),
                                            tensor.constant->bytes)
            .getSplatValue<Attribute>());
  }
  const SmallVector<Size> *integers = node.state.findIntegers(tensor);
  if (!integers || integers->size() != 1 || isFloat(tensor.elementType))
    return {};
  std::optional<int64_t> value = findConstant(integers->front());
  if (!value)
    return {};
  return node.builder.getIntegerAttr(
      findBuiltinType(tensor.elementType, node.builder.getContext()), *value);
}

/// The map from the broadcast shape to an operand: dimensions of size 1 are
/// read at 0.
static AffineMap getOperandMap(NodeImporter &node, const Shape &operand,
                               const Shape &result) {
  SmallVector<AffineExpr> exprs;
  int64_t first = int64_t(result.size() - operand.size());
  for (auto [i, size] : llvm::enumerate(operand)) {
    bool isBroadcast = isConstant(size, 1) && size != result[first + i];
    exprs.push_back(isBroadcast ? node.builder.getAffineConstantExpr(0)
                                : node.builder.getAffineDimExpr(first + i));
  }
  return AffineMap::get(result.size(), 0, exprs, node.builder.getContext());
}

/// Converts between a 16-bit float type and f32.
static Value convertFloat(ImplicitLocOpBuilder &b, Value value, Type type) {
  if (value.getType() == type)
    return value;
  if (value.getType().getIntOrFloatBitWidth() < type.getIntOrFloatBitWidth())
    return b.create<arith::ExtFOp>(type, value);
  return b.create<arith::TruncFOp>(type, value);
}

ImportedTensor importer::emitGeneric(NodeImporter &node,
                                     ArrayRef<MappedOperand> operands,
                                     ArrayRef<Size> shape,
                                     ElementType resultType,
                                     ScalarFunction compute) {
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  for (const MappedOperand &operand : operands) {
    inputs.push_back(operand.value);
    maps.push_back(operand.map);
  }
  Type elementType = findBuiltinType(resultType, node.builder.getContext());
  maps.push_back(node.builder.getMultiDimIdentityMap(shape.size()));
  Value init = emitEmpty(node, elementType, shape);
  SmallVector<utils::IteratorType> iterators(shape.size(),
                                             utils::IteratorType::parallel);
  auto buildBody = [&](OpBuilder &builder, Location loc, ValueRange args) {
    ImplicitLocOpBuilder b(loc, builder);
    SmallVector<Value> elements;
    for (Value element : args.drop_back())
      elements.push_back(
          convertFloat(b, element, getComputeType(element.getType())));
    b.create<linalg::YieldOp>(
        convertFloat(b, compute(b, elements), elementType));
  };
  auto generic = node.builder.create<linalg::GenericOp>(
      node.loc, init.getType(), inputs, init, maps, iterators, buildBody);
  return node.getResult(resultType, Shape(shape), generic.getResult(0));
}

ImportedTensor importer::emitBroadcast(NodeImporter &node,
                                       ImportedTensor &tensor,
                                       ArrayRef<Size> shape) {
  if (ArrayRef<Size>(tensor.shape) == shape)
    return tensor;
  if (TypedAttr scalar = findScalar(node, tensor))
    return node.getResult(tensor.elementType, Shape(shape),
                          emitFill(node, scalar, shape));
  MappedOperand operand{node.emit(tensor),
                        getOperandMap(node, tensor.shape, Shape(shape))};
  Type type = findBuiltinType(tensor.elementType, node.builder.getContext());
  // Copies bits: no way through f32.
  Value init = emitEmpty(node, type, shape);
  SmallVector<utils::IteratorType> iterators(shape.size(),
                                             utils::IteratorType::parallel);
  auto generic = node.builder.create<linalg::GenericOp>(
      node.loc, init.getType(), operand.value, init,
      ArrayRef<AffineMap>{operand.map,
                          node.builder.getMultiDimIdentityMap(shape.size())},
      iterators, [](OpBuilder &builder, Location loc, ValueRange args) {
        builder.create<linalg::YieldOp>(loc, args[0]);
      });
  return node.getResult(tensor.elementType, Shape(shape), generic.getResult(0));
}

FailureOr<ImportedTensor>
importer::emitElementwise(NodeImporter &node,
                          ArrayRef<ImportedTensor *> operands,
                          ElementType resultType, ScalarFunction compute) {
  FailureOr<Shape> shape = broadcastShapes(node, operands);
  if (failed(shape))
    return failure();
  SmallVector<TypedAttr> scalars;
  SmallVector<MappedOperand> inputs;
  for (ImportedTensor *operand : operands) {
    scalars.push_back(findScalar(node, *operand));
    if (!scalars.back())
      inputs.push_back(
          {node.emit(*operand), getOperandMap(node, operand->shape, *shape)});
  }
  return emitGeneric(node, inputs, *shape, resultType,
                     [&](ImplicitLocOpBuilder &b, ValueRange args) {
                       SmallVector<Value> elements;
                       for (TypedAttr scalar : scalars) {
                         if (!scalar) {
                           elements.push_back(args.front());
                           args = args.drop_front();
                           continue;
                         }
                         Value element = b.create<arith::ConstantOp>(scalar);
                         elements.push_back(convertFloat(
                             b, element, getComputeType(element.getType())));
                       }
                       return compute(b, elements);
                     });
}

std::optional<ImportedTensor> importer::foldElementwise(
    NodeImporter &node, ArrayRef<ImportedTensor *> operands,
    ElementType resultType, llvm::function_ref<Size(ArrayRef<Size>)> compute) {
  SmallVector<const SmallVector<Size> *> integers;
  SmallVector<int64_t> shape;
  for (ImportedTensor *operand : operands) {
    integers.push_back(node.state.findIntegers(*operand));
    if (!integers.back())
      return std::nullopt;
    // Known integers have constant shapes.
    int64_t rank = std::max<int64_t>(shape.size(), operand->getRank());
    shape.insert(shape.begin(), rank - shape.size(), 1);
    for (int64_t i = 0, n = operand->getRank(); i < n; ++i) {
      int64_t size = *findConstant(operand->shape[i]);
      int64_t &merged = shape[rank - n + i];
      if (size != 1 && merged != 1 && size != merged)
        return std::nullopt;
      merged = merged == 1 ? size : merged;
    }
  }
  int64_t count = 1;
  for (int64_t size : shape)
    if ((count *= size) > maxKnownIntegers)
      return std::nullopt;

  ImportedTensor result;
  result.elementType = resultType;
  for (int64_t size : shape)
    result.shape.push_back(node.sizes.getConstant(size));
  result.integers.emplace();
  for (int64_t at = 0; at < count; ++at) {
    SmallVector<Size> elements;
    for (auto [operand, values] : llvm::zip(operands, integers)) {
      // Row-major position of this element in the operand.
      int64_t rest = at, position = 0, stride = 1;
      for (int64_t i = 1, n = operand->getRank(); i <= int64_t(shape.size());
           ++i) {
        int64_t index = rest % shape[shape.size() - i];
        rest /= shape[shape.size() - i];
        if (i > n)
          continue;
        int64_t size = *findConstant(operand->shape[n - i]);
        position += size == 1 ? 0 : index * stride;
        stride *= size;
      }
      elements.push_back((*values)[position]);
    }
    Size element = compute(elements);
    if (!element)
      return std::nullopt;
    result.integers->push_back(element);
  }
  return result;
}
