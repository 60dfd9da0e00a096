//===- Quantization.cpp - between floats and integers with a scale --------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Quantization.h"

#include "ScalarMath.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

static std::string name(ElementType type) {
  return ::ccq::getElementTypeName(type);
}

Value importer::buildFloat(ImplicitLocOpBuilder &b, Value x, ElementType type,
                           Type floatType) {
  if (isUnsignedInteger(type))
    return b.create<arith::UIToFPOp>(floatType, x);
  return b.create<arith::SIToFPOp>(floatType, x);
}

Value importer::buildSaturated(ImplicitLocOpBuilder &b, Value x, Value zero,
                               ElementType type) {
  Type integer = findBuiltinType(type, b.getContext());
  unsigned width = integer.getIntOrFloatBitWidth();
  bool isUnsigned = isUnsignedInteger(type);
  ScalarMath m(b, x.getType());
  Value rounded = b.create<math::RoundEvenOp>(x);
  if (zero)
    rounded = m.add(rounded, buildFloat(b, zero, type, x.getType()));
  double low = isUnsigned ? 0 : -double(int64_t(1) << (width - 1));
  double high = double(int64_t(1) << (isUnsigned ? width : width - 1)) - 1;
  Value clamped = m.atMost(m.atLeast(rounded, low), high);
  if (isUnsigned)
    return b.create<arith::FPToUIOp>(integer, clamped);
  return b.create<arith::FPToSIOp>(integer, clamped);
}

static bool isSmallInteger(ElementType type) {
  return type == ElementType::Int8 || type == ElementType::UInt8 ||
         type == ElementType::Int16 || type == ElementType::UInt16;
}

namespace {

/// Where a scale or zero point of input 0 belongs.
class ParameterPlacement {
public:
  explicit ParameterPlacement(NodeImporter &node) : node(node) {}

  /// Checks that scale and zero point, where there is one, have one shape that
  /// fits the data.
  LogicalResult check();
  /// Input `input` as operand of an element-wise operation on the data.
  MappedOperand place(size_t input);

private:
  NodeImporter &node;
  int64_t axis = 0;
  int64_t blockSize = 0;
};

} // namespace

LogicalResult ParameterPlacement::check() {
  ImportedTensor &x = node.getInput(0), &scale = node.getInput(1);
  if (!isFloat(scale.elementType))
    return node.malformed("expected a scale of floats, got " +
                          name(scale.elementType));
  if (node.hasInput(2) && node.getInput(2).shape != scale.shape)
    return node.malformed("expected a zero point of shape " +
                          node.print(scale.shape) + ", got " +
                          node.print(node.getInput(2).shape));
  blockSize = node.getInt("block_size", 0);
  bool isScalar = scale.getRank() == 0 ||
                  (scale.getRank() == 1 && isConstant(scale.shape[0], 1));
  if (isScalar && blockSize == 0)
    return success();
  FailureOr<int64_t> checked =
      node.getAxis(node.getInt("axis", 1), x.getRank());
  if (failed(checked))
    return failure();
  axis = *checked;
  if (blockSize == 0 && scale.getRank() == 1 &&
      node.equate(scale.shape[0], x.shape[axis]))
    return success();
  bool fits = blockSize > 0 && scale.getRank() == x.getRank();
  for (int64_t i = 0; fits && i < x.getRank(); ++i)
    fits = i == axis
               ? node.equate(scale.shape[i], SizeContext::keepUsable(
                                                 x.shape[i].ceilDiv(blockSize)))
               : node.equate(scale.shape[i], x.shape[i]);
  if (fits)
    return success();
  return node.malformed("expected a scale for " + node.print(x.shape) +
                        " along axis " + Twine(axis) + ", got " +
                        node.print(scale.shape));
}

MappedOperand ParameterPlacement::place(size_t input) {
  ImportedTensor &x = node.getInput(0), &parameter = node.getInput(input);
  int64_t rank = x.getRank();
  OpBuilder &builder = node.builder;
  if (blockSize > 0) {
    ImportedTensor repeated = emitIndexed(
        node, parameter, {}, x.shape,
        [&](ImplicitLocOpBuilder &b, ValueRange position, ValueRange) {
          SmallVector<Value> place(position);
          place[axis] = b.create<arith::DivUIOp>(
              place[axis], b.create<arith::ConstantIndexOp>(blockSize));
          return place;
        });
    return {repeated.emitted, builder.getMultiDimIdentityMap(rank)};
  }
  SmallVector<AffineExpr> exprs;
  if (parameter.getRank() == 1)
    exprs.push_back(isConstant(parameter.shape[0], 1)
                        ? builder.getAffineConstantExpr(0)
                        : builder.getAffineDimExpr(axis));
  return {node.emit(parameter),
          AffineMap::get(rank, 0, exprs, builder.getContext())};
}

LogicalResult importer::importQuantize(NodeImporter &node) {
  ImportedTensor &x = node.getInput(0);
  ElementType type = ElementType(node.getInt(
      "output_dtype", int64_t(node.hasInput(2) ? node.getInput(2).elementType
                                               : ElementType::UInt8)));
  if (!isSmallInteger(type))
    return node.unsupported("expected a result of 8 or 16 bit integers, got " +
                            name(type));
  if (node.hasInput(2) && node.getInput(2).elementType != type)
    return node.malformed("expected a zero point of " + name(type) + ", got " +
                          name(node.getInput(2).elementType));
  if (!isFloat(x.elementType) && x.elementType != ElementType::Int32)
    return node.malformed("expected floats or int32, got " +
                          name(x.elementType));
  ParameterPlacement parameters(node);
  if (failed(parameters.check()))
    return failure();
  SmallVector<MappedOperand> operands{
      {node.emit(x), node.builder.getMultiDimIdentityMap(x.getRank())},
      parameters.place(1)};
  if (node.hasInput(2))
    operands.push_back(parameters.place(2));
  node.setOutput(
      0,
      emitGeneric(node, operands, x.shape, type,
                  [&](ImplicitLocOpBuilder &b, ValueRange elements) {
                    Value value = elements[0], scale = elements[1];
                    if (isa<IntegerType>(value.getType()))
                      value = b.create<arith::SIToFPOp>(scale.getType(), value);
                    else if (value.getType() != scale.getType())
                      value = b.create<arith::TruncFOp>(scale.getType(), value);
                    Value quotient = b.create<arith::DivFOp>(value, scale);
                    return buildSaturated(
                        b, quotient,
                        elements.size() > 2 ? elements[2] : Value(), type);
                  }));
  return success();
}

LogicalResult importer::importDequantize(NodeImporter &node) {
  ImportedTensor &x = node.getInput(0);
  bool isInt32 = x.elementType == ElementType::Int32;
  if (!isSmallInteger(x.elementType) && !isInt32)
    return node.unsupported("expected 8, 16 or 32 bit integers, got " +
                            name(x.elementType));
  if (node.hasInput(2) && node.getInput(2).elementType != x.elementType)
    return node.malformed("expected a zero point of " + name(x.elementType) +
                          ", got " + name(node.getInput(2).elementType));
  ParameterPlacement parameters(node);
  if (failed(parameters.check()))
    return failure();
  ElementType result = node.getInput(1).elementType;
  if (auto given = node.findInt("output_dtype"); given && *given != 0)
    result = ElementType(*given);
  if (!isFloat(result))
    return node.malformed("expected a result of floats, got " + name(result));
  SmallVector<MappedOperand> operands{
      {node.emit(x), node.builder.getMultiDimIdentityMap(x.getRank())},
      parameters.place(1)};
  if (node.hasInput(2))
    operands.push_back(parameters.place(2));
  node.setOutput(
      0, emitGeneric(
             node, operands, x.shape, result,
             [&](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
               auto widen = [&](Value value) -> Value {
                 if (isInt32)
                   return value;
                 if (isUnsignedInteger(x.elementType))
                   return b.create<arith::ExtUIOp>(b.getI32Type(), value);
                 return b.create<arith::ExtSIOp>(b.getI32Type(), value);
               };
               Value value = widen(elements[0]), scale = elements[1];
               if (elements.size() > 2)
                 value = b.create<arith::SubIOp>(value, widen(elements[2]));
               Value number = b.create<arith::SIToFPOp>(scale.getType(), value);
               return b.create<arith::MulFOp>(number, scale);
             }));
  return success();
}

//===----------------------------------------------------------------------===//
// DynamicQuantizeLinear
//===----------------------------------------------------------------------===//

/// The largest or smallest element, or 0 where that is beyond it.
static ImportedTensor emitBound(NodeImporter &node, ImportedTensor &x,
                                bool isMaximum) {
  return emitReduction(
      node, x, llvm::to_vector(llvm::seq<int64_t>(0, x.getRank())),
      x.elementType, node.builder.getF32FloatAttr(0),
      [&](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
        if (isMaximum)
          return b.create<arith::MaximumFOp>(elements[1], elements[0]);
        return b.create<arith::MinimumFOp>(elements[1], elements[0]);
      });
}

LogicalResult importer::importDynamicQuantize(NodeImporter &node) {
  ImportedTensor &x = node.getInput(0);
  if (x.elementType != ElementType::Float32)
    return node.malformed("expected a tensor of float32, got " +
                          name(x.elementType));
  MLIRContext *context = node.builder.getContext();
  AffineMap scalar = AffineMap::get(context);
  ImportedTensor low = emitBound(node, x, false),
                 high = emitBound(node, x, true);
  ImportedTensor scale = emitGeneric(
      node, {{low.emitted, scalar}, {high.emitted, scalar}}, {},
      ElementType::Float32, [](ImplicitLocOpBuilder &b, ValueRange elements) {
        ScalarMath m(b, elements[0].getType());
        Value range = m.sub(elements[1], elements[0]);
        // A tensor of zeros.
        Value isEmpty = b.create<arith::CmpFOp>(arith::CmpFPredicate::OEQ,
                                                range, m.constant(0));
        return m.select(isEmpty, m.constant(1), m.div(range, 255));
      });
  ImportedTensor zero = emitGeneric(
      node, {{low.emitted, scalar}, {scale.emitted, scalar}}, {},
      ElementType::UInt8, [](ImplicitLocOpBuilder &b, ValueRange elements) {
        ScalarMath m(b, elements[0].getType());
        return buildSaturated(b, m.neg(m.div(elements[0], elements[1])),
                              Value(), ElementType::UInt8);
      });
  AffineMap all = node.builder.getMultiDimIdentityMap(x.getRank());
  AffineMap one = AffineMap::get(x.getRank(), 0, {}, context);
  node.setOutput(
      0,
      emitGeneric(
          node,
          {{node.emit(x), all}, {scale.emitted, one}, {zero.emitted, one}},
          x.shape, ElementType::UInt8,
          [](ImplicitLocOpBuilder &b, ValueRange elements) {
            Value quotient = b.create<arith::DivFOp>(elements[0], elements[1]);
            return buildSaturated(b, quotient, elements[2], ElementType::UInt8);
          }));
  node.setOutput(1, scale);
  node.setOutput(2, zero);
  return success();
}
