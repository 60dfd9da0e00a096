//===- MultiHeadAttention.cpp - com.microsoft.MultiHeadAttention ----------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KeyValueCache.h"
#include "LayerHandlers.h"
#include "ScoreMask.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include <cmath>

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

static std::string name(ElementType type) {
  return ::ccq::getElementTypeName(type);
}

namespace {

// Numbers of inputs and outputs.
constexpr size_t queryInput = 0;
constexpr size_t keyInput = 1;
constexpr size_t valueInput = 2;
constexpr size_t projectionBiasInput = 3;
constexpr size_t paddingMaskInput = 4;
constexpr size_t scoreBiasInput = 5;
constexpr size_t pastKeyInput = 6;
constexpr size_t pastValueInput = 7;
constexpr size_t firstUnsupportedInput = 8;
constexpr size_t resultOutput = 0;
constexpr size_t presentKeyOutput = 1;
constexpr size_t presentValueOutput = 2;
constexpr size_t scoreOutput = 3;

/// One node. Queries, keys and values are matrices per batch, or packed:
/// head by head, queries beside keys and values (batch x rows x heads x 3 x
/// size), or keys beside values (2).
class MultiHeadAttention {
public:
  explicit MultiHeadAttention(NodeImporter &node) : node(node) {}

  LogicalResult run();

private:
  LogicalResult checkAttributes();
  LogicalResult checkPart(size_t input);
  LogicalResult readOperands();
  LogicalResult addPast();
  FailureOr<ImportedTensor> getHeads(size_t input, int64_t part);
  ImportedTensor getPacked(ImportedTensor &packed, int64_t part);
  FailureOr<ImportedTensor> addProjectionBias(ImportedTensor &rows,
                                              int64_t part);

  NodeImporter &node;
  int64_t heads = 0;
  AttentionOperands operands;
};

} // namespace

LogicalResult MultiHeadAttention::checkAttributes() {
  heads = node.getInt("num_heads", 0);
  if (heads < 1)
    return node.malformed("expected num_heads of at least 1, got " +
                          Twine(heads));
  for (size_t input = firstUnsupportedInput; input < node.getNumInputs();
       ++input)
    if (node.hasInput(input))
      return node.unsupported(
          "expected past and present in buffers of their own");
  if (node.getNumOutputs() > scoreOutput &&
      node.node.outputs[scoreOutput] != absentValue)
    return node.unsupported("expected no output of scores");
  if (node.hasInput(pastKeyInput) != node.hasInput(pastValueInput))
    return node.malformed("expected past keys and past values or neither, got "
                          "one of them");
  return success();
}

/// Part 0, 1 or 2 of packed rows, as batch x rows x (heads * size).
ImportedTensor MultiHeadAttention::getPacked(ImportedTensor &packed,
                                             int64_t part) {
  SmallVector<Size> offsets(5, node.sizes.getConstant(0));
  offsets[3] = node.sizes.getConstant(part);
  Shape shape = packed.shape;
  shape[3] = node.sizes.getConstant(1);
  ImportedTensor slice =
      emitSlice(node, packed, offsets, shape, {1, 1, 1, 1, 1});
  return emitReshape(
      node, slice,
      {shape[0], shape[1], node.sizes.tryMultiply(shape[2], shape[4])});
}

/// Adds the columns of the bias that belong to queries (0), keys (1) or values
/// (2), which follow each other.
FailureOr<ImportedTensor>
MultiHeadAttention::addProjectionBias(ImportedTensor &rows, int64_t part) {
  if (!node.hasInput(projectionBiasInput))
    return rows;
  ImportedTensor &bias = node.getInput(projectionBiasInput);
  Size width = rows.shape[2];
  auto total = bias.getRank() == 1 ? findConstant(bias.shape[0]) : std::nullopt;
  auto own = findConstant(width);
  // Queries and keys have one width; values have what is left.
  int64_t offset = 0;
  if (total && own)
    offset = part == 2 ? *total - *own : part * *own;
  if (!total || !own || bias.elementType != rows.elementType || offset < 0 ||
      offset + *own > *total)
    return node.malformed("expected a bias for queries, keys and values of " +
                          node.sizes.print(width) + " columns, got " +
                          name(bias.elementType) + node.print(bias.shape));
  ImportedTensor columns =
      emitSlice(node, bias, {node.sizes.getConstant(offset)}, {width}, {1});
  return emitElementwise(
      node, {&rows, &columns}, rows.elementType,
      [](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
        return b.create<arith::AddFOp>(elements[0], elements[1]);
      });
}

LogicalResult MultiHeadAttention::checkPart(size_t input) {
  ImportedTensor &x = node.getInput(queryInput), &tensor = node.getInput(input);
  bool fits =
      isFloat(tensor.elementType) && tensor.elementType == x.elementType;
  if (fits && tensor.getRank() == 3) {
    auto width = findConstant(tensor.shape[2]);
    fits = width && *width % heads == 0 && *width > 0;
  } else if (fits && tensor.getRank() == 5) {
    int64_t parts = input == queryInput ? 3 : 2;
    fits = input != valueInput && isConstant(tensor.shape[2], heads) &&
           isConstant(tensor.shape[3], parts) &&
           findConstant(tensor.shape[4]).has_value();
  } else {
    fits = fits && tensor.getRank() == 4 && input != queryInput &&
           isConstant(tensor.shape[1], heads) &&
           findConstant(tensor.shape[3]).has_value();
  }
  if (fits)
    return success();
  return node.malformed("expected rows of " + Twine(heads) +
                        " heads of one float type, got " +
                        name(tensor.elementType) + node.print(tensor.shape) +
                        " as input " + Twine(input));
}

/// Queries (0), keys (1) or values (2) by head, from the input that holds them.
FailureOr<ImportedTensor> MultiHeadAttention::getHeads(size_t input,
                                                       int64_t part) {
  ImportedTensor tensor = node.getInput(input);
  if (tensor.getRank() == 4)
    return tensor;
  if (tensor.getRank() == 5)
    tensor = getPacked(tensor, input == queryInput ? part : part - 1);
  FailureOr<ImportedTensor> rows = addProjectionBias(tensor, part);
  if (failed(rows))
    return failure();
  return emitSplitHeads(node, *rows, heads);
}

LogicalResult MultiHeadAttention::readOperands() {
  bool isPacked = node.getInput(queryInput).getRank() == 5;
  if (isPacked == node.hasInput(keyInput))
    return node.malformed("expected keys beside queries, or both packed");
  bool keysArePacked = isPacked || node.getInput(keyInput).getRank() == 5;
  if (keysArePacked == node.hasInput(valueInput))
    return node.malformed("expected values beside keys, or both packed");
  for (size_t input : {queryInput, keyInput, valueInput})
    if (node.hasInput(input) && failed(checkPart(input)))
      return failure();
  size_t keySource = isPacked ? queryInput : keyInput;
  FailureOr<ImportedTensor> queries = getHeads(queryInput, 0);
  FailureOr<ImportedTensor> keys = getHeads(keySource, 1);
  FailureOr<ImportedTensor> values =
      getHeads(keysArePacked ? keySource : size_t(valueInput), 2);
  if (failed(queries) || failed(keys) || failed(values))
    return failure();
  operands.queries = *queries;
  operands.keys = *keys;
  operands.values = *values;
  const Shape &q = queries->shape, &k = keys->shape, &v = values->shape;
  if (node.equateShapes({k[0], k[3], v[0], v[2]}, {q[0], q[3], q[0], k[2]}))
    return success();
  return node.malformed("expected queries, keys and values that fit, got " +
                        node.print(q) + ", " + node.print(k) + " and " +
                        node.print(v));
}

LogicalResult MultiHeadAttention::addPast() {
  FailureOr<ImportedTensor> keys =
      emitBehindPast(node, pastKeyInput, operands.keys);
  FailureOr<ImportedTensor> values =
      emitBehindPast(node, pastValueInput, operands.values);
  if (failed(keys) || failed(values))
    return failure();
  operands.keys = *keys;
  operands.values = *values;
  node.setOutput(presentKeyOutput, *keys);
  node.setOutput(presentValueOutput, *values);
  if (node.equate(keys->shape[2], values->shape[2]))
    return success();
  return node.malformed("expected as many past keys as values, got " +
                        node.print(keys->shape) + " and " +
                        node.print(values->shape) + " with the new ones");
}

LogicalResult MultiHeadAttention::run() {
  if (failed(checkAttributes()) || failed(readOperands()) || failed(addPast()))
    return failure();
  const Shape &q = operands.queries.shape, &k = operands.keys.shape;
  ScoreMask mask(node, {q[0], q[1], q[2], k[2]});
  if (failed(mask.addPadding(paddingMaskInput)) ||
      failed(mask.addBias(scoreBiasInput)))
    return failure();
  operands.masks = mask.getOperands();
  double scale = node.getFloat("scale", 0);
  operands.scale =
      scale != 0 ? scale : 1 / std::sqrt(double(*findConstant(q[3])));
  Value pastRows = node.state.emitIndex(
      node.hasInput(pastKeyInput) ? node.getInput(pastKeyInput).shape[2]
                                  : node.sizes.getConstant(0),
      node.loc);
  node.setOutput(resultOutput,
                 emitAttention(node, operands,
                               [&](ImplicitLocOpBuilder &b, Value score,
                                   ValueRange position, ValueRange elements) {
                                 return mask.change(b, score, position,
                                                    elements, pastRows);
                               }));
  return success();
}

LogicalResult importer::importMultiHeadAttention(NodeImporter &node) {
  return MultiHeadAttention(node).run();
}
