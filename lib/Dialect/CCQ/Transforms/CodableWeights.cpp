//===- CodableWeights.cpp - weights that can be coded ---------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CodableWeights.h"

#include "ccq/Dialect/CCQ/IR/CCQOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::ccq;

::ccq::MatrixShape WeightUse::getShape() const {
  auto type = cast<RankedTensorType>(weight->getResult(0).getType());
  return {type.getDimSize(isTransposed ? 1 : 0),
          type.getDimSize(isTransposed ? 0 : 1)};
}

StringRef mlir::ccq::getWeightName(Operation *weight) {
  if (auto source = dyn_cast<SourceOp>(weight))
    return source.getName().value_or("");
  if (auto blocks = dyn_cast<DequantizeOp>(weight))
    return blocks.getName().value_or("");
  auto name = weight->getAttrOfType<StringAttr>(CCQDialect::kNameAttr);
  return name ? name.getValue() : "";
}

/// What `value` is before an op that only converts its elements to f32, as
/// models do that store 16-bit weights and compute in f32; else `value`.
static Value lookThroughWidening(Value value) {
  auto generic = value.getDefiningOp<linalg::GenericOp>();
  if (!generic || generic.getNumDpsInputs() != 1 ||
      generic.getNumResults() != 1)
    return value;
  bool isElementwise =
      generic.getNumParallelLoops() == generic.getNumLoops() &&
      llvm::all_of(generic.getIndexingMapsArray(),
                   [](AffineMap map) { return map.isIdentity(); });
  auto extend = generic.getBody()
                    ->getTerminator()
                    ->getOperand(0)
                    .getDefiningOp<arith::ExtFOp>();
  if (!isElementwise || !extend ||
      extend.getIn() != generic.getRegionInputArgs()[0])
    return value;
  return generic.getDpsInputs()[0];
}

std::optional<WeightUse> mlir::ccq::findWeightUse(Operation *op) {
  bool isTransposed = isa<linalg::MatmulTransposeBOp>(op);
  if (!isTransposed && !isa<linalg::MatmulOp>(op))
    return std::nullopt;
  auto matmul = cast<linalg::LinalgOp>(op);
  if (!matmul.hasPureTensorSemantics())
    return std::nullopt;
  Operation *weight =
      lookThroughWidening(matmul->getOperand(1)).getDefiningOp();
  if (!isa_and_present<SourceOp, DequantizeOp, arith::ConstantOp>(weight))
    return std::nullopt;
  return WeightUse{matmul, weight, isTransposed};
}

std::string mlir::ccq::explainUncodable(const WeightUse &use) {
  auto type = cast<RankedTensorType>(use.weight->getResult(0).getType());
  Type element = type.getElementType();
  if (element.isF32() || element.isF16() || element.isBF16())
    return "";
  std::string reason = "expected f32, f16 or bf16 weights, got ";
  llvm::raw_string_ostream(reason) << element;
  return reason;
}
