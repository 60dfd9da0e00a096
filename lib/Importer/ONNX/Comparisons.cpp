//===- Comparisons.cpp - comparisons, logic, Where, Pow -------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Emission.h"
#include "Handlers.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

static std::string name(ElementType type) {
  return ::ccq::getElementTypeName(type);
}

//===----------------------------------------------------------------------===//
// Comparisons
//===----------------------------------------------------------------------===//

namespace {

enum class Comparison { Equal, Less, LessOrEqual, Greater, GreaterOrEqual };

Comparison getComparison(StringRef opType) {
  return llvm::StringSwitch<Comparison>(opType)
      .Case("Less", Comparison::Less)
      .Case("LessOrEqual", Comparison::LessOrEqual)
      .Case("Greater", Comparison::Greater)
      .Case("GreaterOrEqual", Comparison::GreaterOrEqual)
      .Default(Comparison::Equal);
}

arith::CmpFPredicate getFloatPredicate(Comparison comparison) {
  switch (comparison) {
  case Comparison::Equal:
    return arith::CmpFPredicate::OEQ;
  case Comparison::Less:
    return arith::CmpFPredicate::OLT;
  case Comparison::LessOrEqual:
    return arith::CmpFPredicate::OLE;
  case Comparison::Greater:
    return arith::CmpFPredicate::OGT;
  case Comparison::GreaterOrEqual:
    return arith::CmpFPredicate::OGE;
  }
  llvm_unreachable("all cases return");
}

arith::CmpIPredicate getIntegerPredicate(Comparison comparison, bool isSigned) {
  using P = arith::CmpIPredicate;
  switch (comparison) {
  case Comparison::Equal:
    return P::eq;
  case Comparison::Less:
    return isSigned ? P::slt : P::ult;
  case Comparison::LessOrEqual:
    return isSigned ? P::sle : P::ule;
  case Comparison::Greater:
    return isSigned ? P::sgt : P::ugt;
  case Comparison::GreaterOrEqual:
    return isSigned ? P::sge : P::uge;
  }
  llvm_unreachable("all cases return");
}

/// Of x and y when one is always the larger one: 1, 0 or -1 for the sign of
/// x - y.
static std::optional<int64_t> findOrder(const SizeContext &sizes, Size x,
                                        Size y) {
  if (x == y)
    return 0;
  Size one = sizes.getConstant(1);
  auto isAbove = [&](Size a, Size b) {
    Size difference = sizes.trySubtract(a, b);
    Size beyond = difference ? sizes.trySubtract(difference, one) : Size();
    return beyond && SizeContext::isNonNegative(beyond);
  };
  if (isAbove(x, y))
    return 1;
  return isAbove(y, x) ? std::optional<int64_t>(-1) : std::nullopt;
}

/// 0 or 1 when the order does not depend on the dimensions.
Size foldComparison(const SizeContext &sizes, Comparison comparison, Size x,
                    Size y) {
  std::optional<int64_t> order = findOrder(sizes, x, y);
  if (!order)
    return {};
  int64_t left = *order, right = 0;
  switch (comparison) {
  case Comparison::Equal:
    return sizes.getConstant(left == right);
  case Comparison::Less:
    return sizes.getConstant(left < right);
  case Comparison::LessOrEqual:
    return sizes.getConstant(left <= right);
  case Comparison::Greater:
    return sizes.getConstant(left > right);
  case Comparison::GreaterOrEqual:
    return sizes.getConstant(left >= right);
  }
  llvm_unreachable("all cases return");
}

} // namespace

LogicalResult importer::importComparison(NodeImporter &node) {
  ImportedTensor &x = node.getInput(0), &y = node.getInput(1);
  Comparison comparison = getComparison(node.node.opType);
  if (x.elementType != y.elementType)
    return node.malformed("expected operands of one element type, got " +
                          name(x.elementType) + " and " + name(y.elementType));
  if (x.elementType == ElementType::Bool && comparison != Comparison::Equal)
    return node.malformed("expected operands of numbers, got bool");
  auto folded = foldElementwise(
      node, {&x, &y}, ElementType::Bool, [&](ArrayRef<Size> elements) {
        return foldComparison(node.sizes, comparison, elements[0], elements[1]);
      });
  if (folded) {
    node.setOutput(0, *folded);
    return success();
  }
  FailureOr<ImportedTensor> result = emitElementwise(
      node, {&x, &y}, ElementType::Bool,
      [&](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
        if (isFloat(x.elementType))
          return b.create<arith::CmpFOp>(getFloatPredicate(comparison),
                                         elements[0], elements[1]);
        return b.create<arith::CmpIOp>(
            getIntegerPredicate(comparison, isSignedInteger(x.elementType)),
            elements[0], elements[1]);
      });
  if (failed(result))
    return failure();
  node.setOutput(0, *result);
  return success();
}

//===----------------------------------------------------------------------===//
// Logic
//===----------------------------------------------------------------------===//

/// 0 or 1 when all operands are constants.
static Size foldLogic(const SizeContext &sizes, StringRef op,
                      ArrayRef<Size> elements) {
  std::optional<SmallVector<int64_t>> values = findConstants(elements);
  if (!values)
    return {};
  bool x = values->front(), y = values->size() == 2 ? (*values)[1] : true;
  bool result = op == "And" ? x && y : op == "Or" ? x || y : x != y;
  return sizes.getConstant(result);
}

LogicalResult importer::importLogic(NodeImporter &node) {
  SmallVector<ImportedTensor *> operands = node.getInputs();
  for (ImportedTensor *operand : operands)
    if (operand->elementType != ElementType::Bool)
      return node.malformed("expected operands of bool, got " +
                            name(operand->elementType));
  StringRef op = node.node.opType;
  auto folded = foldElementwise(node, operands, ElementType::Bool,
                                [&](ArrayRef<Size> elements) {
                                  return foldLogic(node.sizes, op, elements);
                                });
  if (folded) {
    node.setOutput(0, *folded);
    return success();
  }
  FailureOr<ImportedTensor> result = emitElementwise(
      node, operands, ElementType::Bool,
      [&](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
        if (op == "And")
          return b.create<arith::AndIOp>(elements[0], elements[1]);
        if (op == "Or")
          return b.create<arith::OrIOp>(elements[0], elements[1]);
        Value other = elements.size() == 2
                          ? elements[1]
                          : b.create<arith::ConstantOp>(b.getBoolAttr(true));
        return b.create<arith::XOrIOp>(elements[0], other);
      });
  if (failed(result))
    return failure();
  node.setOutput(0, *result);
  return success();
}

LogicalResult importer::importFloatTest(NodeImporter &node) {
  ImportedTensor &x = node.getInput(0);
  if (!isFloat(x.elementType))
    return node.malformed("expected a tensor of floats, got " +
                          name(x.elementType));
  bool isInfinity = node.node.opType == "IsInf";
  FailureOr<ImportedTensor> result = emitElementwise(
      node, {&x}, ElementType::Bool,
      [&](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
        Value value = elements[0];
        if (!isInfinity)
          return b.create<arith::CmpFOp>(arith::CmpFPredicate::UNO, value,
                                         value);
        auto type = cast<FloatType>(value.getType());
        auto equals = [&](bool negative) -> Value {
          Value infinity = b.create<arith::ConstantOp>(b.getFloatAttr(
              type, APFloat::getInf(type.getFloatSemantics(), negative)));
          return b.create<arith::CmpFOp>(arith::CmpFPredicate::OEQ, value,
                                         infinity);
        };
        Value no = b.create<arith::ConstantOp>(b.getBoolAttr(false));
        Value above = node.getInt("detect_positive", 1) ? equals(false) : no;
        Value below = node.getInt("detect_negative", 1) ? equals(true) : no;
        return b.create<arith::OrIOp>(above, below);
      });
  if (failed(result))
    return failure();
  node.setOutput(0, *result);
  return success();
}

LogicalResult importer::importWhere(NodeImporter &node) {
  ImportedTensor &condition = node.getInput(0), &x = node.getInput(1),
                 &y = node.getInput(2);
  if (condition.elementType != ElementType::Bool)
    return node.malformed("expected a condition of bool, got " +
                          name(condition.elementType));
  if (x.elementType != y.elementType)
    return node.malformed("expected operands of one element type, got " +
                          name(x.elementType) + " and " + name(y.elementType));
  auto folded = foldElementwise(
      node, {&condition, &x, &y}, x.elementType, [&](ArrayRef<Size> elements) {
        if (auto decision = findConstant(elements[0]))
          return *decision ? elements[1] : elements[2];
        return elements[1] == elements[2] ? elements[1] : Size();
      });
  if (folded) {
    node.setOutput(0, *folded);
    return success();
  }
  FailureOr<ImportedTensor> result = emitElementwise(
      node, {&condition, &x, &y}, x.elementType,
      [](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
        return b.create<arith::SelectOp>(elements[0], elements[1], elements[2]);
      });
  if (failed(result))
    return failure();
  node.setOutput(0, *result);
  return success();
}

//===----------------------------------------------------------------------===//
// Pow
//===----------------------------------------------------------------------===//

/// The exponent when it is a constant for which a product or a root is exact
/// enough and much cheaper than pow.
static std::optional<double> findSimpleExponent(const ImportedTensor &y) {
  if (!y.constant || y.constant->getNumElements() != 1 ||
      !isFloat(y.elementType))
    return std::nullopt;
  double value = readFloat(*y.constant, 0);
  if (value == 0.5 || value == 1 || value == 2 || value == 3)
    return value;
  return std::nullopt;
}

static Value buildPower(ImplicitLocOpBuilder &b, std::optional<double> simple,
                        Value x, Value y) {
  if (simple == 0.5)
    return b.create<math::SqrtOp>(x);
  if (simple == 1.0)
    return x;
  if (simple) {
    Value square = b.create<arith::MulFOp>(x, x);
    return *simple == 2 ? square : b.create<arith::MulFOp>(square, x);
  }
  return b.create<math::PowFOp>(x, y);
}

LogicalResult importer::importPower(NodeImporter &node) {
  ImportedTensor &x = node.getInput(0), &y = node.getInput(1);
  if (!isFloat(x.elementType) && !isSignedInteger(x.elementType))
    return node.unsupported("expected a base of floats or signed integers, "
                            "got " +
                            name(x.elementType));
  if (!isFloat(y.elementType) && !isInteger(y.elementType))
    return node.malformed("expected an exponent of numbers, got " +
                          name(y.elementType));
  std::optional<double> simple = findSimpleExponent(y);
  FailureOr<ImportedTensor> result = emitElementwise(
      node, {&x, &y}, x.elementType,
      [&](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
        Value base = elements[0], exponent = elements[1];
        Type type = base.getType();
        // Integers up to 2^53 are exact in f64.
        bool isWhole = isInteger(x.elementType);
        if (isWhole) {
          type = b.getF64Type();
          base = b.create<arith::SIToFPOp>(type, base);
        }
        if (simple && !isWhole)
          return buildPower(b, simple, base, exponent);
        if (isUnsignedInteger(y.elementType))
          exponent = b.create<arith::UIToFPOp>(type, exponent);
        else if (isInteger(y.elementType))
          exponent = b.create<arith::SIToFPOp>(type, exponent);
        else if (exponent.getType().getIntOrFloatBitWidth() <
                 type.getIntOrFloatBitWidth())
          exponent = b.create<arith::ExtFOp>(type, exponent);
        else if (exponent.getType() != type)
          exponent = b.create<arith::TruncFOp>(type, exponent);
        Value power = buildPower(b, std::nullopt, base, exponent);
        return isWhole ? b.create<arith::FPToSIOp>(elements[0].getType(), power)
                             .getResult()
                       : power;
      });
  if (failed(result))
    return failure();
  node.setOutput(0, *result);
  return success();
}
