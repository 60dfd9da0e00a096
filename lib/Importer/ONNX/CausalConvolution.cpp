//===- CausalConvolution.cpp - CausalConvWithState ------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CausalConvolution.h"

#include "ScalarMath.h"
#include "TensorMath.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

/// The inputs with `count` that came before, or zeros, in front.
static FailureOr<ImportedTensor> emitExtended(NodeImporter &node,
                                              int64_t count) {
  ImportedTensor &x = node.getInput(0);
  Shape shape{x.shape[0], x.shape[1], node.sizes.getConstant(count)};
  ImportedTensor past;
  if (node.hasInput(3)) {
    past = node.getInput(3);
    if (past.elementType != x.elementType ||
        !node.equateShapes(past.shape, shape))
      return node.malformed("expected a past state of shape " +
                            node.print(shape) + ", got " + node.print(past));
  } else {
    Type type = findBuiltinType(x.elementType, node.builder.getContext());
    past = node.getResult(
        x.elementType, shape,
        emitFill(node, cast<TypedAttr>(node.builder.getZeroAttr(type)), shape));
  }
  if (count == 0)
    return x;
  Shape extended = x.shape;
  extended[2] = node.sizes.tryAdd(x.shape[2], shape[2]);
  if (!extended[2])
    return node.tooLarge();
  return emitConcat(node, {&past, &x}, 2, extended);
}

static ImportedTensor emitSums(NodeImporter &node, ImportedTensor &extended) {
  ImportedTensor &x = node.getInput(0), &w = node.getInput(1);
  OpBuilder &builder = node.builder;
  MLIRContext *context = builder.getContext();
  auto dim = [&](unsigned i) { return builder.getAffineDimExpr(i); };
  ElementType accumulator = getAccumulatorType(x.elementType);
  Type type = findBuiltinType(accumulator, context);
  SmallVector<utils::IteratorType> iterators(3, utils::IteratorType::parallel);
  iterators.push_back(utils::IteratorType::reduction);
  ImportedTensor weights = emitReshape(node, w, {w.shape[0], w.shape[2]});
  Value zeros = emitFill(node, builder.getFloatAttr(type, 0), x.shape);
  auto generic = builder.create<linalg::GenericOp>(
      node.loc, zeros.getType(),
      ValueRange{node.emit(extended), node.emit(weights)}, zeros,
      ArrayRef<AffineMap>{
          AffineMap::get(4, 0, {dim(0), dim(1), dim(2) + dim(3)}, context),
          AffineMap::get(4, 0, {dim(1), dim(3)}, context),
          AffineMap::get(4, 0, {dim(0), dim(1), dim(2)}, context)},
      iterators, [&](OpBuilder &nested, Location loc, ValueRange args) {
        ImplicitLocOpBuilder b(loc, nested);
        ScalarMath m(b, type);
        auto widen = [&](Value value) -> Value {
          return value.getType() == type
                     ? value
                     : b.create<arith::ExtFOp>(type, value).getResult();
        };
        b.create<linalg::YieldOp>(
            m.add(args[2], m.mul(widen(args[0]), widen(args[1]))));
      });
  return node.getResult(accumulator, x.shape, generic.getResult(0));
}

LogicalResult importer::importCausalConvolution(NodeImporter &node) {
  ImportedTensor &x = node.getInput(0), &w = node.getInput(1);
  auto extent = w.getRank() == 3 ? findConstant(w.shape[2]) : std::nullopt;
  if (!isFloat(x.elementType) || w.elementType != x.elementType ||
      x.getRank() != 3 || !extent || *extent < 1 ||
      !isConstant(w.shape[1], 1) || !node.equate(w.shape[0], x.shape[1]))
    return node.malformed("expected batch x channels x length of floats and "
                          "weights of channels x 1 x window, got " +
                          node.print(x) + " and " + node.print(w));
  std::string activation = node.getString("activation", "none");
  if (activation != "none" && activation != "silu" && activation != "swish")
    return node.malformed("expected activation none, silu or swish, got '" +
                          activation + "'");
  if (node.hasInput(2) && (node.getInput(2).elementType != x.elementType ||
                           node.getInput(2).shape != Shape{w.shape[0]}))
    return node.malformed("expected a bias of " + node.print({w.shape[0]}) +
                          ", got " + node.print(node.getInput(2)));
  FailureOr<ImportedTensor> extended = emitExtended(node, *extent - 1);
  if (failed(extended))
    return failure();
  ImportedTensor sums = emitSums(node, *extended);
  MLIRContext *context = node.builder.getContext();
  SmallVector<MappedOperand> operands{
      {sums.emitted, node.builder.getMultiDimIdentityMap(3)}};
  if (node.hasInput(2))
    operands.push_back(
        {node.emit(node.getInput(2)),
         AffineMap::get(3, 0, node.builder.getAffineDimExpr(1), context)});
  node.setOutput(
      0, emitGeneric(node, operands, x.shape, x.elementType,
                     [&](ImplicitLocOpBuilder &b, ValueRange elements) {
                       ScalarMath m(b, elements[0].getType());
                       Value sum = elements.size() > 1
                                       ? m.add(elements[0], elements[1])
                                       : elements[0];
                       return activation == "none" ? sum
                                                   : m.mul(sum, m.sigmoid(sum));
                     }));
  Size kept = node.sizes.getConstant(*extent - 1),
       zero = node.sizes.getConstant(0);
  node.setOutput(1, emitSlice(node, *extended, {zero, zero, x.shape[2]},
                              {x.shape[0], x.shape[1], kept}, {1, 1, 1}));
  return success();
}
