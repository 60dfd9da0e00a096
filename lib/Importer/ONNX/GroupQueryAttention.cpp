//===- GroupQueryAttention.cpp - com.microsoft.GroupQueryAttention --------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KeyValueCache.h"
#include "LayerHandlers.h"
#include "LayerNormalization.h"
#include "RotaryEmbedding.h"
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
constexpr size_t pastKeyInput = 3;
constexpr size_t pastValueInput = 4;
constexpr size_t lastKeyInput = 5;
constexpr size_t totalRowsInput = 6;
constexpr size_t cosineInput = 7;
constexpr size_t sineInput = 8;
constexpr size_t positionInput = 9;
constexpr size_t biasInput = 10;
constexpr size_t sinkInput = 11;
constexpr size_t queryNormInput = 14;
constexpr size_t keyNormInput = 15;
constexpr size_t resultOutput = 0;
constexpr size_t presentKeyOutput = 1;
constexpr size_t presentValueOutput = 2;
constexpr size_t scoreOutput = 3;

/// One node. Each batch has its own number of rows before the new ones: the
/// last key of a batch is at seqlens_k[batch], and the new rows end there.
class GroupQueryAttention {
public:
  explicit GroupQueryAttention(NodeImporter &node) : node(node) {}

  LogicalResult run();

private:
  LogicalResult checkAttributes();
  LogicalResult checkLengths();
  LogicalResult readOperands();
  ImportedTensor getPart(ImportedTensor &packed, int64_t first, int64_t count);
  LogicalResult normalizeHeads();
  LogicalResult rotate();
  LogicalResult addPast();
  LogicalResult addBias();
  LogicalResult addSink();
  ImportedTensor emitPastCounts();
  Value buildScore(ImplicitLocOpBuilder &b, Value score, ValueRange position,
                   ValueRange elements) const;

  NodeImporter &node;
  int64_t heads = 0, keyHeads = 0, size = 0;
  /// Batch x rows x heads x size until the past is added.
  ImportedTensor queries, keys, values;
  /// Rows of the past that count, per batch.
  ImportedTensor pastCounts;
  AttentionOperands operands;
  bool hasBias = false;
  /// Number of new rows.
  Value rowCount;
};

} // namespace

LogicalResult GroupQueryAttention::checkAttributes() {
  heads = node.getInt("num_heads", 0);
  keyHeads = node.getInt("kv_num_heads", 0);
  if (heads < 1 || keyHeads < 1 || heads % keyHeads != 0)
    return node.malformed("expected num_heads that kv_num_heads divides, got " +
                          Twine(heads) + " and " + Twine(keyHeads));
  for (StringRef name : {"k_quant_type", "v_quant_type"})
    if (node.getString(name, "NONE") != "NONE")
      return node.unsupported("expected " + name + " of NONE, got " +
                              node.getString(name, ""));
  for (StringRef name : {"qk_output", "sliding_window_cache"})
    if (node.getInt(name, 0) > 0)
      return node.unsupported("expected " + name + " of 0, got " +
                              Twine(node.getInt(name, 0)));
  if (!node.getInt("causal", 1) && node.getInt("local_window_size", -1) > 0)
    return node.malformed("expected local_window_size of -1 where causal is 0, "
                          "got " +
                          Twine(node.getInt("local_window_size", -1)));
  constexpr std::pair<size_t, StringLiteral> unsupportedInputs[] = {
      {12, "the scale of a quantized cache of keys"},
      {13, "the scale of a quantized cache of values"},
      {16, "lengths of padded chunks"}};
  for (auto [input, meaning] : unsupportedInputs)
    if (node.hasInput(input))
      return node.unsupported("expected no input " + Twine(input) + ", " +
                              meaning);
  if (node.getNumOutputs() > scoreOutput &&
      node.node.outputs[scoreOutput] != absentValue)
    return node.unsupported("expected no output of scores");
  for (size_t required : {lastKeyInput, totalRowsInput})
    if (!node.hasInput(required))
      return node.malformed("expected input " + Twine(required) + ", got none");
  if (node.hasInput(pastKeyInput) != node.hasInput(pastValueInput))
    return node.malformed("expected past keys and past values or neither, got "
                          "one of them");
  return success();
}

/// The columns of heads first .. first + count - 1.
ImportedTensor GroupQueryAttention::getPart(ImportedTensor &packed,
                                            int64_t first, int64_t count) {
  Size zero = node.sizes.getConstant(0), one = node.sizes.getConstant(size);
  Shape shape{packed.shape[0], packed.shape[1],
              node.sizes.getConstant(count * size)};
  ImportedTensor part = emitSlice(
      node, packed, {zero, zero, node.sizes.getConstant(first * size)}, shape,
      {1, 1, 1});
  return emitReshape(node, part,
                     {shape[0], shape[1], node.sizes.getConstant(count), one});
}

LogicalResult GroupQueryAttention::readOperands() {
  ImportedTensor &x = node.getInput(queryInput);
  bool isPacked = !node.hasInput(keyInput);
  int64_t parts = isPacked ? heads + 2 * keyHeads : heads;
  auto width = x.getRank() == 3 ? findConstant(x.shape[2]) : std::nullopt;
  if (!isFloat(x.elementType) || !width || *width % parts != 0 ||
      node.hasInput(keyInput) != node.hasInput(valueInput))
    return node.malformed("expected batch x sequence x " + Twine(parts) +
                          " heads of floats as queries" +
                          (isPacked ? ", keys and values" : "") + ", got " +
                          name(x.elementType) + node.print(x.shape));
  size = *width / parts;
  queries = getPart(x, 0, heads);
  if (isPacked) {
    keys = getPart(x, heads, keyHeads);
    values = getPart(x, heads + keyHeads, keyHeads);
    return success();
  }
  Shape expected{x.shape[0], x.shape[1],
                 node.sizes.getConstant(keyHeads * size)};
  for (size_t input : {keyInput, valueInput}) {
    ImportedTensor &tensor = node.getInput(input);
    if (tensor.elementType != x.elementType ||
        !node.equateShapes(tensor.shape, expected))
      return node.malformed("expected keys and values of " +
                            name(x.elementType) + node.print(expected) +
                            ", got " + name(tensor.elementType) +
                            node.print(tensor.shape));
  }
  keys = getPart(node.getInput(keyInput), 0, keyHeads);
  values = getPart(node.getInput(valueInput), 0, keyHeads);
  return success();
}

LogicalResult GroupQueryAttention::checkLengths() {
  ImportedTensor &last = node.getInput(lastKeyInput);
  ImportedTensor flat = last;
  // Some models give one column.
  if (last.getRank() == 2 && isConstant(last.shape[1], 1))
    flat = emitReshape(node, last, {last.shape[0]});
  ImportedTensor &total = node.getInput(totalRowsInput);
  if (last.elementType != ElementType::Int32 || flat.getRank() != 1 ||
      !node.equate(flat.shape[0], queries.shape[0]) ||
      total.elementType != ElementType::Int32)
    return node.malformed(
        "expected seqlens_k of int32" + node.print({queries.shape[0]}) +
        " and total_sequence_length of int32, got " + name(last.elementType) +
        node.print(last.shape) + " and " + name(total.elementType) +
        node.print(total.shape));
  pastCounts = flat;
  pastCounts = emitPastCounts();
  return success();
}

/// seqlens_k + 1 - rows, at least 0.
ImportedTensor GroupQueryAttention::emitPastCounts() {
  Value rows = node.state.emitIndex(queries.shape[1], node.loc);
  return emitGeneric(
      node, {{node.emit(pastCounts), node.builder.getMultiDimIdentityMap(1)}},
      pastCounts.shape, ElementType::Int32,
      [&](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
        auto constant = [&](int64_t value) -> Value {
          return b.create<arith::ConstantOp>(b.getI32IntegerAttr(value));
        };
        Value own = b.create<arith::IndexCastOp>(b.getI32Type(), rows);
        Value total = b.create<arith::AddIOp>(elements[0], constant(1));
        Value count = b.create<arith::SubIOp>(total, own);
        return b.create<arith::MaxSIOp>(count, constant(0));
      });
}

/// Each head of queries and keys by the root of its mean square.
LogicalResult GroupQueryAttention::normalizeHeads() {
  if (node.hasInput(queryNormInput) != node.hasInput(keyNormInput))
    return node.malformed("expected norms of queries and of keys or neither, "
                          "got one of them");
  if (!node.hasInput(queryNormInput))
    return success();
  double both = node.getFloat("qk_norm_epsilon", 1e-6);
  auto normalize = [&](ImportedTensor &heads, size_t input,
                       StringRef epsilon) -> LogicalResult {
    ImportedTensor &scale = node.getInput(input);
    if (scale.elementType != heads.elementType ||
        scale.shape != Shape{heads.shape.back()})
      return node.malformed("expected a norm of " + name(heads.elementType) +
                            node.print({heads.shape.back()}) + ", got " +
                            node.print(scale));
    FailureOr<NormalizedTensor> normalized = emitNormalization(
        node, heads,
        {3, node.getFloat(epsilon, both), Centering::None, &scale, nullptr});
    if (failed(normalized))
      return failure();
    heads = normalized->result;
    return success();
  };
  if (failed(normalize(queries, queryNormInput, "q_norm_epsilon")))
    return failure();
  return normalize(keys, keyNormInput, "k_norm_epsilon");
}

/// Rows are turned by the given positions, or those behind the past.
LogicalResult GroupQueryAttention::rotate() {
  if (!node.getInt("do_rotary", 0))
    return success();
  if (!node.hasInput(cosineInput) || !node.hasInput(sineInput))
    return node.malformed("expected tables of cosines and sines with do_rotary "
                          "of 1, got none");
  RotaryTables tables{node.getInput(cosineInput), node.getInput(sineInput)};
  auto columns = tables.getRank() == 2 ? findConstant(tables.cosines.shape[1])
                                       : std::nullopt;
  if (failed(checkRotaryTables(node, tables, queries.elementType, size,
                               2 * columns.value_or(0))))
    return failure();
  bool hasPositions = node.hasInput(positionInput);
  ImportedTensor &ids =
      hasPositions ? node.getInput(positionInput) : pastCounts;
  Shape expected{queries.shape[0], queries.shape[1]};
  if (hasPositions && (ids.elementType != ElementType::Int64 ||
                       !node.equateShapes(ids.shape, expected)))
    return node.malformed("expected positions of int64" + node.print(expected) +
                          ", got " + name(ids.elementType) +
                          node.print(ids.shape));
  auto readPosition = [&](ImplicitLocOpBuilder &b, Value row,
                          ValueRange elements) -> Value {
    Value id = b.create<arith::IndexCastOp>(b.getIndexType(), elements[0]);
    return hasPositions ? id : b.create<arith::AddIOp>(id, row).getResult();
  };
  SmallVector<AffineExpr> read{node.builder.getAffineDimExpr(0)};
  if (hasPositions)
    read.push_back(node.builder.getAffineDimExpr(1));
  RotaryPositions positions{
      {{node.emit(ids), AffineMap::get(4, 0, read, node.builder.getContext())}},
      readPosition};
  RotaryPairs pairs = node.getInt("rotary_interleaved", 0)
                          ? RotaryPairs::Neighbours
                          : RotaryPairs::Halves;
  queries = emitRotated(node, queries, 1, tables, pairs, positions);
  keys = emitRotated(node, keys, 1, tables, pairs, positions);
  return success();
}

LogicalResult GroupQueryAttention::addPast() {
  operands.queries = emitTranspose(node, queries, {0, 2, 1, 3});
  ImportedTensor ownKeys = emitTranspose(node, keys, {0, 2, 1, 3});
  ImportedTensor ownValues = emitTranspose(node, values, {0, 2, 1, 3});
  FailureOr<ImportedTensor> allKeys =
      emitBehindPastCounts(node, pastKeyInput, ownKeys, pastCounts);
  FailureOr<ImportedTensor> allValues =
      emitBehindPastCounts(node, pastValueInput, ownValues, pastCounts);
  if (failed(allKeys) || failed(allValues))
    return failure();
  operands.keys = *allKeys;
  operands.values = *allValues;
  Size columns = operands.keys.shape[2];
  const SmallVector<Size> *total =
      node.state.findIntegers(node.getInput(totalRowsInput));
  bool fits = node.equate(columns, operands.values.shape[2]);
  // A past in the same buffer as the present is longer than what counts.
  if (fits && total && total->size() == 1)
    fits = node.limit(total->front(), columns);
  if (!fits)
    return node.malformed("expected at most " + node.sizes.print(columns) +
                          " rows in all, got a total_sequence_length of " +
                          node.sizes.print(total->front()));
  node.setOutput(presentKeyOutput, operands.keys);
  node.setOutput(presentValueOutput, operands.values);
  return success();
}

LogicalResult GroupQueryAttention::addBias() {
  operands.masks.push_back(
      {node.emit(pastCounts),
       AffineMap::get(4, 0, node.builder.getAffineDimExpr(0),
                      node.builder.getContext())});
  if (!node.hasInput(biasInput))
    return success();
  ImportedTensor &bias = node.getInput(biasInput);
  ScoreShape scores{operands.queries.shape[0], operands.queries.shape[1],
                    operands.queries.shape[2], operands.keys.shape[2]};
  if (bias.getRank() != 4 || !isFloat(bias.elementType) ||
      !fitsScores(node, bias, scores, /*free=*/2))
    return node.malformed("expected a bias of scores of " +
                          node.print(scores.getShape()) + ", got " +
                          name(bias.elementType) + node.print(bias.shape));
  operands.masks.push_back(
      {node.emit(bias), getTrailingMap(node, bias.shape, 4)});
  hasBias = true;
  return success();
}

/// A score per head beside the keys; smooth_softmax is one of 0.
LogicalResult GroupQueryAttention::addSink() {
  MLIRContext *context = node.builder.getContext();
  if (node.hasInput(sinkInput)) {
    ImportedTensor &sink = node.getInput(sinkInput);
    if (sink.elementType != queries.elementType ||
        sink.shape != Shape{node.sizes.getConstant(heads)})
      return node.malformed("expected a head_sink of " +
                            name(queries.elementType) + "[" + Twine(heads) +
                            "], got " + node.print(sink));
    operands.sink = {
        node.emit(sink),
        AffineMap::get(3, 0, node.builder.getAffineDimExpr(1), context)};
  } else if (node.getInt("smooth_softmax", 0) > 0) {
    ImportedTensor zero = node.state.getScalar(ElementType::Float32, 0);
    operands.sink = {node.emit(zero), AffineMap::get(3, 0, context)};
  }
  return success();
}

/// A query sees the keys up to its own position, and of those the last
/// local_window_size, its own among them.
Value GroupQueryAttention::buildScore(ImplicitLocOpBuilder &b, Value score,
                                      ValueRange position,
                                      ValueRange elements) const {
  score = buildSoftCap(b, score, node.getFloat("softcap", 0));
  if (hasBias)
    score = b.create<arith::AddFOp>(score, elements[1]);
  Value count = b.create<arith::IndexCastOp>(b.getIndexType(), elements[0]);
  // Without causality all see what the last row sees.
  Value row = position[2];
  if (!node.getInt("causal", 1))
    row =
        b.create<arith::SubIOp>(rowCount, b.create<arith::ConstantIndexOp>(1));
  Value own = b.create<arith::AddIOp>(row, count);
  Value isVisible =
      b.create<arith::CmpIOp>(arith::CmpIPredicate::sle, position[3], own);
  int64_t window = node.getInt("local_window_size", -1);
  if (window > 0) {
    Value width = b.create<arith::ConstantIndexOp>(window);
    Value distance = b.create<arith::SubIOp>(own, position[3]);
    Value isNear =
        b.create<arith::CmpIOp>(arith::CmpIPredicate::slt, distance, width);
    isVisible = b.create<arith::AndIOp>(isVisible, isNear);
  }
  return buildVisibleIf(b, isVisible, score);
}

LogicalResult GroupQueryAttention::run() {
  if (failed(checkAttributes()) || failed(readOperands()) ||
      failed(checkLengths()) || failed(normalizeHeads()) || failed(rotate()) ||
      failed(addPast()) || failed(addBias()) || failed(addSink()))
    return failure();
  rowCount = node.state.emitIndex(queries.shape[1], node.loc);
  double scale = node.getFloat("scale", 0);
  operands.scale = scale != 0 ? scale : 1 / std::sqrt(double(size));
  node.setOutput(resultOutput,
                 emitAttention(node, operands,
                               [&](ImplicitLocOpBuilder &b, Value score,
                                   ValueRange position, ValueRange elements) {
                                 return buildScore(b, score, position,
                                                   elements);
                               }));
  return success();
}

LogicalResult importer::importGroupQueryAttention(NodeImporter &node) {
  return GroupQueryAttention(node).run();
}
