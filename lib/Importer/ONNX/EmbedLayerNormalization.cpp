//===- EmbedLayerNormalization.cpp - sums of embeddings, normalized -------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LayerHandlers.h"
#include "LayerNormalization.h"
#include "TensorMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

static std::string name(ElementType type) {
  return ::ccq::getElementTypeName(type);
}

/// Checks a tensor of batch x sequence integers; `anyBatch` allows 1 x
/// sequence.
static LogicalResult checkIds(NodeImporter &node, StringRef what,
                              const ImportedTensor &ids, ArrayRef<Size> shape,
                              bool anyBatch) {
  bool fits = isInteger(ids.elementType) && ids.getRank() == 2 &&
              node.equate(ids.shape[1], shape[1]) &&
              ((anyBatch && isConstant(ids.shape[0], 1)) ||
               node.equate(ids.shape[0], shape[0]));
  if (fits)
    return success();
  return node.malformed("expected " + what + " of integers of shape " +
                        node.print(shape) + ", got " + name(ids.elementType) +
                        node.print(ids.shape));
}

static LogicalResult checkTable(NodeImporter &node, const ImportedTensor &table,
                                const ImportedTensor &words) {
  if (table.getRank() == 2 && table.elementType == words.elementType &&
      isFloat(table.elementType) && table.shape[1] == words.shape[1])
    return success();
  return node.malformed("expected embeddings of one float type and row size, "
                        "got " +
                        name(words.elementType) + node.print(words.shape) +
                        " and " + name(table.elementType) +
                        node.print(table.shape));
}

/// How many elements of the mask are 1, per row; zeros without a mask.
static ImportedTensor emitMaskCounts(NodeImporter &node, Size batch) {
  Builder &builder = node.builder;
  TypedAttr zero = builder.getI32IntegerAttr(0);
  if (!node.hasInput(7))
    return node.getResult(ElementType::Int32, {batch},
                          emitFill(node, zero, {batch}));
  ImportedTensor &mask = node.getInput(7);
  AffineMap all = builder.getMultiDimIdentityMap(2);
  ImportedTensor ones = emitGeneric(
      node, {{node.emit(mask), all}}, mask.shape, ElementType::Int32,
      [](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
        Value one = b.create<arith::ConstantOp>(
            b.getIntegerAttr(elements[0].getType(), 1));
        Value isOne =
            b.create<arith::CmpIOp>(arith::CmpIPredicate::eq, elements[0], one);
        return b.create<arith::ExtUIOp>(b.getI32Type(), isOne);
      });
  return emitReduction(
      node, ones, {1}, ElementType::Int32, zero,
      [](ImplicitLocOpBuilder &b, ValueRange elements) {
        return b.create<arith::AddIOp>(elements[0], elements[1]).getResult();
      });
}

/// The rows of the position table: at input 8, or the first ones.
static FailureOr<ImportedTensor> emitPositions(NodeImporter &node,
                                               ArrayRef<Size> shape) {
  ImportedTensor &table = node.getInput(3);
  if (node.hasInput(8)) {
    ImportedTensor &ids = node.getInput(8);
    if (failed(checkIds(node, "position ids", ids, shape, /*anyBatch=*/true)))
      return failure();
    return emitGather(node, table, ids, 0);
  }
  if (!node.limit(shape[1], table.shape[0]))
    return node.malformed("expected at least " + node.sizes.print(shape[1]) +
                          " position embeddings, got " +
                          node.sizes.print(table.shape[0]));
  Size zero = node.sizes.getConstant(0);
  return emitSlice(node, table, {zero, zero}, {shape[1], table.shape[1]},
                   {1, 1});
}

LogicalResult importer::importEmbedLayerNormalization(NodeImporter &node) {
  // Those at 1 and 4 may be left out.
  for (size_t required : {2, 3, 5, 6})
    if (!node.hasInput(required))
      return node.malformed("expected input " + Twine(required) + ", got none");
  ImportedTensor &ids = node.getInput(0), &words = node.getInput(2);
  if (ids.getRank() != 2 ||
      failed(checkIds(node, "ids", ids, ids.shape, /*anyBatch=*/false)))
    return ids.getRank() == 2
               ? failure()
               : node.malformed("expected ids of batch x sequence, got " +
                                node.print(ids.shape));
  if (failed(checkTable(node, words, words)) ||
      failed(checkTable(node, node.getInput(3), words)))
    return failure();
  if (node.hasInput(1) != node.hasInput(4))
    return node.malformed("expected segment ids and segment embeddings or "
                          "neither, got one of them");
  if (node.hasInput(7) && failed(checkIds(node, "a mask", node.getInput(7),
                                          ids.shape, /*anyBatch=*/false)))
    return failure();
  SmallVector<ImportedTensor> parts{emitGather(node, words, ids, 0)};
  FailureOr<ImportedTensor> positions = emitPositions(node, ids.shape);
  if (failed(positions))
    return failure();
  parts.push_back(*positions);
  if (node.hasInput(1)) {
    ImportedTensor &segments = node.getInput(1), &table = node.getInput(4);
    if (failed(checkIds(node, "segment ids", segments, ids.shape, false)) ||
        failed(checkTable(node, table, words)))
      return failure();
    parts.push_back(emitGather(node, table, segments, 0));
  }
  SmallVector<ImportedTensor *> terms;
  for (ImportedTensor &part : parts)
    terms.push_back(&part);
  FailureOr<ImportedTensor> sum = emitElementwise(
      node, terms, words.elementType,
      [](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
        Value value = elements[0];
        for (Value element : elements.drop_front())
          value = b.create<arith::AddFOp>(value, element);
        return value;
      });
  if (failed(sum))
    return failure();
  NormalizationParameters parameters;
  parameters.axis = 2;
  parameters.epsilon = node.getFloat("epsilon", 1e-12);
  parameters.scale = &node.getInput(5);
  parameters.bias = &node.getInput(6);
  FailureOr<NormalizedTensor> rows = emitNormalization(node, *sum, parameters);
  if (failed(rows))
    return failure();
  node.setOutput(0, rows->result);
  if (node.getNumOutputs() > 1)
    node.setOutput(1, emitMaskCounts(node, ids.shape[0]));
  if (node.getNumOutputs() > 2)
    node.setOutput(2, *sum);
  return success();
}
