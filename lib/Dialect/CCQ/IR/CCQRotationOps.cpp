//===- CCQRotationOps.cpp - verifiers of the rotation along K ---*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Dialect/CCQ/IR/CCQOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::ccq;
namespace codec = ::ccq::codec;

LogicalResult DropRotationOp::verify() {
  CodedTensorType source = getSource().getType();
  if (!findStreamFrame(source.getScheme()))
    return emitOpError() << "drop_rotation_c1: expected a stream, got "
                         << source.getScheme();
  auto expected = CodedTensorType::get(
      getContext(), source.getShape(), source.getElementType(),
      dropStreamRotation(source.getScheme()), source.getLayout());
  if (getResult().getType() != expected)
    return emitOpError() << "drop_rotation_c1: expected result type "
                         << expected << ", got " << getResult().getType();
  return success();
}

LogicalResult RotateOp::verify() {
  auto type = cast<RankedTensorType>(getSource().getType());
  if (type.isDynamicDim(1))
    return emitOpError() << "rotate_c1: expected a static number of columns, "
                            "got "
                         << type;
  int64_t block = getBlock();
  if (block < 1 || block > 4096 || !llvm::isPowerOf2_64(block))
    return emitOpError() << "rotate_c2: expected a block that is a power of "
                            "two from 1 to 4096, got "
                         << block;
  APInt offset;
  if (matchPattern(getKOffset(), m_ConstantInt(&offset)) &&
      offset.getSExtValue() % block != 0)
    return emitOpError() << "rotate_c3: expected an offset that is a multiple "
                            "of "
                         << block << ", got " << offset.getSExtValue();
  return success();
}

LogicalResult
RotateOp::reifyResultShapes(OpBuilder &builder,
                            ReifiedRankedShapedTypeDims &reifiedReturnShapes) {
  reifiedReturnShapes.push_back(
      tensor::getMixedSizes(builder, getLoc(), getSource()));
  return success();
}
