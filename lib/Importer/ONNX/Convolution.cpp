//===- Convolution.cpp - Conv ---------------------------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LayerHandlers.h"
#include "TensorMath.h"
#include "Window.h"

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

/// One Conv node, as im2col: the elements under the window at every position
/// are rows of a matrix, so that the weights are an ordinary matrix. With
/// groups, one linalg.generic that reduces over the window.
class Convolution {
public:
  explicit Convolution(NodeImporter &node) : node(node) {}

  LogicalResult run();

private:
  LogicalResult checkOperands();
  LogicalResult readWindow();
  FailureOr<ImportedTensor> emitAsMatrix(ImportedTensor &x);
  FailureOr<ImportedTensor> emitGrouped(ImportedTensor &x);
  FailureOr<ImportedTensor> addBias(ImportedTensor &sum, int64_t channelDim);

  NodeImporter &node;
  int64_t groups = 1;
  Size batch, channels, filters;
  SmallVector<WindowDimension> windows;
};

} // namespace

LogicalResult Convolution::checkOperands() {
  ImportedTensor &x = node.getInput(0), &w = node.getInput(1);
  if (!isFloat(x.elementType) || w.elementType != x.elementType)
    return node.malformed("expected operands of one float type, got " +
                          name(x.elementType) + " and " + name(w.elementType));
  if (x.getRank() < 3 || w.getRank() != x.getRank())
    return node.malformed("expected operands of one rank of at least 3, got " +
                          node.print(x.shape) + " and " + node.print(w.shape));
  groups = node.getInt("group", 1);
  batch = x.shape[0];
  channels = x.shape[1];
  filters = w.shape[0];
  auto depth = findConstant(channels), count = findConstant(filters),
       part = findConstant(w.shape[1]);
  if (!depth || !count || !part)
    return node.unsupported("expected constant numbers of channels, got " +
                                node.print(x.shape) + " and " +
                                node.print(w.shape),
                            "fix the dimensions with --dim NAME=SIZE");
  if (groups < 1 || *part * groups != *depth || *count % groups != 0)
    return node.malformed("expected weights of " + Twine(*depth) +
                          " channels in " + Twine(groups) + " groups, got " +
                          node.print(w.shape));
  if (!node.hasInput(2))
    return success();
  ImportedTensor &bias = node.getInput(2);
  if (bias.elementType == x.elementType && bias.shape == Shape{filters})
    return success();
  return node.malformed("expected a bias of " + node.print({filters}) +
                        ", got " + name(bias.elementType) +
                        node.print(bias.shape));
}

LogicalResult Convolution::readWindow() {
  ImportedTensor &w = node.getInput(1);
  auto extents = findConstants(ArrayRef<Size>(w.shape).drop_front(2));
  if (!extents)
    return node.unsupported("expected weights of constant shape, got " +
                            node.print(w.shape));
  if (auto given = node.findInts("kernel_shape"); given && *given != *extents)
    return node.malformed("expected kernel_shape to be that of the weights " +
                          node.print(w.shape));
  FailureOr<SmallVector<WindowDimension>> read =
      importer::readWindow(node, *extents, PositionRounding::Down);
  if (failed(read))
    return failure();
  windows = *read;
  return success();
}

FailureOr<ImportedTensor> Convolution::addBias(ImportedTensor &sum,
                                               int64_t channelDim) {
  ElementType type = node.getInput(0).elementType;
  if (!node.hasInput(2))
    return emitConversion(node, sum, type);
  Shape shape(sum.getRank() - channelDim, node.sizes.getConstant(1));
  shape.front() = filters;
  ImportedTensor bias = emitReshape(node, node.getInput(2), shape);
  return emitElementwise(
      node, {&sum, &bias}, type,
      [](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
        return b.create<arith::AddFOp>(elements[0], elements[1]);
      });
}

/// (batch * positions) x (channels * window) times the transposed weights.
FailureOr<ImportedTensor> Convolution::emitAsMatrix(ImportedTensor &x) {
  unsigned rank = windows.size();
  // Loops: batch, positions, channel, window.
  Shape patches{batch}, positions{batch};
  for (const WindowDimension &window : windows)
    positions.push_back(window.positions);
  patches = positions;
  patches.push_back(channels);
  int64_t depth = *findConstant(channels);
  for (const WindowDimension &window : windows) {
    patches.push_back(node.sizes.getConstant(window.extent));
    if (llvm::MulOverflow(depth, window.extent, depth))
      return node.tooLarge();
  }
  Size rows = node.sizes.tryGetProduct(positions);
  if (!rows || !node.sizes.tryGetProduct(patches))
    return node.tooLarge();
  SmallVector<AffineExpr> exprs{node.builder.getAffineDimExpr(0),
                                node.builder.getAffineDimExpr(1 + rank)};
  llvm::append_range(exprs, getWindowExprs(node, windows, 1, 2 + rank));
  AffineMap map =
      AffineMap::get(patches.size(), 0, exprs, node.builder.getContext());
  ImportedTensor gathered = emitGeneric(
      node, {{node.emit(x), map}}, patches, x.elementType,
      [](ImplicitLocOpBuilder &, ValueRange elements) { return elements[0]; });
  Size columns = node.sizes.getConstant(depth);
  // Step by step, so that every step merges neighbours.
  Shape merged = positions;
  merged.push_back(columns);
  gathered = emitReshape(node, gathered, merged);
  ImportedTensor matrix = emitReshape(node, gathered, {rows, columns});
  ImportedTensor weights =
      emitReshape(node, node.getInput(1), {filters, columns});
  weights = emitTranspose(node, weights, {1, 0});
  ImportedTensor product = emitMatrixProduct(node, matrix, weights);
  FailureOr<ImportedTensor> sum = addBias(product, 1);
  if (failed(sum))
    return failure();
  Shape last = positions;
  last.push_back(filters);
  ImportedTensor result = emitReshape(node, *sum, last);
  SmallVector<int64_t> order{0, int64_t(rank) + 1};
  for (unsigned i = 0; i < rank; ++i)
    order.push_back(i + 1);
  return emitTranspose(node, result, order);
}

/// Loops: batch, group, filter of the group, positions; channel of the group,
/// window.
FailureOr<ImportedTensor> Convolution::emitGrouped(ImportedTensor &x) {
  unsigned rank = windows.size();
  OpBuilder &builder = node.builder;
  Size group = node.sizes.getConstant(groups);
  Size part = node.getInput(1).shape[1];
  Size own = node.sizes.tryDivideExactly(filters, group);
  Shape inputShape{batch, group, part}, weightShape{group, own, part};
  Shape resultShape{batch, filters}, sumShape{batch, group, own};
  for (auto [i, window] : llvm::enumerate(windows)) {
    inputShape.push_back(x.shape[i + 2]);
    weightShape.push_back(node.sizes.getConstant(window.extent));
    resultShape.push_back(window.positions);
    sumShape.push_back(window.positions);
  }
  if (!node.sizes.tryGetProduct(sumShape))
    return node.tooLarge();
  ImportedTensor input = emitReshape(node, x, inputShape);
  ImportedTensor weights = emitReshape(node, node.getInput(1), weightShape);
  unsigned loops = 4 + 2 * rank, channel = 3 + rank;
  auto dim = [&](unsigned i) { return builder.getAffineDimExpr(i); };
  SmallVector<AffineExpr> read{dim(0), dim(1), dim(channel)};
  llvm::append_range(read, getWindowExprs(node, windows, 3, channel + 1));
  SmallVector<AffineExpr> weigh{dim(1), dim(2), dim(channel)}, write;
  for (unsigned i = 0; i < rank; ++i)
    weigh.push_back(dim(channel + 1 + i));
  for (unsigned i = 0; i < channel; ++i)
    write.push_back(dim(i));
  SmallVector<utils::IteratorType> iterators(channel,
                                             utils::IteratorType::parallel);
  iterators.append(1 + rank, utils::IteratorType::reduction);
  ElementType accumulator = getAccumulatorType(x.elementType);
  Type type = findBuiltinType(accumulator, builder.getContext());
  Value source = node.emit(input), filter = node.emit(weights);
  Value zeros =
      emitFill(node, cast<TypedAttr>(builder.getZeroAttr(type)), sumShape);
  MLIRContext *context = builder.getContext();
  auto generic = builder.create<linalg::GenericOp>(
      node.loc, zeros.getType(), ValueRange{source, filter}, zeros,
      ArrayRef<AffineMap>{AffineMap::get(loops, 0, read, context),
                          AffineMap::get(loops, 0, weigh, context),
                          AffineMap::get(loops, 0, write, context)},
      iterators, [&](OpBuilder &nested, Location loc, ValueRange args) {
        ImplicitLocOpBuilder b(loc, nested);
        Value a = args[0], w = args[1];
        if (a.getType() != type) {
          a = b.create<arith::ExtFOp>(type, a);
          w = b.create<arith::ExtFOp>(type, w);
        }
        Value product = b.create<arith::MulFOp>(a, w);
        b.create<linalg::YieldOp>(
            b.create<arith::AddFOp>(args[2], product).getResult());
      });
  ImportedTensor sums =
      node.getResult(accumulator, sumShape, generic.getResult(0));
  ImportedTensor result = emitReshape(node, sums, resultShape);
  return addBias(result, 1);
}

LogicalResult Convolution::run() {
  if (failed(checkOperands()) || failed(readWindow()))
    return failure();
  ImportedTensor &x = node.getInput(0);
  Type type = findBuiltinType(x.elementType, node.builder.getContext());
  ImportedTensor padded = emitPadded(
      node, x, windows, cast<TypedAttr>(node.builder.getZeroAttr(type)));
  FailureOr<ImportedTensor> result =
      groups == 1 ? emitAsMatrix(padded) : emitGrouped(padded);
  if (failed(result))
    return failure();
  node.setOutput(0, *result);
  return success();
}

LogicalResult importer::importConvolution(NodeImporter &node) {
  return Convolution(node).run();
}
