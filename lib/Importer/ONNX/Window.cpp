//===- Window.cpp - windows that move over spatial dimensions -------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Window.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

/// Pads as `auto_pad` says: so that the positions are size / stride, rounded
/// up; an odd element goes to the end (SAME_UPPER) or the beginning.
static LogicalResult padToSame(NodeImporter &node, WindowDimension &window,
                               StringRef mode, Size size) {
  auto constant = findConstant(size);
  if (!constant)
    return node.unsupported("expected a constant spatial size with auto_pad, "
                            "got " +
                                node.sizes.print(size),
                            "fix the dimensions with --dim NAME=SIZE");
  int64_t positions = llvm::divideCeil(*constant, window.stride);
  int64_t total = std::max<int64_t>(0, (positions - 1) * window.stride +
                                           window.getReach() - *constant);
  int64_t small = total / 2;
  window.padBefore = mode == "SAME_UPPER" ? small : total - small;
  window.padAfter = total - window.padBefore;
  return success();
}

static LogicalResult checkPadding(NodeImporter &node, StringRef mode) {
  if (mode == "NOTSET" || mode == "VALID" || mode == "SAME_UPPER" ||
      mode == "SAME_LOWER")
    return success();
  return node.malformed("expected NOTSET, VALID, SAME_UPPER or SAME_LOWER as "
                        "auto_pad, got " +
                        mode);
}

static LogicalResult checkWindow(NodeImporter &node,
                                 const WindowDimension &window) {
  constexpr int64_t limit = int64_t(1) << 30;
  auto isSane = [&](int64_t value, int64_t least) {
    return value >= least && value < limit;
  };
  if (isSane(window.extent, 1) && isSane(window.stride, 1) &&
      isSane(window.dilation, 1) && isSane(window.padBefore, 0) &&
      isSane(window.padAfter, 0))
    return success();
  return node.malformed("expected a window with positive extents, strides "
                        "and dilations and pads of at least 0");
}

/// Rounds the number of positions up, unless the last one would start behind
/// the elements and the padding before them.
static LogicalResult roundUp(NodeImporter &node, WindowDimension &window,
                             Size size, int64_t slack) {
  auto constant = findConstant(size);
  if (!constant)
    return node.unsupported("expected a constant spatial size with ceil_mode, "
                            "got " +
                                node.sizes.print(size),
                            "fix the dimensions with --dim NAME=SIZE");
  int64_t positions = llvm::divideCeil(slack, window.stride) + 1;
  if ((positions - 1) * window.stride >= *constant + window.padBefore)
    --positions;
  window.positions = node.sizes.getConstant(positions);
  int64_t needed = (positions - 1) * window.stride + window.getReach();
  window.overhang = std::max<int64_t>(0, needed - *constant - window.padBefore -
                                             window.padAfter);
  return success();
}

static LogicalResult placeWindow(NodeImporter &node, WindowDimension &window,
                                 Size size, PositionRounding rounding) {
  Size slack = node.sizes.tryAdd(
      size, node.sizes.getConstant(window.padBefore + window.padAfter -
                                   window.getReach()));
  if (!slack)
    return node.tooLarge();
  auto known = findConstant(slack);
  if (!node.limit(node.sizes.getConstant(0), slack))
    return node.malformed("expected a window of at most " +
                          node.sizes.print(size) + " elements, got " +
                          Twine(window.getReach()));
  if (rounding == PositionRounding::Up && (!known || *known % window.stride))
    return roundUp(node, window, size, known.value_or(0));
  window.positions = node.sizes.tryAdd(slack.floorDiv(window.stride),
                                       node.sizes.getConstant(1));
  return window.positions ? success() : node.tooLarge();
}

FailureOr<SmallVector<WindowDimension>>
importer::readWindow(NodeImporter &node, ArrayRef<int64_t> extents,
                     PositionRounding rounding) {
  ImportedTensor &x = node.getInput(0);
  size_t rank = extents.size();
  auto getList = [&](StringRef name, size_t length, int64_t byDefault) {
    return node.findInts(name).value_or(
        SmallVector<int64_t>(length, byDefault));
  };
  SmallVector<int64_t> strides = getList("strides", rank, 1);
  SmallVector<int64_t> dilations = getList("dilations", rank, 1);
  SmallVector<int64_t> pads = getList("pads", 2 * rank, 0);
  if (strides.size() != rank || dilations.size() != rank ||
      pads.size() != 2 * rank || x.getRank() != int64_t(rank) + 2)
    return node.malformed("expected attributes for " + Twine(x.getRank() - 2) +
                          " dimensions");
  std::string mode = node.getString("auto_pad", "NOTSET");
  if (failed(checkPadding(node, mode)))
    return failure();
  SmallVector<WindowDimension> windows;
  for (size_t i = 0; i < rank; ++i) {
    WindowDimension window;
    window.extent = extents[i];
    window.stride = strides[i];
    window.dilation = dilations[i];
    if (mode == "NOTSET") {
      window.padBefore = pads[i];
      window.padAfter = pads[rank + i];
    }
    Size size = x.shape[i + 2];
    bool padsToSame = mode == "SAME_UPPER" || mode == "SAME_LOWER";
    if (failed(checkWindow(node, window)) ||
        (padsToSame && failed(padToSame(node, window, mode, size))) ||
        failed(placeWindow(node, window, size, rounding)))
      return failure();
    windows.push_back(window);
  }
  return windows;
}

ImportedTensor importer::emitPadded(NodeImporter &node, ImportedTensor &x,
                                    ArrayRef<WindowDimension> windows,
                                    TypedAttr value) {
  bool isPadded = llvm::any_of(windows, [](const WindowDimension &window) {
    return window.padBefore + window.padAfter + window.overhang != 0;
  });
  if (!isPadded)
    return x;
  Shape shape = x.shape;
  OpBuilder &builder = node.builder;
  SmallVector<OpFoldResult> offsets(2, builder.getIndexAttr(0));
  for (auto [i, window] : llvm::enumerate(windows)) {
    offsets.push_back(builder.getIndexAttr(window.padBefore));
    shape[i + 2] = node.sizes.tryAdd(shape[i + 2],
                                     node.sizes.getConstant(window.padBefore +
                                                            window.padAfter +
                                                            window.overhang));
  }
  Value source = node.emit(x);
  Value filled = emitFill(node, value, shape);
  SmallVector<OpFoldResult> strides(shape.size(), builder.getIndexAttr(1));
  Value padded = builder.create<tensor::InsertSliceOp>(
      node.loc, source, filled, offsets,
      node.state.emitSizes(x.shape, node.loc), strides);
  return node.getResult(x.elementType, shape, padded);
}

SmallVector<AffineExpr>
importer::getWindowExprs(NodeImporter &node, ArrayRef<WindowDimension> windows,
                         unsigned positions, unsigned window) {
  SmallVector<AffineExpr> exprs;
  for (auto [i, dimension] : llvm::enumerate(windows))
    exprs.push_back(
        node.builder.getAffineDimExpr(positions + i) * dimension.stride +
        node.builder.getAffineDimExpr(window + i) * dimension.dilation);
  return exprs;
}
