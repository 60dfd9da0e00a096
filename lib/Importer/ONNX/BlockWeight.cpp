//===- BlockWeight.cpp - weights held as blocks of integers ---------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BlockWeight.h"

#include "ccq/Dialect/CCQ/IR/CCQOps.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

LogicalResult importer::checkBlocks(NodeImporter &node, int64_t bits,
                                    int64_t block) {
  bool isKnown = bits == 2 || bits == 4 || bits == 8;
  if (isKnown && block >= 16 && block <= (int64_t(1) << 30) &&
      llvm::isPowerOf2_64(block))
    return success();
  return node.unsupported("expected 2, 4 or 8 bits and a block_size of a power "
                          "of 2 from 16 on, got " +
                          Twine(bits) + " and " + Twine(block));
}

ImportedTensor importer::emitBlockWeight(NodeImporter &node,
                                         const BlockWeight &weight) {
  int64_t groups = llvm::divideCeil(weight.k, weight.block);
  auto emit = [&](const ConstantTensor *part, ArrayRef<int64_t> shape) {
    return node.state.emitConstant(*part, shape, /*transposed=*/false,
                                   node.loc);
  };
  Value codes =
      emit(weight.codes, {weight.n, groups, weight.block * weight.bits / 8});
  Value scales = emit(weight.scales, {weight.n, groups});
  Value zeros;
  if (weight.zeros) {
    bool isPacked = weight.zeros->elementType == ElementType::UInt8;
    int64_t bytes = llvm::divideCeil(groups * weight.bits, 8);
    zeros = emit(weight.zeros, {weight.n, isPacked ? bytes : groups});
  }
  Builder &builder = node.builder;
  StringRef name = weight.codes->name;
  Shape shape{node.sizes.getConstant(weight.k),
              node.sizes.getConstant(weight.n)};
  auto op = node.builder.create<DequantizeOp>(
      node.loc, node.state.getType(ElementType::Float32, shape), codes, scales,
      zeros, builder.getI64IntegerAttr(weight.bits),
      builder.getI64IntegerAttr(weight.block),
      name.empty() ? StringAttr() : builder.getStringAttr(name));
  return node.getResult(ElementType::Float32, shape, op);
}
