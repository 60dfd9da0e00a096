//===- QuantizedProducts.cpp - products of quantized tensors --------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "QuantizedProducts.h"

#include "Handlers.h"
#include "LayerHandlers.h"
#include "Quantization.h"
#include "TensorMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

static std::string name(ElementType type) {
  return ::ccq::getElementTypeName(type);
}

/// A zero point or scale with dimensions of size 1 behind its only one.
static ImportedTensor alignAt(NodeImporter &node, ImportedTensor &parameter,
                              int64_t behind) {
  if (parameter.getRank() != 1 || behind == 0)
    return parameter;
  Shape shape = parameter.shape;
  shape.append(behind, node.sizes.getConstant(1));
  return emitReshape(node, parameter, shape);
}

/// Input `input` minus its zero point, input `zero`, in `type`: int32 or
/// float64, in which all products and sums are exact. `behind` is the number of
/// dimensions behind the one that a zero point per index belongs to.
static FailureOr<ImportedTensor> emitShifted(NodeImporter &node, size_t input,
                                             size_t zero, ElementType type,
                                             int64_t behind) {
  ImportedTensor &x = node.getInput(input);
  if (x.elementType != ElementType::Int8 && x.elementType != ElementType::UInt8)
    return node.malformed("expected operands of int8 or uint8, got " +
                          name(x.elementType));
  SmallVector<ImportedTensor *> operands{&x};
  ImportedTensor aligned;
  if (node.hasInput(zero)) {
    if (node.getInput(zero).elementType != x.elementType)
      return node.malformed("expected a zero point of " + name(x.elementType) +
                            ", got " + name(node.getInput(zero).elementType));
    aligned = alignAt(node, node.getInput(zero), behind);
    operands.push_back(&aligned);
  }
  bool isUnsigned = isUnsignedInteger(x.elementType);
  FailureOr<ImportedTensor> result = emitElementwise(
      node, operands, type,
      [&](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
        auto widen = [&](Value value) -> Value {
          if (isUnsigned)
            return b.create<arith::ExtUIOp>(b.getI32Type(), value);
          return b.create<arith::ExtSIOp>(b.getI32Type(), value);
        };
        Value value = widen(elements[0]);
        if (elements.size() > 1)
          value = b.create<arith::SubIOp>(value, widen(elements[1]));
        if (type == ElementType::Int32)
          return value;
        return b.create<arith::SIToFPOp>(b.getF64Type(), value);
      });
  if (succeeded(result) && result->getRank() != x.getRank())
    return node.malformed("expected a zero point that broadcasts to " +
                          node.print(x.shape));
  return result;
}

/// What `handler` makes of two tensors, which stand in for the inputs at `left`
/// and `right` meanwhile.
static FailureOr<ImportedTensor> runOn(NodeImporter &node,
                                       LogicalResult (*handler)(NodeImporter &),
                                       size_t left, size_t right,
                                       ImportedTensor a, ImportedTensor b) {
  Node plain = node.node;
  plain.inputs = {node.node.inputs[left], node.node.inputs[right]};
  NodeImporter inner(node.state, plain);
  if (plain.inputs[0] == plain.inputs[1])
    return node.unsupported("expected two different operands");
  std::swap(inner.getInput(0), a);
  std::swap(inner.getInput(1), b);
  LogicalResult result = handler(inner);
  std::swap(inner.getInput(0), a);
  std::swap(inner.getInput(1), b);
  if (failed(result))
    return failure();
  return node.state.value(node.node.outputs[0]);
}

/// sum * (product of the scales at `scales`) / (scale at `scales` back), as
/// integers with the zero point at `zero`.
static FailureOr<ImportedTensor>
emitRequantized(NodeImporter &node, ImportedTensor &sum,
                ArrayRef<ImportedTensor *> scales, size_t zero) {
  ImportedTensor &zeroPoint = node.getInput(zero);
  ElementType type = zeroPoint.elementType, from = sum.elementType;
  if (type != ElementType::Int8 && type != ElementType::UInt8)
    return node.malformed("expected a zero point of int8 or uint8, got " +
                          name(type));
  for (ImportedTensor *scale : scales)
    if (!isFloat(scale->elementType) ||
        scale->elementType == ElementType::Float64)
      return node.unsupported("expected scales of 16 or 32 bit floats, got " +
                              name(scale->elementType));
  SmallVector<ImportedTensor *> operands{&sum, &zeroPoint};
  llvm::append_range(operands, scales);
  return emitElementwise(
      node, operands, type,
      [&](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
        Value factor = b.create<arith::DivFOp>(
            b.create<arith::MulFOp>(elements[2], elements[3]), elements[4]);
        Value number =
            from == ElementType::Int32
                ? b.create<arith::SIToFPOp>(b.getF32Type(), elements[0])
                      .getResult()
                : b.create<arith::TruncFOp>(b.getF32Type(), elements[0])
                      .getResult();
        return buildSaturated(b, b.create<arith::MulFOp>(number, factor),
                              elements[1], type);
      });
}

LogicalResult importer::importMatMulInteger(NodeImporter &node) {
  FailureOr<ImportedTensor> a = emitShifted(node, 0, 2, ElementType::Int32, 1);
  FailureOr<ImportedTensor> b = emitShifted(node, 1, 3, ElementType::Int32, 0);
  if (failed(a) || failed(b))
    return failure();
  return runOn(node, importMatMul, 0, 1, *a, *b);
}

LogicalResult importer::importQuantizedMatMul(NodeImporter &node) {
  FailureOr<ImportedTensor> a = emitShifted(node, 0, 2, ElementType::Int32, 1);
  FailureOr<ImportedTensor> b = emitShifted(node, 3, 5, ElementType::Int32, 0);
  if (failed(a) || failed(b))
    return failure();
  FailureOr<ImportedTensor> product = runOn(node, importMatMul, 0, 3, *a, *b);
  if (failed(product))
    return failure();
  ImportedTensor rowScale = alignAt(node, node.getInput(1), 1);
  FailureOr<ImportedTensor> result = emitRequantized(
      node, *product, {&rowScale, &node.getInput(4), &node.getInput(6)}, 7);
  if (failed(result))
    return failure();
  node.setOutput(0, *result);
  return success();
}

LogicalResult importer::importConvInteger(NodeImporter &node) {
  int64_t rank = node.getInput(1).getRank();
  FailureOr<ImportedTensor> x =
      emitShifted(node, 0, 2, ElementType::Float64, 0);
  FailureOr<ImportedTensor> w = emitShifted(node, 1, 3, ElementType::Float64,
                                            std::max<int64_t>(rank - 1, 0));
  if (failed(x) || failed(w))
    return failure();
  FailureOr<ImportedTensor> sum = runOn(node, importConvolution, 0, 1, *x, *w);
  if (failed(sum))
    return failure();
  FailureOr<ImportedTensor> result = emitElementwise(
      node, {&*sum}, ElementType::Int32,
      [](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
        return b.create<arith::FPToSIOp>(b.getI32Type(), elements[0]);
      });
  if (failed(result))
    return failure();
  node.setOutput(0, *result);
  return success();
}

LogicalResult importer::importQuantizedConvolution(NodeImporter &node) {
  int64_t rank = node.getInput(3).getRank();
  if (rank < 3)
    return node.malformed("expected weights of rank 3 or more, got " +
                          node.print(node.getInput(3)));
  FailureOr<ImportedTensor> x =
      emitShifted(node, 0, 2, ElementType::Float64, 0);
  FailureOr<ImportedTensor> w =
      emitShifted(node, 3, 5, ElementType::Float64, rank - 1);
  if (failed(x) || failed(w))
    return failure();
  FailureOr<ImportedTensor> sum = runOn(node, importConvolution, 0, 3, *x, *w);
  if (failed(sum))
    return failure();
  if (node.hasInput(8)) {
    if (node.getInput(8).elementType != ElementType::Int32)
      return node.malformed("expected a bias of int32, got " +
                            name(node.getInput(8).elementType));
    ImportedTensor bias = alignAt(node, node.getInput(8), rank - 2);
    sum = emitElementwise(
        node, {&*sum, &bias}, ElementType::Float64,
        [](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
          return b.create<arith::AddFOp>(
              elements[0],
              b.create<arith::SIToFPOp>(b.getF64Type(), elements[1]));
        });
    if (failed(sum))
      return failure();
  }
  ImportedTensor scale = alignAt(node, node.getInput(4), rank - 2);
  FailureOr<ImportedTensor> result = emitRequantized(
      node, *sum, {&node.getInput(1), &scale, &node.getInput(6)}, 7);
  if (failed(result))
    return failure();
  node.setOutput(0, *result);
  return success();
}
