//===- AbsorbReshapes.cpp - expanded arguments of kernels -------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelExtents.h"
#include "ccq/Dialect/CCQ/IR/CCQDialect.h"
#include "ccq/Target/Passes.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::ccq {
#define GEN_PASS_DEF_ABSORBRESHAPES
#include "ccq/Target/Passes.h.inc"
} // namespace mlir::ccq

using namespace mlir;
using namespace mlir::ccq;

/// Whether one dimension of the source becomes several of dynamic size: their
/// sizes do not follow from the source's.
static bool splitsDynamically(tensor::ExpandShapeOp op) {
  RankedTensorType type = op.getResultType();
  return llvm::any_of(op.getReassociationIndices(),
                      [&](const ReassociationIndices &group) {
                        return llvm::count_if(group, [&](int64_t dim) {
                                 return type.isDynamicDim(dim);
                               }) > 1;
                      });
}

/// The argument that `value` is, up to reshapes; these are added to `chain`,
/// the last one first.
static BlockArgument findReshapedArgument(Value value,
                                          SmallVectorImpl<Operation *> &chain) {
  while (Operation *op = value.getDefiningOp()) {
    if (!isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(op))
      return {};
    chain.push_back(op);
    value = op->getOperand(0);
  }
  return cast<BlockArgument>(value);
}

/// Undoes the reshapes in `chain` (the last one first), starting from `value`.
static FailureOr<Value> undoReshapes(OpBuilder &builder, Value value,
                                     ArrayRef<Operation *> chain) {
  for (Operation *op : chain) {
    auto expand = dyn_cast<tensor::ExpandShapeOp>(op);
    if (!expand)
      return op->emitOpError("expected all readers of the argument to read one "
                             "shape of it, got another one");
    value = builder.create<tensor::CollapseShapeOp>(
        op->getLoc(), expand.getSrcType(), value,
        expand.getReassociationIndices());
  }
  return value;
}

/// The positions of the index arguments that are the dynamic sizes of `op`.
static FailureOr<SmallVector<int64_t>> findExtents(func::FuncOp kernel,
                                                   tensor::ExpandShapeOp op) {
  SmallVector<Value> scalars = getKernelScalars(kernel);
  SmallVector<int64_t> extents;
  for (Value size : op.getOutputShape()) {
    auto scalar = llvm::find(scalars, size);
    if (scalar == scalars.end())
      return op.emitOpError("expected sizes that are index arguments of the "
                            "kernel");
    extents.push_back(scalar - scalars.begin());
  }
  return extents;
}

/// Gives `argument` the shape of the result of the first op in `chain`.
static LogicalResult absorb(func::FuncOp kernel, BlockArgument argument,
                            ArrayRef<Operation *> chain) {
  auto op = cast<tensor::ExpandShapeOp>(chain.front());
  FailureOr<SmallVector<int64_t>> extents = findExtents(kernel, op);
  if (failed(extents))
    return failure();
  bool isOnlyReader = argument.hasOneUse() &&
                      llvm::all_of(chain.drop_front(), [](Operation *reshape) {
                        return reshape->hasOneUse();
                      });
  if (!isOnlyReader) {
    OpBuilder builder = OpBuilder::atBlockBegin(&kernel.getBody().front());
    FailureOr<Value> original = undoReshapes(builder, argument, chain);
    if (failed(original))
      return failure();
    argument.replaceAllUsesExcept(*original, &kernel.getBody().front().front());
  }
  argument.setType(op.getResultType());
  op.getResult().replaceAllUsesWith(argument);
  for (Operation *reshape : chain) {
    if (!reshape->use_empty())
      break;
    reshape->erase();
  }
  Builder builder(kernel.getContext());
  kernel.setArgAttr(argument.getArgNumber(), CCQDialect::kExtentsAttr,
                    builder.getDenseI64ArrayAttr(*extents));
  kernel.setType(builder.getFunctionType(
      kernel.getBody().front().getArgumentTypes(), kernel.getResultTypes()));
  return success();
}

namespace {

struct AbsorbReshapes
    : public ::mlir::ccq::impl::AbsorbReshapesBase<AbsorbReshapes> {
  using AbsorbReshapesBase::AbsorbReshapesBase;

  void runOnOperation() override {
    func::FuncOp kernel = getOperation();
    if (kernel.isExternal())
      return;
    SmallVector<tensor::ExpandShapeOp> splits;
    for (auto op : kernel.getOps<tensor::ExpandShapeOp>())
      if (splitsDynamically(op))
        splits.push_back(op);
    for (tensor::ExpandShapeOp op : splits) {
      SmallVector<Operation *> chain;
      BlockArgument argument = findReshapedArgument(op.getResult(), chain);
      if (argument && failed(absorb(kernel, argument, chain)))
        return signalPassFailure();
    }
  }
};

} // namespace
