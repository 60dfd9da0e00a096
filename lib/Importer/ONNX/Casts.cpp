//===- Casts.cpp - Cast ---------------------------------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Emission.h"
#include "Handlers.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

/// Converts `x`, of ONNX type `from` (16-bit floats already as f32), to `to`.
/// Floats become integers by dropping the fraction; values out of range are
/// undefined, as in ONNX.
static Value buildCast(ImplicitLocOpBuilder &b, ElementType from,
                       ElementType to, Value x) {
  Type type = getComputeType(findBuiltinType(to, b.getContext()));
  if (x.getType() == type && to != ElementType::Bool)
    return x;
  unsigned width = type.getIntOrFloatBitWidth();
  unsigned ownWidth = x.getType().getIntOrFloatBitWidth();
  bool extendsSign = isSignedInteger(from);
  if (to == ElementType::Bool) {
    if (from == ElementType::Bool)
      return x;
    Value zero = b.create<arith::ConstantOp>(
        cast<TypedAttr>(b.getZeroAttr(x.getType())));
    if (isFloat(from))
      return b.create<arith::CmpFOp>(arith::CmpFPredicate::UNE, x, zero);
    return b.create<arith::CmpIOp>(arith::CmpIPredicate::ne, x, zero);
  }
  if (isFloat(from) && isFloat(to))
    return width > ownWidth ? b.create<arith::ExtFOp>(type, x).getResult()
                            : b.create<arith::TruncFOp>(type, x).getResult();
  if (isFloat(from))
    return isSignedInteger(to) ? b.create<arith::FPToSIOp>(type, x).getResult()
                               : b.create<arith::FPToUIOp>(type, x).getResult();
  if (isFloat(to))
    return extendsSign ? b.create<arith::SIToFPOp>(type, x).getResult()
                       : b.create<arith::UIToFPOp>(type, x).getResult();
  if (width < ownWidth)
    return b.create<arith::TruncIOp>(type, x);
  return extendsSign ? b.create<arith::ExtSIOp>(type, x).getResult()
                     : b.create<arith::ExtUIOp>(type, x).getResult();
}

/// `value` in the range of an integer type or 0 / 1, as a cast makes it.
static Size foldIntegerCast(const SizeContext &sizes, ElementType to,
                            Size value) {
  auto constant = findConstant(value);
  // A size is assumed to fit into 32 bits where a model converts it to them.
  if (!constant)
    return to == ElementType::Int64 || to == ElementType::Int32 ? value
                                                                : Size();
  if (to == ElementType::Bool)
    return sizes.getConstant(*constant != 0);
  unsigned bits = 8 * ::ccq::getElementBytes(to);
  APInt wide(64, uint64_t(*constant));
  APInt narrow = wide.trunc(bits);
  return sizes.getConstant(isSignedInteger(to)
                               ? narrow.getSExtValue()
                               : int64_t(narrow.getZExtValue()));
}

/// Integers that a constant of few floats becomes.
static std::optional<ImportedTensor>
foldFloatsToIntegers(NodeImporter &node, const ImportedTensor &x,
                     ElementType to) {
  // Beyond 2^53 a double does not hold every integer.
  constexpr double largest = 9007199254740992.0;
  if (!x.constant || x.isTransposed || !isFloat(x.elementType) ||
      !isSignedInteger(to) || x.constant->getNumElements() > maxKnownIntegers)
    return std::nullopt;
  ImportedTensor result = x;
  result.constant = nullptr;
  result.emitted = {};
  result.elementType = to;
  result.integers.emplace();
  for (int64_t i = 0; i < x.constant->getNumElements(); ++i) {
    double value = readFloat(*x.constant, i);
    if (!(std::abs(value) < largest))
      return std::nullopt;
    result.integers->push_back(foldIntegerCast(
        node.sizes, to, node.sizes.getConstant(int64_t(value))));
  }
  return result;
}

/// Input 0 with elements of type `to`.
static LogicalResult importCastTo(NodeImporter &node, ElementType to) {
  ImportedTensor &x = node.getInput(0);
  ElementType from = x.elementType;
  if (to == ElementType::Undefined)
    return node.malformed("expected an element type in attribute 'to', got "
                          "undefined");
  if (!findBuiltinType(to, node.builder.getContext()))
    return node.unsupported("tensors of " + ::ccq::getElementTypeName(to) +
                            " are not supported");
  if (from == to) {
    node.setOutput(0, x);
    return success();
  }
  std::optional<ImportedTensor> folded;
  const SmallVector<Size> *known = node.state.findIntegers(x);
  if (isInteger(to) || to == ElementType::Bool)
    folded = foldElementwise(node, {&x}, to, [&](ArrayRef<Size> elements) {
      return foldIntegerCast(node.sizes, to, elements[0]);
    });
  else if (known && isInteger(from) &&
           (known->size() == 1 || !findConstants(*known))) {
    // A size keeps being known as a float: models compare and clamp it there.
    folded.emplace();
    folded->elementType = to;
    folded->shape = x.shape;
    folded->integers = *known;
  }
  if (!folded)
    folded = foldFloatsToIntegers(node, x, to);
  if (folded) {
    node.setOutput(0, *folded);
    return success();
  }
  FailureOr<ImportedTensor> result = emitElementwise(
      node, {&x}, to, [&](ImplicitLocOpBuilder &b, ValueRange elements) {
        return buildCast(b, from, to, elements[0]);
      });
  if (failed(result))
    return failure();
  if (isInteger(to))
    result->elementLimit = x.elementLimit;
  node.setOutput(0, *result);
  return success();
}

LogicalResult importer::importCast(NodeImporter &node) {
  return importCastTo(node, ElementType(node.getInt("to", 0)));
}

LogicalResult importer::importCastLike(NodeImporter &node) {
  return importCastTo(node, node.getInput(1).elementType);
}
