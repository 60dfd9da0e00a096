//===- DataMovement.cpp - Concat, Split, Slice ----------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Handlers.h"
#include "SizeExtrema.h"
#include "TensorMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

#include <numeric>

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

//===----------------------------------------------------------------------===//
// Concat
//===----------------------------------------------------------------------===//

/// The shape of the concatenation. Reports operands that do not fit.
static FailureOr<Shape> getConcatShape(NodeImporter &node,
                                       ArrayRef<ImportedTensor *> operands,
                                       int64_t axis) {
  const ImportedTensor &first = *operands.front();
  Shape shape = first.shape;
  for (ImportedTensor *operand : operands.drop_front()) {
    if (operand->elementType != first.elementType ||
        operand->getRank() != first.getRank())
      return node.malformed("expected operands of one type and rank, got " +
                            ::ccq::getElementTypeName(first.elementType) +
                            node.print(first.shape) + " and " +
                            ::ccq::getElementTypeName(operand->elementType) +
                            node.print(operand->shape));
    for (int64_t i = 0; i < first.getRank(); ++i) {
      if (i == axis)
        shape[i] = node.sizes.tryAdd(shape[i], operand->shape[i]);
      else if (!node.equate(operand->shape[i], first.shape[i]))
        return node.malformed("expected operands that differ in dimension " +
                              Twine(axis) + " only, got " +
                              node.print(first.shape) + " and " +
                              node.print(operand->shape));
      else if (findConstant(operand->shape[i]))
        shape[i] = operand->shape[i];
    }
    if (!shape[axis] || !node.sizes.tryGetProduct(shape))
      return node.tooLarge();
  }
  return shape;
}

/// The concatenation of known vectors of integers.
static std::optional<ImportedTensor>
foldConcat(NodeImporter &node, ArrayRef<ImportedTensor *> operands,
           const Shape &shape) {
  if (shape.size() != 1)
    return std::nullopt;
  ImportedTensor result;
  result.elementType = operands.front()->elementType;
  result.shape = shape;
  result.integers.emplace();
  for (ImportedTensor *operand : operands) {
    const SmallVector<Size> *integers = node.state.findIntegers(*operand);
    if (!integers)
      return std::nullopt;
    result.integers->append(*integers);
  }
  if (int64_t(result.integers->size()) > maxKnownIntegers)
    return std::nullopt;
  return result;
}

LogicalResult importer::importConcat(NodeImporter &node) {
  SmallVector<ImportedTensor *> operands = node.getInputs();
  FailureOr<int64_t> axis =
      node.getAxis(node.getInt("axis", 0), operands.front()->getRank());
  if (failed(axis))
    return failure();
  FailureOr<Shape> shape = getConcatShape(node, operands, *axis);
  if (failed(shape))
    return failure();
  if (auto folded = foldConcat(node, operands, *shape)) {
    node.setOutput(0, *folded);
    return success();
  }
  if (operands.size() == 1) {
    node.setOutput(0, *operands.front());
    return success();
  }
  node.setOutput(0, emitConcat(node, operands, *axis, *shape));
  return success();
}

//===----------------------------------------------------------------------===//
// Split
//===----------------------------------------------------------------------===//

/// Sizes of the parts: given as attribute or input, or parts as equal as
/// possible.
static FailureOr<SmallVector<Size>> getSplitSizes(NodeImporter &node,
                                                  Size total) {
  size_t parts = node.getNumOutputs();
  SmallVector<Size> result;
  std::optional<SmallVector<int64_t>> given = node.findInts("split");
  if (node.hasInput(1)) {
    FailureOr<SmallVector<int64_t>> input =
        node.getConstantIntegers(1, "sizes of the parts");
    if (failed(input))
      return failure();
    given = *input;
  }
  if (given) {
    int64_t sum = 0;
    for (int64_t size : *given) {
      if (size < 0 || llvm::AddOverflow(sum, size, sum))
        return node.malformed("expected sizes of at least 0, got " +
                              Twine(size));
      result.push_back(node.sizes.getConstant(size));
    }
    std::optional<int64_t> constant = findConstant(total);
    if (given->size() != parts || (constant && *constant != sum))
      return node.malformed("expected " + Twine(parts) +
                            " sizes that add up to " + node.sizes.print(total) +
                            ", got " + Twine(given->size()) +
                            " that add up to " + Twine(sum));
    if (!constant)
      return node.unsupported("expected a constant size of the split "
                              "dimension, got " +
                                  node.sizes.print(total),
                              "fix the dimensions with --dim NAME=SIZE");
    return result;
  }
  if (auto constant = findConstant(total)) {
    // From opset 18 on the last part may be smaller.
    bool allowsRest = node.findInt("num_outputs").has_value();
    int64_t size = llvm::divideCeil(*constant, parts);
    int64_t last = *constant - size * int64_t(parts - 1);
    if ((!allowsRest && last != size) || last < 0)
      return node.malformed("expected a size that " + Twine(parts) +
                            " parts divide, got " + Twine(*constant));
    result.assign(parts, node.sizes.getConstant(size));
    result.back() = node.sizes.getConstant(last);
    return result;
  }
  Size size = node.sizes.tryDivideExactly(total, node.sizes.getConstant(parts));
  if (!size || size.getKind() == AffineExprKind::FloorDiv)
    return node.unsupported("expected a size that " + Twine(parts) +
                                " parts divide, got " + node.sizes.print(total),
                            "fix the dimensions with --dim NAME=SIZE");
  return SmallVector<Size>(parts, size);
}

LogicalResult importer::importSplit(NodeImporter &node) {
  ImportedTensor &x = node.getInput(0);
  FailureOr<int64_t> axis = node.getAxis(node.getInt("axis", 0), x.getRank());
  if (failed(axis))
    return failure();
  if (auto parts = node.findInt("num_outputs");
      parts && *parts != int64_t(node.getNumOutputs()))
    return node.malformed("expected num_outputs of " +
                          Twine(node.getNumOutputs()) + ", got " +
                          Twine(*parts));
  FailureOr<SmallVector<Size>> parts = getSplitSizes(node, x.shape[*axis]);
  if (failed(parts))
    return failure();
  SmallVector<Size> offsets(x.getRank(), node.sizes.getConstant(0));
  SmallVector<int64_t> strides(x.getRank(), 1);
  for (auto [i, size] : llvm::enumerate(*parts)) {
    Shape shape = x.shape;
    shape[*axis] = size;
    if (node.node.outputs[i] != absentValue)
      node.setOutput(i, emitSlice(node, x, offsets, shape, strides));
    offsets[*axis] = node.sizes.tryAdd(offsets[*axis], size);
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Slice
//===----------------------------------------------------------------------===//

namespace {

/// What a slice takes from each dimension.
struct SliceRange {
  SmallVector<Size> starts;
  SmallVector<Size> sizes;
  SmallVector<int64_t> steps;
};

enum class BoundSide { Start, End };

} // namespace

/// `bound` counted from the front and clamped to the dimension, whose size is
/// `size`; the highest position is `highAboveSize` above that.
static Size clampKnownBound(const SizeContext &sizes, int64_t bound,
                            int64_t size, int64_t highAboveSize) {
  int64_t position = bound < 0 ? bound + size : bound;
  return sizes.getConstant(std::clamp<int64_t>(
      position, 0, std::max<int64_t>(0, size + highAboveSize)));
}

/// The same for a dimension whose size only the run knows. What takes the first
/// or last few elements takes less where there are less. Other bounds are left
/// as they are.
static Size clampSymbolicBound(const SizeContext &sizes, Size bound, Size size,
                               BoundSide side) {
  std::optional<int64_t> value = findConstant(bound);
  // Models write the largest integer for "to the end".
  if (value && *value >= INT32_MAX)
    return size;
  if (value && *value <= -INT32_MAX)
    return sizes.getConstant(0);
  if (value && *value > 1 && side == BoundSide::End)
    return tryGetMinimum(sizes, bound, size);
  if (value && *value < -1 && side == BoundSide::Start)
    if (Size position = sizes.tryAdd(size, bound))
      return tryGetMaximum(sizes, position, sizes.getConstant(0));
  return value && *value < 0 ? sizes.tryAdd(size, bound) : bound;
}

/// Number of elements from `start` to before `end`.
static Size getSliceSize(const SizeContext &sizes, Size start, Size end,
                         int64_t step) {
  Size length = sizes.trySubtract(end, start);
  if (!length)
    return {};
  if (auto constant = findConstant(length)) {
    int64_t count = step > 0 ? llvm::divideCeilSigned(*constant, step)
                             : llvm::divideCeilSigned(-*constant, -step);
    return sizes.getConstant(std::max<int64_t>(count, 0));
  }
  return step > 0 ? SizeContext::keepUsable(length.ceilDiv(step)) : Size();
}

/// Has every run check that the bounds of a slice lie inside the dimension.
static LogicalResult checkBounds(NodeImporter &node, Size first, Size last,
                                 Size size) {
  Size zero = node.sizes.getConstant(0);
  if (node.limit(zero, first) && node.limit(first, last) &&
      node.limit(last, size))
    return success();
  return node.unsupported(
      "expected bounds inside a dimension of " + node.sizes.print(size) +
          ", got " + node.sizes.print(first) + " and " + node.sizes.print(last),
      "fix the dimensions with --dim NAME=SIZE");
}

/// Applies the bounds of one axis.
static LogicalResult applyBounds(NodeImporter &node, SliceRange &range,
                                 int64_t axis, Size size, Size start, Size end,
                                 int64_t step) {
  if (step == 0 || step == INT64_MIN)
    return node.malformed("expected a step other than 0, got " + Twine(step));
  bool isSymbolic =
      !findConstant(size) || !findConstant(start) || !findConstant(end);
  if (step < 0 && isSymbolic)
    return node.unsupported("expected constant bounds with a negative step",
                            "fix the dimensions with --dim NAME=SIZE");
  // Backwards, the last element is the highest start and one before the first
  // is the lowest end.
  auto clamp = [&](Size bound, BoundSide side, int64_t highAboveSize) {
    auto value = findConstant(bound), extent = findConstant(size);
    return value && extent
               ? clampKnownBound(node.sizes, *value, *extent, highAboveSize)
               : clampSymbolicBound(node.sizes, bound, size, side);
  };
  Size first = clamp(start, BoundSide::Start, step < 0 ? -1 : 0);
  Size last = step < 0 && *findConstant(end) < -*findConstant(size)
                  ? node.sizes.getConstant(-1)
                  : clamp(end, BoundSide::End, 0);
  if (!first || !last)
    return node.tooLarge();
  if (isSymbolic && failed(checkBounds(node, first, last, size)))
    return failure();
  range.starts[axis] = first;
  range.steps[axis] = step;
  range.sizes[axis] = getSliceSize(node.sizes, first, last, step);
  if (!range.sizes[axis])
    return node.tooLarge();
  return success();
}

/// The slice, with elements in reverse order where the step is negative.
static ImportedTensor emitRange(NodeImporter &node, ImportedTensor &x,
                                const SliceRange &range) {
  bool isForward =
      llvm::all_of(range.steps, [](int64_t step) { return step > 0; });
  if (isForward)
    return emitSlice(node, x, range.starts, range.sizes, range.steps);
  if (auto folded = foldSlice(node, x, range.starts, range.sizes, range.steps))
    return *folded;
  return emitIndexed(
      node, x, {}, range.sizes,
      [&](ImplicitLocOpBuilder &b, ValueRange position, ValueRange) {
        SmallVector<Value> indices;
        for (auto [i, index] : llvm::enumerate(position)) {
          Value step = b.create<arith::ConstantIndexOp>(range.steps[i]);
          Value start = node.state.emitIndex(range.starts[i], b.getLoc());
          indices.push_back(b.create<arith::AddIOp>(
              start, b.create<arith::MulIOp>(index, step)));
        }
        return indices;
      });
}

/// Slices input 0; the four lists have one entry per named axis.
static LogicalResult importRanges(NodeImporter &node, ArrayRef<Size> starts,
                                  ArrayRef<Size> ends,
                                  std::optional<SmallVector<int64_t>> axes,
                                  std::optional<SmallVector<int64_t>> steps) {
  ImportedTensor &x = node.getInput(0);
  if (!axes)
    axes = llvm::to_vector(llvm::seq<int64_t>(0, starts.size()));
  if (!steps)
    steps = SmallVector<int64_t>(starts.size(), 1);
  if (starts.size() != ends.size() || starts.size() != axes->size() ||
      starts.size() != steps->size())
    return node.malformed(
        "expected as many starts, ends, axes and steps, got " +
        Twine(starts.size()) + ", " + Twine(ends.size()) + ", " +
        Twine(axes->size()) + " and " + Twine(steps->size()));
  SliceRange range{SmallVector<Size>(x.getRank(), node.sizes.getConstant(0)),
                   x.shape, SmallVector<int64_t>(x.getRank(), 1)};
  for (size_t i = 0; i < starts.size(); ++i) {
    FailureOr<int64_t> axis = node.getAxis((*axes)[i], x.getRank());
    if (failed(axis) || failed(applyBounds(node, range, *axis, x.shape[*axis],
                                           starts[i], ends[i], (*steps)[i])))
      return failure();
  }
  node.setOutput(0, emitRange(node, x, range));
  return success();
}

LogicalResult importer::importSliceByAttributes(NodeImporter &node) {
  auto getSizes = [&](StringRef name) {
    SmallVector<int64_t> values = *node.findInts(name);
    SmallVector<Size> sizes;
    for (int64_t value : values)
      sizes.push_back(node.sizes.getConstant(value));
    return sizes;
  };
  return importRanges(node, getSizes("starts"), getSizes("ends"),
                      node.findInts("axes"), std::nullopt);
}

LogicalResult importer::importSlice(NodeImporter &node) {
  SmallVector<Size> bounds[2];
  for (size_t i : {0, 1}) {
    const SmallVector<Size> *known =
        node.state.findIntegers(node.getInput(i + 1));
    if (!known)
      return node.unsupported("expected bounds to be known at import, got a "
                              "computed tensor",
                              "make them constants of the model");
    bounds[i] = *known;
  }
  std::optional<SmallVector<int64_t>> lists[2];
  for (size_t i : {0, 1}) {
    if (!node.hasInput(i + 3))
      continue;
    FailureOr<SmallVector<int64_t>> list =
        node.getConstantIntegers(i + 3, i == 0 ? "axes" : "steps");
    if (failed(list))
      return failure();
    lists[i] = *list;
  }
  return importRanges(node, bounds[0], bounds[1], lists[0], lists[1]);
}
