//===- BlockPlacement.cpp - CenterCropPad and Col2Im ----------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BlockPlacement.h"

#include "ScalarMath.h"
#include "TensorMath.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

static Value buildConstant(ImplicitLocOpBuilder &b, int64_t value) {
  return b.create<arith::ConstantIndexOp>(value);
}

/// Whether 0 <= index < size: a negative index is a large unsigned one.
static Value buildIsInside(ImplicitLocOpBuilder &b, Value index, Value size) {
  return b.create<arith::CmpIOp>(arith::CmpIPredicate::ult, index, size);
}

static Value buildClamped(ImplicitLocOpBuilder &b, Value index, Value size) {
  Value last = b.create<arith::SubIOp>(size, buildConstant(b, 1));
  return b.create<arith::MinSIOp>(
      b.create<arith::MaxSIOp>(index, buildConstant(b, 0)), last);
}

LogicalResult importer::importCenterCropPad(NodeImporter &node) {
  ImportedTensor &x = node.getInput(0);
  FailureOr<SmallVector<int64_t>> target =
      node.getConstantIntegers(1, "a shape");
  if (failed(target))
    return failure();
  int64_t rank = x.getRank();
  auto axes = node.findInts("axes");
  if (!axes)
    axes = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  auto sizes = findConstants(x.shape);
  if (!sizes)
    return node.unsupported("expected a constant shape, got " +
                                node.print(x.shape),
                            "fix the dimensions with --dim NAME=SIZE");
  if (axes->size() != target->size())
    return node.malformed("expected a size for each of " + Twine(axes->size()) +
                          " axes, got " + Twine(target->size()));
  Shape shape = x.shape;
  SmallVector<int64_t> shifts(rank, 0);
  for (auto [given, size] : llvm::zip(*axes, *target)) {
    FailureOr<int64_t> axis = node.getAxis(given, rank);
    if (failed(axis))
      return failure();
    if (size < 0 || (*sizes)[*axis] < 1)
      return node.malformed("expected sizes of at least 0 for elements, got " +
                            Twine(size));
    int64_t difference = (*sizes)[*axis] - size;
    shifts[*axis] = difference >= 0 ? difference / 2 : -(-difference / 2);
    shape[*axis] = node.sizes.getConstant(size);
  }
  if (!node.sizes.tryGetProduct(shape))
    return node.tooLarge();
  auto shift = [&](ImplicitLocOpBuilder &b, Value index,
                   int64_t axis) -> Value {
    return b.create<arith::AddIOp>(index, buildConstant(b, shifts[axis]));
  };
  ImportedTensor looked = emitIndexed(
      node, x, {}, shape,
      [&](ImplicitLocOpBuilder &b, ValueRange position, ValueRange) {
        SmallVector<Value> place;
        for (auto [axis, index] : llvm::enumerate(position))
          place.push_back(buildClamped(b, shift(b, index, axis),
                                       buildConstant(b, (*sizes)[axis])));
        return place;
      });
  AffineMap all = node.builder.getMultiDimIdentityMap(rank);
  node.setOutput(
      0, emitGeneric(
             node, {{looked.emitted, all}}, shape, x.elementType,
             [&](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
               Value value = elements[0];
               Value zero = b.create<arith::ConstantOp>(
                   cast<TypedAttr>(b.getZeroAttr(value.getType())));
               for (int64_t axis = 0; axis < rank; ++axis) {
                 Value index = shift(b, b.create<linalg::IndexOp>(axis), axis);
                 Value isInside =
                     buildIsInside(b, index, buildConstant(b, (*sizes)[axis]));
                 value = b.create<arith::SelectOp>(isInside, value, zero);
               }
               return value;
             }));
  return success();
}

namespace {

/// One Col2Im node: each element adds up the blocks that cover it.
class ColumnsToImage {
public:
  explicit ColumnsToImage(NodeImporter &node) : node(node) {}

  LogicalResult run();

private:
  LogicalResult check();
  /// Number of the block along `axis` that covers `element` with its element
  /// `inner`, and whether there is one.
  Value buildBlock(ImplicitLocOpBuilder &b, unsigned axis, Value element,
                   Value inner, Value *exists = nullptr);

  NodeImporter &node;
  SmallVector<int64_t> image, block, strides, dilations, pads, counts;
};

} // namespace

LogicalResult ColumnsToImage::check() {
  ImportedTensor &x = node.getInput(0);
  FailureOr<SmallVector<int64_t>> sizes = node.getConstantIntegers(
                                      1, "image_shape"),
                                  extents = node.getConstantIntegers(
                                      2, "block_shape");
  if (failed(sizes) || failed(extents))
    return failure();
  image = *sizes;
  block = *extents;
  size_t rank = image.size();
  auto get = [&](StringRef name, size_t count, int64_t byDefault) {
    return node.findInts(name).value_or(SmallVector<int64_t>(count, byDefault));
  };
  strides = get("strides", rank, 1);
  dilations = get("dilations", rank, 1);
  pads = get("pads", 2 * rank, 0);
  auto shape = findConstants(
      ArrayRef<Size>(x.shape).drop_front(std::min<size_t>(1, x.shape.size())));
  bool fits = isFloat(x.elementType) && x.getRank() == 3 && shape && rank > 0 &&
              rank <= 4 && block.size() == rank && strides.size() == rank &&
              dilations.size() == rank && pads.size() == 2 * rank;
  int64_t window = 1, total = 1;
  constexpr int64_t bound = 1 << 20;
  auto isBetween = [](int64_t value, int64_t low) {
    return value >= low && value <= bound;
  };
  for (size_t i = 0; fits && i < rank; ++i) {
    fits = isBetween(image[i], 1) && isBetween(block[i], 1) &&
           isBetween(strides[i], 1) && isBetween(dilations[i], 1) &&
           isBetween(pads[i], 0) && isBetween(pads[rank + i], 0);
    if (!fits)
      break;
    int64_t slack =
        image[i] + pads[i] + pads[rank + i] - dilations[i] * (block[i] - 1) - 1;
    fits = slack >= 0;
    counts.push_back(slack / strides[i] + 1);
    window *= block[i];
    total *= counts.back();
    fits = fits && window <= (int64_t(1) << 30) && total <= (int64_t(1) << 30);
  }
  if (!fits || (*shape)[0] % window != 0 || (*shape)[1] != total)
    return node.malformed("expected columns of the blocks of an image, got " +
                          node.print(x));
  return success();
}

Value ColumnsToImage::buildBlock(ImplicitLocOpBuilder &b, unsigned axis,
                                 Value element, Value inner, Value *exists) {
  Value start = b.create<arith::SubIOp>(
      b.create<arith::AddIOp>(element, buildConstant(b, pads[axis])),
      b.create<arith::MulIOp>(inner, buildConstant(b, dilations[axis])));
  Value stride = buildConstant(b, strides[axis]);
  Value number = b.create<arith::FloorDivSIOp>(start, stride);
  if (exists) {
    Value isWhole =
        b.create<arith::CmpIOp>(arith::CmpIPredicate::eq,
                                b.create<arith::MulIOp>(number, stride), start);
    *exists = b.create<arith::AndIOp>(
        isWhole, buildIsInside(b, number, buildConstant(b, counts[axis])));
  }
  return buildClamped(b, number, buildConstant(b, counts[axis]));
}

LogicalResult ColumnsToImage::run() {
  if (failed(check()))
    return failure();
  ImportedTensor &x = node.getInput(0);
  unsigned rank = image.size();
  int64_t window = 1;
  for (int64_t extent : block)
    window *= extent;
  // batch x channels x image x block.
  Shape shape{x.shape[0],
              node.sizes.getConstant(*findConstant(x.shape[1]) / window)};
  for (ArrayRef<int64_t> part : {ArrayRef(image), ArrayRef(block)})
    for (int64_t size : part)
      shape.push_back(node.sizes.getConstant(size));
  ImportedTensor looked = emitIndexed(
      node, x, {}, shape,
      [&](ImplicitLocOpBuilder &b, ValueRange position, ValueRange) {
        Value row = position[1], column = buildConstant(b, 0);
        for (unsigned i = 0; i < rank; ++i) {
          Value inner = position[2 + rank + i];
          row = b.create<arith::AddIOp>(
              b.create<arith::MulIOp>(row, buildConstant(b, block[i])), inner);
          column = b.create<arith::AddIOp>(
              b.create<arith::MulIOp>(column, buildConstant(b, counts[i])),
              buildBlock(b, i, position[2 + i], inner));
        }
        return SmallVector<Value>{position[0], row, column};
      });
  AffineMap all = node.builder.getMultiDimIdentityMap(2 + 2 * rank);
  ElementType accumulator = getAccumulatorType(x.elementType);
  ImportedTensor terms = emitGeneric(
      node, {{looked.emitted, all}}, shape, accumulator,
      [&](ImplicitLocOpBuilder &b, ValueRange elements) {
        ScalarMath m(b, elements[0].getType());
        Value value = elements[0];
        for (unsigned i = 0; i < rank; ++i) {
          Value exists;
          buildBlock(b, i, b.create<linalg::IndexOp>(2 + i),
                     b.create<linalg::IndexOp>(2 + rank + i), &exists);
          value = m.select(exists, value, m.constant(0));
        }
        return value;
      });
  Type type = findBuiltinType(accumulator, node.builder.getContext());
  ImportedTensor sums = emitReduction(
      node, terms, llvm::to_vector(llvm::seq<int64_t>(2 + rank, 2 + 2 * rank)),
      accumulator, node.builder.getFloatAttr(type, 0),
      [](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
        return b.create<arith::AddFOp>(elements[1], elements[0]);
      });
  node.setOutput(0, emitConversion(node, sums, x.elementType));
  return success();
}

LogicalResult importer::importCol2Im(NodeImporter &node) {
  return ColumnsToImage(node).run();
}
