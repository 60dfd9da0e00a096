//===- CodedMatmul.cpp - a kernel function around a coded matmul ----------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CodedMatmul.h"

#include "ScalarExpression.h"
#include "ccq/Dialect/CCQ/IR/CCQOps.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::ccq;

/// What 128-bit loads of code rows need.
static constexpr unsigned kRowAlignmentBytes = 16;

std::optional<int64_t> CodedMatmul::findStaticTokens() const {
  if (auto constant = dyn_cast<AffineConstantExpr>(tokens))
    return constant.getValue();
  return std::nullopt;
}

bool mlir::ccq::hasCodedMatmul(func::FuncOp function) {
  return function.walk([](DecodeOp) { return WalkResult::interrupt(); })
      .wasInterrupted();
}

/// The one matmul whose right-hand side is decoded.
static FailureOr<linalg::MatmulOp> findRoot(func::FuncOp function) {
  linalg::MatmulOp root;
  WalkResult result = function.walk([&](Operation *op) -> WalkResult {
    for (OpOperand &operand : op->getOpOperands()) {
      if (!operand.get().getDefiningOp<DecodeOp>())
        continue;
      auto matmul = dyn_cast<linalg::MatmulOp>(op);
      if (!matmul || operand.getOperandNumber() != 1)
        return op->emitOpError()
               << "expected the decoded weights to be the right-hand side of "
                  "a linalg.matmul";
      if (root)
        return matmul.emitOpError()
               << "expected one coded matmul per CUDA kernel, got a second";
      root = matmul;
    }
    return WalkResult::advance();
  });
  if (result.wasInterrupted())
    return failure();
  if (!root)
    return function.emitOpError()
           << "expected a matmul with decoded weights in a CUDA kernel";
  return root;
}

/// Whether a kernel can read the argument as it lies in memory.
static LogicalResult checkLayout(DecodeOp decode, CodedTensorType type) {
  if (findStreamFrame(type.getScheme())) {
    if (type.getLayout())
      return decode.emitOpError()
             << "expected streams without a layout, got " << type;
    CodedTensorType decoded = decode.getSource().getType();
    if (findStreamFrame(decoded.getScheme())->rotation)
      return decode.emitOpError() << "expected the activations to be rotated "
                                     "instead of the weights, got "
                                  << decoded;
    return success();
  }
  auto pitch = dyn_cast_if_present<RowPitchAttr>(type.getLayout());
  if (!pitch || pitch.getAlignment() != kRowAlignmentBytes)
    return decode.emitOpError()
           << "expected coded weights with layout #ccq.row_pitch<"
           << kRowAlignmentBytes << ">, got " << type;
  return success();
}

/// The rotation of the activations of a stream, if there is one; `lhs` becomes
/// what is rotated.
static std::optional<Rotation> takeRotation(CodedTensorType weights,
                                            Value &lhs) {
  auto rotate = lhs.getDefiningOp<RotateOp>();
  if (!rotate || !findStreamFrame(weights.getScheme()) ||
      !matchPattern(rotate.getKOffset(), m_Zero()))
    return std::nullopt;
  lhs = rotate.getSource();
  return Rotation{int64_t(rotate.getBlock()), uint64_t(rotate.getSeed())};
}

FailureOr<CodedMatmul> mlir::ccq::analyzeCodedMatmul(func::FuncOp function) {
  FailureOr<linalg::MatmulOp> root = findRoot(function);
  if (failed(root))
    return failure();
  linalg::MatmulOp matmul = *root;
  auto decode = matmul.getInputs()[1].getDefiningOp<DecodeOp>();
  Value coded = decode.getSource();
  if (auto drop = coded.getDefiningOp<DropRotationOp>())
    coded = drop.getSource();
  auto weights = dyn_cast<BlockArgument>(coded);
  if (!weights || weights.getOwner() != &function.getBody().front())
    return decode.emitOpError()
           << "expected coded weights that are an argument of the kernel";
  auto type = cast<CodedTensorType>(weights.getType());
  if (failed(checkLayout(decode, type)))
    return failure();
  Value lhs = matmul.getInputs()[0];
  std::optional<Rotation> rotation = takeRotation(type, lhs);
  if (!getElementTypeOrSelf(lhs).isF32())
    return matmul.emitOpError()
           << "expected f32 activations, got " << lhs.getType();
  std::optional<StridedView> view = findStridedView(lhs);
  if (!view || !view->findStaticStride(1) || !view->findStaticStride(0))
    return matmul.emitOpError() << "expected activations that are rows of an "
                                   "argument of the kernel";
  Value init = matmul.getOutputs()[0];
  AffineExpr tokens = findExtentExpression(init, 0);
  if (!tokens)
    return matmul.emitOpError() << "expected a number of rows that follows "
                                   "from the kernel's index arguments";
  return CodedMatmul{function, matmul, weights, type, *view, tokens, rotation};
}
