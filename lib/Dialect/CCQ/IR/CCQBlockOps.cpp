//===- CCQBlockOps.cpp - verifiers of weights in blocks ---------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Dialect/CCQ/IR/CCQOps.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::ccq;

LogicalResult DequantizeOp::verify() {
  int64_t bits = getBits(), block = getBlock();
  bool isKnown = bits == 2 || bits == 4 || bits == 8;
  if (!isKnown || block < 1 || block > (int64_t(1) << 40) ||
      block * bits % 8 != 0 || !getResult().getType().hasStaticShape())
    return emitOpError() << "dequantize_c1: expected 2, 4 or 8 bits and blocks "
                            "of whole bytes, got "
                         << bits << " and " << block;
  int64_t k = getResult().getType().getDimSize(0);
  int64_t n = getResult().getType().getDimSize(1);
  int64_t groups = llvm::divideCeil(k, block);
  auto codes = cast<RankedTensorType>(getCodes().getType());
  int64_t expected[] = {n, groups, block * bits / 8};
  if (codes.getShape() != ArrayRef<int64_t>(expected))
    return emitOpError() << "dequantize_c2: expected codes of " << n << " x "
                         << groups << " x " << block * bits / 8 << ", got "
                         << codes;
  auto scales = cast<RankedTensorType>(getScales().getType());
  if (scales.getNumElements() != n * groups || scales.getRank() < 1 ||
      scales.getRank() > 2)
    return emitOpError() << "dequantize_c3: expected " << n * groups
                         << " scales in 1 or 2 dimensions, got " << scales;
  if (!getZeroPoints())
    return success();
  auto zeros = cast<RankedTensorType>(getZeroPoints().getType());
  int64_t count = zeros.getElementType().isInteger(8)
                      ? n * int64_t(llvm::divideCeil(groups * bits, 8))
                      : n * groups;
  if (zeros.getNumElements() != count)
    return emitOpError() << "dequantize_c4: expected " << count
                         << " elements of zero_points, got " << zeros;
  return success();
}
