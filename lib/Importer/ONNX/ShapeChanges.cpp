//===- ShapeChanges.cpp - Reshape, Flatten and the like -------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Emission.h"
#include "Handlers.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

/// `[1, 0]`-like text.
static std::string print(ArrayRef<int64_t> values) {
  std::string text = "[";
  for (int64_t value : values.take_front(maxTensorRank))
    text += (text.size() == 1 ? "" : ", ") + std::to_string(value);
  return text + "]";
}

LogicalResult importer::importIdentity(NodeImporter &node) {
  node.setOutput(0, node.getInput(0));
  return success();
}

LogicalResult importer::importDropout(NodeImporter &node) {
  // Inference: the data as it is, and a mask that keeps everything.
  ImportedTensor &x = node.getInput(0);
  if (node.hasInput(2)) {
    FailureOr<bool> isTraining = node.getConstantFlag(2, "training_mode");
    if (failed(isTraining))
      return failure();
    ImportedTensor &ratio = node.getInput(1);
    bool keepsAll = node.hasInput(1) && ratio.constant &&
                    ratio.constant->getNumElements() == 1 &&
                    isFloat(ratio.elementType) &&
                    readFloat(*ratio.constant, 0) == 0;
    if (*isTraining && !keepsAll)
      return node.unsupported("expected training_mode to be false",
                              "export the model for inference");
  }
  node.setOutput(0, x);
  if (node.getNumOutputs() > 1) {
    Value mask = emitFill(node, node.builder.getBoolAttr(true), x.shape);
    node.setOutput(1, node.getResult(ElementType::Bool, x.shape, mask));
  }
  return success();
}

LogicalResult importer::importTranspose(NodeImporter &node) {
  ImportedTensor &x = node.getInput(0);
  int64_t rank = x.getRank();
  SmallVector<int64_t> permutation =
      llvm::to_vector(llvm::reverse(llvm::seq<int64_t>(0, rank)));
  if (auto given = node.findInts("perm"))
    permutation = *given;
  SmallVector<int64_t> sorted = permutation;
  llvm::sort(sorted);
  if (!llvm::equal(sorted, llvm::seq<int64_t>(0, rank)))
    return node.malformed("expected perm to order the dimensions 0.." +
                          Twine(rank - 1) + ", got " + print(permutation));
  node.setOutput(0, emitTranspose(node, x, permutation));
  return success();
}

LogicalResult importer::importShape(NodeImporter &node) {
  ImportedTensor &x = node.getInput(0);
  int64_t rank = x.getRank();
  auto clamp = [&](int64_t axis) {
    return std::clamp<int64_t>(axis < 0 ? axis + rank : axis, 0, rank);
  };
  int64_t start = clamp(node.getInt("start", 0));
  int64_t end = std::max(start, clamp(node.getInt("end", rank)));
  ImportedTensor result;
  result.elementType = ElementType::Int64;
  result.shape = {node.sizes.getConstant(end - start)};
  ArrayRef<Size> sizes = x.shape;
  result.integers = llvm::to_vector(sizes.slice(start, end - start));
  node.setOutput(0, result);
  return success();
}

LogicalResult importer::importSize(NodeImporter &node) {
  ImportedTensor result;
  result.elementType = ElementType::Int64;
  result.integers =
      SmallVector<Size>{node.sizes.tryGetProduct(node.getInput(0).shape)};
  node.setOutput(0, result);
  return success();
}

//===----------------------------------------------------------------------===//
// Squeeze, Unsqueeze
//===----------------------------------------------------------------------===//

/// Axes from the attribute or, in later opsets, from input 1; nothing when they
/// are left out.
static FailureOr<std::optional<SmallVector<int64_t>>>
findAxes(NodeImporter &node) {
  if (!node.hasInput(1))
    return node.findInts("axes");
  FailureOr<SmallVector<int64_t>> axes = node.getConstantIntegers(1, "axes");
  if (failed(axes))
    return failure();
  return std::optional<SmallVector<int64_t>>(*axes);
}

/// The axes counted from the front, each once.
static FailureOr<SmallVector<int64_t>>
normalizeAxes(NodeImporter &node, ArrayRef<int64_t> axes, int64_t rank) {
  SmallVector<int64_t> normalized;
  for (int64_t axis : axes) {
    FailureOr<int64_t> checked = node.getAxis(axis, rank);
    if (failed(checked))
      return failure();
    if (llvm::is_contained(normalized, *checked))
      return node.malformed("expected distinct axes, got " + Twine(axis) +
                            " twice");
    normalized.push_back(*checked);
  }
  return normalized;
}

LogicalResult importer::importSqueeze(NodeImporter &node) {
  ImportedTensor &x = node.getInput(0);
  FailureOr<std::optional<SmallVector<int64_t>>> given = findAxes(node);
  if (failed(given))
    return failure();
  SmallVector<int64_t> axes;
  if (*given) {
    FailureOr<SmallVector<int64_t>> normalized =
        normalizeAxes(node, **given, x.getRank());
    if (failed(normalized))
      return failure();
    axes = *normalized;
  }
  Shape shape;
  for (auto [i, size] : llvm::enumerate(x.shape)) {
    bool isNamed = llvm::is_contained(axes, int64_t(i));
    if (isNamed && !node.equate(size, node.sizes.getConstant(1)))
      return node.malformed("expected size 1 of dimension " + Twine(i) +
                            ", got " + node.sizes.print(size));
    bool isRemoved = *given ? isNamed : isConstant(size, 1);
    if (!isRemoved)
      shape.push_back(size);
  }
  node.setOutput(0, emitReshape(node, x, shape));
  return success();
}

LogicalResult importer::importUnsqueeze(NodeImporter &node) {
  ImportedTensor &x = node.getInput(0);
  FailureOr<std::optional<SmallVector<int64_t>>> given = findAxes(node);
  if (failed(given))
    return failure();
  SmallVector<int64_t> named = given->value_or(SmallVector<int64_t>{});
  if (int64_t(named.size()) > maxTensorRank)
    return node.unsupported("expected at most " + Twine(maxTensorRank) +
                            " axes, got " + Twine(named.size()));
  int64_t rank = x.getRank() + int64_t(named.size());
  FailureOr<SmallVector<int64_t>> axes = normalizeAxes(node, named, rank);
  if (failed(axes))
    return failure();
  Shape shape;
  ArrayRef<Size> rest = x.shape;
  for (int64_t i = 0; i < rank; ++i) {
    if (llvm::is_contained(*axes, i)) {
      shape.push_back(node.sizes.getConstant(1));
      continue;
    }
    shape.push_back(rest.front());
    rest = rest.drop_front();
  }
  node.setOutput(0, emitReshape(node, x, shape));
  return success();
}

LogicalResult importer::importFlatten(NodeImporter &node) {
  ImportedTensor &x = node.getInput(0);
  int64_t axis = node.getInt("axis", 1);
  int64_t rank = x.getRank();
  if (axis < -rank || axis > rank)
    return node.malformed("expected an axis in " + Twine(-rank) + ".." +
                          Twine(rank) + ", got " + Twine(axis));
  axis = axis < 0 ? axis + rank : axis;
  ArrayRef<Size> sizes = x.shape;
  Shape shape = {node.sizes.tryGetProduct(sizes.take_front(axis)),
                 node.sizes.tryGetProduct(sizes.drop_front(axis))};
  if (!shape[0] || !shape[1])
    return node.tooLarge();
  node.setOutput(0, emitReshape(node, x, shape));
  return success();
}

//===----------------------------------------------------------------------===//
// Reshape, Expand
//===----------------------------------------------------------------------===//

/// Replaces 0 by the operand's size in that place and finds the place of -1
/// (or -1 when there is none).
static FailureOr<int64_t> resolveTarget(NodeImporter &node, Shape &target,
                                        const Shape &source) {
  bool copiesZero = node.getInt("allowzero", 0) == 0;
  int64_t inferred = -1;
  for (auto [i, size] : llvm::enumerate(target)) {
    std::optional<int64_t> value = findConstant(size);
    if (value == 0 && copiesZero) {
      if (i >= source.size())
        return node.malformed(
            "expected 0 only in the first " + Twine(source.size()) +
            " places of the shape, got it in place " + Twine(i));
      size = source[i];
    } else if (value == -1) {
      if (inferred >= 0)
        return node.malformed("expected -1 at most once in the shape, got it "
                              "in places " +
                              Twine(inferred) + " and " + Twine(i));
      inferred = int64_t(i);
    } else if (value && *value < 0) {
      return node.malformed("expected sizes of at least -1 in the shape, got " +
                            Twine(*value));
    }
  }
  return inferred;
}

/// Replaces the -1 in place `inferred` by what the other sizes leave.
static LogicalResult inferSize(NodeImporter &node, Shape &target,
                               int64_t inferred, Size total) {
  Shape others = target;
  others.erase(others.begin() + inferred);
  Size known = node.sizes.tryGetProduct(others);
  if (!known)
    return node.tooLarge();
  target[inferred] = node.sizes.tryDivideExactly(total, known);
  if (!target[inferred])
    return node.malformed("expected a shape for " + node.sizes.print(total) +
                          " elements, got " + node.print(others) + " and -1");
  return success();
}

LogicalResult importer::importExpand(NodeImporter &node) {
  ImportedTensor &x = node.getInput(0), target;
  FailureOr<Shape> shape = node.getShapeInput(1);
  if (failed(shape))
    return failure();
  target.shape = *shape;
  FailureOr<Shape> result = broadcastShapes(node, {&x, &target});
  if (failed(result))
    return failure();
  ImportedTensor expanded = emitBroadcast(node, x, *result);
  expanded.elementLimit = x.elementLimit;
  node.setOutput(0, expanded);
  return success();
}

LogicalResult importer::importReshape(NodeImporter &node) {
  ImportedTensor &x = node.getInput(0);
  FailureOr<Shape> given = node.getShapeInput(1);
  if (failed(given))
    return failure();
  Shape target = *given;
  FailureOr<int64_t> inferred = resolveTarget(node, target, x.shape);
  if (failed(inferred))
    return failure();
  Size total = node.sizes.tryGetProduct(x.shape);
  if (*inferred >= 0 && failed(inferSize(node, target, *inferred, total)))
    return failure();
  Size wanted = node.sizes.tryGetProduct(target);
  if (!wanted)
    return node.tooLarge();
  if (wanted != total) {
    std::string message = "expected a shape for " + node.sizes.print(total) +
                          " elements, got " + node.print(target);
    // With an inferred size the products agree if the division leaves no rest.
    if (!node.equate(wanted, total))
      return node.malformed(message);
  }
  node.setOutput(0, emitReshape(node, x, target));
  return success();
}
