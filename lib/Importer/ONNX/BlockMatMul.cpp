//===- BlockMatMul.cpp - MatMulNBits --------------------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BlockWeight.h"
#include "LayerHandlers.h"
#include "TensorMath.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

static std::string name(ElementType type) {
  return ::ccq::getElementTypeName(type);
}

namespace {

/// One MatMulNBits node: a product with the numbers that the blocks stand for,
/// which can be coded like any weight.
class BlockMatMul {
public:
  explicit BlockMatMul(NodeImporter &node) : node(node) {}

  LogicalResult run();

private:
  LogicalResult check();
  LogicalResult checkWeight();
  LogicalResult checkZeros(ImportedTensor &scales);
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

ImportedTensor BlockMatMul::emitWeight() {
  BlockWeight weight{k, n, bits, block};
  weight.codes = node.getInput(1).constant;
  weight.scales = node.getInput(2).constant;
  weight.zeros = node.hasInput(3) ? node.getInput(3).constant : nullptr;
  return emitBlockWeight(node, weight);
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
  product = emitWithBias(node, product, 5, x.elementType);
  node.setOutput(0, emitReshape(node, product, shape));
  return success();
}

LogicalResult importer::importBlockMatMul(NodeImporter &node) {
  return BlockMatMul(node).run();
}
