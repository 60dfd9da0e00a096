//===- Fourier.cpp - DFT and windows --------------------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Fourier.h"

#include "ScalarMath.h"
#include "TensorMath.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

namespace {

/// One DFT node as the sum that it is: rows times a matrix of roots of unity,
/// which is computed on the way.
class FourierTransform {
public:
  explicit FourierTransform(NodeImporter &node) : node(node) {}

  LogicalResult run();

private:
  LogicalResult check();
  ImportedTensor emitSums(ImportedTensor &terms);
  ImportedTensor emitInput();

  NodeImporter &node;
  int64_t axis = 0, length = 0, bins = 0;
  bool isInverse = false, isOneSided = false;
  Shape shape;
};

} // namespace

LogicalResult FourierTransform::check() {
  ImportedTensor &x = node.getInput(0);
  bool hasAxisInput = node.node.opset >= 20;
  int64_t given = node.getInt("axis", hasAxisInput ? -2 : 1);
  if (hasAxisInput && node.hasInput(2)) {
    FailureOr<SmallVector<int64_t>> values =
        node.getConstantIntegers(2, "axis");
    if (failed(values))
      return failure();
    if (values->size() != 1)
      return node.malformed("expected one axis, got " + Twine(values->size()));
    given = values->front();
  }
  auto parts = x.getRank() > 1 ? findConstant(x.shape.back()) : std::nullopt;
  if (!isFloat(x.elementType) || !parts || *parts < 1 || *parts > 2)
    return node.malformed("expected floats with real, or real and imaginary "
                          "parts in the last dimension, got " +
                          node.print(x));
  FailureOr<int64_t> checked = node.getAxis(given, x.getRank());
  if (failed(checked))
    return failure();
  axis = *checked;
  if (axis == x.getRank() - 1)
    return node.malformed("expected an axis before the last");
  isInverse = node.getInt("inverse", 0);
  isOneSided = node.getInt("onesided", 0);
  auto size = findConstant(x.shape[axis]);
  if (!size || *size < 1)
    return node.unsupported("expected a constant length of the signal, got " +
                                node.sizes.print(x.shape[axis]),
                            "fix the dimensions with --dim NAME=SIZE");
  length = isInverse && isOneSided ? 2 * (*size - 1) : *size;
  if (node.hasInput(1)) {
    FailureOr<SmallVector<int64_t>> values =
        node.getConstantIntegers(1, "dft_length");
    if (failed(values))
      return failure();
    if (values->size() != 1 || values->front() < 1)
      return node.malformed("expected one dft_length of at least 1");
    length = values->front();
  }
  bins = isOneSided && !isInverse ? length / 2 + 1 : length;
  shape = x.shape;
  shape[axis] = node.sizes.getConstant(bins);
  shape.back() = node.sizes.getConstant(isInverse && isOneSided ? 1 : 2);
  return success();
}

/// The signal of `length` elements with real and imaginary parts; what it does
/// not have is 0, and the second half of a one-sided spectrum is conjugated.
ImportedTensor FourierTransform::emitInput() {
  ImportedTensor &x = node.getInput(0);
  int64_t size = *findConstant(x.shape[axis]),
          parts = *findConstant(x.shape.back());
  int64_t rank = x.getRank();
  bool isMirrored = isInverse && isOneSided;
  Shape terms = x.shape;
  terms[axis] = node.sizes.getConstant(length);
  terms.back() = node.sizes.getConstant(2);
  auto constant = [](ImplicitLocOpBuilder &b, int64_t value) -> Value {
    return b.create<arith::ConstantIndexOp>(value);
  };
  auto isBehind = [&](ImplicitLocOpBuilder &b, Value index,
                      int64_t bound) -> Value {
    return b.create<arith::CmpIOp>(arith::CmpIPredicate::sge, index,
                                   constant(b, bound));
  };
  ImportedTensor looked = emitIndexed(
      node, x, {}, terms,
      [&](ImplicitLocOpBuilder &b, ValueRange position, ValueRange) {
        SmallVector<Value> place(position);
        Value index = place[axis];
        if (isMirrored) {
          Value other = b.create<arith::SubIOp>(constant(b, length), index);
          index =
              b.create<arith::SelectOp>(isBehind(b, index, size), other, index);
        }
        place[axis] = b.create<arith::MinSIOp>(index, constant(b, size - 1));
        place.back() =
            b.create<arith::MinSIOp>(place.back(), constant(b, parts - 1));
        return place;
      });
  AffineMap all = node.builder.getMultiDimIdentityMap(rank);
  return emitGeneric(
      node, {{looked.emitted, all}}, terms, getAccumulatorType(x.elementType),
      [&](ImplicitLocOpBuilder &b, ValueRange elements) {
        ScalarMath m(b, elements[0].getType());
        Value isTail = isBehind(b, b.create<linalg::IndexOp>(axis), size);
        Value isImaginary = isBehind(b, b.create<linalg::IndexOp>(rank - 1), 1);
        Value element = elements[0];
        if (isMirrored) {
          Value flips = b.create<arith::AndIOp>(isTail, isImaginary);
          element = m.select(flips, m.neg(element), element);
        } else {
          element = m.select(isTail, m.constant(0), element);
        }
        if (parts == 1)
          element = m.select(isImaginary, m.constant(0), element);
        return element;
      });
}

/// Loops: those of the result, then the signal's elements.
ImportedTensor FourierTransform::emitSums(ImportedTensor &terms) {
  MLIRContext *context = node.builder.getContext();
  unsigned rank = shape.size();
  auto getMap = [&](int part) {
    SmallVector<AffineExpr> exprs;
    for (unsigned i = 0; i + 1 < rank; ++i)
      exprs.push_back(
          node.builder.getAffineDimExpr(int64_t(i) == axis ? rank : i));
    exprs.push_back(node.builder.getAffineConstantExpr(part));
    return AffineMap::get(rank + 1, 0, exprs, context);
  };
  SmallVector<AffineExpr> written;
  for (unsigned i = 0; i < rank; ++i)
    written.push_back(node.builder.getAffineDimExpr(i));
  SmallVector<utils::IteratorType> iterators(rank,
                                             utils::IteratorType::parallel);
  iterators.push_back(utils::IteratorType::reduction);
  Type type = findBuiltinType(terms.elementType, context);
  Value zeros = emitFill(node, node.builder.getFloatAttr(type, 0), shape);
  Value source = node.emit(terms);
  auto generic = node.builder.create<linalg::GenericOp>(
      node.loc, zeros.getType(), ValueRange{source, source}, zeros,
      ArrayRef<AffineMap>{getMap(0), getMap(1),
                          AffineMap::get(rank + 1, 0, written, context)},
      iterators, [&](OpBuilder &nested, Location loc, ValueRange args) {
        ImplicitLocOpBuilder b(loc, nested);
        ScalarMath m(b, type);
        // The angle from k * n modulo the length stays exact.
        Value turns = b.create<arith::RemUIOp>(
            b.create<arith::MulIOp>(b.create<linalg::IndexOp>(axis),
                                    b.create<linalg::IndexOp>(rank)),
            b.create<arith::ConstantIndexOp>(length));
        Value number = b.create<arith::SIToFPOp>(
            type, b.create<arith::IndexCastOp>(b.getI64Type(), turns));
        double unit = 2 * llvm::numbers::pi / double(length);
        Value angle = m.mul(number, isInverse ? unit : -unit);
        Value cosine = b.create<math::CosOp>(angle),
              sine = b.create<math::SinOp>(angle);
        Value real = m.sub(m.mul(args[0], cosine), m.mul(args[1], sine));
        Value imaginary = m.add(m.mul(args[0], sine), m.mul(args[1], cosine));
        Value isReal = b.create<arith::CmpIOp>(
            arith::CmpIPredicate::eq, b.create<linalg::IndexOp>(rank - 1),
            b.create<arith::ConstantIndexOp>(0));
        Value term = m.select(isReal, real, imaginary);
        if (isInverse)
          term = m.div(term, double(length));
        b.create<linalg::YieldOp>(m.add(args[2], term));
      });
  return node.getResult(terms.elementType, shape, generic.getResult(0));
}

LogicalResult FourierTransform::run() {
  if (failed(check()))
    return failure();
  ImportedTensor terms = emitInput();
  ImportedTensor sums = emitSums(terms);
  node.setOutput(0, emitConversion(node, sums, node.getInput(0).elementType));
  return success();
}

LogicalResult importer::importDFT(NodeImporter &node) {
  return FourierTransform(node).run();
}

LogicalResult importer::importWindowFunction(NodeImporter &node) {
  FailureOr<SmallVector<int64_t>> size = node.getConstantIntegers(0, "size");
  if (failed(size))
    return failure();
  ElementType type = ElementType(
      node.getInt("output_datatype", int64_t(ElementType::Float32)));
  if (size->size() != 1 || size->front() < 1 || !isFloat(type))
    return node.malformed("expected a size of at least 1 and a float type, "
                          "got type " +
                          ::ccq::getElementTypeName(type));
  int64_t count = size->front();
  double period = double(node.getInt("periodic", 1) ? count : count - 1);
  StringRef op = node.node.opType;
  bool isBlackman = op == "BlackmanWindow";
  double first = isBlackman ? 0.42 : op == "HannWindow" ? 0.5 : 25.0 / 46;
  double second = isBlackman ? 0.5 : 1 - first, third = isBlackman ? 0.08 : 0;
  node.setOutput(
      0, emitGeneric(node, {}, {node.sizes.getConstant(count)}, type,
                     [&](ImplicitLocOpBuilder &b, ValueRange) {
                       ScalarMath m(b, getComputeType(findBuiltinType(
                                           type, b.getContext())));
                       Value index = b.create<arith::IndexCastOp>(
                           b.getI64Type(), b.create<linalg::IndexOp>(0));
                       Value angle =
                           m.mul(b.create<arith::SIToFPOp>(m.type, index),
                                 2 * llvm::numbers::pi / std::max(period, 1.0));
                       Value once = b.create<math::CosOp>(angle);
                       Value twice = b.create<math::CosOp>(m.mul(angle, 2));
                       return m.add(m.add(m.mul(once, -second), first),
                                    m.mul(twice, third));
                     }));
  return success();
}
