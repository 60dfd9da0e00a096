//===- ChannelNormalization.cpp - norms over channels and axes ------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ChannelNormalization.h"

#include "LayerNormalization.h"
#include "Ranking.h"
#include "ScalarMath.h"
#include "TensorMath.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

static LogicalResult checkFloats(NodeImporter &node, int64_t leastRank) {
  ImportedTensor &x = node.getInput(0);
  if (isFloat(x.elementType) && x.getRank() >= leastRank)
    return success();
  return node.malformed("expected floats of rank " + Twine(leastRank) +
                        " or more, got " + node.print(x));
}

/// The sum over one axis in the accumulator's type, kept as a dimension less.
static ImportedTensor
emitAxisSum(NodeImporter &node, ImportedTensor &x, int64_t axis,
            llvm::function_ref<Value(ScalarMath &, Value)> transform) {
  ElementType type = getAccumulatorType(x.elementType);
  Type element = findBuiltinType(type, node.builder.getContext());
  return emitReduction(node, x, {axis}, type,
                       node.builder.getFloatAttr(element, 0),
                       [&](ImplicitLocOpBuilder &b, ValueRange elements) {
                         ScalarMath m(b, element);
                         return m.add(elements[1], transform(m, elements[0]));
                       });
}

//===----------------------------------------------------------------------===//
// GroupNormalization
//===----------------------------------------------------------------------===//

LogicalResult importer::importGroupNormalization(NodeImporter &node) {
  ImportedTensor &x = node.getInput(0);
  if (failed(checkFloats(node, 3)))
    return failure();
  int64_t groups = node.getInt("num_groups", 1);
  auto channels = findConstant(x.shape[1]);
  if (!channels || groups < 1 || *channels % groups != 0)
    return node.malformed("expected a number of channels that num_groups " +
                          Twine(groups) + " divides, got " +
                          node.print(x.shape));
  // Scale and bias have an element per group before opset 21.
  bool isByGroup = node.node.opset < 21;
  Size expected = isByGroup ? node.sizes.getConstant(groups) : x.shape[1];
  for (size_t input : {1, 2}) {
    ImportedTensor &parameter = node.getInput(input);
    if (parameter.elementType != x.elementType ||
        parameter.shape != Shape{expected})
      return node.malformed("expected scale and bias of shape " +
                            node.print({expected}) + ", got " +
                            node.print(parameter));
  }
  Shape grouped{x.shape[0], node.sizes.getConstant(groups),
                node.sizes.getConstant(*channels / groups)};
  grouped.append(x.shape.begin() + 2, x.shape.end());
  ImportedTensor rows = emitReshape(node, x, grouped);
  FailureOr<NormalizedTensor> normalized = emitNormalization(
      node, rows,
      {2, node.getFloat("epsilon", 1e-5), Centering::Mean, nullptr, nullptr});
  if (failed(normalized))
    return failure();
  int64_t rank = rows.getRank();
  Shape parameters{node.sizes.getConstant(groups), grouped[2]};
  MLIRContext *context = node.builder.getContext();
  AffineExpr group = node.builder.getAffineDimExpr(1),
             channel = node.builder.getAffineDimExpr(2);
  SmallVector<MappedOperand> operands{
      {node.emit(normalized->result),
       AffineMap::getMultiDimIdentityMap(rank, context)}};
  for (size_t input : {1, 2}) {
    ImportedTensor parameter = node.getInput(input);
    if (!isByGroup)
      parameter = emitReshape(node, parameter, parameters);
    operands.push_back(
        {node.emit(parameter),
         isByGroup ? AffineMap::get(rank, 0, group, context)
                   : AffineMap::get(rank, 0, {group, channel}, context)});
  }
  ImportedTensor result =
      emitGeneric(node, operands, grouped, x.elementType,
                  [](ImplicitLocOpBuilder &b, ValueRange elements) {
                    ScalarMath m(b, elements[0].getType());
                    return m.add(m.mul(elements[0], elements[1]), elements[2]);
                  });
  node.setOutput(0, emitReshape(node, result, x.shape));
  return success();
}

//===----------------------------------------------------------------------===//
// LRN
//===----------------------------------------------------------------------===//

LogicalResult importer::importLocalResponseNormalization(NodeImporter &node) {
  ImportedTensor &x = node.getInput(0);
  if (failed(checkFloats(node, 2)))
    return failure();
  int64_t size = node.getInt("size", 1);
  if (size < 1 || size > (1 << 16))
    return node.malformed("expected a size of at least 1, got " + Twine(size));
  int64_t rank = x.getRank();
  Shape shape = x.shape;
  shape.push_back(node.sizes.getConstant(size));
  Value channels = node.state.emitIndex(x.shape[1], node.loc);
  auto findChannel = [&](ImplicitLocOpBuilder &b, Value channel, Value place) {
    Value before = b.create<arith::ConstantIndexOp>((size - 1) / 2);
    return b
        .create<arith::SubIOp>(b.create<arith::AddIOp>(channel, place), before)
        .getResult();
  };
  // The neighbours of each element, in a last dimension of their own.
  ImportedTensor neighbours = emitIndexed(
      node, x, {}, shape,
      [&](ImplicitLocOpBuilder &b, ValueRange position, ValueRange) {
        SmallVector<Value> place(position.drop_back());
        Value channel = findChannel(b, position[1], position.back());
        Value zero = b.create<arith::ConstantIndexOp>(0);
        Value last = b.create<arith::SubIOp>(
            channels, b.create<arith::ConstantIndexOp>(1));
        place[1] = b.create<arith::MinSIOp>(
            b.create<arith::MaxSIOp>(channel, zero), last);
        return place;
      });
  AffineMap wide = node.builder.getMultiDimIdentityMap(rank + 1);
  ImportedTensor squares = emitGeneric(
      node, {{neighbours.emitted, wide}}, shape,
      getAccumulatorType(x.elementType),
      [&](ImplicitLocOpBuilder &b, ValueRange elements) {
        ScalarMath m(b, elements[0].getType());
        Value channel = findChannel(b, b.create<linalg::IndexOp>(1),
                                    b.create<linalg::IndexOp>(rank));
        // A negative channel is a large unsigned one.
        Value isInside = b.create<arith::CmpIOp>(arith::CmpIPredicate::ult,
                                                 channel, channels);
        return m.select(isInside, m.mul(elements[0], elements[0]),
                        m.constant(0));
      });
  ImportedTensor sums =
      emitAxisSum(node, squares, rank, [](ScalarMath &, Value x) { return x; });
  AffineMap all = node.builder.getMultiDimIdentityMap(rank);
  node.setOutput(
      0, emitGeneric(
             node, {{node.emit(x), all}, {sums.emitted, all}}, x.shape,
             x.elementType, [&](ImplicitLocOpBuilder &b, ValueRange elements) {
               ScalarMath m(b, elements[0].getType());
               Value base =
                   m.add(m.mul(elements[1],
                               node.getFloat("alpha", 1e-4) / double(size)),
                         node.getFloat("bias", 1));
               Value power = b.create<math::PowFOp>(
                   base, m.constant(node.getFloat("beta", 0.75)));
               return m.div(elements[0], power);
             }));
  return success();
}

//===----------------------------------------------------------------------===//
// LpNormalization and Hardmax
//===----------------------------------------------------------------------===//

LogicalResult importer::importLpNormalization(NodeImporter &node) {
  ImportedTensor &x = node.getInput(0);
  if (failed(checkFloats(node, 1)))
    return failure();
  FailureOr<int64_t> axis = node.getAxis(node.getInt("axis", -1), x.getRank());
  if (failed(axis))
    return failure();
  int64_t power = node.getInt("p", 2);
  if (power != 1 && power != 2)
    return node.malformed("expected p of 1 or 2, got " + Twine(power));
  ImportedTensor sums =
      emitAxisSum(node, x, *axis, [&](ScalarMath &m, Value x) {
        return power == 1 ? m.abs(x) : m.mul(x, x);
      });
  node.setOutput(
      0, emitGeneric(
             node,
             {{node.emit(x), node.builder.getMultiDimIdentityMap(x.getRank())},
              {sums.emitted, getKeptMap(node, x.getRank(), {*axis})}},
             x.shape, x.elementType,
             [&](ImplicitLocOpBuilder &b, ValueRange elements) {
               ScalarMath m(b, elements[0].getType());
               Value norm = power == 1 ? elements[1]
                                       : b.create<math::SqrtOp>(elements[1]);
               // Zeros stay zeros.
               Value isZero = b.create<arith::CmpFOp>(arith::CmpFPredicate::OEQ,
                                                      norm, m.constant(0));
               return m.select(isZero, m.constant(0), m.div(elements[0], norm));
             }));
  return success();
}

LogicalResult importer::importHardmax(NodeImporter &node) {
  ImportedTensor &x = node.getInput(0);
  if (failed(checkFloats(node, 1)))
    return failure();
  bool isFlattening = node.node.opset < 13;
  FailureOr<int64_t> axis = node.getAxis(
      node.getInt("axis", isFlattening && x.getRank() > 1 ? 1 : -1),
      x.getRank());
  if (failed(axis))
    return failure();
  ImportedTensor rows = x;
  int64_t along = *axis;
  if (isFlattening && *axis != x.getRank() - 1) {
    ArrayRef<Size> sizes = x.shape;
    rows = emitReshape(node, x,
                       {node.sizes.tryGetProduct(sizes.take_front(*axis)),
                        node.sizes.tryGetProduct(sizes.drop_front(*axis))});
    along = 1;
  }
  ImportedTensor ranks = emitRanks(node, rows, along, RankOrder::LargestFirst);
  ImportedTensor result = emitGeneric(
      node,
      {{ranks.emitted, node.builder.getMultiDimIdentityMap(rows.getRank())}},
      rows.shape, x.elementType,
      [&](ImplicitLocOpBuilder &b, ValueRange elements) {
        ScalarMath m(
            b, getComputeType(findBuiltinType(x.elementType, b.getContext())));
        Value zero = b.create<arith::ConstantOp>(
            b.getIntegerAttr(elements[0].getType(), 0));
        Value isFirst = b.create<arith::CmpIOp>(arith::CmpIPredicate::eq,
                                                elements[0], zero);
        return m.select(isFirst, m.constant(1), m.constant(0));
      });
  node.setOutput(0, emitReshape(node, result, x.shape));
  return success();
}
