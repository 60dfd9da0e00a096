//===- IntegerMath.cpp - Mod, BitShift and bitwise logic ------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Emission.h"
#include "LayerHandlers.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

static std::string name(ElementType type) {
  return ::ccq::getElementTypeName(type);
}

/// Checks that both operands have one element type.
static LogicalResult checkAlike(NodeImporter &node) {
  ElementType x = node.getInput(0).elementType,
              y = node.getInput(1).elementType;
  if (x == y)
    return success();
  return node.malformed("expected operands of one element type, got " +
                        name(x) + " and " + name(y));
}

/// The remainder with the sign of the divisor, and 0 for a divisor of 0.
static Value buildFlooredRest(ImplicitLocOpBuilder &b, Value x, Value y) {
  auto constant = [&](int64_t value) -> Value {
    return b.create<arith::ConstantOp>(b.getIntegerAttr(x.getType(), value));
  };
  auto isNegative = [&](Value value) -> Value {
    return b.create<arith::CmpIOp>(arith::CmpIPredicate::slt, value,
                                   constant(0));
  };
  Value rest = b.create<arith::RemSIOp>(x, y);
  Value isRest =
      b.create<arith::CmpIOp>(arith::CmpIPredicate::ne, rest, constant(0));
  Value differs = b.create<arith::XOrIOp>(isNegative(rest), isNegative(y));
  Value isWrong = b.create<arith::AndIOp>(isRest, differs);
  Value shifted = b.create<arith::AddIOp>(rest, y);
  return b.create<arith::SelectOp>(isWrong, shifted, rest);
}

LogicalResult importer::importModulo(NodeImporter &node) {
  ImportedTensor &x = node.getInput(0), &y = node.getInput(1);
  if (failed(checkAlike(node)))
    return failure();
  ElementType type = x.elementType;
  bool truncates = node.getInt("fmod", 0);
  if (!isFloat(type) && !isInteger(type))
    return node.malformed("expected operands of numbers, got " + name(type));
  if (isFloat(type) && !truncates)
    return node.malformed("expected fmod of 1 for floats, got 0");
  auto folded =
      foldElementwise(node, {&x, &y}, type, [&](ArrayRef<Size> elements) {
        auto a = findConstant(elements[0]), b = findConstant(elements[1]);
        if (!b || *b < 1)
          return Size();
        if (a)
          return node.sizes.getConstant(
              truncates || *a >= 0 ? *a % *b : (*a % *b + *b) % *b);
        return SizeContext::isNonNegative(elements[0])
                   ? SizeContext::keepUsable(elements[0] % *b)
                   : Size();
      });
  if (folded) {
    node.setOutput(0, *folded);
    return success();
  }
  FailureOr<ImportedTensor> result = emitElementwise(
      node, {&x, &y}, type,
      [&](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
        if (isFloat(type))
          return b.create<arith::RemFOp>(elements[0], elements[1]);
        if (isUnsignedInteger(type))
          return b.create<arith::RemUIOp>(elements[0], elements[1]);
        if (truncates)
          return b.create<arith::RemSIOp>(elements[0], elements[1]);
        return buildFlooredRest(b, elements[0], elements[1]);
      });
  if (failed(result))
    return failure();
  node.setOutput(0, *result);
  return success();
}

LogicalResult importer::importBitwise(NodeImporter &node) {
  SmallVector<ImportedTensor *> operands = node.getInputs();
  ElementType type = operands[0]->elementType;
  if (!isInteger(type))
    return node.malformed("expected operands of integers, got " + name(type));
  if (operands.size() == 2 && failed(checkAlike(node)))
    return failure();
  StringRef op = node.node.opType;
  FailureOr<ImportedTensor> result = emitElementwise(
      node, operands, type,
      [&](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
        Value x = elements[0];
        if (op == "BitwiseNot") {
          Value ones =
              b.create<arith::ConstantOp>(b.getIntegerAttr(x.getType(), -1));
          return b.create<arith::XOrIOp>(x, ones);
        }
        if (op == "BitwiseAnd")
          return b.create<arith::AndIOp>(x, elements[1]);
        if (op == "BitwiseOr")
          return b.create<arith::OrIOp>(x, elements[1]);
        return b.create<arith::XOrIOp>(x, elements[1]);
      });
  if (failed(result))
    return failure();
  node.setOutput(0, *result);
  return success();
}

/// Shifts by the width or more give 0.
LogicalResult importer::importBitShift(NodeImporter &node) {
  ImportedTensor &x = node.getInput(0), &y = node.getInput(1);
  if (failed(checkAlike(node)))
    return failure();
  std::string direction = node.getString("direction", "");
  if (!isUnsignedInteger(x.elementType) ||
      (direction != "LEFT" && direction != "RIGHT"))
    return node.malformed("expected unsigned integers and direction LEFT or "
                          "RIGHT, got " +
                          name(x.elementType) + " and " + direction);
  FailureOr<ImportedTensor> result = emitElementwise(
      node, {&x, &y}, x.elementType,
      [&](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
        Type type = elements[0].getType();
        auto constant = [&](int64_t value) -> Value {
          return b.create<arith::ConstantOp>(b.getIntegerAttr(type, value));
        };
        Value width = constant(type.getIntOrFloatBitWidth());
        Value isInside = b.create<arith::CmpIOp>(arith::CmpIPredicate::ult,
                                                 elements[1], width);
        Value shift =
            b.create<arith::SelectOp>(isInside, elements[1], constant(0));
        Value shifted =
            direction == "LEFT"
                ? b.create<arith::ShLIOp>(elements[0], shift).getResult()
                : b.create<arith::ShRUIOp>(elements[0], shift).getResult();
        return b.create<arith::SelectOp>(isInside, shifted, constant(0));
      });
  if (failed(result))
    return failure();
  node.setOutput(0, *result);
  return success();
}
