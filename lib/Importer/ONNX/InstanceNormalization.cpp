//===- InstanceNormalization.cpp - normalization of each channel ----------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "InstanceNormalization.h"

#include "Emission.h"
#include "LayerNormalization.h"
#include "ScalarMath.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

LogicalResult importer::importInstanceNormalization(NodeImporter &node) {
  ImportedTensor &x = node.getInput(0);
  if (!isFloat(x.elementType) || x.getRank() < 3)
    return node.malformed("expected batch x channels x sizes of floats, got " +
                          node.print(x));
  for (size_t input : {1, 2}) {
    ImportedTensor &parameter = node.getInput(input);
    if (parameter.elementType != x.elementType || parameter.getRank() != 1 ||
        !node.equate(parameter.shape[0], x.shape[1]))
      return node.malformed("expected scale and bias of the type and the "
                            "channels of " +
                            node.print(x) + ", got " + node.print(parameter));
  }
  FailureOr<NormalizedTensor> rows = emitNormalization(
      node, x,
      {2, node.getFloat("epsilon", 1e-5), Centering::Mean, nullptr, nullptr});
  if (failed(rows))
    return failure();
  int64_t rank = x.getRank();
  AffineMap all = node.builder.getMultiDimIdentityMap(rank);
  AffineMap channel = AffineMap::get(rank, 0, node.builder.getAffineDimExpr(1),
                                     node.builder.getContext());
  node.setOutput(0,
                 emitGeneric(node,
                             {{node.emit(rows->result), all},
                              {node.emit(node.getInput(1)), channel},
                              {node.emit(node.getInput(2)), channel}},
                             x.shape, x.elementType,
                             [](ImplicitLocOpBuilder &b, ValueRange elements) {
                               ScalarMath m(b, elements[0].getType());
                               return m.add(m.mul(elements[0], elements[1]),
                                            elements[2]);
                             }));
  return success();
}
