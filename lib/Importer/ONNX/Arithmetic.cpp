//===- Arithmetic.cpp - element-wise arithmetic ---------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Emission.h"
#include "Handlers.h"
#include "SizeExtrema.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

#include "llvm/ADT/StringSwitch.h"

#include <cmath>

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

namespace {

/// The operations that take any number type, two operands at a time.
enum class Arithmetic { Add, Subtract, Multiply, Divide, Minimum, Maximum };

Arithmetic getArithmetic(StringRef opType) {
  return llvm::StringSwitch<Arithmetic>(opType)
      .Cases("Add", "Sum", "Mean", Arithmetic::Add)
      .Case("Sub", Arithmetic::Subtract)
      .Case("Mul", Arithmetic::Multiply)
      .Case("Div", Arithmetic::Divide)
      .Case("Min", Arithmetic::Minimum)
      .Default(Arithmetic::Maximum);
}

Value emitFloat(ImplicitLocOpBuilder &b, Arithmetic op, Value x, Value y) {
  switch (op) {
  case Arithmetic::Add:
    return b.create<arith::AddFOp>(x, y);
  case Arithmetic::Subtract:
    return b.create<arith::SubFOp>(x, y);
  case Arithmetic::Multiply:
    return b.create<arith::MulFOp>(x, y);
  case Arithmetic::Divide:
    return b.create<arith::DivFOp>(x, y);
  case Arithmetic::Minimum:
    return b.create<arith::MinimumFOp>(x, y);
  case Arithmetic::Maximum:
    return b.create<arith::MaximumFOp>(x, y);
  }
  llvm_unreachable("all cases return");
}

Value emitInteger(ImplicitLocOpBuilder &b, Arithmetic op, bool isSigned,
                  Value x, Value y) {
  switch (op) {
  case Arithmetic::Add:
    return b.create<arith::AddIOp>(x, y);
  case Arithmetic::Subtract:
    return b.create<arith::SubIOp>(x, y);
  case Arithmetic::Multiply:
    return b.create<arith::MulIOp>(x, y);
  case Arithmetic::Divide:
    if (isSigned)
      return b.create<arith::DivSIOp>(x, y);
    return b.create<arith::DivUIOp>(x, y);
  case Arithmetic::Minimum:
    if (isSigned)
      return b.create<arith::MinSIOp>(x, y);
    return b.create<arith::MinUIOp>(x, y);
  case Arithmetic::Maximum:
    if (isSigned)
      return b.create<arith::MaxSIOp>(x, y);
    return b.create<arith::MaxUIOp>(x, y);
  }
  llvm_unreachable("all cases return");
}

/// Division of sizes as ONNX defines it for integers: towards zero. Sizes are
/// not negative, so for a symbolic dividend that is the floor.
Size foldDivision(const SizeContext &sizes, Size x, Size y) {
  auto dividend = findConstant(x), divisor = findConstant(y);
  if (divisor && (*divisor == 0 || *divisor == -1))
    return {};
  if (dividend && divisor)
    return sizes.getConstant(*dividend / *divisor);
  if (Size quotient = sizes.tryDivideExactly(x, y);
      quotient && quotient.getKind() != AffineExprKind::FloorDiv)
    return quotient;
  return divisor && *divisor > 0 ? SizeContext::keepUsable(x.floorDiv(*divisor))
                                 : Size();
}

/// The smaller of two sizes. A dimension is taken to be at least 1, and runs
/// check that it is.
Size foldMinimum(NodeImporter &node, Size x, Size y) {
  if (findConstant(x))
    std::swap(x, y);
  if (isConstant(y, 1) && node.limit(y, x))
    return y;
  return tryGetMinimum(node.sizes, x, y);
}

/// The larger of two sizes; a dimension is taken to be at least 1.
Size foldMaximum(NodeImporter &node, Size x, Size y) {
  if (findConstant(x))
    std::swap(x, y);
  if (isConstant(y, 1) && node.limit(y, x))
    return x;
  return tryGetMaximum(node.sizes, x, y);
}

Size fold(NodeImporter &node, Arithmetic op, Size x, Size y) {
  const SizeContext &sizes = node.sizes;
  switch (op) {
  case Arithmetic::Add:
    return sizes.tryAdd(x, y);
  case Arithmetic::Subtract:
    return sizes.trySubtract(x, y);
  case Arithmetic::Multiply:
    return sizes.tryMultiply(x, y);
  case Arithmetic::Divide:
    return foldDivision(sizes, x, y);
  case Arithmetic::Minimum:
    return foldMinimum(node, x, y);
  case Arithmetic::Maximum:
    return foldMaximum(node, x, y);
  }
  llvm_unreachable("all cases return");
}

/// `tensor` with its integers known when it is a constant of whole floats.
ImportedTensor getWithIntegers(NodeImporter &node,
                               const ImportedTensor &tensor) {
  ImportedTensor result = tensor;
  const ConstantTensor *constant = tensor.constant;
  if (result.integers || !constant || tensor.isTransposed ||
      !isFloat(tensor.elementType) ||
      constant->getNumElements() > maxKnownIntegers)
    return result;
  // Beyond 2^24 a float does not hold every integer.
  constexpr double largest = 16777216.0;
  SmallVector<Size> integers;
  for (int64_t i = 0; i < constant->getNumElements(); ++i) {
    double value = readFloat(*constant, i);
    if (!(std::abs(value) <= largest) || value != std::floor(value))
      return result;
    integers.push_back(node.sizes.getConstant(int64_t(value)));
  }
  result.integers = std::move(integers);
  return result;
}

/// The known result of arithmetic on sizes, as integers or converted to floats.
std::optional<ImportedTensor> foldSizes(NodeImporter &node, Arithmetic op,
                                        ArrayRef<ImportedTensor *> operands) {
  ElementType type = operands.front()->elementType;
  bool hasSize = llvm::any_of(operands, [](const ImportedTensor *operand) {
    return operand->integers.has_value();
  });
  bool isUsable = isSignedInteger(type) ||
                  (isFloat(type) && hasSize && op != Arithmetic::Divide &&
                   node.node.opType != "Mean");
  if (!isUsable)
    return std::nullopt;
  SmallVector<ImportedTensor> known;
  for (ImportedTensor *operand : operands)
    known.push_back(getWithIntegers(node, *operand));
  SmallVector<ImportedTensor *> pointers;
  for (ImportedTensor &operand : known)
    pointers.push_back(&operand);
  return foldElementwise(node, pointers, type, [&](ArrayRef<Size> elements) {
    Size value = elements.front();
    for (Size element : elements.drop_front())
      value = value ? fold(node, op, value, element) : Size();
    return value;
  });
}

/// Checks that all operands have one type, of numbers.
LogicalResult checkNumbers(NodeImporter &node,
                           ArrayRef<ImportedTensor *> operands) {
  ElementType type = operands.front()->elementType;
  for (ImportedTensor *operand : operands)
    if (operand->elementType != type)
      return node.malformed("expected operands of one element type, got " +
                            ::ccq::getElementTypeName(type) + " and " +
                            ::ccq::getElementTypeName(operand->elementType));
  if (!isFloat(type) && !isInteger(type))
    return node.malformed("expected operands of numbers, got " +
                          ::ccq::getElementTypeName(type));
  return success();
}

/// The limit of a sum with one known integer of the other operand's.
Size findSumLimit(NodeImporter &node, ArrayRef<ImportedTensor *> operands) {
  if (node.node.opType != "Add")
    return {};
  for (size_t i : {0, 1}) {
    const SmallVector<Size> *known = node.state.findIntegers(*operands[i]);
    Size limit = operands[1 - i]->elementLimit;
    if (limit && known && known->size() == 1)
      return node.sizes.tryAdd(limit, known->front());
  }
  return {};
}

} // namespace

LogicalResult importer::importBinary(NodeImporter &node) {
  SmallVector<ImportedTensor *> operands = node.getInputs();
  if (failed(checkNumbers(node, operands)))
    return failure();
  Arithmetic op = getArithmetic(node.node.opType);
  ElementType type = operands.front()->elementType;
  bool isMean = node.node.opType == "Mean";
  if (operands.size() == 1) {
    node.setOutput(0, *operands.front());
    return success();
  }
  if (auto folded = foldSizes(node, op, operands)) {
    node.setOutput(0, *folded);
    return success();
  }
  FailureOr<ImportedTensor> result = emitElementwise(
      node, operands, type,
      [&](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
        Value value = elements.front();
        for (Value element : elements.drop_front())
          value = isFloat(type) ? emitFloat(b, op, value, element)
                                : emitInteger(b, op, isSignedInteger(type),
                                              value, element);
        if (!isMean)
          return value;
        Value count = b.create<arith::ConstantOp>(
            b.getFloatAttr(value.getType(), double(elements.size())));
        return b.create<arith::DivFOp>(value, count);
      });
  if (failed(result))
    return failure();
  result->elementLimit = findSumLimit(node, operands);
  node.setOutput(0, *result);
  return success();
}
