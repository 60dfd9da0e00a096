//===- RotateActivations.cpp - rotation of weights to inputs ----*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Dialect/CCQ/IR/CCQOps.h"
#include "ccq/Dialect/CCQ/Transforms/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace mlir::ccq {
#define GEN_PASS_DEF_ROTATEACTIVATIONS
#include "ccq/Dialect/CCQ/Transforms/Passes.h.inc"
} // namespace mlir::ccq

using namespace mlir;
using namespace mlir::ccq;
namespace codec = ::ccq::codec;

/// The decode of rotated weights that `matmul` reads, or null.
static DecodeOp findRotatedDecode(linalg::MatmulOp matmul) {
  auto decode = matmul.getInputs()[1].getDefiningOp<DecodeOp>();
  if (!decode || decode.getMaterialized())
    return {};
  std::optional<codec::StreamFrame> frame =
      findStreamFrame(decode.getSource().getType().getScheme());
  return frame && frame->rotation ? decode : DecodeOp();
}

/// The weights of `decode` in the basis they are coded in.
static Value createRotatedDecode(OpBuilder &builder, DecodeOp decode) {
  CodedTensorType type = decode.getSource().getType();
  auto plain = CodedTensorType::get(
      type.getContext(), type.getShape(), type.getElementType(),
      dropStreamRotation(type.getScheme()), type.getLayout());
  Location loc = decode.getLoc();
  Value codes = builder.create<DropRotationOp>(loc, plain, decode.getSource());
  return builder.create<DecodeOp>(loc, plain.getDecodedType(), codes);
}

namespace {

struct RotateActivations
    : public ::mlir::ccq::impl::RotateActivationsBase<RotateActivations> {
  using RotateActivationsBase::RotateActivationsBase;

  void runOnOperation() override {
    SmallVector<linalg::MatmulOp> matmuls;
    getOperation().walk([&](linalg::MatmulOp op) {
      if (op.hasPureTensorSemantics() && findRotatedDecode(op))
        matmuls.push_back(op);
    });
    for (linalg::MatmulOp op : matmuls)
      if (failed(rotate(op)))
        return signalPassFailure();
  }

private:
  static LogicalResult rotate(linalg::MatmulOp matmul) {
    Value activations = matmul.getInputs()[0];
    auto type = cast<RankedTensorType>(activations.getType());
    if (!type.getElementType().isF32())
      return matmul.emitError() << "expected f32 activations for rotated "
                                   "weights, got "
                                << type.getElementType();
    DecodeOp decode = findRotatedDecode(matmul);
    codec::StreamFrame frame =
        *findStreamFrame(decode.getSource().getType().getScheme());
    OpBuilder builder(matmul);
    Location loc = matmul.getLoc();
    Value zero = builder.create<arith::ConstantIndexOp>(loc, 0);
    Value rotated = builder.create<RotateOp>(
        loc, type, activations, zero,
        builder.getI64IntegerAttr(*frame.rotation),
        builder.getI64IntegerAttr(int64_t(frame.seed)));
    matmul.setOperand(0, rotated);
    matmul.setOperand(1, createRotatedDecode(builder, decode));
    if (decode->use_empty())
      decode.erase();
    return success();
  }
};

} // namespace
