//===- UnaryMath.cpp - element-wise functions of one operand --------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Emission.h"
#include "Handlers.h"
#include "ScalarMath.h"

#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

namespace {

enum class UnaryFunction {
  Negate,
  Absolute,
  Sign,
  Ceiling,
  Floor,
  RoundToEven,
  Cosine,
  Erf,
  Exponential,
  Logarithm,
  Reciprocal,
  Sine,
  SquareRoot,
  Tangent,
  HyperbolicSine,
  HyperbolicCosine,
  ArcSine,
  ArcCosine,
  ArcTangent,
  AreaSine,
  AreaCosine,
  AreaTangent,
};

UnaryFunction getFunction(StringRef opType) {
  return llvm::StringSwitch<UnaryFunction>(opType)
      .Case("Neg", UnaryFunction::Negate)
      .Case("Abs", UnaryFunction::Absolute)
      .Case("Sign", UnaryFunction::Sign)
      .Case("Ceil", UnaryFunction::Ceiling)
      .Case("Floor", UnaryFunction::Floor)
      .Case("Round", UnaryFunction::RoundToEven)
      .Case("Cos", UnaryFunction::Cosine)
      .Case("Erf", UnaryFunction::Erf)
      .Case("Exp", UnaryFunction::Exponential)
      .Case("Log", UnaryFunction::Logarithm)
      .Case("Reciprocal", UnaryFunction::Reciprocal)
      .Case("Sin", UnaryFunction::Sine)
      .Case("Tan", UnaryFunction::Tangent)
      .Case("Sinh", UnaryFunction::HyperbolicSine)
      .Case("Cosh", UnaryFunction::HyperbolicCosine)
      .Case("Asin", UnaryFunction::ArcSine)
      .Case("Acos", UnaryFunction::ArcCosine)
      .Case("Atan", UnaryFunction::ArcTangent)
      .Case("Asinh", UnaryFunction::AreaSine)
      .Case("Acosh", UnaryFunction::AreaCosine)
      .Case("Atanh", UnaryFunction::AreaTangent)
      .Default(UnaryFunction::SquareRoot);
}

/// Whether the function is defined for integers.
bool takesIntegers(UnaryFunction function) {
  return function == UnaryFunction::Negate ||
         function == UnaryFunction::Absolute || function == UnaryFunction::Sign;
}

/// -1, 0 or 1; NaN for NaN.
Value buildSign(ScalarMath &m, Value x) {
  Value negative = m.select(m.less(x, 0.0), m.constant(-1), x);
  // Zeros keep their sign, which compares equal to 0.
  return m.select(m.less(m.constant(0), x), m.constant(1), negative);
}

Value buildFloat(ScalarMath &m, UnaryFunction function, Value x) {
  switch (function) {
  case UnaryFunction::Negate:
    return m.neg(x);
  case UnaryFunction::Absolute:
    return m.abs(x);
  case UnaryFunction::Sign:
    return buildSign(m, x);
  case UnaryFunction::Ceiling:
    return m.b.create<math::CeilOp>(x);
  case UnaryFunction::Floor:
    return m.b.create<math::FloorOp>(x);
  case UnaryFunction::RoundToEven:
    return m.b.create<math::RoundEvenOp>(x);
  case UnaryFunction::Cosine:
    return m.b.create<math::CosOp>(x);
  case UnaryFunction::Erf:
    return m.erf(x);
  case UnaryFunction::Exponential:
    return m.exp(x);
  case UnaryFunction::Logarithm:
    return m.log(x);
  case UnaryFunction::Reciprocal:
    return m.div(m.constant(1), x);
  case UnaryFunction::Sine:
    return m.b.create<math::SinOp>(x);
  case UnaryFunction::SquareRoot:
    return m.b.create<math::SqrtOp>(x);
  case UnaryFunction::Tangent:
    return m.b.create<math::TanOp>(x);
  case UnaryFunction::HyperbolicSine:
    return m.b.create<math::SinhOp>(x);
  case UnaryFunction::HyperbolicCosine:
    return m.b.create<math::CoshOp>(x);
  case UnaryFunction::ArcSine:
    return m.b.create<math::AsinOp>(x);
  case UnaryFunction::ArcCosine:
    return m.b.create<math::AcosOp>(x);
  case UnaryFunction::ArcTangent:
    return m.b.create<math::AtanOp>(x);
  case UnaryFunction::AreaSine:
    return m.b.create<math::AsinhOp>(x);
  case UnaryFunction::AreaCosine:
    return m.b.create<math::AcoshOp>(x);
  case UnaryFunction::AreaTangent:
    return m.b.create<math::AtanhOp>(x);
  }
  llvm_unreachable("all cases return");
}

Value buildInteger(ImplicitLocOpBuilder &b, UnaryFunction function,
                   bool isUnsigned, Value x) {
  auto constant = [&](int64_t value) -> Value {
    return b.create<arith::ConstantOp>(b.getIntegerAttr(x.getType(), value));
  };
  if (function == UnaryFunction::Negate)
    return b.create<arith::SubIOp>(constant(0), x);
  if (function == UnaryFunction::Absolute)
    return isUnsigned ? x : b.create<math::AbsIOp>(x).getResult();
  // Sign: x clipped to -1 .. 1.
  if (isUnsigned)
    return b.create<arith::MinUIOp>(x, constant(1));
  Value low = b.create<arith::MaxSIOp>(x, constant(-1));
  return b.create<arith::MinSIOp>(low, constant(1));
}

} // namespace

LogicalResult importer::importUnary(NodeImporter &node) {
  ImportedTensor &x = node.getInput(0);
  UnaryFunction function = getFunction(node.node.opType);
  bool isUsable = isFloat(x.elementType) ||
                  (isInteger(x.elementType) && takesIntegers(function));
  if (!isUsable)
    return node.malformed(
        "expected a tensor of " +
        Twine(takesIntegers(function) ? "numbers" : "floats") + ", got " +
        ::ccq::getElementTypeName(x.elementType));
  if (function == UnaryFunction::Negate && isSignedInteger(x.elementType)) {
    auto folded = foldElementwise(
        node, {&x}, x.elementType, [&](ArrayRef<Size> elements) {
          return node.sizes.trySubtract(node.sizes.getConstant(0), elements[0]);
        });
    if (folded) {
      node.setOutput(0, *folded);
      return success();
    }
  }
  bool rounds = function == UnaryFunction::Floor ||
                function == UnaryFunction::Ceiling ||
                function == UnaryFunction::RoundToEven;
  if (rounds && x.integers) {
    node.setOutput(0, x);
    return success();
  }
  FailureOr<ImportedTensor> result = emitElementwise(
      node, {&x}, x.elementType,
      [&](ImplicitLocOpBuilder &b, ValueRange elements) {
        if (isInteger(x.elementType))
          return buildInteger(b, function, isUnsignedInteger(x.elementType),
                              elements[0]);
        ScalarMath math(b, elements[0].getType());
        return buildFloat(math, function, elements[0]);
      });
  if (failed(result))
    return failure();
  node.setOutput(0, *result);
  return success();
}
