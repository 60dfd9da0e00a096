//===- Padding.cpp - Pad and Tile -----------------------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Emission.h"
#include "LayerHandlers.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

static std::string name(ElementType type) {
  return ::ccq::getElementTypeName(type);
}

namespace {

/// Elements before and after each dimension; negative ones are cut off.
struct Pads {
  SmallVector<int64_t> before, after;
};

} // namespace

/// `given`: all elements before, then all after, for the named axes.
static FailureOr<Pads> distributePads(NodeImporter &node,
                                      ArrayRef<int64_t> given,
                                      std::optional<ArrayRef<int64_t>> axes) {
  int64_t rank = node.getInput(0).getRank();
  Pads pads{SmallVector<int64_t>(rank, 0), SmallVector<int64_t>(rank, 0)};
  int64_t count = axes ? int64_t(axes->size()) : rank;
  if (int64_t(given.size()) != 2 * count)
    return node.malformed("expected two pads for each of " + Twine(count) +
                          " dimensions, got " + Twine(given.size()));
  constexpr int64_t limit = int64_t(1) << 40;
  for (int64_t i = 0; i < count; ++i) {
    FailureOr<int64_t> axis = node.getAxis(axes ? (*axes)[i] : i, rank);
    if (failed(axis))
      return failure();
    pads.before[*axis] = given[i];
    pads.after[*axis] = given[count + i];
    if (std::abs(given[i]) >= limit || std::abs(given[count + i]) >= limit)
      return node.tooLarge();
  }
  return pads;
}

/// The place in a dimension of `size` elements that place `index` of the padded
/// one shows; any place of the dimension where the padding shows a constant.
static Value buildPlace(ImplicitLocOpBuilder &b, StringRef mode, Value index,
                        int64_t before, Value size) {
  auto constant = [&](int64_t value) -> Value {
    return b.create<arith::ConstantIndexOp>(value);
  };
  Value zero = constant(0), one = constant(1);
  Value last = b.create<arith::SubIOp>(size, one);
  Value place = b.create<arith::SubIOp>(index, constant(before));
  auto modulo = [&](Value x, Value period) -> Value {
    Value rest = b.create<arith::RemSIOp>(x, period);
    Value isNegative =
        b.create<arith::CmpIOp>(arith::CmpIPredicate::slt, rest, zero);
    Value shifted = b.create<arith::AddIOp>(rest, period);
    return b.create<arith::SelectOp>(isNegative, shifted, rest);
  };
  if (mode == "wrap")
    return modulo(place, size);
  if (mode == "reflect") {
    // A period goes forth and back without the ends twice.
    Value twice = b.create<arith::AddIOp>(last, last);
    Value phase = modulo(place, b.create<arith::MaxSIOp>(twice, one));
    Value back = b.create<arith::SubIOp>(twice, phase);
    place = b.create<arith::MinSIOp>(phase, back);
  }
  place = b.create<arith::MaxSIOp>(place, zero);
  return b.create<arith::MinSIOp>(place, last);
}

/// The constant at input 2, or 0, in the type of the data.
static FailureOr<Value> emitPadValue(NodeImporter &node) {
  ImportedTensor &x = node.getInput(0);
  Type type = findBuiltinType(x.elementType, node.builder.getContext());
  if (!node.hasInput(2)) {
    TypedAttr value = cast<TypedAttr>(node.builder.getZeroAttr(type));
    if (double given = node.getFloat("value", 0); given != 0) {
      if (!isFloat(x.elementType))
        return node.unsupported("expected a value of 0 for integers");
      value = node.builder.getFloatAttr(type, given);
    }
    return node.builder.create<arith::ConstantOp>(node.loc, value).getResult();
  }
  ImportedTensor &value = node.getInput(2);
  bool isScalar = value.getRank() == 0 ||
                  (value.getRank() == 1 && isConstant(value.shape[0], 1));
  if (value.elementType != x.elementType || !isScalar)
    return node.malformed("expected one value of " + name(x.elementType) +
                          ", got " + name(value.elementType) +
                          node.print(value.shape));
  SmallVector<Value> indices;
  if (value.getRank() == 1)
    indices.push_back(
        node.state.emitIndex(node.sizes.getConstant(0), node.loc));
  Value tensor = node.emit(value);
  return node.builder.create<tensor::ExtractOp>(node.loc, tensor, indices)
      .getResult();
}

static LogicalResult emitPad(NodeImporter &node, const Pads &pads) {
  ImportedTensor &x = node.getInput(0);
  std::string mode = node.getString("mode", "constant");
  bool isConstantMode = mode == "constant";
  if (!isConstantMode && mode != "reflect" && mode != "edge" && mode != "wrap")
    return node.malformed("expected mode constant, reflect, edge or wrap, "
                          "got " +
                          mode);
  Shape shape;
  bool isChanged = false;
  for (auto [i, size] : llvm::enumerate(x.shape)) {
    int64_t extra = pads.before[i] + pads.after[i];
    isChanged |= pads.before[i] != 0 || pads.after[i] != 0;
    shape.push_back(node.sizes.tryAdd(size, node.sizes.getConstant(extra)));
    if (!shape.back())
      return node.tooLarge();
    if (!node.limit(node.sizes.getConstant(0), shape.back()))
      return node.malformed("expected pads that leave a size of at least 0, "
                            "got " +
                            node.sizes.print(shape.back()));
    // Other modes repeat elements, so there has to be one.
    if (!isConstantMode && !node.limit(node.sizes.getConstant(1), size))
      return node.malformed("expected elements to repeat, got " +
                            node.print(x.shape));
  }
  if (!node.sizes.tryGetProduct(shape))
    return node.tooLarge();
  if (!isChanged) {
    node.setOutput(0, x);
    return success();
  }
  bool isEmpty = llvm::is_contained(x.shape, node.sizes.getConstant(0));
  FailureOr<Value> value = emitPadValue(node);
  if (failed(value))
    return failure();
  SmallVector<Value> sizes;
  for (Size size : x.shape)
    sizes.push_back(node.state.emitIndex(size, node.loc));
  Value source = node.emit(x);
  node.setOutput(
      0,
      emitGeneric(
          node, {}, shape, x.elementType,
          [&](ImplicitLocOpBuilder &b, ValueRange) -> Value {
            SmallVector<Value> indices;
            Value isInside;
            for (auto [i, size] : llvm::enumerate(sizes)) {
              Value index = b.create<linalg::IndexOp>(i);
              indices.push_back(
                  buildPlace(b, mode, index, pads.before[i], size));
              Value offset = b.create<arith::ConstantIndexOp>(pads.before[i]);
              Value own = b.create<arith::SubIOp>(index, offset);
              Value isOwn = b.create<arith::CmpIOp>(arith::CmpIPredicate::eq,
                                                    own, indices.back());
              isInside =
                  isInside
                      ? b.create<arith::AndIOp>(isInside, isOwn).getResult()
                      : isOwn;
            }
            Value element =
                isEmpty
                    ? *value
                    : b.create<tensor::ExtractOp>(source, indices).getResult();
            if (isConstantMode && isInside && !isEmpty)
              element = b.create<arith::SelectOp>(isInside, element, *value);
            Type computed = getComputeType(element.getType());
            if (element.getType() != computed)
              element = b.create<arith::ExtFOp>(computed, element);
            return element;
          }));
  return success();
}

LogicalResult importer::importPadByAttribute(NodeImporter &node) {
  SmallVector<int64_t> given = *node.findInts("pads");
  FailureOr<Pads> pads = distributePads(node, given, std::nullopt);
  return failed(pads) ? failure() : emitPad(node, *pads);
}

LogicalResult importer::importPad(NodeImporter &node) {
  FailureOr<SmallVector<int64_t>> given = node.getConstantIntegers(1, "pads");
  if (failed(given))
    return failure();
  SmallVector<int64_t> axes;
  if (node.hasInput(3)) {
    FailureOr<SmallVector<int64_t>> named = node.getConstantIntegers(3, "axes");
    if (failed(named))
      return failure();
    axes = *named;
  }
  FailureOr<Pads> pads = distributePads(
      node, *given,
      node.hasInput(3) ? std::optional<ArrayRef<int64_t>>(axes) : std::nullopt);
  return failed(pads) ? failure() : emitPad(node, *pads);
}

LogicalResult importer::importTile(NodeImporter &node) {
  ImportedTensor &x = node.getInput(0);
  FailureOr<Shape> repeats = node.getShapeInput(1);
  if (failed(repeats))
    return failure();
  if (int64_t(repeats->size()) != x.getRank())
    return node.malformed("expected " + Twine(x.getRank()) + " repeats, got " +
                          Twine(repeats->size()));
  Shape shape;
  for (auto [size, count] : llvm::zip(x.shape, *repeats)) {
    if (!node.limit(node.sizes.getConstant(0), count))
      return node.malformed("expected repeats of at least 0, got " +
                            node.sizes.print(count));
    shape.push_back(node.sizes.tryMultiply(size, count));
    if (!shape.back())
      return node.tooLarge();
  }
  if (!node.sizes.tryGetProduct(shape))
    return node.tooLarge();
  if (shape == x.shape) {
    node.setOutput(0, x);
    return success();
  }
  SmallVector<Value> sizes;
  for (Size size : x.shape)
    sizes.push_back(node.state.emitIndex(size, node.loc));
  node.setOutput(
      0, emitIndexed(
             node, x, {}, shape,
             [&](ImplicitLocOpBuilder &b, ValueRange position, ValueRange) {
               SmallVector<Value> indices;
               for (auto [index, size] : llvm::zip(position, sizes))
                 indices.push_back(b.create<arith::RemUIOp>(index, size));
               return indices;
             }));
  return success();
}
