//===- Resize.cpp - Resize and Upsample -----------------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Resize.h"

#include "Emission.h"
#include "ResampleTable.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/StringSwitch.h"

#include <cmath>
#include <cstring>

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

/// Elements that one element of the result may be computed from along an axis.
static constexpr int64_t maxTaps = 64;
/// Elements of the tables of an axis.
static constexpr int64_t maxTableElements = int64_t(1) << 22;

namespace {

/// One node. Axes are resampled one after the other, with indices and weights
/// that are computed here.
class Resize {
public:
  explicit Resize(NodeImporter &node) : node(node), x(node.getInput(0)) {}

  LogicalResult run();

private:
  LogicalResult readParameters();
  LogicalResult readAxes();
  LogicalResult readScales(size_t input);
  LogicalResult readScaleList(ArrayRef<double> scales);
  LogicalResult readSizes(size_t input);
  LogicalResult keepRatio();
  LogicalResult readRegion();
  FailureOr<SmallVector<double>> readFloats(size_t input, StringRef meaning);
  bool hasElements(size_t input);
  SmallVector<MappedOperand> emitTable(int64_t axis,
                                       const ResampleTable &table);
  Value buildElement(ImplicitLocOpBuilder &b, Value source, int64_t axis,
                     ValueRange entries) const;
  LogicalResult resample(int64_t axis, const ResampleAxis &change);
  bool isNearest() const {
    return parameters.mode == ResampleParameters::Mode::Nearest;
  }

  NodeImporter &node;
  ImportedTensor x;
  ResampleParameters parameters;
  /// The axes that scales and sizes are given for.
  SmallVector<int64_t> axes;
  /// By dimension; those of 0 elements before stay.
  SmallVector<ResampleAxis> changes;
};

} // namespace

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

LogicalResult Resize::readParameters() {
  bool isOld = node.node.opset < 11;
  std::string mode = node.getString("mode", "nearest");
  std::string coordinates = node.getString("coordinate_transformation_mode",
                                           isOld ? "asymmetric" : "half_pixel");
  std::string rounding =
      node.getString("nearest_mode", isOld ? "floor" : "round_prefer_floor");
  using P = ResampleParameters;
  auto knownMode = llvm::StringSwitch<std::optional<P::Mode>>(mode)
                       .Case("nearest", P::Mode::Nearest)
                       .Case("linear", P::Mode::Linear)
                       .Case("cubic", P::Mode::Cubic)
                       .Default(std::nullopt);
  auto knownCoordinates =
      llvm::StringSwitch<std::optional<P::Coordinates>>(coordinates)
          .Case("half_pixel", P::Coordinates::HalfPixel)
          .Case("half_pixel_symmetric", P::Coordinates::HalfPixelSymmetric)
          .Case("pytorch_half_pixel", P::Coordinates::TorchHalfPixel)
          .Case("align_corners", P::Coordinates::AlignCorners)
          .Case("asymmetric", P::Coordinates::Asymmetric)
          .Case("tf_crop_and_resize", P::Coordinates::CropAndResize)
          .Case("tf_half_pixel_for_nn", P::Coordinates::HalfPixelForNearest)
          .Default(std::nullopt);
  auto knownRounding = llvm::StringSwitch<std::optional<P::Rounding>>(rounding)
                           .Case("round_prefer_floor", P::Rounding::PreferFloor)
                           .Case("round_prefer_ceil", P::Rounding::PreferCeil)
                           .Case("floor", P::Rounding::Floor)
                           .Case("ceil", P::Rounding::Ceil)
                           .Default(std::nullopt);
  if (!knownMode || !knownCoordinates || !knownRounding)
    return node.malformed(
        "expected a mode, coordinate_transformation_mode and nearest_mode of "
        "Resize, got '" +
        StringRef(mode).take_front(32) + "', '" +
        StringRef(coordinates).take_front(32) + "' and '" +
        StringRef(rounding).take_front(32) + "'");
  parameters.mode = *knownMode;
  parameters.coordinates = *knownCoordinates;
  parameters.rounding = *knownRounding;
  parameters.cubicA = node.getFloat("cubic_coeff_a", -0.75);
  parameters.excludesOutside = node.getInt("exclude_outside", 0);
  parameters.antialias = node.getInt("antialias", 0);
  if (parameters.mode != P::Mode::Nearest && !isFloat(x.elementType))
    return node.unsupported("expected floats for mode " + StringRef(mode) +
                            ", got " + node.print(x));
  return success();
}

LogicalResult Resize::readAxes() {
  auto given = node.findInts("axes");
  if (!given || given->empty()) {
    axes = llvm::to_vector(llvm::seq<int64_t>(0, x.getRank()));
  } else {
    for (int64_t axis : *given) {
      FailureOr<int64_t> own = node.getAxis(axis, x.getRank());
      if (failed(own))
        return failure();
      if (llvm::is_contained(axes, *own))
        return node.malformed("expected different axes, got " + Twine(*own) +
                              " twice");
      axes.push_back(*own);
    }
  }
  changes.resize(x.getRank());
  return success();
}

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

FailureOr<SmallVector<double>> Resize::readFloats(size_t input,
                                                  StringRef meaning) {
  ImportedTensor &tensor = node.getInput(input);
  if (!tensor.constant || !isFloat(tensor.elementType))
    return node.unsupported("expected " + meaning +
                                " of floats that are known at import, got " +
                                node.print(tensor),
                            "make it a constant of the model");
  SmallVector<double> values;
  for (int64_t i = 0; i < tensor.constant->getNumElements(); ++i)
    values.push_back(readFloat(*tensor.constant, i));
  return values;
}

/// Whether an optional input is there; an empty tensor counts as absent.
bool Resize::hasElements(size_t input) {
  if (!node.hasInput(input))
    return false;
  ImportedTensor &tensor = node.getInput(input);
  return tensor.getRank() != 1 || !isConstant(tensor.shape[0], 0);
}

LogicalResult Resize::readScales(size_t input) {
  FailureOr<SmallVector<double>> scales = readFloats(input, "scales");
  return failed(scales) ? failure() : readScaleList(*scales);
}

LogicalResult Resize::readScaleList(ArrayRef<double> scales) {
  if (scales.size() != axes.size())
    return node.malformed("expected " + Twine(axes.size()) + " scales, got " +
                          Twine(scales.size()));
  for (auto [axis, scale] : llvm::zip(axes, scales)) {
    if (!(scale > 0 && scale < double(int64_t(1) << 31)))
      return node.malformed("expected scales above 0, got " +
                            std::to_string(scale));
    auto from = findConstant(x.shape[axis]);
    if (scale == 1)
      continue;
    if (!from)
      return node.unsupported("expected constant sizes of axes that are "
                              "resized, got " +
                                  node.print(x.shape),
                              "fix the dimensions with --dim NAME=SIZE");
    if (*from == 0)
      return node.malformed("expected elements to resize, got none");
    // A scale is rarely exact in float32.
    auto to = int64_t(std::floor(double(*from) * scale + 1e-6));
    changes[axis] = {*from, to, scale, 0, 1};
  }
  return success();
}

LogicalResult Resize::readSizes(size_t input) {
  FailureOr<Shape> sizes = node.getShapeInput(input);
  if (failed(sizes))
    return failure();
  if (sizes->size() != axes.size())
    return node.malformed("expected " + Twine(axes.size()) + " sizes, got " +
                          Twine(sizes->size()));
  for (auto [axis, size] : llvm::zip(axes, *sizes)) {
    if (size == x.shape[axis])
      continue;
    auto from = findConstant(x.shape[axis]), to = findConstant(size);
    if (!from || !to)
      return node.unsupported("expected constant sizes of axes that are "
                              "resized, got " +
                                  node.print(x.shape) + " and " +
                                  node.print(*sizes),
                              "fix the dimensions with --dim NAME=SIZE");
    if (*to < 0)
      return node.malformed("expected sizes of at least 0, got " + Twine(*to));
    if (*from == 0)
      return node.malformed("expected elements to resize, got none");
    changes[axis] = {*from, *to, double(*to) / double(*from), 0, 1};
  }
  return keepRatio();
}

/// One scale for all axes, where the policy says so.
LogicalResult Resize::keepRatio() {
  std::string policy = node.getString("keep_aspect_ratio_policy", "stretch");
  if (policy == "stretch")
    return success();
  if (policy != "not_larger" && policy != "not_smaller")
    return node.malformed("expected keep_aspect_ratio_policy of stretch, "
                          "not_larger or not_smaller, got '" +
                          StringRef(policy).take_front(32) + "'");
  std::optional<double> scale;
  for (int64_t axis : axes) {
    double own = changes[axis].from ? changes[axis].scale : 1;
    if (!scale)
      scale = own;
    scale =
        policy == "not_larger" ? std::min(*scale, own) : std::max(*scale, own);
  }
  for (int64_t axis : axes) {
    auto from = findConstant(x.shape[axis]);
    if (!from)
      return node.unsupported("expected constant sizes of axes that are "
                              "resized, got " +
                                  node.print(x.shape),
                              "fix the dimensions with --dim NAME=SIZE");
    auto to = int64_t(std::floor(double(*from) * *scale + 0.5));
    changes[axis] = {*from, to, *scale, 0, 1};
  }
  return success();
}

/// The region that tf_crop_and_resize takes.
LogicalResult Resize::readRegion() {
  if (parameters.coordinates != ResampleParameters::Coordinates::CropAndResize)
    return success();
  FailureOr<SmallVector<double>> region =
      hasElements(1) ? readFloats(1, "a region") : SmallVector<double>();
  if (failed(region))
    return failure();
  if (region->size() != 2 * axes.size())
    return node.malformed("expected a region of " + Twine(2 * axes.size()) +
                          " floats, got " + Twine(region->size()));
  for (auto [i, axis] : llvm::enumerate(axes)) {
    ResampleAxis &change = changes[axis];
    change.start = (*region)[i];
    change.end = (*region)[axes.size() + i];
    bool isWhole = change.start == 0 && change.end == 1;
    auto from = findConstant(x.shape[axis]);
    if (isWhole || change.from)
      continue;
    if (!from)
      return node.unsupported("expected constant sizes of axes that are "
                              "resized, got " +
                                  node.print(x.shape),
                              "fix the dimensions with --dim NAME=SIZE");
    change.from = change.to = *from;
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Resampling
//===----------------------------------------------------------------------===//

/// `values` as a constant of `type`, int64 or a float type of their size.
template <typename T>
static ImportedTensor getConstant(NodeImporter &node, ElementType type,
                                  ArrayRef<int64_t> shape,
                                  const std::vector<T> &values) {
  std::vector<std::byte> bytes(values.size() * sizeof(T));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return node.state.getTensor(
      *node.state.addConstant("", type, shape, std::move(bytes)));
}

/// The table's elements for each tap: indices, and weights unless there is but
/// one.
SmallVector<MappedOperand> Resize::emitTable(int64_t axis,
                                             const ResampleTable &table) {
  SmallVector<int64_t> shape{int64_t(table.indices.size()) / table.taps,
                             table.taps};
  ImportedTensor indices =
      getConstant(node, ElementType::Int64, shape, table.indices);
  ImportedTensor weights =
      x.elementType == ElementType::Float64
          ? getConstant(node, ElementType::Float64, shape, table.weights)
          : getConstant(
                node, ElementType::Float32, shape,
                std::vector<float>(table.weights.begin(), table.weights.end()));
  Builder &builder = node.builder;
  SmallVector<MappedOperand> operands;
  for (int64_t tap = 0; tap < table.taps; ++tap) {
    AffineMap map = AffineMap::get(
        x.getRank(), 0,
        {builder.getAffineDimExpr(axis), builder.getAffineConstantExpr(tap)},
        builder.getContext());
    operands.push_back({node.emit(indices), map});
    if (!isNearest())
      operands.push_back({node.emit(weights), map});
  }
  return operands;
}

/// The weighted sum of the elements of `source` at `place`, with the indices in
/// `entries` along `axis`.
Value Resize::buildElement(ImplicitLocOpBuilder &b, Value source, int64_t axis,
                           ValueRange entries) const {
  SmallVector<Value> place;
  for (int64_t i = 0; i < x.getRank(); ++i)
    place.push_back(b.create<linalg::IndexOp>(i));
  Value zero = b.create<arith::ConstantIndexOp>(0);
  Value sum, isOutside;
  for (size_t at = 0; at < entries.size(); at += isNearest() ? 1 : 2) {
    Value index = b.create<arith::IndexCastOp>(b.getIndexType(), entries[at]);
    isOutside = b.create<arith::CmpIOp>(arith::CmpIPredicate::slt, index, zero);
    place[axis] = b.create<arith::MaxSIOp>(index, zero);
    Value element = b.create<tensor::ExtractOp>(source, place);
    Type type = getComputeType(element.getType());
    if (element.getType() != type)
      element = b.create<arith::ExtFOp>(type, element);
    if (isNearest()) {
      sum = element;
      break;
    }
    Value term = b.create<arith::MulFOp>(element, entries[at + 1]);
    sum = sum ? b.create<arith::AddFOp>(sum, term).getResult() : term;
  }
  bool crops =
      parameters.coordinates == ResampleParameters::Coordinates::CropAndResize;
  if (!crops || !isa<FloatType>(sum.getType()))
    return sum;
  Value other = b.create<arith::ConstantOp>(
      b.getFloatAttr(sum.getType(), node.getFloat("extrapolation_value", 0)));
  return b.create<arith::SelectOp>(isOutside, other, sum);
}

LogicalResult Resize::resample(int64_t axis, const ResampleAxis &change) {
  double taps = getResampleTaps(parameters, change.scale);
  if (taps > maxTaps || taps * double(change.to) > double(maxTableElements))
    return node.unsupported("expected at most " + Twine(maxTaps) +
                            " elements for one and " + Twine(maxTableElements) +
                            " for an axis, got one of " + Twine(change.from) +
                            " resized to " + Twine(change.to));
  Shape shape = x.shape;
  shape[axis] = node.sizes.getConstant(change.to);
  if (!node.sizes.tryGetProduct(shape))
    return node.tooLarge();
  ResampleTable table = buildResampleTable(parameters, change);
  SmallVector<MappedOperand> operands = emitTable(axis, table);
  Value source = node.emit(x);
  x = emitGeneric(node, operands, shape, x.elementType,
                  [&](ImplicitLocOpBuilder &b, ValueRange elements) {
                    return buildElement(b, source, axis, elements);
                  });
  return success();
}

LogicalResult Resize::run() {
  if (failed(readParameters()) || failed(readAxes()))
    return failure();
  size_t scales = node.node.opset < 11 ? 1 : 2;
  LogicalResult read = success();
  if (auto *attribute = node.findAttribute("scales"))
    read = readScaleList(SmallVector<double>(attribute->floats().begin(),
                                             attribute->floats().end()));
  else if (hasElements(scales))
    read = readScales(scales);
  else if (hasElements(3))
    read = readSizes(3);
  else
    read = node.malformed("expected scales or sizes, got neither");
  if (failed(read) || failed(readRegion()))
    return failure();
  for (auto [axis, change] : llvm::enumerate(changes))
    if (change.from && failed(resample(int64_t(axis), change)))
      return failure();
  node.setOutput(0, x);
  return success();
}

LogicalResult importer::importResize(NodeImporter &node) {
  return Resize(node).run();
}
