//===- StandardAttention.cpp - ai.onnx Attention --------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KeyValueCache.h"
#include "LayerHandlers.h"
#include "ScalarMath.h"
#include "ScoreMask.h"

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
constexpr size_t maskInput = 3;
constexpr size_t pastKeyInput = 4;
constexpr size_t pastValueInput = 5;
constexpr size_t validColumnInput = 6;
constexpr size_t resultOutput = 0;
constexpr size_t presentKeyOutput = 1;
constexpr size_t presentValueOutput = 2;
constexpr size_t scoreOutput = 3;

/// What output 3 gives: attribute qk_matmul_output_mode.
enum class ScoreStage { Product, Capped, Masked, Weights };

/// One node. Scores are scaled, capped, masked, and become weights of
/// values.
class StandardAttention {
public:
  explicit StandardAttention(NodeImporter &node) : node(node) {}

  LogicalResult run();

private:
  LogicalResult checkAttributes();
  FailureOr<ImportedTensor> getHeads(size_t input, StringRef countName);
  LogicalResult readOperands();
  LogicalResult addPast();
  LogicalResult addMask();
  LogicalResult addValidColumns();
  Value buildScore(ImplicitLocOpBuilder &b, Value score, ValueRange position,
                   ValueRange elements, ScoreStage last) const;
  Value buildIsVisible(ImplicitLocOpBuilder &b, ValueRange position,
                       Value validColumns) const;
  void setScores(ImportedTensor &product, ImportedTensor &weights);
  ImportedTensor emitUpTo(ImportedTensor &product, ScoreStage last);

  NodeImporter &node;
  AttentionOperands operands;
  ScoreStage tapped = ScoreStage::Product;
  bool hasMask = false, hasValidColumns = false;
  /// Columns of the mask when there are fewer than scores.
  std::optional<int64_t> maskColumns;
  /// Rows of the past, and of the queries, as index values.
  Value pastRows, queryRows;
};

} // namespace

LogicalResult StandardAttention::checkAttributes() {
  int64_t mode = node.getInt("qk_matmul_output_mode", 0);
  if (mode < 0 || mode > 3)
    return node.malformed("expected qk_matmul_output_mode of 0 to 3, got " +
                          Twine(mode));
  tapped = ScoreStage(mode);
  auto precision = ElementType(node.getInt("softmax_precision", 1));
  bool isKnown = precision == ElementType::Float16 ||
                 precision == ElementType::BFloat16 ||
                 precision == ElementType::Float32 ||
                 precision == node.getInput(queryInput).elementType;
  if (!isKnown)
    return node.unsupported("expected softmax_precision of float32, a 16-bit "
                            "float or the operands' type, got " +
                            name(precision));
  if (node.hasInput(pastKeyInput) != node.hasInput(pastValueInput))
    return node.malformed("expected past keys and past values or neither, got "
                          "one of them");
  if (node.hasInput(pastKeyInput) && node.hasInput(validColumnInput))
    return node.malformed("expected a past or numbers of valid keys, got both");
  return success();
}

/// Operand `input` as batch x heads x rows x size.
FailureOr<ImportedTensor> StandardAttention::getHeads(size_t input,
                                                      StringRef countName) {
  ImportedTensor &tensor = node.getInput(input);
  if (tensor.getRank() == 4)
    return tensor;
  int64_t heads = node.getInt(countName, 0);
  if (heads < 1)
    return node.malformed("expected " + countName + " of at least 1 beside " +
                          "operands of rank 3, got " + Twine(heads));
  auto width = findConstant(tensor.shape[2]);
  if (!width || *width % heads != 0)
    return node.malformed("expected rows of a constant size that " +
                          Twine(heads) + " heads divide, got " +
                          node.print(tensor.shape));
  return emitSplitHeads(node, tensor, heads);
}

LogicalResult StandardAttention::readOperands() {
  ImportedTensor &x = node.getInput(queryInput);
  for (size_t input : {queryInput, keyInput, valueInput}) {
    ImportedTensor &tensor = node.getInput(input);
    if (!isFloat(tensor.elementType) || tensor.elementType != x.elementType ||
        tensor.getRank() != x.getRank() ||
        (tensor.getRank() != 3 && tensor.getRank() != 4))
      return node.malformed(
          "expected queries, keys and values of one float type and of rank 3 "
          "or 4, got " +
          name(x.elementType) + node.print(x.shape) + " and " +
          name(tensor.elementType) + node.print(tensor.shape));
  }
  FailureOr<ImportedTensor> queries = getHeads(queryInput, "q_num_heads");
  FailureOr<ImportedTensor> keys = getHeads(keyInput, "kv_num_heads");
  FailureOr<ImportedTensor> values = getHeads(valueInput, "kv_num_heads");
  if (failed(queries) || failed(keys) || failed(values))
    return failure();
  operands.queries = *queries;
  operands.keys = *keys;
  operands.values = *values;
  const Shape &q = queries->shape, &k = keys->shape, &v = values->shape;
  if (!node.equateShapes({k[0], k[3], v[0], v[1], v[2]},
                         {q[0], q[3], k[0], k[1], k[2]}))
    return node.malformed("expected queries, keys and values that fit, got " +
                          node.print(q) + ", " + node.print(k) + " and " +
                          node.print(v));
  auto heads = findConstant(q[1]), keyHeads = findConstant(k[1]),
       size = findConstant(q[3]);
  if (!heads || !keyHeads || !size)
    return node.unsupported("expected constant numbers and sizes of heads, "
                            "got " +
                                node.print(q) + " and " + node.print(k),
                            "fix the dimensions with --dim NAME=SIZE");
  if (*keyHeads < 1 || *heads % *keyHeads != 0)
    return node.malformed("expected heads that key heads divide, got " +
                          Twine(*heads) + " and " + Twine(*keyHeads));
  double byDefault = 1 / std::sqrt(double(std::max<int64_t>(*size, 1)));
  operands.scale = node.getFloat("scale", byDefault);
  return success();
}

LogicalResult StandardAttention::addPast() {
  queryRows = node.state.emitIndex(operands.queries.shape[2], node.loc);
  Size past = node.sizes.getConstant(0);
  if (node.hasInput(pastKeyInput)) {
    past = node.getInput(pastKeyInput).getRank() == 4
               ? node.getInput(pastKeyInput).shape[2]
               : past;
    FailureOr<ImportedTensor> keys =
        emitBehindPast(node, pastKeyInput, operands.keys);
    FailureOr<ImportedTensor> values =
        emitBehindPast(node, pastValueInput, operands.values);
    if (failed(keys) || failed(values))
      return failure();
    operands.keys = *keys;
    operands.values = *values;
    if (!node.equate(keys->shape[2], values->shape[2]))
      return node.malformed("expected as many past keys as values, got " +
                            node.print(keys->shape) + " and " +
                            node.print(values->shape) + " with the new ones");
  }
  pastRows = node.state.emitIndex(past, node.loc);
  node.setOutput(presentKeyOutput, operands.keys);
  node.setOutput(presentValueOutput, operands.values);
  return success();
}

/// The mask, of bool or added to scores. Its last dimension may end early.
LogicalResult StandardAttention::addMask() {
  if (!node.hasInput(maskInput))
    return success();
  ImportedTensor mask = node.getInput(maskInput);
  const ImportedTensor &queries = operands.queries;
  ScoreShape scores{queries.shape[0], queries.shape[1], queries.shape[2],
                    operands.keys.shape[2]};
  bool isUsable =
      mask.getRank() >= 1 && mask.getRank() <= 4 &&
      (mask.elementType == ElementType::Bool || isFloat(mask.elementType));
  if (isUsable) {
    auto own = findConstant(mask.shape.back()),
         columns = findConstant(scores.columns);
    if (own && columns && *own > 1 && *own < *columns) {
      maskColumns = own;
      Shape fitted = mask.shape;
      fitted.back() = scores.columns;
      mask = emitIndexed(
          node, mask, {}, fitted,
          [&](ImplicitLocOpBuilder &b, ValueRange position, ValueRange) {
            SmallVector<Value> indices(position);
            Value last = b.create<arith::ConstantIndexOp>(*own - 1);
            indices.back() = b.create<arith::MinSIOp>(indices.back(), last);
            return indices;
          });
    }
    isUsable = fitsScores(node, mask, scores, /*free=*/4);
  }
  if (!isUsable)
    return node.malformed("expected a mask of bools or floats that broadcasts "
                          "to " +
                          node.print(scores.getShape()) + ", got " +
                          name(mask.elementType) + node.print(mask.shape));
  hasMask = true;
  operands.masks.push_back(
      {node.emit(mask), getTrailingMap(node, mask.shape, 4)});
  return success();
}

LogicalResult StandardAttention::addValidColumns() {
  if (!node.hasInput(validColumnInput))
    return success();
  ImportedTensor &valid = node.getInput(validColumnInput);
  if (valid.elementType != ElementType::Int64 || valid.getRank() != 1 ||
      !node.equate(valid.shape[0], operands.queries.shape[0]))
    return node.malformed("expected one number of valid keys per batch, got " +
                          name(valid.elementType) + node.print(valid.shape));
  hasValidColumns = true;
  operands.masks.push_back(
      {node.emit(valid), AffineMap::get(4, 0, node.builder.getAffineDimExpr(0),
                                        node.builder.getContext())});
  return success();
}

/// Whether the key is among the valid ones and, seen from the query, neither
/// ahead nor outside of the window.
Value StandardAttention::buildIsVisible(ImplicitLocOpBuilder &b,
                                        ValueRange position,
                                        Value validColumns) const {
  Value column = position[3], before = pastRows, isVisible;
  auto demand = [&](arith::CmpIPredicate predicate, Value bound) {
    Value holds = b.create<arith::CmpIOp>(predicate, column, bound);
    isVisible = isVisible
                    ? b.create<arith::AndIOp>(isVisible, holds).getResult()
                    : holds;
  };
  if (validColumns) {
    Value count = b.create<arith::IndexCastOp>(b.getIndexType(), validColumns);
    demand(arith::CmpIPredicate::slt, count);
    before = b.create<arith::SubIOp>(count, queryRows);
  }
  Value own = b.create<arith::AddIOp>(position[2], before);
  int64_t left = node.getInt("left_window_size", -1);
  int64_t right = node.getInt("right_window_size", -1);
  if (node.getInt("is_causal", 0))
    demand(arith::CmpIPredicate::sle, own);
  if (right >= 0)
    demand(
        arith::CmpIPredicate::sle,
        b.create<arith::AddIOp>(own, b.create<arith::ConstantIndexOp>(right)));
  if (left >= 0)
    demand(
        arith::CmpIPredicate::sge,
        b.create<arith::SubIOp>(own, b.create<arith::ConstantIndexOp>(left)));
  if (maskColumns)
    demand(arith::CmpIPredicate::slt,
           b.create<arith::ConstantIndexOp>(*maskColumns));
  return isVisible;
}

Value StandardAttention::buildScore(ImplicitLocOpBuilder &b, Value score,
                                    ValueRange position, ValueRange elements,
                                    ScoreStage last) const {
  if (last == ScoreStage::Product)
    return score;
  score = buildSoftCap(b, score, node.getFloat("softcap", 0));
  if (last == ScoreStage::Capped)
    return score;
  if (hasMask) {
    Value element = elements.front();
    score = isa<FloatType>(element.getType())
                ? b.create<arith::AddFOp>(score, element).getResult()
                : buildVisibleIf(b, element, score);
  }
  Value isVisible =
      buildIsVisible(b, position, hasValidColumns ? elements.back() : Value());
  return isVisible ? buildVisibleIf(b, isVisible, score) : score;
}

ImportedTensor StandardAttention::emitUpTo(ImportedTensor &product,
                                           ScoreStage last) {
  return emitChangedScores(node, product, operands,
                           [&](ImplicitLocOpBuilder &b, Value score,
                               ValueRange position, ValueRange elements) {
                             return buildScore(b, score, position, elements,
                                               last);
                           });
}

void StandardAttention::setScores(ImportedTensor &product,
                                  ImportedTensor &weights) {
  if (node.getNumOutputs() <= scoreOutput ||
      node.node.outputs[scoreOutput] == absentValue)
    return;
  ImportedTensor stage =
      tapped == ScoreStage::Weights ? weights : emitUpTo(product, tapped);
  node.setOutput(scoreOutput,
                 emitConversion(node, stage, operands.queries.elementType));
}

LogicalResult StandardAttention::run() {
  if (failed(checkAttributes()) || failed(readOperands()) ||
      failed(addPast()) || failed(addMask()) || failed(addValidColumns()))
    return failure();
  ImportedTensor product = emitScores(node, operands);
  ImportedTensor masked = emitUpTo(product, ScoreStage::Masked);
  ImportedTensor weights = emitAttentionWeights(node, masked, operands.sink);
  ImportedTensor mixed = emitMixedValues(node, weights, operands);
  setScores(product, weights);
  node.setOutput(resultOutput, node.getInput(queryInput).getRank() == 3
                                   ? emitMergedHeads(node, mixed)
                                   : mixed);
  return success();
}

LogicalResult importer::importStandardAttention(NodeImporter &node) {
  return StandardAttention(node).run();
}
