//===- LossFunctions.cpp - losses of classifications ----------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LossFunctions.h"

#include "ScalarMath.h"
#include "TensorMath.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

/// Checks batch x classes x sizes of floats, labels of batch x sizes, and
/// weights by class.
static LogicalResult checkOperands(NodeImporter &node) {
  ImportedTensor &x = node.getInput(0), &labels = node.getInput(1);
  bool isIndex = labels.elementType == ElementType::Int64 ||
                 labels.elementType == ElementType::Int32;
  if (!isFloat(x.elementType) || x.getRank() < 2 || !isIndex)
    return node.malformed("expected batch x classes x sizes of floats and "
                          "labels of int32 or int64, got " +
                          node.print(x) + " and " + node.print(labels));
  Shape shape = x.shape;
  shape.erase(shape.begin() + 1);
  if (!node.equateShapes(shape, labels.shape))
    return node.malformed("expected labels of shape " + node.print(shape) +
                          ", got " + node.print(labels.shape));
  if (!node.limit(node.sizes.getConstant(1), x.shape[1]))
    return node.malformed("expected 1 class or more, got 0");
  if (!node.hasInput(2))
    return success();
  ImportedTensor &weights = node.getInput(2);
  if (weights.elementType != x.elementType || weights.getRank() != 1 ||
      !node.equate(weights.shape[0], x.shape[1]))
    return node.malformed("expected weights of the type and the classes of " +
                          node.print(x) + ", got " + node.print(weights));
  return success();
}

/// `value` where the label counts, else 0.
static Value keepCounted(NodeImporter &node, ImplicitLocOpBuilder &b,
                         Value value, Value label) {
  std::optional<int64_t> ignored = node.findInt("ignore_index");
  if (!ignored)
    return value;
  Value given =
      b.create<arith::ConstantOp>(b.getIntegerAttr(label.getType(), *ignored));
  Value isIgnored =
      b.create<arith::CmpIOp>(arith::CmpIPredicate::eq, label, given);
  Value zero = b.create<arith::ConstantOp>(b.getFloatAttr(value.getType(), 0));
  return b.create<arith::SelectOp>(isIgnored, zero, value);
}

/// The weight of each label's class, 0 for labels that do not count.
static ImportedTensor emitLabelWeights(NodeImporter &node, ElementType type) {
  ImportedTensor &labels = node.getInput(1);
  AffineMap all = node.builder.getMultiDimIdentityMap(labels.getRank());
  MappedOperand label{node.emit(labels), all};
  if (!node.hasInput(2))
    return emitGeneric(
        node, {label}, labels.shape, type,
        [&](ImplicitLocOpBuilder &b, ValueRange elements) {
          Type compute = getComputeType(findBuiltinType(type, b.getContext()));
          ScalarMath m(b, compute);
          return keepCounted(node, b, m.constant(1), elements[0]);
        });
  ImportedTensor &weights = node.getInput(2);
  Value size = node.state.emitIndex(weights.shape[0], node.loc);
  ImportedTensor picked = emitIndexed(
      node, weights, {label}, labels.shape,
      [&](ImplicitLocOpBuilder &b, ValueRange, ValueRange elements) {
        return SmallVector<Value>{buildIndex(b, elements[0], size)};
      });
  return emitGeneric(node, {{node.emit(picked), all}, label}, labels.shape,
                     type, [&](ImplicitLocOpBuilder &b, ValueRange elements) {
                       return keepCounted(node, b, elements[0], elements[1]);
                     });
}

static ImportedTensor emitSum(NodeImporter &node, ImportedTensor &x) {
  ElementType type = getAccumulatorType(x.elementType);
  Type element = findBuiltinType(type, node.builder.getContext());
  return emitReduction(
      node, x, llvm::to_vector(llvm::seq<int64_t>(0, x.getRank())), type,
      node.builder.getFloatAttr(element, 0),
      [](ImplicitLocOpBuilder &b, ValueRange elements) {
        return b.create<arith::AddFOp>(elements[1], elements[0]);
      });
}

/// The loss of `x`, logarithms of probabilities.
static LogicalResult importLoss(NodeImporter &node, ImportedTensor &x) {
  ImportedTensor &labels = node.getInput(1);
  std::string reduction = node.getString("reduction", "mean");
  if (reduction != "none" && reduction != "mean" && reduction != "sum")
    return node.malformed("expected reduction none, mean or sum, got '" +
                          reduction + "'");
  AffineMap all = node.builder.getMultiDimIdentityMap(labels.getRank());
  Value size = node.state.emitIndex(x.shape[1], node.loc);
  ImportedTensor picked = emitIndexed(
      node, x, {{node.emit(labels), all}}, labels.shape,
      [&](ImplicitLocOpBuilder &b, ValueRange position, ValueRange elements) {
        SmallVector<Value> place(position);
        place.insert(place.begin() + 1, buildIndex(b, elements[0], size));
        return place;
      });
  bool isReduced = reduction != "none";
  ElementType type =
      isReduced ? getAccumulatorType(x.elementType) : x.elementType;
  ImportedTensor weights = emitLabelWeights(node, type);
  ImportedTensor losses = emitGeneric(
      node, {{node.emit(picked), all}, {node.emit(weights), all}}, labels.shape,
      type, [](ImplicitLocOpBuilder &b, ValueRange elements) {
        ScalarMath m(b, elements[1].getType());
        // Not a product where the weight is 0: the logarithm may be -inf.
        Value counts = b.create<arith::CmpFOp>(arith::CmpFPredicate::UNE,
                                               elements[1], m.constant(0));
        return m.select(counts, m.mul(m.neg(elements[0]), elements[1]),
                        m.constant(0));
      });
  if (!isReduced) {
    node.setOutput(0, losses);
    return success();
  }
  ImportedTensor sum = emitSum(node, losses);
  AffineMap scalar = AffineMap::get(node.builder.getContext());
  SmallVector<MappedOperand> operands{{sum.emitted, scalar}};
  if (reduction == "mean")
    operands.push_back({emitSum(node, weights).emitted, scalar});
  node.setOutput(
      0, emitGeneric(node, operands, {}, x.elementType,
                     [](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
                       if (elements.size() == 1)
                         return elements[0];
                       return b.create<arith::DivFOp>(elements[0], elements[1]);
                     }));
  return success();
}

LogicalResult importer::importNegativeLogLikelihood(NodeImporter &node) {
  if (failed(checkOperands(node)))
    return failure();
  return importLoss(node, node.getInput(0));
}

LogicalResult importer::importSoftmaxCrossEntropy(NodeImporter &node) {
  if (failed(checkOperands(node)))
    return failure();
  ImportedTensor logarithms = emitSoftmax(node, node.getInput(0), 1);
  if (node.getNumOutputs() > 1)
    node.setOutput(1, logarithms);
  return importLoss(node, logarithms);
}
