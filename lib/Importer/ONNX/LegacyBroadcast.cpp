//===- LegacyBroadcast.cpp - broadcasting before opset 7 ------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LegacyBroadcast.h"

#include "Emission.h"
#include "Handlers.h"

#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

/// The dimension of input 0 that the first one of input 1 belongs to; nothing
/// when the last ones belong together.
static std::optional<int64_t> findAxis(NodeImporter &node) {
  ImportedTensor &x = node.getInput(0), &y = node.getInput(1);
  if (node.node.opType == "PRelu")
    return x.getRank() > 1 && y.getRank() == 1 ? std::optional<int64_t>(1)
                                               : std::nullopt;
  return node.getInt("broadcast", 0) ? node.findInt("axis") : std::nullopt;
}

static LogicalResult importBroadcast(NodeImporter &node) {
  using Handler = LogicalResult (*)(NodeImporter &);
  Handler handler = llvm::StringSwitch<Handler>(node.node.opType)
                        .Cases("And", "Or", "Xor", importLogic)
                        .Cases("Equal", "Greater", "Less", importComparison)
                        .Case("Pow", importPower)
                        .Case("PRelu", importPRelu)
                        .Default(importBinary);
  return handler(node);
}

LogicalResult importer::importLegacyBroadcast(NodeImporter &node) {
  std::optional<int64_t> given = findAxis(node);
  if (!given)
    return importBroadcast(node);
  int64_t rank = node.getInput(0).getRank();
  ImportedTensor operand = node.getInput(1);
  FailureOr<int64_t> axis = node.getAxis(*given, rank);
  if (failed(axis))
    return failure();
  int64_t behind = rank - *axis - operand.getRank();
  if (behind < 0)
    return node.malformed("expected an operand of rank at most " +
                          Twine(rank - *axis) + ", got rank " +
                          Twine(operand.getRank()));
  Shape shape = operand.shape;
  shape.append(behind, node.sizes.getConstant(1));
  // Other nodes read the operand as it was.
  ImportedTensor aligned = emitReshape(node, operand, shape);
  std::swap(node.getInput(1), aligned);
  LogicalResult result = importBroadcast(node);
  std::swap(node.getInput(1), aligned);
  return result;
}
