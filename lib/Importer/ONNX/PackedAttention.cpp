//===- PackedAttention.cpp - com.microsoft.Attention ----------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LayerHandlers.h"
#include "ScoreMask.h"

#include <cmath>

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

static std::string name(ElementType type) {
  return ::ccq::getElementTypeName(type);
}

namespace {

/// One node: queries, keys and values are columns of one product, past keys and
/// values stand before the new ones.
class PackedAttention {
public:
  explicit PackedAttention(NodeImporter &node) : node(node) {}

  LogicalResult run();

private:
  LogicalResult checkOperands();
  LogicalResult checkWidths();
  LogicalResult checkPast();
  LogicalResult checkAttributes();
  FailureOr<ImportedTensor> emitProjection();
  ImportedTensor emitPart(ImportedTensor &packed, int64_t part);
  ImportedTensor emitWithPast(ImportedTensor &own, int64_t part);
  void setPresent(ImportedTensor &keys, ImportedTensor &values);

  NodeImporter &node;
  int64_t heads = 0;
  /// Columns of queries, keys and values.
  int64_t widths[3] = {};
  Size batch, rows, past, columns;
  AttentionOperands operands;
};

} // namespace

LogicalResult PackedAttention::checkAttributes() {
  heads = node.getInt("num_heads", 0);
  if (heads < 1)
    return node.malformed("expected num_heads of at least 1, got " +
                          Twine(heads));
  if (node.getInt("do_rotary", 0))
    return node.unsupported("expected do_rotary of 0");
  if (node.getInt("past_present_share_buffer", 0) || node.hasInput(6))
    return node.unsupported(
        "expected past and present in buffers of their own");
  return success();
}

/// How the product's columns divide into queries, keys and values.
LogicalResult PackedAttention::checkWidths() {
  std::optional<int64_t> total = findConstant(node.getInput(1).shape[1]);
  if (!total)
    return node.unsupported("expected weights of constant shape, got " +
                            node.print(node.getInput(1).shape));
  SmallVector<int64_t> given(3, *total / 3);
  if (auto sizes = node.findInts("qkv_hidden_sizes"); sizes && !sizes->empty())
    given = *sizes;
  bool fits = given.size() == 3;
  int64_t rest = *total;
  for (int64_t width : given) {
    fits &= width > 0 && width <= rest && width % heads == 0;
    rest -= width;
  }
  if (!fits || rest != 0 || given[0] != given[1])
    return node.malformed("expected weights of queries, keys and values for " +
                          Twine(heads) + " heads, got " + Twine(*total) +
                          " columns");
  llvm::copy(given, widths);
  return success();
}

LogicalResult PackedAttention::checkOperands() {
  ImportedTensor &x = node.getInput(0), &weights = node.getInput(1);
  if (!isFloat(x.elementType) || weights.elementType != x.elementType)
    return node.malformed("expected input and weights of one float type, got " +
                          name(x.elementType) + " and " +
                          name(weights.elementType));
  if (x.getRank() != 3 || weights.getRank() != 2 ||
      !node.equate(x.shape[2], weights.shape[0]))
    return node.malformed(
        "expected batch x sequence x size and weights of as many rows, got " +
        node.print(x.shape) + " and " + node.print(weights.shape));
  if (failed(checkWidths()))
    return failure();
  if (node.hasInput(2)) {
    ImportedTensor &bias = node.getInput(2);
    if (bias.elementType != x.elementType ||
        bias.shape != Shape{weights.shape[1]})
      return node.malformed("expected a bias of " +
                            node.print({weights.shape[1]}) + ", got " +
                            name(bias.elementType) + node.print(bias.shape));
  }
  batch = x.shape[0];
  rows = x.shape[1];
  return checkPast();
}

LogicalResult PackedAttention::checkPast() {
  past = node.sizes.getConstant(0);
  columns = rows;
  if (!node.hasInput(4))
    return success();
  ImportedTensor &tensor = node.getInput(4);
  if (widths[0] != widths[2])
    return node.malformed("expected values of the size of keys beside a past");
  if (tensor.getRank() == 5)
    past = tensor.shape[3];
  Shape expected{node.sizes.getConstant(2), batch,
                 node.sizes.getConstant(heads), past,
                 node.sizes.getConstant(widths[0] / heads)};
  if (!node.equateShapes(tensor.shape, expected) ||
      tensor.elementType != node.getInput(0).elementType)
    return node.malformed("expected a past of " + node.print(expected) +
                          ", got " + name(tensor.elementType) +
                          node.print(tensor.shape));
  columns = node.sizes.tryAdd(past, rows);
  return columns ? success() : node.tooLarge();
}

/// input x weights + bias: batch x rows x columns of weights.
FailureOr<ImportedTensor> PackedAttention::emitProjection() {
  ImportedTensor &x = node.getInput(0), &weights = node.getInput(1);
  Size count = node.sizes.tryMultiply(batch, rows);
  if (!count)
    return node.tooLarge();
  ImportedTensor matrix = emitReshape(node, x, {count, x.shape[2]});
  ImportedTensor product = emitMatrixProduct(node, matrix, weights);
  product = emitWithBias(node, product, 2, x.elementType);
  return emitReshape(node, product, {batch, rows, weights.shape[1]});
}

/// Queries (0), keys (1) or values (2), by head.
ImportedTensor PackedAttention::emitPart(ImportedTensor &packed, int64_t part) {
  int64_t offset = 0;
  for (int64_t i = 0; i < part; ++i)
    offset += widths[i];
  Size zero = node.sizes.getConstant(0);
  Shape shape{batch, rows, node.sizes.getConstant(widths[part])};
  ImportedTensor slice =
      emitSlice(node, packed, {zero, zero, node.sizes.getConstant(offset)},
                shape, {1, 1, 1});
  return emitSplitHeads(node, slice, heads);
}

/// Keys (1) or values (2) with those of the past before them.
ImportedTensor PackedAttention::emitWithPast(ImportedTensor &own,
                                             int64_t part) {
  if (!node.hasInput(4))
    return own;
  ImportedTensor &tensor = node.getInput(4);
  SmallVector<Size> offsets(5, node.sizes.getConstant(0));
  offsets[0] = node.sizes.getConstant(part - 1);
  Shape sizes = tensor.shape;
  sizes[0] = node.sizes.getConstant(1);
  ImportedTensor slice =
      emitSlice(node, tensor, offsets, sizes, {1, 1, 1, 1, 1});
  Shape shape(ArrayRef<Size>(sizes).drop_front());
  ImportedTensor old = emitReshape(node, slice, shape);
  shape[2] = columns;
  return emitConcat(node, {&old, &own}, 2, shape);
}

/// Output 1: keys and values with the past, as the next call's past.
void PackedAttention::setPresent(ImportedTensor &keys, ImportedTensor &values) {
  if (node.getNumOutputs() < 2 || node.node.outputs[1] == absentValue)
    return;
  Shape shape = keys.shape;
  shape.insert(shape.begin(), node.sizes.getConstant(1));
  ImportedTensor first = emitReshape(node, keys, shape);
  ImportedTensor second = emitReshape(node, values, shape);
  shape[0] = node.sizes.getConstant(2);
  node.setOutput(1, emitConcat(node, {&first, &second}, 0, shape));
}

LogicalResult PackedAttention::run() {
  if (failed(checkAttributes()) || failed(checkOperands()))
    return failure();
  FailureOr<ImportedTensor> packed = emitProjection();
  if (failed(packed))
    return failure();
  operands.queries = emitPart(*packed, 0);
  ImportedTensor keys = emitPart(*packed, 1), values = emitPart(*packed, 2);
  operands.keys = emitWithPast(keys, 1);
  operands.values = emitWithPast(values, 2);
  if (node.getNumOutputs() > 1 && widths[0] != widths[2])
    return node.unsupported("expected values of the size of keys where present "
                            "is an output");
  ScoreMask mask(node, {batch, node.sizes.getConstant(heads), rows, columns});
  if (failed(mask.addPadding(3)) || failed(mask.addBias(5)))
    return failure();
  operands.masks = mask.getOperands();
  // 0 stands for the usual scale too.
  double scale = node.getFloat("scale", 0);
  operands.scale =
      scale != 0 ? scale : 1 / std::sqrt(double(widths[0]) / double(heads));
  Value pastRows = node.state.emitIndex(past, node.loc);
  ImportedTensor result = emitAttention(
      node, operands,
      [&](ImplicitLocOpBuilder &b, Value score, ValueRange position,
          ValueRange elements) {
        return mask.change(b, score, position, elements, pastRows);
      });
  node.setOutput(0, result);
  setPresent(operands.keys, operands.values);
  return success();
}

LogicalResult importer::importPackedAttention(NodeImporter &node) {
  return PackedAttention(node).run();
}
