//===- Sequences.cpp - Range, Trilu, CumSum, CumProd ----------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LayerHandlers.h"
#include "TensorMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

#include <cmath>

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

static std::string name(ElementType type) {
  return ::ccq::getElementTypeName(type);
}

//===----------------------------------------------------------------------===//
// Range
//===----------------------------------------------------------------------===//

/// start + i * delta for each i, from numbers known at import.
static ImportedTensor emitRange(
    NodeImporter &node, ElementType type, Size count,
    llvm::function_ref<Value(ImplicitLocOpBuilder &, Value index)> compute) {
  return emitGeneric(node, {}, {count}, type,
                     [&](ImplicitLocOpBuilder &b, ValueRange) {
                       return compute(b, b.create<linalg::IndexOp>(0));
                     });
}

/// The values of a float range. The number of elements has to be known.
static LogicalResult importFloatRange(NodeImporter &node, ElementType type) {
  double values[3];
  for (size_t i = 0; i < 3; ++i) {
    ImportedTensor &input = node.getInput(i);
    const SmallVector<Size> *known = node.state.findIntegers(input);
    auto whole = known && known->size() == 1 ? findConstant(known->front())
                                             : std::nullopt;
    if (whole) {
      values[i] = double(*whole);
      continue;
    }
    if (!input.constant || input.constant->getNumElements() != 1)
      return node.unsupported("expected start, limit and delta to be known at "
                              "import, got a computed tensor");
    values[i] = readFloat(*input.constant, 0);
  }
  auto [start, limit, delta] = values;
  double count = std::max(std::ceil((limit - start) / delta), 0.0);
  if (delta == 0 || !(count < double(int64_t(1) << 40)))
    return node.malformed("expected a range that ends, got a delta of " +
                          std::to_string(delta));
  Size size = node.sizes.getConstant(int64_t(count));
  node.setOutput(
      0, emitRange(node, type, size, [&](ImplicitLocOpBuilder &b, Value index) {
        Type computed = getComputeType(findBuiltinType(type, b.getContext()));
        auto constant = [&](double value) -> Value {
          return b.create<arith::ConstantOp>(b.getFloatAttr(computed, value));
        };
        Value integer = b.create<arith::IndexCastOp>(b.getI64Type(), index);
        Value number = b.create<arith::SIToFPOp>(computed, integer);
        Value offset = b.create<arith::MulFOp>(number, constant(delta));
        return b.create<arith::AddFOp>(constant(start), offset).getResult();
      }));
  return success();
}

LogicalResult importer::importRange(NodeImporter &node) {
  ElementType type = node.getInput(0).elementType;
  SmallVector<Size> values;
  for (size_t i = 0; i < 3; ++i) {
    ImportedTensor &input = node.getInput(i);
    if (input.elementType != type)
      return node.malformed("expected operands of one element type, got " +
                            name(type) + " and " + name(input.elementType));
    const SmallVector<Size> *known = node.state.findIntegers(input);
    if (isInteger(type) && known && known->size() == 1)
      values.push_back(known->front());
  }
  if (isFloat(type))
    return importFloatRange(node, type);
  if (values.size() != 3)
    return node.unsupported("expected start, limit and delta to be known at "
                            "import, got a computed tensor");
  auto delta = findConstant(values[2]);
  if (!delta || *delta == 0 || *delta == INT64_MIN)
    return node.unsupported("expected a constant delta other than 0, got " +
                            node.sizes.print(values[2]));
  Size length = *delta > 0 ? node.sizes.trySubtract(values[1], values[0])
                           : node.sizes.trySubtract(values[0], values[1]);
  if (!length)
    return node.tooLarge();
  Size count = SizeContext::keepUsable(length.ceilDiv(std::abs(*delta)));
  if (auto constant = findConstant(length))
    count = node.sizes.getConstant(
        *constant <= 0 ? 0 : (*constant - 1) / std::abs(*delta) + 1);
  if (!count)
    return node.tooLarge();
  auto known = findConstant(count);
  if (known && *known <= maxKnownIntegers) {
    ImportedTensor result;
    result.elementType = type;
    result.shape = {count};
    result.integers.emplace();
    for (int64_t i = 0; i < *known; ++i) {
      result.integers->push_back(
          node.sizes.tryAdd(values[0], node.sizes.getConstant(i * *delta)));
      if (!result.integers->back())
        return node.tooLarge();
    }
    node.setOutput(0, result);
    return success();
  }
  Value start = node.state.emitIndex(values[0], node.loc);
  ImportedTensor result =
      emitRange(node, type, count, [&](ImplicitLocOpBuilder &b, Value index) {
        Value step = b.create<arith::ConstantIndexOp>(*delta);
        Value value = b.create<arith::AddIOp>(
            start, b.create<arith::MulIOp>(index, step));
        return b
            .create<arith::IndexCastOp>(findBuiltinType(type, b.getContext()),
                                        value)
            .getResult();
      });
  if (*delta > 0)
    result.elementLimit = values[1];
  node.setOutput(0, result);
  return success();
}

//===----------------------------------------------------------------------===//
// Trilu
//===----------------------------------------------------------------------===//

LogicalResult importer::importTrilu(NodeImporter &node) {
  ImportedTensor &x = node.getInput(0);
  int64_t rank = x.getRank();
  if (rank < 2)
    return node.malformed("expected a tensor of rank 2 or more, got " +
                          node.print(x.shape));
  SmallVector<MappedOperand> operands{
      {node.emit(x), node.builder.getMultiDimIdentityMap(rank)}};
  if (node.hasInput(1)) {
    ImportedTensor &diagonal = node.getInput(1);
    bool isScalar =
        diagonal.getRank() == 0 ||
        (diagonal.getRank() == 1 && isConstant(diagonal.shape[0], 1));
    if (!isSignedInteger(diagonal.elementType) || !isScalar)
      return node.malformed("expected one integer as diagonal, got " +
                            name(diagonal.elementType) +
                            node.print(diagonal.shape));
    operands.push_back(
        {node.emit(diagonal), getTrailingMap(node, diagonal.shape, rank)});
  }
  bool isUpper = node.getInt("upper", 1);
  Type type = findBuiltinType(x.elementType, node.builder.getContext());
  node.setOutput(
      0, emitGeneric(
             node, operands, x.shape, x.elementType,
             [&](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
               Value row = b.create<linalg::IndexOp>(rank - 2);
               Value column = b.create<linalg::IndexOp>(rank - 1);
               Value edge = row;
               if (elements.size() == 2) {
                 Value shift = b.create<arith::IndexCastOp>(b.getIndexType(),
                                                            elements[1]);
                 edge = b.create<arith::AddIOp>(row, shift);
               }
               Value isKept =
                   b.create<arith::CmpIOp>(isUpper ? arith::CmpIPredicate::sge
                                                   : arith::CmpIPredicate::sle,
                                           column, edge);
               Value zero = b.create<arith::ConstantOp>(
                   cast<TypedAttr>(b.getZeroAttr(getComputeType(type))));
               return b.create<arith::SelectOp>(isKept, elements[0], zero);
             }));
  return success();
}

//===----------------------------------------------------------------------===//
// CumSum and CumProd
//===----------------------------------------------------------------------===//

static Value buildNext(ImplicitLocOpBuilder &b, bool isProduct, Value x,
                       Value y) {
  bool isFloat = isa<FloatType>(x.getType());
  if (isProduct && isFloat)
    return b.create<arith::MulFOp>(x, y);
  if (isProduct)
    return b.create<arith::MulIOp>(x, y);
  if (isFloat)
    return b.create<arith::AddFOp>(x, y);
  return b.create<arith::AddIOp>(x, y);
}

/// The sums or products as a reduction over a dimension more: element i adds
/// those j that come before it (or after it, when reversed).
LogicalResult importer::importCumulativeSum(NodeImporter &node) {
  ImportedTensor &x = node.getInput(0);
  if (!isFloat(x.elementType) && !isInteger(x.elementType))
    return node.malformed("expected a tensor of numbers, got " +
                          name(x.elementType));
  FailureOr<SmallVector<int64_t>> given = node.getConstantIntegers(1, "axis");
  if (failed(given))
    return failure();
  if (given->size() != 1)
    return node.malformed("expected one axis, got " + Twine(given->size()));
  int64_t rank = x.getRank();
  FailureOr<int64_t> axis = node.getAxis(given->front(), rank);
  if (failed(axis))
    return failure();
  bool isExclusive = node.getInt("exclusive", 0);
  bool isReverse = node.getInt("reverse", 0);
  auto predicate = isReverse ? (isExclusive ? arith::CmpIPredicate::sgt
                                            : arith::CmpIPredicate::sge)
                             : (isExclusive ? arith::CmpIPredicate::slt
                                            : arith::CmpIPredicate::sle);
  ElementType accumulator = getAccumulatorType(x.elementType);
  Type type = findBuiltinType(accumulator, node.builder.getContext());
  SmallVector<AffineExpr> read, written;
  for (int64_t i = 0; i < rank; ++i) {
    written.push_back(node.builder.getAffineDimExpr(i));
    read.push_back(node.builder.getAffineDimExpr(i == *axis ? rank : i));
  }
  SmallVector<utils::IteratorType> iterators(rank + 1,
                                             utils::IteratorType::parallel);
  iterators.back() = utils::IteratorType::reduction;
  Value source = node.emit(x);
  bool isProduct = node.node.opType == "CumProd";
  TypedAttr start = isProduct ? cast<TypedAttr>(node.builder.getOneAttr(type))
                              : cast<TypedAttr>(node.builder.getZeroAttr(type));
  Value starts = emitFill(node, start, x.shape);
  MLIRContext *context = node.builder.getContext();
  auto generic = node.builder.create<linalg::GenericOp>(
      node.loc, starts.getType(), source, starts,
      ArrayRef<AffineMap>{AffineMap::get(rank + 1, 0, read, context),
                          AffineMap::get(rank + 1, 0, written, context)},
      iterators, [&](OpBuilder &nested, Location loc, ValueRange args) {
        ImplicitLocOpBuilder b(loc, nested);
        Value term = args[0], sum = args[1];
        if (term.getType() != type)
          term = b.create<arith::ExtFOp>(type, term);
        Value isTerm =
            b.create<arith::CmpIOp>(predicate, b.create<linalg::IndexOp>(rank),
                                    b.create<linalg::IndexOp>(*axis));
        Value next = buildNext(b, isProduct, sum, term);
        b.create<linalg::YieldOp>(
            b.create<arith::SelectOp>(isTerm, next, sum).getResult());
      });
  ImportedTensor result =
      node.getResult(accumulator, x.shape, generic.getResult(0));
  node.setOutput(0, emitConversion(node, result, x.elementType));
  return success();
}
