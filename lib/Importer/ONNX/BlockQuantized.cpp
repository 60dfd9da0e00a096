//===- BlockQuantized.cpp - MatMulNBits and GatherBlockQuantized ----------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LayerHandlers.h"
#include "ScalarMath.h"
#include "TensorMath.h"

#include "ccq/Dialect/CCQ/IR/CCQDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

#include <cstring>

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

static std::string name(ElementType type) {
  return ::ccq::getElementTypeName(type);
}

/// Checks attributes that both operators have.
static LogicalResult checkBlocks(NodeImporter &node, int64_t bits,
                                 int64_t block) {
  bool isKnown = bits == 2 || bits == 4 || bits == 8;
  if (isKnown && block >= 16 && block <= (int64_t(1) << 30) &&
      llvm::isPowerOf2_64(block))
    return success();
  return node.unsupported("expected 2, 4 or 8 bits and a block_size of a power "
                          "of 2 from 16 on, got " +
                          Twine(bits) + " and " + Twine(block));
}

//===----------------------------------------------------------------------===//
// MatMulNBits
//===----------------------------------------------------------------------===//

namespace {

/// One MatMulNBits node. Its weight is a constant of the numbers that the
/// blocks stand for, which can be coded like any weight of a matrix product.
class BlockMatMul {
public:
  explicit BlockMatMul(NodeImporter &node) : node(node) {}

  LogicalResult run();

private:
  LogicalResult check();
  LogicalResult checkWeight();
  LogicalResult checkZeros(ImportedTensor &scales);
  std::vector<std::byte> computeWeight();
  ImportedTensor emitWeight();

  NodeImporter &node;
  int64_t bits = 4, block = 0, k = 0, n = 0, groups = 0;
};

} // namespace

LogicalResult BlockMatMul::check() {
  bits = node.getInt("bits", 4);
  block = node.getInt("block_size", 0);
  k = node.getInt("K", 0);
  n = node.getInt("N", 0);
  constexpr int64_t limit = int64_t(1) << 40;
  if (k < 1 || n < 1 || k > limit || n > limit)
    return node.malformed("expected K and N of at least 1, got " + Twine(k) +
                          " and " + Twine(n));
  if (failed(checkBlocks(node, bits, block)))
    return failure();
  if (node.hasInput(4))
    return node.unsupported("expected no g_idx, which reorders the rows of the "
                            "weight");
  if (node.getInt("weight_prepacked", 0))
    return node.unsupported("expected weight_prepacked of 0, got " +
                            Twine(node.getInt("weight_prepacked", 0)));
  ImportedTensor &x = node.getInput(0);
  if (!isFloat(x.elementType) || x.getRank() < 1 ||
      !node.equate(x.shape.back(), node.sizes.getConstant(k)))
    return node.malformed("expected rows of " + Twine(k) +
                          " floats as input 0, got " + name(x.elementType) +
                          node.print(x.shape));
  if (node.hasInput(5)) {
    ImportedTensor &bias = node.getInput(5);
    if (bias.elementType != x.elementType ||
        bias.shape != Shape{node.sizes.getConstant(n)})
      return node.malformed("expected a bias of " + Twine(n) + ", got " +
                            name(bias.elementType) + node.print(bias.shape));
  }
  return checkWeight();
}

LogicalResult BlockMatMul::checkWeight() {
  groups = llvm::divideCeil(k, block);
  for (size_t input : {1, 2, 3})
    if (node.hasInput(input) && !node.getInput(input).constant)
      return node.unsupported("expected codes, scales and zero points to be "
                              "constants, got a computed input " +
                              Twine(input));
  ImportedTensor &codes = node.getInput(1), &scales = node.getInput(2);
  auto size = [&](int64_t value) { return node.sizes.getConstant(value); };
  Shape expected{size(n), size(groups), size(block * bits / 8)};
  if (codes.elementType != ElementType::UInt8 || codes.shape != expected)
    return node.malformed("expected codes of uint8" + node.print(expected) +
                          ", got " + name(codes.elementType) +
                          node.print(codes.shape));
  bool isScale = scales.elementType == ElementType::Float32 ||
                 scales.elementType == ElementType::Float16 ||
                 scales.elementType == ElementType::BFloat16;
  if (!isScale || (scales.shape != Shape{size(n), size(groups)} &&
                   scales.shape != Shape{size(n * groups)}))
    return node.malformed("expected " + Twine(n * groups) +
                          " scales of float32 or a 16-bit float, got " +
                          name(scales.elementType) + node.print(scales.shape));
  return checkZeros(scales);
}

LogicalResult BlockMatMul::checkZeros(ImportedTensor &scales) {
  if (!node.hasInput(3))
    return success();
  ImportedTensor &zeros = node.getInput(3);
  bool isPacked = zeros.elementType == ElementType::UInt8;
  int64_t row = isPacked ? int64_t(llvm::divideCeil(groups * bits, 8)) : groups;
  auto count = findConstant(node.sizes.tryGetProduct(zeros.shape));
  if (count == n * row && (isPacked || zeros.elementType == scales.elementType))
    return success();
  return node.malformed("expected " + Twine(n) + " x " + Twine(row) +
                        " zero points of uint8 or " + name(scales.elementType) +
                        ", got " + name(zeros.elementType) +
                        node.print(zeros.shape));
}

/// Integer `index` of `bits` bits in `bytes`, the lowest bits of a byte first.
static float unpack(ArrayRef<char> bytes, int64_t bits, int64_t index) {
  int64_t position = index * bits;
  unsigned value = unsigned(uint8_t(bytes[position / 8])) >> (position % 8);
  return float(value & ((1u << bits) - 1));
}

/// (code - zero) * scale in f32, as N x K.
std::vector<std::byte> BlockMatMul::computeWeight() {
  ArrayRef<char> codes = node.getInput(1).constant->bytes;
  const ConstantTensor &scales = *node.getInput(2).constant;
  const ConstantTensor *zeros =
      node.hasInput(3) ? node.getInput(3).constant : nullptr;
  bool isPacked = zeros && zeros->elementType == ElementType::UInt8;
  int64_t zeroRowBytes = llvm::divideCeil(groups * bits, 8);
  int64_t groupBytes = block * bits / 8;
  std::vector<std::byte> bytes(size_t(n * k) * sizeof(float));
  for (int64_t column = 0; column < n; ++column)
    for (int64_t group = 0; group < groups; ++group) {
      int64_t at = column * groups + group;
      float zero = float(1u << (bits - 1));
      if (isPacked)
        zero = unpack(zeros->bytes.slice(column * zeroRowBytes, zeroRowBytes),
                      bits, group);
      else if (zeros)
        zero = float(readFloat(*zeros, at));
      float scale = float(readFloat(scales, at));
      ArrayRef<char> own = codes.slice(at * groupBytes, groupBytes);
      int64_t first = group * block, count = std::min(block, k - first);
      for (int64_t i = 0; i < count; ++i) {
        float weight = (unpack(own, bits, i) - zero) * scale;
        std::memcpy(bytes.data() + (column * k + first + i) * sizeof(float),
                    &weight, sizeof(float));
      }
    }
  return bytes;
}

/// The weight as a constant of the module that has the name of the codes.
ImportedTensor BlockMatMul::emitWeight() {
  StringRef weightName = node.getInput(1).constant->name;
  const ConstantTensor *constant = node.state.addConstant(
      weightName, ElementType::Float32, {n, k}, computeWeight());
  ImportedTensor rows = node.state.getTensor(*constant);
  ImportedTensor weight = emitTranspose(node, rows, {1, 0});
  Operation *op = node.emit(weight).getDefiningOp();
  if (!weightName.empty())
    op->setAttr(CCQDialect::kNameAttr, node.builder.getStringAttr(weightName));
  return weight;
}

LogicalResult BlockMatMul::run() {
  if (failed(check()))
    return failure();
  ImportedTensor &x = node.getInput(0);
  Shape shape(ArrayRef<Size>(x.shape).drop_back());
  Size rows = node.sizes.tryGetProduct(shape);
  shape.push_back(node.sizes.getConstant(n));
  if (!rows || !node.sizes.tryGetProduct(shape))
    return node.tooLarge();
  ImportedTensor matrix = emitReshape(node, x, {rows, x.shape.back()});
  matrix = emitConversion(node, matrix, ElementType::Float32);
  ImportedTensor weight = emitWeight();
  ImportedTensor product = emitMatrixProduct(node, matrix, weight);
  if (node.hasInput(5)) {
    FailureOr<ImportedTensor> sum = emitElementwise(
        node, {&product, &node.getInput(5)}, x.elementType,
        [](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
          return b.create<arith::AddFOp>(elements[0], elements[1]);
        });
    if (failed(sum))
      return failure();
    product = *sum;
  }
  product = emitConversion(node, product, x.elementType);
  node.setOutput(0, emitReshape(node, product, shape));
  return success();
}

LogicalResult importer::importBlockMatMul(NodeImporter &node) {
  return BlockMatMul(node).run();
}

//===----------------------------------------------------------------------===//
// GatherBlockQuantized
//===----------------------------------------------------------------------===//

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
