//===- OpPlacement.cpp - where an op of a function goes -*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OpPlacement.h"

#include "ccq/Dialect/CCQ/IR/CCQObserveOps.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace mlir::ccq;

/// Whether `value` is an index that a plan can express over the symbolic
/// dimensions, as far as its defining ops tell.
static bool isSize(Value value) {
  Operation *op = value.getDefiningOp();
  if (!value.getType().isIndex() || !op)
    return false;
  if (isa<DimOp>(op))
    return true;
  if (auto dim = dyn_cast<tensor::DimOp>(op))
    return isa<BlockArgument>(dim.getSource());
  if (auto constant = dyn_cast<arith::ConstantOp>(op))
    return true;
  return isa<arith::ArithDialect, affine::AffineDialect>(op->getDialect()) &&
         llvm::all_of(op->getOperands(), isSize);
}

/// Whether `op` is a constant whose elements are all one value.
static bool isUniformConstant(arith::ConstantOp op) {
  if (!isa<ShapedType>(op.getType()))
    return true;
  auto elements = dyn_cast<DenseElementsAttr>(op.getValue());
  return elements && elements.isSplat();
}

Placement mlir::ccq::getPlacement(Operation *op) {
  if (op->hasTrait<OpTrait::IsTerminator>())
    return Placement::Terminator;
  if (isa<SourceOp, DequantizeOp, EncodeOp, ComponentsOp, ComposeOp, PackOp,
          DimOp, DispatchOp, DispatchRegionOp, ObserveOp>(op))
    return Placement::Outside;
  if (auto decode = dyn_cast<DecodeOp>(op))
    return decode.getMaterialized() ? Placement::Outside : Placement::Copied;
  if (auto constant = dyn_cast<arith::ConstantOp>(op))
    return isUniformConstant(constant) ? Placement::Copied : Placement::Outside;
  if (op->getNumResults() == 0 || !isMemoryEffectFree(op))
    return Placement::Unsupported;
  if (llvm::all_of(op->getResults(), isSize))
    return Placement::Outside;
  if (isa<tensor::EmptyOp, tensor::CastOp, tensor::ExpandShapeOp,
          tensor::CollapseShapeOp, tensor::ExtractSliceOp, tensor::ExtractOp,
          tensor::FromElementsOp, tensor::SplatOp, linalg::FillOp,
          linalg::BroadcastOp>(op))
    return Placement::Copied;
  if (llvm::all_of(op->getResultTypes(),
                   [](Type type) { return isa<RankedTensorType>(type); }))
    return Placement::Computed;
  return llvm::all_of(op->getResultTypes(),
                      [](Type type) { return type.isIntOrIndexOrFloat(); })
             ? Placement::Copied
             : Placement::Unsupported;
}
