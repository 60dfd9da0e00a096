//===- ObserveMatmulInputs.cpp - show what weights multiply ---------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CodableWeights.h"
#include "ObservationNames.h"
#include "ccq/Dialect/CCQ/IR/CCQObserveOps.h"
#include "ccq/Dialect/CCQ/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

namespace mlir::ccq {
#define GEN_PASS_DEF_OBSERVEMATMULINPUTS
#include "ccq/Dialect/CCQ/Transforms/Passes.h.inc"
} // namespace mlir::ccq

using namespace mlir;
using namespace mlir::ccq;

/// The weight that a matmul reads through its codes; null for other ops.
static EncodeOp findCodedWeight(Operation *op) {
  if (!isa<linalg::MatmulOp>(op))
    return {};
  auto decode = op->getOperand(1).getDefiningOp<DecodeOp>();
  return decode ? decode.getSource().getDefiningOp<EncodeOp>() : EncodeOp();
}

/// Name of the weight of a matmul, coded or codable; empty when there is none.
static StringRef findWeightNameOf(Operation *op) {
  if (EncodeOp encode = findCodedWeight(op))
    return encode.getName().value_or("");
  std::optional<WeightUse> use = findWeightUse(op);
  if (!use || !explainUncodable(*use).empty())
    return "";
  ::ccq::MatrixShape shape = use->getShape();
  return shape.k == 0 || shape.n == 0 ? "" : getWeightName(use->weight);
}

/// What `value` is before reshapes that leave its last dimension alone.
static Value lookThroughReshapes(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    SmallVector<ReassociationIndices> groups;
    if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op))
      groups = collapse.getReassociationIndices();
    else if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op))
      groups = expand.getReassociationIndices();
    if (groups.empty() || groups.back().size() != 1)
      break;
    value = op->getOperand(0);
  }
  return value;
}

namespace {

struct ObserveMatmulInputs
    : public ::mlir::ccq::impl::ObserveMatmulInputsBase<ObserveMatmulInputs> {
  using ObserveMatmulInputsBase::ObserveMatmulInputsBase;

  void runOnOperation() override {
    ObservationNames names(getOperation());
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isDeclaration() &&
          !function->hasAttr(CCQDialect::kKernelAttr))
        observe(function, names);
  }

private:
  static void observe(func::FuncOp function, ObservationNames &names) {
    llvm::MapVector<Value, llvm::SetVector<StringRef>> readers;
    for (Operation &op : function.getBody().front()) {
      StringRef weight = findWeightNameOf(&op);
      if (!weight.empty())
        readers[lookThroughReshapes(op.getOperand(0))].insert(weight);
    }
    for (auto &[value, weights] : readers) {
      if (llvm::any_of(value.getUsers(), llvm::IsaPred<ObserveOp>))
        continue;
      MLIRContext &context = *function.getContext();
      OpBuilder builder(&context);
      builder.setInsertionPointAfterValue(value);
      builder.create<ObserveOp>(value.getLoc(), value,
                                names.makeUnique(weights.front(), &context),
                                builder.getStrArrayAttr(weights.getArrayRef()));
    }
  }
};

} // namespace
