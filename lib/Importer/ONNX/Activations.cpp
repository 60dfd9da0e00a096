//===- Activations.cpp - activation functions -----------------------------===//
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

using ActivationBuilder = Value (*)(ScalarMath &m, Value x, NodeImporter &node);

Value buildRelu(ScalarMath &m, Value x, NodeImporter &) {
  return m.atLeast(x, 0.0);
}

Value buildLeakyRelu(ScalarMath &m, Value x, NodeImporter &node) {
  return m.select(m.less(x, 0.0), m.mul(x, node.getFloat("alpha", 0.01)), x);
}

Value buildElu(ScalarMath &m, Value x, NodeImporter &node) {
  Value below = m.mul(m.expMinus1(x), node.getFloat("alpha", 1));
  return m.select(m.less(x, 0.0), below, x);
}

Value buildSelu(ScalarMath &m, Value x, NodeImporter &node) {
  // Defaults: Klambauer et al., "Self-Normalizing Neural Networks", as float32.
  double alpha = node.getFloat("alpha", 1.67326319217681884765625);
  double gamma = node.getFloat("gamma", 1.05070102214813232421875);
  Value below = m.mul(m.expMinus1(x), alpha);
  return m.mul(m.select(m.less(x, 0.0), below, x), gamma);
}

Value buildCelu(ScalarMath &m, Value x, NodeImporter &node) {
  double alpha = node.getFloat("alpha", 1);
  Value below = m.mul(m.expMinus1(m.div(x, alpha)), alpha);
  return m.select(m.less(x, 0.0), below, x);
}

Value buildSigmoid(ScalarMath &m, Value x, NodeImporter &) {
  return m.sigmoid(x);
}

Value buildTanh(ScalarMath &m, Value x, NodeImporter &) { return m.tanh(x); }

Value buildSoftplus(ScalarMath &m, Value x, NodeImporter &) {
  return m.softplus(x);
}

Value buildSoftsign(ScalarMath &m, Value x, NodeImporter &) {
  return m.div(x, m.add(m.abs(x), 1));
}

Value buildHardSigmoid(ScalarMath &m, Value x, NodeImporter &node) {
  Value line =
      m.add(m.mul(x, node.getFloat("alpha", 0.2)), node.getFloat("beta", 0.5));
  return m.atMost(m.atLeast(line, 0.0), 1.0);
}

Value buildHardSwish(ScalarMath &m, Value x, NodeImporter &) {
  Value gate = m.add(m.div(x, 6), 0.5);
  return m.mul(x, m.atMost(m.atLeast(gate, 0.0), 1.0));
}

Value buildMish(ScalarMath &m, Value x, NodeImporter &) {
  return m.mul(x, m.tanh(m.softplus(x)));
}

Value buildShrink(ScalarMath &m, Value x, NodeImporter &node) {
  double lambda = node.getFloat("lambd", 0.5), bias = node.getFloat("bias", 0);
  Value above =
      m.select(m.less(m.constant(lambda), x), m.add(x, -bias), m.constant(0));
  return m.select(m.less(x, -lambda), m.add(x, bias), above);
}

Value buildSwish(ScalarMath &m, Value x, NodeImporter &node) {
  return m.mul(x, m.sigmoid(m.mul(x, node.getFloat("alpha", 1))));
}

Value buildThresholdedRelu(ScalarMath &m, Value x, NodeImporter &node) {
  Value threshold = m.constant(node.getFloat("alpha", 1));
  return m.select(m.less(threshold, x), x, m.constant(0));
}

Value buildGelu(ScalarMath &m, Value x, NodeImporter &node) {
  if (node.getString("approximate", "none") == "tanh")
    return m.geluByTanh(x);
  // 1 / sqrt(2).
  Value scaled = m.mul(x, 0.70710678118654752440);
  return m.mul(m.mul(x, 0.5), m.add(m.erf(scaled), 1));
}

ActivationBuilder getBuilder(StringRef opType) {
  return llvm::StringSwitch<ActivationBuilder>(opType)
      .Case("Celu", buildCelu)
      .Case("Elu", buildElu)
      .Case("Gelu", buildGelu)
      .Case("HardSigmoid", buildHardSigmoid)
      .Case("HardSwish", buildHardSwish)
      .Case("LeakyRelu", buildLeakyRelu)
      .Case("Mish", buildMish)
      .Case("Relu", buildRelu)
      .Case("Selu", buildSelu)
      .Case("Shrink", buildShrink)
      .Case("Sigmoid", buildSigmoid)
      .Case("Softplus", buildSoftplus)
      .Case("Softsign", buildSoftsign)
      .Case("Swish", buildSwish)
      .Case("Tanh", buildTanh)
      .Default(buildThresholdedRelu);
}

/// Reports unless the type is a float type.
LogicalResult checkFloat(NodeImporter &node, const ImportedTensor &x) {
  if (isFloat(x.elementType))
    return success();
  return node.malformed("expected a tensor of floats, got " +
                        ::ccq::getElementTypeName(x.elementType));
}

LogicalResult setFirstOutput(NodeImporter &node,
                             FailureOr<ImportedTensor> result) {
  if (failed(result))
    return failure();
  node.setOutput(0, *result);
  return success();
}

} // namespace

LogicalResult importer::importActivation(NodeImporter &node) {
  ImportedTensor &x = node.getInput(0);
  StringRef opType = node.node.opType;
  if (opType == "Relu" && isSignedInteger(x.elementType))
    return setFirstOutput(
        node, emitElementwise(
                  node, {&x}, x.elementType,
                  [&](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
                    Value zero = b.create<arith::ConstantOp>(
                        cast<TypedAttr>(b.getZeroAttr(elements[0].getType())));
                    return b.create<arith::MaxSIOp>(elements[0], zero);
                  }));
  if (failed(checkFloat(node, x)))
    return failure();
  std::string approximate = node.getString("approximate", "none");
  if (approximate != "none" && approximate != "tanh")
    return node.malformed("expected approximate to be none or tanh, got '" +
                          approximate + "'");
  if (opType == "Celu" && node.getFloat("alpha", 1) == 0)
    return node.malformed("expected alpha other than 0");
  ActivationBuilder build = getBuilder(opType);
  return setFirstOutput(
      node, emitElementwise(
                node, {&x}, x.elementType,
                [&](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
                  ScalarMath math(b, elements[0].getType());
                  return build(math, elements[0], node);
                }));
}

LogicalResult importer::importPRelu(NodeImporter &node) {
  ImportedTensor &x = node.getInput(0), &slope = node.getInput(1);
  if (failed(checkFloat(node, x)) || failed(checkFloat(node, slope)))
    return failure();
  FailureOr<Shape> shape = broadcastShapes(node, {&x, &slope});
  if (failed(shape))
    return failure();
  if (*shape != x.shape)
    return node.malformed("expected a slope that broadcasts to " +
                          node.print(x.shape) + ", got " +
                          node.print(slope.shape));
  return setFirstOutput(
      node, emitElementwise(
                node, {&x, &slope}, x.elementType,
                [&](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
                  ScalarMath m(b, elements[0].getType());
                  Value isNegative = m.less(elements[0], 0.0);
                  Value scaled = m.mul(elements[0], elements[1]);
                  return m.select(isNegative, scaled, elements[0]);
                }));
}

//===----------------------------------------------------------------------===//
// Clip
//===----------------------------------------------------------------------===//

/// Clips `x` to operands that are there; `low` and `high` may be null.
static Value buildClip(ImplicitLocOpBuilder &b, bool isUnsigned, Value x,
                       Value low, Value high) {
  if (isa<FloatType>(x.getType())) {
    ScalarMath m(b, x.getType());
    x = low ? m.atLeast(x, low) : x;
    return high ? m.atMost(x, high) : x;
  }
  if (low)
    x = isUnsigned ? b.create<arith::MaxUIOp>(x, low).getResult()
                   : b.create<arith::MaxSIOp>(x, low).getResult();
  if (high)
    x = isUnsigned ? b.create<arith::MinUIOp>(x, high).getResult()
                   : b.create<arith::MinSIOp>(x, high).getResult();
  return x;
}

LogicalResult importer::importClipByAttributes(NodeImporter &node) {
  ImportedTensor &x = node.getInput(0);
  if (failed(checkFloat(node, x)))
    return failure();
  bool hasLow = node.findAttribute("min"), hasHigh = node.findAttribute("max");
  return setFirstOutput(
      node, emitElementwise(
                node, {&x}, x.elementType,
                [&](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
                  ScalarMath m(b, elements[0].getType());
                  Value low, high;
                  if (hasLow)
                    low = m.constant(node.getFloat("min", 0));
                  if (hasHigh)
                    high = m.constant(node.getFloat("max", 0));
                  return buildClip(b, false, elements[0], low, high);
                }));
}

LogicalResult importer::importClip(NodeImporter &node) {
  ImportedTensor &x = node.getInput(0);
  if (!isFloat(x.elementType) && !isInteger(x.elementType))
    return node.malformed("expected a tensor of numbers, got " +
                          ::ccq::getElementTypeName(x.elementType));
  SmallVector<ImportedTensor *> operands{&x};
  for (size_t bound : {1, 2}) {
    if (!node.hasInput(bound))
      continue;
    ImportedTensor &tensor = node.getInput(bound);
    if (tensor.elementType != x.elementType || tensor.getRank() != 0)
      if (tensor.elementType != x.elementType || tensor.getRank() != 1 ||
          !isConstant(tensor.shape[0], 1))
        return node.malformed(
            "expected a scalar of " + ::ccq::getElementTypeName(x.elementType) +
            " as bound, got " + ::ccq::getElementTypeName(tensor.elementType) +
            node.print(tensor.shape));
    operands.push_back(&tensor);
  }
  bool hasLow = node.hasInput(1), hasHigh = node.hasInput(2);
  return setFirstOutput(
      node, emitElementwise(node, operands, x.elementType,
                            [&](ImplicitLocOpBuilder &b, ValueRange elements) {
                              Value low = hasLow ? elements[1] : Value();
                              Value high = hasHigh ? elements.back() : Value();
                              return buildClip(b,
                                               isUnsignedInteger(x.elementType),
                                               elements[0], low, high);
                            }));
}
