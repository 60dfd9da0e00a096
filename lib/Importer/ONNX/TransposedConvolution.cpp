//===- TransposedConvolution.cpp - ConvTranspose --------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TransposedConvolution.h"

#include "TensorMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

namespace {

/// One spatial dimension.
struct Axis {
  int64_t extent = 1, stride = 1, dilation = 1, outputPadding = 0;
  int64_t padBefore = 0;
  Size size, result;

  int64_t getReach() const { return dilation * (extent - 1); }
};

/// One ConvTranspose node: the input with zeros between its elements, under a
/// window of the mirrored weights.
class TransposedConvolution {
public:
  explicit TransposedConvolution(NodeImporter &node) : node(node) {}

  LogicalResult run();

private:
  LogicalResult checkOperands();
  LogicalResult readAxes();
  LogicalResult placeResult(Axis &axis, size_t i);
  ImportedTensor emitSpread();
  ImportedTensor emitMirroredWeights();
  ImportedTensor emitSums(ImportedTensor &spread, ImportedTensor &weights);

  NodeImporter &node;
  int64_t groups = 1;
  SmallVector<Axis> axes;
};

} // namespace

LogicalResult TransposedConvolution::checkOperands() {
  ImportedTensor &x = node.getInput(0), &w = node.getInput(1);
  groups = node.getInt("group", 1);
  auto extents = findConstants(w.shape);
  if (!isFloat(x.elementType) || w.elementType != x.elementType ||
      x.getRank() < 3 || w.getRank() != x.getRank() || !extents)
    return node.malformed("expected operands of one float type and rank of at "
                          "least 3, got " +
                          node.print(x) + " and " + node.print(w));
  if (groups < 1 || (*extents)[0] % groups != 0 || x.shape[1] != w.shape[0])
    return node.malformed("expected weights for the channels of " +
                          node.print(x.shape) + " in " + Twine(groups) +
                          " groups, got " + node.print(w.shape));
  if (!node.hasInput(2))
    return success();
  ImportedTensor &bias = node.getInput(2);
  Size filters = node.sizes.getConstant((*extents)[1] * groups);
  if (bias.elementType == x.elementType && bias.shape == Shape{filters})
    return success();
  return node.malformed("expected a bias of " + node.print({filters}) +
                        ", got " + node.print(bias));
}

/// Size of the result and padding in front along spatial dimension `i`.
LogicalResult TransposedConvolution::placeResult(Axis &axis, size_t i) {
  const SizeContext &sizes = node.sizes;
  // All places that an element gets to.
  Size full = sizes.tryMultiply(axis.size, sizes.getConstant(axis.stride));
  if (full)
    full =
        sizes.tryAdd(full, sizes.getConstant(axis.getReach() + 1 - axis.stride +
                                             axis.outputPadding));
  if (!full)
    return node.tooLarge();
  std::string mode = node.getString("auto_pad", "NOTSET");
  auto shape = node.findInts("output_shape");
  if (mode != "NOTSET" && mode != "VALID" && mode != "SAME_UPPER" &&
      mode != "SAME_LOWER")
    return node.malformed("expected auto_pad to be NOTSET, VALID, SAME_UPPER "
                          "or SAME_LOWER, got '" +
                          mode + "'");
  bool isSame = mode == "SAME_UPPER" || mode == "SAME_LOWER";
  if (!shape && !isSame) {
    auto pads = node.findInts("pads");
    bool isPadded = pads && mode == "NOTSET";
    axis.padBefore = isPadded ? (*pads)[i] : 0;
    int64_t after = isPadded ? (*pads)[axes.size() + i] : 0;
    axis.result =
        sizes.trySubtract(full, sizes.getConstant(axis.padBefore + after));
    return axis.result ? success() : node.tooLarge();
  }
  axis.result =
      shape ? sizes.getConstant((*shape)[i])
            : sizes.tryMultiply(axis.size, sizes.getConstant(axis.stride));
  Size total = axis.result ? sizes.trySubtract(full, axis.result) : Size();
  auto padding = total ? findConstant(total) : std::nullopt;
  if (!padding)
    return node.unsupported("expected a constant padding, got spatial size " +
                                sizes.print(axis.size),
                            "fix the dimensions with --dim NAME=SIZE");
  int64_t amount = std::max<int64_t>(*padding, 0);
  axis.padBefore = mode == "SAME_UPPER" ? amount / 2 : amount - amount / 2;
  return success();
}

LogicalResult TransposedConvolution::readAxes() {
  ImportedTensor &x = node.getInput(0), &w = node.getInput(1);
  size_t rank = x.getRank() - 2;
  for (auto [name, count] : {std::pair<StringRef, size_t>("strides", rank),
                             {"dilations", rank},
                             {"output_padding", rank},
                             {"kernel_shape", rank},
                             {"pads", 2 * rank},
                             {"output_shape", rank}})
    if (auto given = node.findInts(name);
        given && (given->size() != count || llvm::any_of(*given, [](auto v) {
                    return v < 0 || v > (1 << 20);
                  })))
      return node.malformed("expected " + Twine(count) + " entries of " + name +
                            " from 0 on, got " + Twine(given->size()));
  axes.resize(rank);
  for (auto [i, axis] : llvm::enumerate(axes)) {
    auto get = [&, i = i](StringRef name, int64_t byDefault) {
      auto given = node.findInts(name);
      return given ? (*given)[i] : byDefault;
    };
    axis.extent = *findConstant(w.shape[i + 2]);
    axis.size = x.shape[i + 2];
    axis.stride = get("strides", 1);
    axis.dilation = get("dilations", 1);
    axis.outputPadding = get("output_padding", 0);
    if (axis.stride < 1 || axis.dilation < 1 || axis.extent < 1 ||
        get("kernel_shape", axis.extent) != axis.extent)
      return node.malformed("expected strides and dilations of at least 1 and "
                            "kernel_shape to be that of the weights " +
                            node.print(w.shape));
    if (!node.limit(node.sizes.getConstant(1), axis.size))
      return node.malformed("expected spatial sizes of at least 1, got " +
                            node.print(x.shape));
    if (failed(placeResult(axis, i)))
      return failure();
    if (auto size = findConstant(axis.result); size && *size < 0)
      return node.malformed("expected pads that leave a size of at least 0, "
                            "got " +
                            Twine(*size));
  }
  return success();
}

/// The input where a window of the mirrored weights finds it.
ImportedTensor TransposedConvolution::emitSpread() {
  ImportedTensor &x = node.getInput(0);
  Shape shape(ArrayRef<Size>(x.shape).take_front(2));
  SmallVector<Value> sizes;
  for (Axis &axis : axes) {
    shape.push_back(node.sizes.tryAdd(axis.result,
                                      node.sizes.getConstant(axis.getReach())));
    sizes.push_back(node.state.emitIndex(axis.size, node.loc));
  }
  auto constant = [](ImplicitLocOpBuilder &b, int64_t value) -> Value {
    return b.create<arith::ConstantIndexOp>(value);
  };
  // Place p shows element (p + shift) / stride.
  auto shift = [&](ImplicitLocOpBuilder &b, size_t i, Value place) -> Value {
    return b.create<arith::AddIOp>(
        place, constant(b, axes[i].padBefore - axes[i].getReach()));
  };
  ImportedTensor looked = emitIndexed(
      node, x, {}, shape,
      [&](ImplicitLocOpBuilder &b, ValueRange position, ValueRange) {
        SmallVector<Value> place(position);
        for (size_t i = 0; i < axes.size(); ++i) {
          Value at = b.create<arith::FloorDivSIOp>(shift(b, i, place[i + 2]),
                                                   constant(b, axes[i].stride));
          Value last = b.create<arith::SubIOp>(sizes[i], constant(b, 1));
          place[i + 2] = b.create<arith::MinSIOp>(
              b.create<arith::MaxSIOp>(at, constant(b, 0)), last);
        }
        return place;
      });
  AffineMap all = node.builder.getMultiDimIdentityMap(x.getRank());
  return emitGeneric(
      node, {{looked.emitted, all}}, shape, x.elementType,
      [&](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
        Value isElement;
        for (size_t i = 0; i < axes.size(); ++i) {
          Value place = shift(b, i, b.create<linalg::IndexOp>(i + 2));
          Value stride = constant(b, axes[i].stride);
          Value at = b.create<arith::FloorDivSIOp>(place, stride);
          Value isWhole = b.create<arith::CmpIOp>(
              arith::CmpIPredicate::eq, b.create<arith::MulIOp>(at, stride),
              place);
          // A negative place is a large unsigned one.
          Value isInside =
              b.create<arith::CmpIOp>(arith::CmpIPredicate::ult, at, sizes[i]);
          Value both = b.create<arith::AndIOp>(isWhole, isInside);
          isElement = isElement
                          ? b.create<arith::AndIOp>(isElement, both).getResult()
                          : both;
        }
        Value zero = b.create<arith::ConstantOp>(
            b.getFloatAttr(elements[0].getType(), 0));
        return b.create<arith::SelectOp>(isElement, elements[0], zero);
      });
}

ImportedTensor TransposedConvolution::emitMirroredWeights() {
  ImportedTensor &w = node.getInput(1);
  return emitIndexed(
      node, w, {}, w.shape,
      [&](ImplicitLocOpBuilder &b, ValueRange position, ValueRange) {
        SmallVector<Value> place(position);
        for (size_t i = 0; i < axes.size(); ++i)
          place[i + 2] = b.create<arith::SubIOp>(
              b.create<arith::ConstantIndexOp>(axes[i].extent - 1),
              place[i + 2]);
        return place;
      });
}

/// Loops: batch, group, filter of the group, positions; channel of the group,
/// window.
ImportedTensor TransposedConvolution::emitSums(ImportedTensor &spread,
                                               ImportedTensor &weights) {
  OpBuilder &builder = node.builder;
  MLIRContext *context = builder.getContext();
  unsigned rank = axes.size(), channel = 3 + rank, loops = 4 + 2 * rank;
  int64_t depth = *findConstant(weights.shape[0]) / groups;
  Size group = node.sizes.getConstant(groups),
       part = node.sizes.getConstant(depth), own = weights.shape[1];
  Shape input{spread.shape[0], group, part}, filter{group, part, own},
      sums{spread.shape[0], group, own};
  auto dim = [&](unsigned i) { return builder.getAffineDimExpr(i); };
  SmallVector<AffineExpr> read{dim(0), dim(1), dim(channel)},
      weigh{dim(1), dim(channel), dim(2)}, write;
  for (auto [i, axis] : llvm::enumerate(axes)) {
    input.push_back(spread.shape[i + 2]);
    filter.push_back(weights.shape[i + 2]);
    sums.push_back(axis.result);
    read.push_back(dim(3 + i) + dim(channel + 1 + i) * axis.dilation);
    weigh.push_back(dim(channel + 1 + i));
  }
  for (unsigned i = 0; i < channel; ++i)
    write.push_back(dim(i));
  SmallVector<utils::IteratorType> iterators(channel,
                                             utils::IteratorType::parallel);
  iterators.append(1 + rank, utils::IteratorType::reduction);
  ElementType accumulator = getAccumulatorType(spread.elementType);
  Type type = findBuiltinType(accumulator, context);
  ImportedTensor x = emitReshape(node, spread, input),
                 w = emitReshape(node, weights, filter);
  Value zeros = emitFill(node, builder.getFloatAttr(type, 0), sums);
  auto generic = builder.create<linalg::GenericOp>(
      node.loc, zeros.getType(), ValueRange{node.emit(x), node.emit(w)}, zeros,
      ArrayRef<AffineMap>{AffineMap::get(loops, 0, read, context),
                          AffineMap::get(loops, 0, weigh, context),
                          AffineMap::get(loops, 0, write, context)},
      iterators, [&](OpBuilder &nested, Location loc, ValueRange args) {
        ImplicitLocOpBuilder b(loc, nested);
        Value a = args[0], weight = args[1];
        if (a.getType() != type) {
          a = b.create<arith::ExtFOp>(type, a);
          weight = b.create<arith::ExtFOp>(type, weight);
        }
        Value product = b.create<arith::MulFOp>(a, weight);
        b.create<linalg::YieldOp>(
            b.create<arith::AddFOp>(args[2], product).getResult());
      });
  ImportedTensor result =
      node.getResult(accumulator, sums, generic.getResult(0));
  Shape shape{sums[0], node.sizes.tryMultiply(group, own)};
  shape.append(sums.begin() + 3, sums.end());
  return emitReshape(node, result, shape);
}

LogicalResult TransposedConvolution::run() {
  if (failed(checkOperands()) || failed(readAxes()))
    return failure();
  ImportedTensor spread = emitSpread(), weights = emitMirroredWeights();
  ImportedTensor result = emitSums(spread, weights);
  ElementType type = node.getInput(0).elementType;
  if (!node.hasInput(2)) {
    node.setOutput(0, emitConversion(node, result, type));
    return success();
  }
  Shape shape(axes.size() + 1, node.sizes.getConstant(1));
  shape.front() = result.shape[1];
  ImportedTensor bias = emitReshape(node, node.getInput(2), shape);
  FailureOr<ImportedTensor> sum = emitElementwise(
      node, {&result, &bias}, type,
      [](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
        return b.create<arith::AddFOp>(elements[0], elements[1]);
      });
  if (failed(sum))
    return failure();
  node.setOutput(0, *sum);
  return success();
}

LogicalResult importer::importTransposedConvolution(NodeImporter &node) {
  return TransposedConvolution(node).run();
}
