//===- Reductions.cpp - ReduceSum and its relatives -----------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Emission.h"
#include "Handlers.h"
#include "ScalarMath.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

namespace {

/// What is accumulated. The norms transform elements before and the result
/// after it.
enum class Accumulation { Sum, Product, Maximum, Minimum };
enum class Transformation { None, Absolute, Square };
enum class Finish { None, DivideByCount, SquareRoot, Logarithm };

struct Reduction {
  Accumulation accumulation;
  Transformation before = Transformation::None;
  Finish after = Finish::None;
};

Reduction getReduction(StringRef opType) {
  using A = Accumulation;
  using T = Transformation;
  return llvm::StringSwitch<Reduction>(opType)
      .Case("ReduceMax", {A::Maximum})
      .Case("ReduceMin", {A::Minimum})
      .Case("ReduceProd", {A::Product})
      .Case("ReduceMean", {A::Sum, T::None, Finish::DivideByCount})
      .Case("ReduceL1", {A::Sum, T::Absolute})
      .Case("ReduceL2", {A::Sum, T::Square, Finish::SquareRoot})
      .Case("ReduceSumSquare", {A::Sum, T::Square})
      .Case("ReduceLogSum", {A::Sum, T::None, Finish::Logarithm})
      .Default({A::Sum});
}

/// The value that changes nothing when it is accumulated.
TypedAttr getNeutral(Builder &builder, Accumulation accumulation,
                     bool isUnsigned, Type type) {
  bool isMaximum = accumulation == Accumulation::Maximum;
  bool isExtreme = isMaximum || accumulation == Accumulation::Minimum;
  if (auto floatType = dyn_cast<FloatType>(type)) {
    if (isExtreme)
      return builder.getFloatAttr(
          type, APFloat::getInf(floatType.getFloatSemantics(), isMaximum));
    return builder.getFloatAttr(
        type, accumulation == Accumulation::Product ? 1.0 : 0.0);
  }
  unsigned bits = type.getIntOrFloatBitWidth();
  APInt value(bits, accumulation == Accumulation::Product ? 1 : 0);
  if (isMaximum)
    value =
        isUnsigned ? APInt::getMinValue(bits) : APInt::getSignedMinValue(bits);
  else if (isExtreme)
    value =
        isUnsigned ? APInt::getMaxValue(bits) : APInt::getSignedMaxValue(bits);
  return builder.getIntegerAttr(type, value);
}

Value accumulate(ImplicitLocOpBuilder &b, Accumulation accumulation,
                 bool isUnsigned, Value x, Value sum) {
  bool isFloat = isa<FloatType>(x.getType());
  switch (accumulation) {
  case Accumulation::Sum:
    if (isFloat)
      return b.create<arith::AddFOp>(sum, x);
    return b.create<arith::AddIOp>(sum, x);
  case Accumulation::Product:
    if (isFloat)
      return b.create<arith::MulFOp>(sum, x);
    return b.create<arith::MulIOp>(sum, x);
  case Accumulation::Maximum:
    if (isFloat)
      return b.create<arith::MaximumFOp>(sum, x);
    if (isUnsigned)
      return b.create<arith::MaxUIOp>(sum, x);
    return b.create<arith::MaxSIOp>(sum, x);
  case Accumulation::Minimum:
    if (isFloat)
      return b.create<arith::MinimumFOp>(sum, x);
    if (isUnsigned)
      return b.create<arith::MinUIOp>(sum, x);
    return b.create<arith::MinSIOp>(sum, x);
  }
  llvm_unreachable("all cases return");
}

Value transform(ImplicitLocOpBuilder &b, Transformation before, bool isUnsigned,
                Value x) {
  bool isFloat = isa<FloatType>(x.getType());
  if (before == Transformation::Square) {
    if (isFloat)
      return b.create<arith::MulFOp>(x, x);
    return b.create<arith::MulIOp>(x, x);
  }
  if (before == Transformation::Absolute) {
    if (isFloat)
      return b.create<math::AbsFOp>(x);
    return isUnsigned ? x : b.create<math::AbsIOp>(x).getResult();
  }
  return x;
}

} // namespace

/// The number of elements that one result comes from: a constant, or a tensor
/// of rank 0 so that the kernel captures no scalar.
static ImportedTensor getCount(NodeImporter &node, Size count,
                               ElementType elementType) {
  if (auto constant = findConstant(count))
    return node.state.getScalar(elementType, double(*constant));
  ImplicitLocOpBuilder b(node.loc, node.builder);
  Type type = findBuiltinType(elementType, b.getContext());
  bool isFloat = isa<FloatType>(type);
  Type integer = isFloat ? Type(b.getI64Type()) : type;
  Value value = b.create<arith::IndexCastOp>(
      integer, node.state.emitIndex(count, node.loc));
  if (isFloat)
    value = b.create<arith::SIToFPOp>(type, value);
  return node.getResult(
      elementType, {},
      b.create<tensor::FromElementsOp>(RankedTensorType::get({}, type), value));
}

/// The last step of a reduction: element-wise, or nothing.
static FailureOr<ImportedTensor> emitFinish(NodeImporter &node,
                                            ImportedTensor &sum, Finish finish,
                                            Size count,
                                            ElementType resultType) {
  if (finish == Finish::None && sum.elementType == resultType)
    return sum;
  SmallVector<ImportedTensor *> operands{&sum};
  ImportedTensor divisor;
  if (finish == Finish::DivideByCount) {
    divisor = getCount(node, count, sum.elementType);
    operands.push_back(&divisor);
  }
  bool isUnsigned = isUnsignedInteger(sum.elementType);
  return emitElementwise(
      node, operands, resultType,
      [&](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
        Value x = elements[0];
        if (finish == Finish::None)
          return x;
        if (finish == Finish::SquareRoot)
          return b.create<math::SqrtOp>(x);
        if (finish == Finish::Logarithm)
          return b.create<math::LogOp>(x);
        if (isa<FloatType>(x.getType()))
          return b.create<arith::DivFOp>(x, elements[1]);
        if (isUnsigned)
          return b.create<arith::DivUIOp>(x, elements[1]);
        return b.create<arith::DivSIOp>(x, elements[1]);
      });
}

/// The reduced dimensions in ascending order; all of them when none is named.
static FailureOr<SmallVector<int64_t>>
getAxes(NodeImporter &node, ArrayRef<int64_t> named, int64_t rank) {
  SmallVector<int64_t> axes;
  for (int64_t axis : named) {
    FailureOr<int64_t> checked = node.getAxis(axis, rank);
    if (failed(checked))
      return failure();
    if (llvm::is_contained(axes, *checked))
      return node.malformed("expected distinct axes, got " + Twine(axis) +
                            " twice");
    axes.push_back(*checked);
  }
  llvm::sort(axes);
  if (named.empty())
    for (int64_t i = 0; i < rank; ++i)
      axes.push_back(i);
  return axes;
}

/// The value of a reduction of known integers to one element.
static std::optional<ImportedTensor> foldReduction(NodeImporter &node,
                                                   ImportedTensor &x,
                                                   const Reduction &reduction,
                                                   ArrayRef<int64_t> axes) {
  const SmallVector<Size> *integers = node.state.findIntegers(x);
  bool isFoldable = integers && !integers->empty() &&
                    int64_t(axes.size()) == x.getRank() &&
                    reduction.before == Transformation::None &&
                    reduction.after == Finish::None;
  if (!isFoldable)
    return std::nullopt;
  Size value = integers->front();
  for (Size element : llvm::drop_begin(*integers)) {
    auto a = findConstant(value), b = findConstant(element);
    switch (reduction.accumulation) {
    case Accumulation::Sum:
      value = node.sizes.tryAdd(value, element);
      break;
    case Accumulation::Product:
      value = node.sizes.tryMultiply(value, element);
      break;
    case Accumulation::Maximum:
      value = a && b ? node.sizes.getConstant(std::max(*a, *b)) : Size();
      break;
    case Accumulation::Minimum:
      value = a && b ? node.sizes.getConstant(std::min(*a, *b)) : Size();
      break;
    }
    if (!value)
      return std::nullopt;
  }
  ImportedTensor result;
  result.elementType = x.elementType;
  result.integers = SmallVector<Size>{value};
  return result;
}

/// log(sum of exp(x - peak)) + peak, where peak is the largest element.
static ImportedTensor emitLogSumExp(NodeImporter &node, ImportedTensor &x,
                                    ArrayRef<int64_t> axes) {
  Builder &builder = node.builder;
  Type type =
      getComputeType(findBuiltinType(x.elementType, builder.getContext()));
  ElementType compute = type.isF32() ? ElementType::Float32 : x.elementType;
  // A finite start makes exp(-inf - peak) 0 and not NaN.
  const llvm::fltSemantics &semantics =
      cast<FloatType>(type).getFloatSemantics();
  ImportedTensor peak = emitReduction(
      node, x, axes, compute,
      builder.getFloatAttr(type,
                           APFloat::getLargest(semantics, /*Negative=*/true)),
      [](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
        return b.create<arith::MaximumFOp>(elements[1], elements[0]);
      });
  AffineMap all = builder.getMultiDimIdentityMap(x.getRank());
  ImportedTensor shifted =
      emitGeneric(node,
                  {{node.emit(x), all},
                   {peak.emitted, getKeptMap(node, x.getRank(), axes)}},
                  x.shape, compute,
                  [](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
                    return b.create<math::ExpOp>(
                        b.create<arith::SubFOp>(elements[0], elements[1]));
                  });
  ImportedTensor sum = emitReduction(
      node, shifted, axes, compute, builder.getFloatAttr(type, 0.0),
      [](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
        return b.create<arith::AddFOp>(elements[1], elements[0]);
      });
  AffineMap own = builder.getMultiDimIdentityMap(sum.getRank());
  return emitGeneric(node, {{sum.emitted, own}, {peak.emitted, own}}, sum.shape,
                     x.elementType,
                     [](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
                       return b.create<arith::AddFOp>(
                           b.create<math::LogOp>(elements[0]), elements[1]);
                     });
}

/// Reduces input 0 over `named` axes.
static LogicalResult importReduction(NodeImporter &node,
                                     ArrayRef<int64_t> named) {
  ImportedTensor &x = node.getInput(0);
  Reduction reduction = getReduction(node.node.opType);
  bool isExtreme = reduction.accumulation == Accumulation::Maximum ||
                   reduction.accumulation == Accumulation::Minimum;
  bool isUsable = isFloat(x.elementType) || isInteger(x.elementType) ||
                  (isExtreme && x.elementType == ElementType::Bool);
  if (!isUsable)
    return node.malformed("expected a tensor of numbers, got " +
                          ::ccq::getElementTypeName(x.elementType));
  bool isLogSumExp = node.node.opType == "ReduceLogSumExp";
  bool needsFloat = isLogSumExp || reduction.after == Finish::SquareRoot ||
                    reduction.after == Finish::Logarithm;
  if (needsFloat && !isFloat(x.elementType))
    return node.unsupported("expected a tensor of floats, got " +
                            ::ccq::getElementTypeName(x.elementType));
  FailureOr<SmallVector<int64_t>> axes = getAxes(node, named, x.getRank());
  if (failed(axes))
    return failure();
  Shape kept;
  Size count = node.sizes.getConstant(1);
  for (auto [i, size] : llvm::enumerate(x.shape)) {
    bool isReduced = llvm::is_contained(*axes, int64_t(i));
    kept.push_back(isReduced ? node.sizes.getConstant(1) : size);
    if (isReduced)
      count = node.sizes.tryMultiply(count, size);
  }
  std::optional<ImportedTensor> result =
      isLogSumExp ? emitLogSumExp(node, x, *axes)
                  : foldReduction(node, x, reduction, *axes);
  if (!result) {
    // A boolean is an unsigned number of one bit: any and all.
    bool isUnsigned =
        isUnsignedInteger(x.elementType) || x.elementType == ElementType::Bool;
    Type type = getComputeType(
        findBuiltinType(x.elementType, node.builder.getContext()));
    ElementType accumulator =
        type.isF32() ? ElementType::Float32 : x.elementType;
    ImportedTensor sum = emitReduction(
        node, x, *axes, accumulator,
        getNeutral(node.builder, reduction.accumulation, isUnsigned, type),
        [&](ImplicitLocOpBuilder &b, ValueRange elements) {
          return accumulate(
              b, reduction.accumulation, isUnsigned,
              transform(b, reduction.before, isUnsigned, elements[0]),
              elements[1]);
        });
    FailureOr<ImportedTensor> finished =
        emitFinish(node, sum, reduction.after, count, x.elementType);
    if (failed(finished))
      return failure();
    result = *finished;
  }
  if (node.getInt("keepdims", 1))
    result = emitReshape(node, *result, kept);
  node.setOutput(0, *result);
  return success();
}

LogicalResult importer::importReductionByAttribute(NodeImporter &node) {
  return importReduction(
      node, node.findInts("axes").value_or(SmallVector<int64_t>{}));
}

LogicalResult importer::importReductionByInput(NodeImporter &node) {
  SmallVector<int64_t> axes;
  if (node.hasInput(1)) {
    FailureOr<SmallVector<int64_t>> named = node.getConstantIntegers(1, "axes");
    if (failed(named))
      return failure();
    axes = *named;
  }
  if (axes.empty() && node.getInt("noop_with_empty_axes", 0)) {
    if (node.node.opType != "ReduceSum" && node.node.opType != "ReduceMean" &&
        node.node.opType != "ReduceMax" && node.node.opType != "ReduceMin" &&
        node.node.opType != "ReduceProd")
      return node.unsupported("noop_with_empty_axes is not supported for " +
                              node.node.opType);
    node.setOutput(0, node.getInput(0));
    return success();
  }
  return importReduction(node, axes);
}
