//===- BiasGelu.cpp - contributed forms of Gelu ---------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LayerHandlers.h"
#include "ScalarMath.h"
#include "TensorMath.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

/// Input 0, plus the vector that is input 1 when it is there.
static FailureOr<ImportedTensor>
emitOnSum(NodeImporter &node,
          llvm::function_ref<Value(ScalarMath &, Value)> compute) {
  ImportedTensor &x = node.getInput(0);
  SmallVector<ImportedTensor *> operands{&x};
  if (node.hasInput(1))
    operands.push_back(&node.getInput(1));
  for (ImportedTensor *operand : operands)
    if (operand->elementType != x.elementType || !isFloat(x.elementType))
      return node.malformed("expected tensors of one float type, got " +
                            ::ccq::getElementTypeName(x.elementType) + " and " +
                            ::ccq::getElementTypeName(operand->elementType));
  if (operands.size() == 2) {
    Shape bias = operands[1]->shape;
    if (x.getRank() == 0 || bias != Shape{x.shape.back()})
      return node.malformed("expected a bias of the last dimension of " +
                            node.print(x.shape) + ", got " + node.print(bias));
  }
  return emitElementwise(node, operands, x.elementType,
                         [&](ImplicitLocOpBuilder &b, ValueRange elements) {
                           ScalarMath m(b, elements[0].getType());
                           Value sum = elements[0];
                           if (elements.size() == 2)
                             sum = m.add(sum, elements[1]);
                           return compute(m, sum);
                         });
}

/// x / 2 * (1 + erf(x / sqrt 2)).
static Value buildGelu(ScalarMath &m, Value x) {
  Value error = m.erf(m.mul(x, 0.70710678118654752440));
  return m.mul(m.mul(x, 0.5), m.add(error, 1));
}

LogicalResult importer::importBiasGelu(NodeImporter &node) {
  bool isFast = node.node.opType == "FastGelu";
  FailureOr<ImportedTensor> result =
      emitOnSum(node, [&](ScalarMath &m, Value x) {
        return isFast ? m.geluByTanh(x) : buildGelu(m, x);
      });
  if (failed(result))
    return failure();
  node.setOutput(0, *result);
  return success();
}

LogicalResult importer::importQuickGelu(NodeImporter &node) {
  double alpha = node.getFloat("alpha", 1.702);
  FailureOr<ImportedTensor> result =
      emitOnSum(node, [&](ScalarMath &m, Value x) {
        return m.mul(x, m.sigmoid(m.mul(x, alpha)));
      });
  if (failed(result))
    return failure();
  node.setOutput(0, *result);
  return success();
}
