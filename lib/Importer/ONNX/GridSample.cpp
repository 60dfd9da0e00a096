//===- GridSample.cpp - samples at computed places ------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GridSample.h"

#include "ScalarMath.h"
#include "TensorMath.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

namespace {

enum class Sampling { Nearest, Linear, Cubic };
enum class Outside { Zeros, Border, Reflection };

/// One GridSample node: a sum over the neighbours of each place.
class GridSampling {
public:
  explicit GridSampling(NodeImporter &node) : node(node) {}

  LogicalResult run();

private:
  LogicalResult check();
  Value buildPlace(ScalarMath &m, unsigned axis, Value given);
  Value buildReflected(ScalarMath &m, unsigned axis, Value place);
  Value buildNeighbour(ScalarMath &m, unsigned axis, Value place,
                       int64_t offset);
  Value buildWeight(ScalarMath &m, unsigned axis, Value place, int64_t offset);
  ImportedTensor emitNeighbour(ArrayRef<int64_t> offsets);
  ImportedTensor emitWeighted(ArrayRef<int64_t> offsets, ImportedTensor &sum);

  NodeImporter &node;
  Sampling sampling = Sampling::Linear;
  Outside outside = Outside::Zeros;
  bool alignsCorners = false;
  unsigned rank = 0;
  Shape shape;
  /// Spatial sizes as index values.
  SmallVector<Value> sizes;
  /// The coordinates of each result, in the order of the spatial dimensions.
  SmallVector<MappedOperand> coordinates;
};

} // namespace

LogicalResult GridSampling::check() {
  ImportedTensor &x = node.getInput(0), &grid = node.getInput(1);
  rank = x.getRank() > 2 ? x.getRank() - 2 : 0;
  bool fits = isFloat(x.elementType) && grid.elementType == x.elementType &&
              rank > 0 && grid.getRank() == x.getRank() &&
              isConstant(grid.shape.back(), rank) &&
              node.equate(grid.shape[0], x.shape[0]);
  if (!fits)
    return node.malformed("expected batch x channels x sizes of floats and a "
                          "place per batch and result, got " +
                          node.print(x) + " and " + node.print(grid));
  std::string mode = node.getString("mode", "linear"),
              padding = node.getString("padding_mode", "zeros");
  bool isKnown = true;
  sampling = llvm::StringSwitch<Sampling>(mode)
                 .Cases("linear", "bilinear", Sampling::Linear)
                 .Cases("cubic", "bicubic", Sampling::Cubic)
                 .Default(Sampling::Nearest);
  outside = llvm::StringSwitch<Outside>(padding)
                .Case("border", Outside::Border)
                .Case("reflection", Outside::Reflection)
                .Default(Outside::Zeros);
  isKnown &= sampling != Sampling::Nearest || mode == "nearest";
  isKnown &= outside != Outside::Zeros || padding == "zeros";
  if (!isKnown || (sampling == Sampling::Cubic && rank != 2))
    return node.malformed("expected mode nearest, linear or, in two "
                          "dimensions, cubic and padding_mode zeros, border or "
                          "reflection, got '" +
                          mode + "' and '" + padding + "'");
  alignsCorners = node.getInt("align_corners", 0);
  shape = {x.shape[0], x.shape[1]};
  shape.append(grid.shape.begin() + 1, grid.shape.end() - 1);
  if (!node.sizes.tryGetProduct(shape))
    return node.tooLarge();
  MLIRContext *context = node.builder.getContext();
  for (unsigned i = 0; i < rank; ++i) {
    if (!node.limit(node.sizes.getConstant(1), x.shape[i + 2]))
      return node.malformed("expected elements to sample, got " +
                            node.print(x.shape));
    sizes.push_back(node.state.emitIndex(x.shape[i + 2], node.loc));
    SmallVector<AffineExpr> exprs{node.builder.getAffineDimExpr(0)};
    for (unsigned j = 0; j < rank; ++j)
      exprs.push_back(node.builder.getAffineDimExpr(j + 2));
    // The grid has the last dimension's coordinate first.
    exprs.push_back(node.builder.getAffineConstantExpr(rank - 1 - i));
    coordinates.push_back(
        {node.emit(grid), AffineMap::get(rank + 2, 0, exprs, context)});
  }
  return success();
}

static Value buildSize(ScalarMath &m, Value size) {
  return m.b.create<arith::SIToFPOp>(
      m.type, m.b.create<arith::IndexCastOp>(m.b.getI64Type(), size));
}

/// `place` mirrored at the ends as often as it takes.
Value GridSampling::buildReflected(ScalarMath &m, unsigned axis, Value place) {
  Value size = buildSize(m, sizes[axis]);
  double low = alignsCorners ? 0 : -0.5;
  Value range = alignsCorners ? m.add(size, -1) : size;
  range = m.atLeast(range, 1e-6);
  Value period = m.mul(range, 2);
  Value offset = m.abs(m.add(place, -low));
  Value turns = m.b.create<math::FloorOp>(m.div(offset, period));
  Value phase = m.sub(offset, m.mul(turns, period));
  Value back = m.sub(period, phase);
  return m.add(m.atMost(phase, back), low);
}

/// The place along `axis` in elements.
Value GridSampling::buildPlace(ScalarMath &m, unsigned axis, Value given) {
  Value size = buildSize(m, sizes[axis]);
  Value whole = m.add(given, 1);
  Value place = alignsCorners ? m.mul(m.div(whole, 2), m.add(size, -1))
                              : m.div(m.add(m.mul(whole, size), -1), 2);
  if (outside == Outside::Border)
    place = m.atMost(m.atLeast(place, 0.0), m.add(size, -1));
  if (outside == Outside::Reflection)
    place = buildReflected(m, axis, place);
  return place;
}

/// The element `offset` beside the place, as a whole float.
Value GridSampling::buildNeighbour(ScalarMath &m, unsigned axis, Value place,
                                   int64_t offset) {
  if (sampling == Sampling::Nearest)
    return m.b.create<math::RoundEvenOp>(place);
  Value element = m.add(m.b.create<math::FloorOp>(place), double(offset));
  if (outside == Outside::Reflection)
    element = m.b.create<math::RoundEvenOp>(buildReflected(m, axis, element));
  return element;
}

Value GridSampling::buildWeight(ScalarMath &m, unsigned axis, Value place,
                                int64_t offset) {
  Value weight;
  if (sampling == Sampling::Nearest) {
    weight = m.constant(1);
  } else {
    Value distance = m.abs(
        m.sub(m.add(m.b.create<math::FloorOp>(place), double(offset)), place));
    if (sampling == Sampling::Linear) {
      weight = m.sub(m.constant(1), distance);
    } else {
      // Keys' kernel with a = -0.75.
      constexpr double a = -0.75;
      auto horner = [&](ArrayRef<double> coefficients) {
        Value sum = m.constant(coefficients.front());
        for (double next : coefficients.drop_front())
          sum = m.add(m.mul(sum, distance), next);
        return sum;
      };
      Value isNear = m.less(distance, 1.0);
      weight = m.select(isNear, horner({a + 2, -(a + 3), 0, 1}),
                        horner({a, -5 * a, 8 * a, -4 * a}));
    }
  }
  if (outside != Outside::Zeros)
    return weight;
  Value element = buildNeighbour(m, axis, place, offset);
  Value isOutside = m.b.create<arith::OrIOp>(
      m.less(element, 0.0),
      m.less(m.add(buildSize(m, sizes[axis]), -1), element));
  return m.select(isOutside, m.constant(0), weight);
}

/// For each result the element that is `offsets` from its place.
ImportedTensor GridSampling::emitNeighbour(ArrayRef<int64_t> offsets) {
  return emitIndexed(
      node, node.getInput(0), coordinates, shape,
      [&](ImplicitLocOpBuilder &b, ValueRange position, ValueRange elements) {
        SmallVector<Value> indices{position[0], position[1]};
        for (unsigned i = 0; i < rank; ++i) {
          Value given = elements[i];
          Type compute = getComputeType(given.getType());
          if (given.getType() != compute)
            given = b.create<arith::ExtFOp>(compute, given);
          ScalarMath m(b, compute);
          Value element =
              buildNeighbour(m, i, buildPlace(m, i, given), offsets[i]);
          Value last = m.add(buildSize(m, sizes[i]), -1);
          // Clamped as a float: places may be beyond all integers.
          Value inside = m.atMost(m.atLeast(element, 0.0), last);
          Value isNumber = b.create<arith::CmpFOp>(arith::CmpFPredicate::ORD,
                                                   inside, inside);
          inside = m.select(isNumber, inside, m.constant(0));
          indices.push_back(b.create<arith::IndexCastOp>(
              b.getIndexType(),
              b.create<arith::FPToSIOp>(b.getI64Type(), inside)));
        }
        return indices;
      });
}

/// `sum` (not valid at first) plus the weighted neighbours.
ImportedTensor GridSampling::emitWeighted(ArrayRef<int64_t> offsets,
                                          ImportedTensor &sum) {
  AffineMap all = node.builder.getMultiDimIdentityMap(rank + 2);
  SmallVector<MappedOperand> operands(coordinates);
  operands.push_back({emitNeighbour(offsets).emitted, all});
  if (sum.isValid())
    operands.push_back({sum.emitted, all});
  return emitGeneric(
      node, operands, shape, getAccumulatorType(node.getInput(0).elementType),
      [&](ImplicitLocOpBuilder &b, ValueRange elements) {
        ScalarMath m(b, elements[0].getType());
        Value product = elements[rank];
        for (unsigned i = 0; i < rank; ++i)
          product =
              m.mul(product, buildWeight(m, i, buildPlace(m, i, elements[i]),
                                         offsets[i]));
        return sum.isValid() ? m.add(elements[rank + 1], product) : product;
      });
}

LogicalResult GridSampling::run() {
  if (failed(check()))
    return failure();
  int64_t first = sampling == Sampling::Cubic ? -1 : 0;
  int64_t count = sampling == Sampling::Cubic    ? 4
                  : sampling == Sampling::Linear ? 2
                                                 : 1;
  int64_t total = 1;
  for (unsigned i = 0; i < rank; ++i)
    total *= count;
  ImportedTensor sum;
  for (int64_t i = 0; i < total; ++i) {
    SmallVector<int64_t> offsets;
    for (int64_t rest = i; offsets.size() < rank; rest /= count)
      offsets.push_back(first + rest % count);
    sum = emitWeighted(offsets, sum);
  }
  node.setOutput(0, emitConversion(node, sum, node.getInput(0).elementType));
  return success();
}

LogicalResult importer::importGridSample(NodeImporter &node) {
  return GridSampling(node).run();
}

//===----------------------------------------------------------------------===//
// AffineGrid
//===----------------------------------------------------------------------===//

LogicalResult importer::importAffineGrid(NodeImporter &node) {
  ImportedTensor &theta = node.getInput(0);
  FailureOr<Shape> size = node.getShapeInput(1);
  if (failed(size))
    return failure();
  int64_t rank = int64_t(size->size()) - 2;
  bool fits = (rank == 2 || rank == 3) && isFloat(theta.elementType) &&
              theta.getRank() == 3 && node.equate(theta.shape[0], (*size)[0]) &&
              isConstant(theta.shape[1], rank) &&
              isConstant(theta.shape[2], rank + 1);
  if (!fits)
    return node.malformed("expected maps for a shape of two or three spatial "
                          "sizes, got " +
                          node.print(theta) + " and " + node.print(*size));
  bool alignsCorners = node.getInt("align_corners", 0);
  MLIRContext *context = node.builder.getContext();
  // Loops: batch, spatial positions, coordinate.
  Shape shape{(*size)[0]};
  shape.append(size->begin() + 2, size->end());
  shape.push_back(node.sizes.getConstant(rank));
  SmallVector<MappedOperand> operands;
  SmallVector<Value> sizes;
  for (int64_t i = 0; i <= rank; ++i)
    operands.push_back({node.emit(theta),
                        AffineMap::get(rank + 2, 0,
                                       {node.builder.getAffineDimExpr(0),
                                        node.builder.getAffineDimExpr(rank + 1),
                                        node.builder.getAffineConstantExpr(i)},
                                       context)});
  for (int64_t i = 0; i < rank; ++i)
    sizes.push_back(node.state.emitIndex((*size)[i + 2], node.loc));
  node.setOutput(
      0,
      emitGeneric(
          node, operands, shape, theta.elementType,
          [&](ImplicitLocOpBuilder &b, ValueRange elements) {
            ScalarMath m(b, elements[0].getType());
            Value sum = elements[rank];
            for (int64_t i = 0; i < rank; ++i) {
              // The first coordinate is that of the last dimension.
              int64_t axis = rank - 1 - i;
              Value count = buildSize(m, sizes[axis]);
              Value index = buildSize(m, b.create<linalg::IndexOp>(axis + 1));
              Value doubled = m.mul(index, 2);
              Value place =
                  alignsCorners
                      ? m.add(m.div(doubled, m.atLeast(m.add(count, -1), 1.0)),
                              -1)
                      : m.add(m.div(m.add(doubled, 1), count), -1);
              sum = m.add(sum, m.mul(elements[i], place));
            }
            return sum;
          }));
  return success();
}
