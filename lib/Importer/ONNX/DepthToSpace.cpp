//===- DepthToSpace.cpp - blocks of pixels as channels and back -----------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DepthToSpace.h"

#include "Emission.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

/// Checks the operand, batch x channels x height x width, and gives the size of
/// a block.
static FailureOr<Size> getBlock(NodeImporter &node) {
  ImportedTensor &x = node.getInput(0);
  int64_t block = node.getInt("blocksize", 0);
  if (x.getRank() != 4)
    return node.malformed("expected batch x channels x height x width, got " +
                          node.print(x));
  if (block < 1 || block >= int64_t(1) << 20)
    return node.malformed("expected a blocksize of at least 1, got " +
                          Twine(block));
  return node.sizes.getConstant(block);
}

LogicalResult importer::importDepthToSpace(NodeImporter &node) {
  FailureOr<Size> block = getBlock(node);
  if (failed(block))
    return failure();
  std::string mode = node.getString("mode", "DCR");
  if (mode != "DCR" && mode != "CRD")
    return node.malformed("expected mode DCR or CRD, got '" +
                          StringRef(mode).take_front(32) + "'");
  ImportedTensor &x = node.getInput(0);
  SizeContext &sizes = node.sizes;
  Size height = sizes.tryMultiply(x.shape[2], *block);
  Size width = sizes.tryMultiply(x.shape[3], *block);
  if (!height || !width)
    return node.tooLarge();
  Size channels =
      sizes.tryDivideExactly(x.shape[1], sizes.tryMultiply(*block, *block));
  if (!channels)
    return node.malformed("expected channels that the square of blocksize " +
                          sizes.print(*block) + " divides, got " +
                          sizes.print(x.shape[1]));
  bool isDepthFirst = mode == "DCR";
  Shape split =
      isDepthFirst
          ? Shape{x.shape[0], *block, *block, channels, x.shape[2], x.shape[3]}
          : Shape{x.shape[0], channels, *block, *block, x.shape[2], x.shape[3]};
  ImportedTensor blocks = emitReshape(node, x, split);
  SmallVector<int64_t> order = isDepthFirst
                                   ? SmallVector<int64_t>{0, 3, 4, 1, 5, 2}
                                   : SmallVector<int64_t>{0, 1, 4, 2, 5, 3};
  ImportedTensor pixels = emitTranspose(node, blocks, order);
  node.setOutput(
      0, emitReshape(node, pixels, {x.shape[0], channels, height, width}));
  return success();
}

LogicalResult importer::importSpaceToDepth(NodeImporter &node) {
  FailureOr<Size> block = getBlock(node);
  if (failed(block))
    return failure();
  ImportedTensor &x = node.getInput(0);
  SizeContext &sizes = node.sizes;
  Size height = sizes.tryDivideExactly(x.shape[2], *block);
  Size width = sizes.tryDivideExactly(x.shape[3], *block);
  if (!height || !width)
    return node.malformed("expected a height and width that blocksize " +
                          sizes.print(*block) + " divides, got " +
                          node.print(x));
  Size channels =
      sizes.tryMultiply(x.shape[1], sizes.tryMultiply(*block, *block));
  if (!channels)
    return node.tooLarge();
  ImportedTensor blocks = emitReshape(
      node, x, {x.shape[0], x.shape[1], height, *block, width, *block});
  ImportedTensor depth = emitTranspose(node, blocks, {0, 3, 5, 1, 2, 4});
  node.setOutput(
      0, emitReshape(node, depth, {x.shape[0], channels, height, width}));
  return success();
}
