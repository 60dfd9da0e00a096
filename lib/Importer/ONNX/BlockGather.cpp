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

static std::string name(ElementType type) {
  return ::ccq::getElementTypeName(type);
}

namespace {

/// Rows of a table of integers, each row packed in bytes with one scale per
/// block, as floats.
class BlockGather {
public:
  explicit BlockGather(NodeImporter &node)
      : node(node), data(node.getInput(0)), indices(node.getInput(1)),
        scales(node.getInput(2)) {}

  LogicalResult run();

private:
  LogicalResult check();
  Value buildCode(ImplicitLocOpBuilder &b, Value bytes, Value row,
                  Value column) const;

  NodeImporter &node;
  ImportedTensor &data, &indices, &scales;
  int64_t bits = 4, block = 128, columns = 0;
};

} // namespace

LogicalResult BlockGather::check() {
  bits = node.getInt("bits", 4);
  block = node.getInt("block_size", 128);
  if (failed(checkBlocks(node, bits, block)))
    return failure();
  auto bytes = data.getRank() == 2 ? findConstant(data.shape[1]) : std::nullopt;
  int64_t quantizeAxis = node.getInt("quantize_axis", 1);
  if (data.elementType != ElementType::UInt8 || !bytes ||
      node.getInt("gather_axis", 0) != 0 ||
      (quantizeAxis != 1 && quantizeAxis != -1))
    return node.unsupported("expected a matrix of uint8 that is gathered along "
                            "axis 0 and quantized along axis 1, got " +
                            name(data.elementType) + node.print(data.shape));
  columns = *bytes * (8 / bits);
  bool isIndex = indices.elementType == ElementType::Int64 ||
                 indices.elementType == ElementType::Int32;
  int64_t groups = llvm::divideCeil(columns, block);
  Shape expected{data.shape[0], node.sizes.getConstant(groups)};
  if (!isIndex || !isFloat(scales.elementType) ||
      !node.equateShapes(scales.shape, expected))
    return node.malformed("expected indices of int32 or int64 and scales of "
                          "floats" +
                          node.print(expected) + ", got " +
                          name(indices.elementType) + " and " +
                          name(scales.elementType) + node.print(scales.shape));
  if (!node.hasInput(3))
    return success();
  ImportedTensor &zeros = node.getInput(3);
  Shape packed{data.shape[0],
               node.sizes.getConstant(llvm::divideCeil(groups * bits, 8))};
  if (zeros.elementType == ElementType::UInt8 &&
      node.equateShapes(zeros.shape, packed))
    return success();
  return node.malformed("expected zero points of uint8" + node.print(packed) +
                        ", got " + name(zeros.elementType) +
                        node.print(zeros.shape));
}

/// The integer in place `column` of a row of packed bytes, as i32.
Value BlockGather::buildCode(ImplicitLocOpBuilder &b, Value bytes, Value row,
                             Value column) const {
  auto constant = [&](int64_t value) -> Value {
    return b.create<arith::ConstantIndexOp>(value);
  };
  Value perByte = constant(8 / bits);
  Value place = b.create<arith::DivUIOp>(column, perByte);
  Value byte = b.create<tensor::ExtractOp>(bytes, ValueRange{row, place});
  Value word = b.create<arith::ExtUIOp>(b.getI32Type(), byte);
  if (bits == 8)
    return word;
  Value lane = b.create<arith::RemUIOp>(column, perByte);
  Value offset = b.create<arith::MulIOp>(lane, constant(bits));
  Value shift = b.create<arith::IndexCastOp>(b.getI32Type(), offset);
  Value mask = b.create<arith::ConstantOp>(
      b.getI32IntegerAttr((int32_t(1) << bits) - 1));
  Value shifted = b.create<arith::ShRUIOp>(word, shift);
  return b.create<arith::AndIOp>(shifted, mask);
}

LogicalResult BlockGather::run() {
  if (failed(check()))
    return failure();
  Shape shape = indices.shape;
  shape.push_back(node.sizes.getConstant(columns));
  if (!node.sizes.tryGetProduct(shape))
    return node.tooLarge();
  int64_t rank = indices.getRank();
  AffineMap map = getKeptMap(node, rank + 1, {rank});
  Value size = node.state.emitIndex(data.shape[0], node.loc);
  Value bytes = node.emit(data), factors = node.emit(scales);
  Value zeros = node.hasInput(3) ? node.emit(node.getInput(3)) : Value();
  node.setOutput(
      0, emitGeneric(
             node, {{node.emit(indices), map}}, shape, scales.elementType,
             [&](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
               Value row = buildIndex(b, elements[0], size);
               Value column = b.create<linalg::IndexOp>(rank);
               Value group = b.create<arith::DivUIOp>(
                   column, b.create<arith::ConstantIndexOp>(block));
               Value code = buildCode(b, bytes, row, column);
               Value zero =
                   zeros ? buildCode(b, zeros, row, group)
                         : b.create<arith::ConstantOp>(
                                b.getI32IntegerAttr(int32_t(1) << (bits - 1)))
                               .getResult();
               Value scale =
                   b.create<tensor::ExtractOp>(factors, ValueRange{row, group});
               Type type = getComputeType(scale.getType());
               if (scale.getType() != type)
                 scale = b.create<arith::ExtFOp>(type, scale);
               Value difference = b.create<arith::SubIOp>(code, zero);
               Value number = b.create<arith::SIToFPOp>(type, difference);
               return b.create<arith::MulFOp>(number, scale);
             }));
  return success();
}

LogicalResult importer::importBlockGather(NodeImporter &node) {
  return BlockGather(node).run();
}
