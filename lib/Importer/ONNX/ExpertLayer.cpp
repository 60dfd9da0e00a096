//===- ExpertLayer.cpp - one linear layer of all experts ------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ExpertLayer.h"

#include "BlockWeight.h"

#include "llvm/ADT/bit.h"
#include "llvm/Support/MathExtras.h"

#include <cstring>

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

/// Each expert is some operations of the module.
static constexpr int64_t maxExperts = 1024;

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

LogicalResult ExpertLayer::check(ElementType type) {
  ImportedTensor &weights = node.getInput(inputs.weights);
  auto shape = findConstants(weights.shape);
  ElementType expected = inputs.scales ? ElementType::UInt8 : type;
  if (weights.elementType != expected || !shape || shape->size() != 3 ||
      llvm::is_contained(*shape, 0))
    return node.malformed(
        "expected " + name + " weights of experts x N x K, all constant, of " +
        ::ccq::getElementTypeName(expected) + ", got " + node.print(weights));
  experts = (*shape)[0];
  if (experts > maxExperts)
    return node.unsupported("expected at most " + Twine(maxExperts) +
                            " experts, got " + Twine(experts));
  n = (*shape)[1];
  k = (*shape)[2];
  if (inputs.scales &&
      (failed(checkBits()) || failed(checkScales()) || failed(checkZeros())))
    return failure();
  if (!node.hasInput(inputs.bias))
    return success();
  ImportedTensor &bias = node.getInput(inputs.bias);
  Shape biasShape{node.sizes.getConstant(experts), node.sizes.getConstant(n)};
  if (bias.elementType == type && bias.shape == biasShape)
    return success();
  return node.malformed("expected " + name + " biases of " +
                        node.print(biasShape) + ", got " + node.print(bias));
}

LogicalResult ExpertLayer::checkBits() {
  bits = node.getInt((name + "_expert_weight_bits").str(),
                     node.getInt("expert_weight_bits", 4));
  if (bits != 2 && bits != 4 && bits != 8)
    return node.unsupported("expected " + name +
                            " weights of 2, 4 or 8 bits, " + "got " +
                            Twine(bits));
  k *= 8 / bits;
  // -1 says that there are no blocks, like a missing attribute.
  block = std::max<int64_t>(node.getInt("block_size", 0), 0);
  if (block == 0)
    return success();
  if (failed(checkBlocks(node, bits, block)))
    return failure();
  if (k % block == 0)
    return success();
  return node.malformed("expected " + name + " weights of whole blocks of " +
                        Twine(block) + ", got K of " + Twine(k));
}

LogicalResult ExpertLayer::checkScales() {
  for (auto input :
       {std::optional(inputs.weights), inputs.scales, inputs.zeros})
    if (input && node.hasInput(*input) && !node.getInput(*input).constant)
      return node.unsupported("expected weights, scales and zero points to be "
                              "constants, got a computed input " +
                              Twine(*input));
  if (!node.hasInput(*inputs.scales))
    return node.malformed("expected scales of the " + name + " weights");
  ImportedTensor &scales = node.getInput(*inputs.scales);
  Shape expected{node.sizes.getConstant(experts), node.sizes.getConstant(n)};
  if (block)
    expected.push_back(node.sizes.getConstant(k / block));
  if (isFloat(scales.elementType) &&
      scales.elementType != ElementType::Float64 && scales.shape == expected)
    return success();
  return node.malformed("expected " + name + " scales of floats" +
                        node.print(expected) + ", got " + node.print(scales));
}

LogicalResult ExpertLayer::checkZeros() {
  if (!node.hasInput(*inputs.zeros))
    return success();
  ImportedTensor &zeros = node.getInput(*inputs.zeros);
  // Integers are packed along the last dimension.
  Shape expected{node.sizes.getConstant(experts)};
  int64_t packed = block ? k / block : n;
  if (block)
    expected.push_back(node.sizes.getConstant(n));
  expected.push_back(
      node.sizes.getConstant(int64_t(llvm::divideCeil(packed * bits, 8))));
  if (zeros.elementType == ElementType::UInt8 && zeros.shape == expected)
    return success();
  return node.malformed("expected " + name + " zero points of uint8" +
                        node.print(expected) + ", got " + node.print(zeros));
}

//===----------------------------------------------------------------------===//
// Emission
//===----------------------------------------------------------------------===//

const ConstantTensor *ExpertLayer::getPart(size_t input, int64_t expert) {
  ImportedTensor &tensor = node.getInput(input);
  return node.state.addPart(*tensor.constant, *findConstants(tensor.shape),
                            expert);
}

/// Those of rows without blocks are packed over the rows, and become floats.
const ConstantTensor *ExpertLayer::getZeros(int64_t expert) {
  const ConstantTensor *zeros = getPart(*inputs.zeros, expert);
  if (block)
    return zeros;
  std::vector<std::byte> bytes(size_t(n) * sizeof(float));
  for (int64_t row = 0; row < n; ++row) {
    int64_t position = row * bits;
    unsigned byte = uint8_t(zeros->bytes[position / 8]);
    auto value = float((byte >> (position % 8)) & ((1u << bits) - 1));
    std::memcpy(bytes.data() + row * sizeof(float), &value, sizeof(float));
  }
  return node.state.addConstant("", ElementType::Float32, {n, 1},
                                std::move(bytes));
}

ImportedTensor ExpertLayer::emitWeight(int64_t expert) {
  if (!inputs.scales) {
    ImportedTensor matrix =
        emitPart(node, node.getInput(inputs.weights), expert);
    return emitTranspose(node, matrix, {1, 0});
  }
  BlockWeight weight{k, n, bits, block ? block : k};
  weight.codes = getPart(inputs.weights, expert);
  weight.scales = getPart(*inputs.scales, expert);
  if (node.hasInput(*inputs.zeros))
    weight.zeros = getZeros(expert);
  return emitBlockWeight(node, weight);
}

ImportedTensor ExpertLayer::emitProduct(ImportedTensor &rows, int64_t expert) {
  ImportedTensor weight = emitWeight(expert);
  ImportedTensor operand = emitConversion(node, rows, weight.elementType);
  return emitMatrixProduct(node, operand, weight);
}

SmallVector<MappedOperand> ExpertLayer::emitBias(int64_t expert) {
  if (!node.hasInput(inputs.bias))
    return {};
  ImportedTensor bias = emitPart(node, node.getInput(inputs.bias), expert);
  return {{node.emit(bias), getKeptMap(node, 2, {0})}};
}
