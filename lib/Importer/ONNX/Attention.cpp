//===- Attention.cpp - scaled dot-product attention -----------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Attention.h"

#include "ScalarMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

Value importer::buildKeepIf(ImplicitLocOpBuilder &b, Value condition,
                            Value value) {
  auto type = cast<FloatType>(value.getType());
  Value lowest = b.create<arith::ConstantOp>(b.getFloatAttr(
      type, APFloat::getLargest(type.getFloatSemantics(), /*Negative=*/true)));
  return b.create<arith::SelectOp>(condition, value, lowest);
}

Value importer::buildVisibleIf(ImplicitLocOpBuilder &b, Value condition,
                               Value value) {
  auto type = cast<FloatType>(value.getType());
  Value hidden = b.create<arith::ConstantOp>(b.getFloatAttr(
      type, APFloat::getInf(type.getFloatSemantics(), /*Negative=*/true)));
  return b.create<arith::SelectOp>(condition, value, hidden);
}

Value importer::buildSoftCap(ImplicitLocOpBuilder &b, Value score, double cap) {
  if (cap == 0)
    return score;
  ScalarMath m(b, score.getType());
  return m.mul(m.tanh(m.div(score, cap)), cap);
}

ImportedTensor importer::emitSplitHeads(NodeImporter &node,
                                        ImportedTensor &tensor, int64_t heads) {
  Size count = node.sizes.getConstant(heads);
  Size size = node.sizes.tryDivideExactly(tensor.shape[2], count);
  ImportedTensor split = emitReshape(
      node, tensor, {tensor.shape[0], tensor.shape[1], count, size});
  return emitTranspose(node, split, {0, 2, 1, 3});
}

ImportedTensor importer::emitMergedHeads(NodeImporter &node,
                                         ImportedTensor &tensor) {
  ImportedTensor result = emitTranspose(node, tensor, {0, 2, 1, 3});
  return emitReshape(
      node, result,
      {result.shape[0], result.shape[1],
       node.sizes.tryMultiply(result.shape[2], result.shape[3])});
}

//===----------------------------------------------------------------------===//
// Groups of heads
//===----------------------------------------------------------------------===//

/// Keys or values, batch x key heads x columns x size, once for each of the
/// `heads`: consecutive heads share one.
static ImportedTensor emitRepeated(NodeImporter &node, ImportedTensor &tensor,
                                   Size heads) {
  Size batch = tensor.shape[0], own = tensor.shape[1];
  Size columns = tensor.shape[2], size = tensor.shape[3];
  Size group = node.sizes.tryDivideExactly(heads, own);
  if (isConstant(group, 1))
    return tensor;
  MLIRContext *context = node.builder.getContext();
  AffineMap shared = AffineMap::get(
      5, 0,
      {getAffineDimExpr(0, context), getAffineDimExpr(1, context),
       getAffineDimExpr(3, context), getAffineDimExpr(4, context)},
      context);
  ImportedTensor repeated = emitGeneric(
      node, {{node.emit(tensor), shared}}, {batch, own, group, columns, size},
      tensor.elementType,
      [](ImplicitLocOpBuilder &, ValueRange elements) { return elements[0]; });
  return emitReshape(node, repeated, {batch, heads, columns, size});
}

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

ImportedTensor importer::emitScores(NodeImporter &node,
                                    const AttentionOperands &operands) {
  ImportedTensor queries = operands.queries, keys = operands.keys;
  Size heads = queries.shape[1];
  ImportedTensor rows = emitRepeated(node, keys, heads);
  ImportedTensor columns = emitTranspose(node, rows, {0, 1, 3, 2});
  ImportedTensor product = emitBatchProduct(
      node, queries, columns, node.sizes.tryMultiply(queries.shape[0], heads));
  return emitReshape(
      node, product,
      {queries.shape[0], heads, queries.shape[2], keys.shape[2]});
}

ImportedTensor importer::emitChangedScores(NodeImporter &node,
                                           ImportedTensor &scores,
                                           const AttentionOperands &operands,
                                           ScoreFunction change) {
  SmallVector<MappedOperand> inputs{
      {node.emit(scores), node.builder.getMultiDimIdentityMap(4)}};
  llvm::append_range(inputs, operands.masks);
  return emitGeneric(node, inputs, scores.shape, scores.elementType,
                     [&](ImplicitLocOpBuilder &b, ValueRange elements) {
                       ScalarMath m(b, elements[0].getType());
                       SmallVector<Value> position;
                       for (int64_t i = 0; i < 4; ++i)
                         position.push_back(b.create<linalg::IndexOp>(i));
                       return change(b, m.mul(elements[0], operands.scale),
                                     position, elements.drop_front());
                     });
}

/// exp(score - level) / (sum of those of the row + exp(sink - level)), where
/// level is the largest of the row and the sink.
static ImportedTensor emitWeightsWithSink(NodeImporter &node,
                                          ImportedTensor &scores,
                                          const MappedOperand &sink) {
  Builder &builder = node.builder;
  ElementType elementType = getAccumulatorType(scores.elementType);
  auto type =
      cast<FloatType>(findBuiltinType(elementType, builder.getContext()));
  AffineMap all = builder.getMultiDimIdentityMap(4);
  AffineMap kept = getKeptMap(node, 4, {3});
  AffineMap rows = builder.getMultiDimIdentityMap(3);
  const llvm::fltSemantics &semantics = type.getFloatSemantics();
  ImportedTensor peak = emitReduction(
      node, scores, {3}, elementType,
      builder.getFloatAttr(type,
                           APFloat::getLargest(semantics, /*Negative=*/true)),
      [](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
        return b.create<arith::MaximumFOp>(elements[1], elements[0]);
      });
  ImportedTensor level = emitGeneric(
      node, {{peak.emitted, rows}, sink}, peak.shape, elementType,
      [](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
        return b.create<arith::MaximumFOp>(elements[0], elements[1]);
      });
  ImportedTensor shares = emitGeneric(
      node, {{scores.emitted, all}, {level.emitted, kept}}, scores.shape,
      elementType, [&](ImplicitLocOpBuilder &b, ValueRange elements) {
        ScalarMath m(b, type);
        return m.exp(m.sub(elements[0], elements[1]));
      });
  ImportedTensor sum = emitReduction(
      node, shares, {3}, elementType, builder.getFloatAttr(type, 0.0),
      [](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
        return b.create<arith::AddFOp>(elements[1], elements[0]);
      });
  ImportedTensor total = emitGeneric(
      node, {{sum.emitted, rows}, {level.emitted, rows}, sink}, sum.shape,
      elementType, [&](ImplicitLocOpBuilder &b, ValueRange elements) {
        ScalarMath m(b, type);
        return m.add(elements[0], m.exp(m.sub(elements[2], elements[1])));
      });
  return emitGeneric(
      node, {{shares.emitted, all}, {total.emitted, kept}}, scores.shape,
      scores.elementType, [](ImplicitLocOpBuilder &b, ValueRange elements) {
        return b.create<arith::DivFOp>(elements[0], elements[1]).getResult();
      });
}

ImportedTensor
importer::emitAttentionWeights(NodeImporter &node, ImportedTensor &scores,
                               const std::optional<MappedOperand> &sink) {
  if (sink)
    return emitWeightsWithSink(node, scores, *sink);
  return emitSoftmax(node, scores, scores.getRank() - 1, EmptyRows::AreZero);
}

ImportedTensor importer::emitMixedValues(NodeImporter &node,
                                         ImportedTensor &weights,
                                         const AttentionOperands &operands) {
  ImportedTensor values = operands.values;
  Size batch = operands.queries.shape[0], heads = operands.queries.shape[1];
  weights = emitConversion(node, weights, values.elementType);
  ImportedTensor rows = emitRepeated(node, values, heads);
  ImportedTensor product = emitBatchProduct(
      node, weights, rows, node.sizes.tryMultiply(batch, heads));
  ImportedTensor mixed =
      emitReshape(node, product,
                  {batch, heads, operands.queries.shape[2], values.shape[3]});
  return emitConversion(node, mixed, values.elementType);
}

ImportedTensor importer::emitAttention(NodeImporter &node,
                                       AttentionOperands &operands,
                                       ScoreFunction change) {
  ImportedTensor scores = emitScores(node, operands);
  ImportedTensor changed = emitChangedScores(node, scores, operands, change);
  ImportedTensor weights = emitAttentionWeights(node, changed, operands.sink);
  ImportedTensor mixed = emitMixedValues(node, weights, operands);
  return emitMergedHeads(node, mixed);
}
