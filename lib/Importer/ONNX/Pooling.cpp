//===- Pooling.cpp - maxima and means under a window ----------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LayerHandlers.h"
#include "ScalarMath.h"
#include "TensorMath.h"
#include "Window.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

static std::string name(ElementType type) {
  return ::ccq::getElementTypeName(type);
}

/// The smallest value of a type: -inf, or the lowest integer.
static TypedAttr getLowest(Builder &builder, ElementType elementType) {
  Type type = findBuiltinType(elementType, builder.getContext());
  if (auto floating = dyn_cast<FloatType>(type))
    return builder.getFloatAttr(
        type, APFloat::getInf(floating.getFloatSemantics(), /*Negative=*/true));
  unsigned width = type.getIntOrFloatBitWidth();
  return builder.getIntegerAttr(type, isUnsignedInteger(elementType)
                                          ? APInt::getZero(width)
                                          : APInt::getSignedMinValue(width));
}

static Value buildMaximum(ImplicitLocOpBuilder &b, ElementType type, Value x,
                          Value y) {
  if (isFloat(type))
    return b.create<arith::MaximumFOp>(x, y);
  if (isUnsignedInteger(type))
    return b.create<arith::MaxUIOp>(x, y);
  return b.create<arith::MaxSIOp>(x, y);
}

namespace {

/// One MaxPool or AveragePool node: the elements under the window at every
/// position as dimensions of their own, which are then reduced.
class Pooling {
public:
  explicit Pooling(NodeImporter &node) : node(node) {}

  LogicalResult run();

private:
  LogicalResult check();
  ImportedTensor emitPatches(TypedAttr padding);
  ImportedTensor emitMaxima();
  ImportedTensor emitMeans();
  ImportedTensor emitNorms();
  Value buildCount(ImplicitLocOpBuilder &b, unsigned dimension) const;

  NodeImporter &node;
  SmallVector<WindowDimension> windows;
  /// Sizes of the spatial dimensions as index values.
  SmallVector<Value> sizes;
};

} // namespace

LogicalResult Pooling::check() {
  ImportedTensor &x = node.getInput(0);
  bool isMaximum = node.node.opType == "MaxPool";
  if (!(isFloat(x.elementType) || (isMaximum && isInteger(x.elementType))) ||
      x.getRank() < 3)
    return node.malformed("expected a tensor of numbers of rank 3 or more, "
                          "got " +
                          name(x.elementType) + node.print(x.shape));
  if (node.getNumOutputs() > 1 && node.node.outputs[1] != absentValue)
    return node.unsupported("expected no output of indices");
  FailureOr<SmallVector<WindowDimension>> read =
      readWindow(node, *node.findInts("kernel_shape"),
                 node.getInt("ceil_mode", 0) ? PositionRounding::Up
                                             : PositionRounding::Down);
  if (failed(read))
    return failure();
  windows = *read;
  for (size_t i = 0; i < windows.size(); ++i)
    sizes.push_back(node.state.emitIndex(x.shape[i + 2], node.loc));
  return success();
}

/// batch x channels x positions x window.
ImportedTensor Pooling::emitPatches(TypedAttr padding) {
  ImportedTensor padded = emitPadded(node, node.getInput(0), windows, padding);
  Shape shape(ArrayRef<Size>(padded.shape).take_front(2));
  for (const WindowDimension &window : windows)
    shape.push_back(window.positions);
  for (const WindowDimension &window : windows)
    shape.push_back(node.sizes.getConstant(window.extent));
  SmallVector<AffineExpr> exprs{node.builder.getAffineDimExpr(0),
                                node.builder.getAffineDimExpr(1)};
  llvm::append_range(exprs,
                     getWindowExprs(node, windows, 2, 2 + windows.size()));
  AffineMap map =
      AffineMap::get(shape.size(), 0, exprs, node.builder.getContext());
  return emitGeneric(
      node, {{node.emit(padded), map}}, shape, padded.elementType,
      [](ImplicitLocOpBuilder &, ValueRange elements) { return elements[0]; });
}

static SmallVector<int64_t> getLastAxes(int64_t rank, int64_t count) {
  return llvm::to_vector(llvm::seq<int64_t>(rank - count, rank));
}

ImportedTensor Pooling::emitMaxima() {
  ElementType type = node.getInput(0).elementType;
  ImportedTensor patches = emitPatches(getLowest(node.builder, type));
  return emitReduction(node, patches,
                       getLastAxes(patches.getRank(), windows.size()), type,
                       getLowest(node.builder, type),
                       [&](ImplicitLocOpBuilder &b, ValueRange elements) {
                         return buildMaximum(b, type, elements[1], elements[0]);
                       });
}

/// Elements under the window along one dimension that count: those of the
/// tensor, or with count_include_pad those of the padding too.
Value Pooling::buildCount(ImplicitLocOpBuilder &b, unsigned dimension) const {
  const WindowDimension &window = windows[dimension];
  auto constant = [&](int64_t value) -> Value {
    return b.create<arith::ConstantIndexOp>(value);
  };
  bool includesPadding = node.getInt("count_include_pad", 0);
  Value low = constant(includesPadding ? -window.padBefore : 0);
  Value high = sizes[dimension];
  if (includesPadding)
    high = b.create<arith::AddIOp>(high, constant(window.padAfter));
  Value position = b.create<linalg::IndexOp>(2 + dimension);
  Value start = b.create<arith::SubIOp>(
      b.create<arith::MulIOp>(position, constant(window.stride)),
      constant(window.padBefore));
  auto getFirst = [&](Value bound) -> Value {
    Value distance = b.create<arith::SubIOp>(bound, start);
    Value steps =
        b.create<arith::CeilDivSIOp>(distance, constant(window.dilation));
    Value atLeast = b.create<arith::MaxSIOp>(steps, constant(0));
    return b.create<arith::MinSIOp>(atLeast, constant(window.extent));
  };
  return b.create<arith::SubIOp>(getFirst(high), getFirst(low));
}

ImportedTensor Pooling::emitMeans() {
  ElementType type = node.getInput(0).elementType;
  ElementType accumulator = getAccumulatorType(type);
  Type own = findBuiltinType(type, node.builder.getContext());
  Type computed = findBuiltinType(accumulator, node.builder.getContext());
  ImportedTensor patches =
      emitPatches(cast<TypedAttr>(node.builder.getZeroAttr(own)));
  ImportedTensor sums = emitReduction(
      node, patches, getLastAxes(patches.getRank(), windows.size()),
      accumulator, node.builder.getFloatAttr(computed, 0.0),
      [&](ImplicitLocOpBuilder &b, ValueRange elements) {
        return ScalarMath(b, computed).add(elements[1], elements[0]);
      });
  AffineMap all = node.builder.getMultiDimIdentityMap(sums.getRank());
  return emitGeneric(
      node, {{sums.emitted, all}}, sums.shape, type,
      [&](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
        Value count;
        for (unsigned i = 0; i < windows.size(); ++i) {
          Value own = buildCount(b, i);
          count = count ? b.create<arith::MulIOp>(count, own).getResult() : own;
        }
        Value integer = b.create<arith::IndexCastOp>(b.getI64Type(), count);
        Value divisor = b.create<arith::SIToFPOp>(computed, integer);
        return b.create<arith::DivFOp>(elements[0], divisor);
      });
}

/// (sum of |x|^p)^(1/p) of the elements under the window.
ImportedTensor Pooling::emitNorms() {
  ElementType type = node.getInput(0).elementType;
  ElementType accumulator = getAccumulatorType(type);
  Type own = findBuiltinType(type, node.builder.getContext());
  Type computed = findBuiltinType(accumulator, node.builder.getContext());
  int64_t power = node.getInt("p", 2);
  ImportedTensor patches =
      emitPatches(cast<TypedAttr>(node.builder.getZeroAttr(own)));
  ImportedTensor sums = emitReduction(
      node, patches, getLastAxes(patches.getRank(), windows.size()),
      accumulator, node.builder.getFloatAttr(computed, 0.0),
      [&](ImplicitLocOpBuilder &b, ValueRange elements) {
        ScalarMath m(b, computed);
        Value magnitude = m.abs(elements[0]);
        Value term =
            power == 1 ? magnitude
            : power == 2
                ? m.mul(magnitude, magnitude)
                : b.create<math::PowFOp>(magnitude, m.constant(double(power)));
        return m.add(elements[1], term);
      });
  AffineMap all = node.builder.getMultiDimIdentityMap(sums.getRank());
  return emitGeneric(node, {{sums.emitted, all}}, sums.shape, type,
                     [&](ImplicitLocOpBuilder &b, ValueRange elements) {
                       ScalarMath m(b, computed);
                       return b
                           .create<math::PowFOp>(
                               elements[0], m.constant(1.0 / double(power)))
                           .getResult();
                     });
}

LogicalResult Pooling::run() {
  if (failed(check()))
    return failure();
  StringRef op = node.node.opType;
  if (op == "LpPool" && node.getInt("p", 2) < 1)
    return node.malformed("expected p of at least 1, got " +
                          Twine(node.getInt("p", 2)));
  node.setOutput(0, op == "MaxPool"  ? emitMaxima()
                    : op == "LpPool" ? emitNorms()
                                     : emitMeans());
  return success();
}

LogicalResult importer::importPooling(NodeImporter &node) {
  return Pooling(node).run();
}

/// One maximum or mean per batch and channel.
LogicalResult importer::importGlobalPooling(NodeImporter &node) {
  ImportedTensor &x = node.getInput(0);
  if (!isFloat(x.elementType) || x.getRank() < 3)
    return node.malformed("expected a tensor of floats of rank 3 or more, "
                          "got " +
                          name(x.elementType) + node.print(x.shape));
  bool isMaximum = node.node.opType == "GlobalMaxPool";
  ElementType accumulator = getAccumulatorType(x.elementType);
  Type computed = findBuiltinType(accumulator, node.builder.getContext());
  ImportedTensor reduced = emitReduction(
      node, x, getLastAxes(x.getRank(), x.getRank() - 2), accumulator,
      isMaximum ? getLowest(node.builder, accumulator)
                : TypedAttr(node.builder.getFloatAttr(computed, 0.0)),
      [&](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
        if (isMaximum)
          return buildMaximum(b, accumulator, elements[1], elements[0]);
        return b.create<arith::AddFOp>(elements[1], elements[0]);
      });
  Size count = node.sizes.tryGetProduct(ArrayRef<Size>(x.shape).drop_front(2));
  Value elements = node.state.emitIndex(count, node.loc);
  AffineMap all = node.builder.getMultiDimIdentityMap(2);
  ImportedTensor result = emitGeneric(
      node, {{reduced.emitted, all}}, reduced.shape, x.elementType,
      [&](ImplicitLocOpBuilder &b, ValueRange values) -> Value {
        if (isMaximum)
          return values[0];
        Value integer = b.create<arith::IndexCastOp>(b.getI64Type(), elements);
        Value divisor = b.create<arith::SIToFPOp>(computed, integer);
        return b.create<arith::DivFOp>(values[0], divisor);
      });
  Shape shape = result.shape;
  shape.append(x.getRank() - 2, node.sizes.getConstant(1));
  node.setOutput(0, emitReshape(node, result, shape));
  return success();
}
