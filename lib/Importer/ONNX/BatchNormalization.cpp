//===- BatchNormalization.cpp - BatchNormalization at inference -----------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Emission.h"
#include "Handlers.h"
#include "ScalarMath.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

LogicalResult importer::importBatchNormalization(NodeImporter &node) {
  ImportedTensor &x = node.getInput(0);
  if (!isFloat(x.elementType))
    return node.malformed("expected a tensor of floats, got " +
                          ::ccq::getElementTypeName(x.elementType));
  if (x.getRank() < 1)
    return node.malformed("expected a tensor of rank 1 or more, got a scalar");
  bool hasStatistics =
      llvm::any_of(ArrayRef<ValueId>(node.node.outputs).drop_front(),
                   [](ValueId output) { return output != absentValue; });
  if (node.getInt("training_mode", 0) || !node.getInt("is_test", 1) ||
      hasStatistics)
    return node.unsupported("expected inference, got training mode",
                            "export the model for inference");
  if (!node.getInt("spatial", 1))
    return node.unsupported("expected statistics per channel, got spatial = 0");
  Size one = node.sizes.getConstant(1);
  // A tensor of rank 1 has one channel.
  Size channels = x.getRank() == 1 ? one : x.shape[1];
  SmallVector<ImportedTensor> parameters;
  for (size_t i = 1; i < 5; ++i) {
    ImportedTensor &parameter = node.getInput(i);
    if (!isFloat(parameter.elementType) || parameter.shape != Shape{channels})
      return node.malformed("expected floats of shape " +
                            node.print({channels}) + " as input " + Twine(i) +
                            ", got " +
                            ::ccq::getElementTypeName(parameter.elementType) +
                            node.print(parameter.shape));
    // The channel is dimension 1.
    Shape shape(std::max<int64_t>(x.getRank() - 1, 1), one);
    shape.front() = channels;
    parameters.push_back(emitReshape(node, parameter, shape));
  }
  double epsilon = node.getFloat("epsilon", 1e-5);
  FailureOr<ImportedTensor> result = emitElementwise(
      node,
      {&x, &parameters[0], &parameters[1], &parameters[2], &parameters[3]},
      x.elementType,
      [&](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
        ScalarMath m(b, elements[0].getType());
        Value scale = elements[1], bias = elements[2], mean = elements[3];
        Value deviation = b.create<math::SqrtOp>(m.add(elements[4], epsilon));
        Value normalized = m.div(m.sub(elements[0], mean), deviation);
        return m.add(m.mul(normalized, scale), bias);
      });
  if (failed(result))
    return failure();
  node.setOutput(0, *result);
  return success();
}
