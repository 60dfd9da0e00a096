//===- BlockGather.cpp - GatherBlockQuantized -----------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BlockWeight.h"
#include "LayerHandlers.h"
#include "TensorMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

namespace {

/// Slices of a table of integers along its first dimension, packed in bytes
/// along the last one with one scale per block, as floats.
class BlockGather {
public:
  explicit BlockGather(NodeImporter &node)
      : node(node), data(node.getInput(0)), indices(node.getInput(1)),
        scales(node.getInput(2)) {}

  LogicalResult run();

private:
  LogicalResult checkTable();
  LogicalResult checkOperands();
  Value buildCode(ImplicitLocOpBuilder &b, Value bytes,
                  ArrayRef<Value> place) const;
  Value buildNumber(ImplicitLocOpBuilder &b, ArrayRef<Value> place) const;
  Value buildIsInside(ImplicitLocOpBuilder &b, Value element) const;

  NodeImporter &node;
  ImportedTensor &data, &indices, &scales;
  int64_t bits = 4, block = 128, quantizeAxis = 1;
  /// Of the table's integers.
  SmallVector<int64_t> shape;
  Value bytes, factors, zeros, rows;
};

} // namespace

LogicalResult BlockGather::checkTable() {
  bits = node.getInt("bits", 4);
  block = node.getInt("block_size", 128);
  if (failed(checkBlocks(node, bits, block)))
    return failure();
  int64_t rank = data.getRank();
  auto known = findConstants(data.shape);
  if (data.elementType != ElementType::UInt8 || !known || rank < 2)
    return node.unsupported("expected a table of uint8 of constant shape in 2 "
                            "or more dimensions, got " +
                            node.print(data));
  FailureOr<int64_t> gathered =
      node.getAxis(node.getInt("gather_axis", 0), rank);
  FailureOr<int64_t> quantized =
      node.getAxis(node.getInt("quantize_axis", 1), rank);
  if (failed(gathered) || failed(quantized))
    return failure();
  bool isPacked = bits < 8;
  if (*gathered != 0 || *quantized == 0 || (isPacked && *quantized != rank - 1))
    return node.unsupported(
        "expected bytes that are gathered along axis 0 and "
        "quantized along " +
        (isPacked ? "axis " + Twine(rank - 1) : Twine("another axis")) +
        ", got axes " + Twine(*gathered) + " and " + Twine(*quantized));
  quantizeAxis = *quantized;
  shape = *known;
  shape.back() *= 8 / bits;
  return checkOperands();
}

LogicalResult BlockGather::checkOperands() {
  bool isIndex = indices.elementType == ElementType::Int64 ||
                 indices.elementType == ElementType::Int32;
  Shape expected;
  for (auto [i, size] : llvm::enumerate(shape))
    expected.push_back(node.sizes.getConstant(
        int64_t(i) == quantizeAxis ? int64_t(llvm::divideCeil(size, block))
                                   : size));
  if (!isIndex || !isFloat(scales.elementType) ||
      !node.equateShapes(scales.shape, expected))
    return node.malformed("expected indices of int32 or int64 and scales of "
                          "floats" +
                          node.print(expected) + ", got " +
                          ::ccq::getElementTypeName(indices.elementType) +
                          " and " + node.print(scales));
  if (!node.hasInput(3))
    return success();
  ImportedTensor &given = node.getInput(3);
  int64_t last = *findConstant(expected.back());
  expected.back() = node.sizes.getConstant(llvm::divideCeil(last * bits, 8));
  if (given.elementType == ElementType::UInt8 &&
      node.equateShapes(given.shape, expected))
    return success();
  return node.malformed("expected zero points of uint8" + node.print(expected) +
                        ", got " + node.print(given));
}

/// The integer in `place` of a tensor of bytes that are packed along the last
/// dimension, as i32.
Value BlockGather::buildCode(ImplicitLocOpBuilder &b, Value bytes,
                             ArrayRef<Value> place) const {
  auto constant = [&](int64_t value) -> Value {
    return b.create<arith::ConstantIndexOp>(value);
  };
  Value perByte = constant(8 / bits);
  SmallVector<Value> position(place);
  position.back() = b.create<arith::DivUIOp>(place.back(), perByte);
  Value byte = b.create<tensor::ExtractOp>(bytes, position);
  Value word = b.create<arith::ExtUIOp>(b.getI32Type(), byte);
  if (bits == 8)
    return word;
  Value lane = b.create<arith::RemUIOp>(place.back(), perByte);
  Value offset = b.create<arith::MulIOp>(lane, constant(bits));
  Value shift = b.create<arith::IndexCastOp>(b.getI32Type(), offset);
  Value mask = b.create<arith::ConstantOp>(
      b.getI32IntegerAttr((int32_t(1) << bits) - 1));
  Value shifted = b.create<arith::ShRUIOp>(word, shift);
  return b.create<arith::AndIOp>(shifted, mask);
}

/// (code - zero) * scale.
Value BlockGather::buildNumber(ImplicitLocOpBuilder &b,
                               ArrayRef<Value> place) const {
  SmallVector<Value> group(place);
  group[quantizeAxis] = b.create<arith::DivUIOp>(
      place[quantizeAxis], b.create<arith::ConstantIndexOp>(block));
  Value code = buildCode(b, bytes, place);
  Value zero = zeros ? buildCode(b, zeros, group)
                     : b.create<arith::ConstantOp>(
                            b.getI32IntegerAttr(int32_t(1) << (bits - 1)))
                           .getResult();
  Value scale = b.create<tensor::ExtractOp>(factors, group);
  Type type = getComputeType(scale.getType());
  if (scale.getType() != type)
    scale = b.create<arith::ExtFOp>(type, scale);
  Value difference = b.create<arith::SubIOp>(code, zero);
  Value number = b.create<arith::SIToFPOp>(type, difference);
  return b.create<arith::MulFOp>(number, scale);
}

/// Whether an index is in -rows .. rows - 1.
Value BlockGather::buildIsInside(ImplicitLocOpBuilder &b, Value element) const {
  Value index = b.create<arith::IndexCastOp>(b.getIndexType(), element);
  Value fromFirst = b.create<arith::AddIOp>(index, rows);
  Value count = b.create<arith::AddIOp>(rows, rows);
  return b.create<arith::CmpIOp>(arith::CmpIPredicate::ult, fromFirst, count);
}

LogicalResult BlockGather::run() {
  if (failed(checkTable()))
    return failure();
  Shape result = indices.shape;
  for (int64_t size : ArrayRef<int64_t>(shape).drop_front())
    result.push_back(node.sizes.getConstant(size));
  if (!node.sizes.tryGetProduct(result))
    return node.tooLarge();
  int64_t first = indices.getRank();
  SmallVector<int64_t> own;
  for (size_t i = first; i < result.size(); ++i)
    own.push_back(int64_t(i));
  rows = node.state.emitIndex(data.shape[0], node.loc);
  bytes = node.emit(data);
  factors = node.emit(scales);
  zeros = node.hasInput(3) ? node.emit(node.getInput(3)) : Value();
  node.setOutput(
      0, emitGeneric(
             node, {{node.emit(indices), getKeptMap(node, result.size(), own)}},
             result, scales.elementType,
             [&](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
               SmallVector<Value> place{buildIndex(b, elements[0], rows)};
               for (int64_t i : own)
                 place.push_back(b.create<linalg::IndexOp>(i));
               Value number = buildNumber(b, place);
               // Unlike Gather, zeros where there is no such slice.
               Value zero = b.create<arith::ConstantOp>(
                   cast<TypedAttr>(b.getZeroAttr(number.getType())));
               return b.create<arith::SelectOp>(buildIsInside(b, elements[0]),
                                                number, zero);
             }));
  return success();
}

LogicalResult importer::importBlockGather(NodeImporter &node) {
  return BlockGather(node).run();
}
