//===- KernelExtents.cpp - which index argument is which extent -*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelExtents.h"

#include "ccq/Dialect/CCQ/IR/CCQDialect.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::ccq;

SmallVector<Value> mlir::ccq::getKernelScalars(func::FuncOp kernel) {
  SmallVector<Value> scalars;
  for (BlockArgument argument : kernel.getArguments())
    if (argument.getType().isIndex())
      scalars.push_back(argument);
  return scalars;
}

static FailureOr<SmallVector<Value>> getExtents(func::FuncOp kernel,
                                                StringRef kind, unsigned index,
                                                Type type,
                                                DenseI64ArrayAttr numbers) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  int64_t dynamicDims = tensor ? tensor.getNumDynamicDims() : 0;
  ArrayRef<int64_t> named =
      numbers ? numbers.asArrayRef() : ArrayRef<int64_t>();
  SmallVector<Value> scalars = getKernelScalars(kernel);
  SmallVector<Value> extents;
  for (int64_t number : named)
    if (number >= 0 && number < int64_t(scalars.size()))
      extents.push_back(scalars[number]);
  if (int64_t(extents.size()) != dynamicDims || extents.size() != named.size())
    return kernel.emitError()
           << "expected " << CCQDialect::kExtentsAttr << " of " << kind << " "
           << index << " to name " << dynamicDims << " of " << scalars.size()
           << " index arguments, got " << named.size() << " names";
  return extents;
}

FailureOr<SmallVector<Value>> mlir::ccq::getArgumentExtents(func::FuncOp kernel,
                                                            unsigned index) {
  return getExtents(kernel, "argument", index, kernel.getArgumentTypes()[index],
                    kernel.getArgAttrOfType<DenseI64ArrayAttr>(
                        index, CCQDialect::kExtentsAttr));
}

FailureOr<SmallVector<Value>> mlir::ccq::getResultExtents(func::FuncOp kernel,
                                                          unsigned index) {
  return getExtents(kernel, "result", index, kernel.getResultTypes()[index],
                    kernel.getResultAttrOfType<DenseI64ArrayAttr>(
                        index, CCQDialect::kExtentsAttr));
}

LogicalResult mlir::ccq::resolveArgumentDims(func::FuncOp kernel) {
  SmallVector<tensor::DimOp> ops;
  kernel.walk([&](tensor::DimOp op) { ops.push_back(op); });
  for (tensor::DimOp op : ops) {
    auto argument = dyn_cast<BlockArgument>(op.getSource());
    std::optional<int64_t> dim = op.getConstantIndex();
    if (!argument || !dim || argument.getOwner()->getParentOp() != kernel)
      continue;
    auto type = cast<RankedTensorType>(argument.getType());
    if (!type.isDynamicDim(*dim))
      continue;
    FailureOr<SmallVector<Value>> extents =
        getArgumentExtents(kernel, argument.getArgNumber());
    if (failed(extents))
      return failure();
    op.replaceAllUsesWith((*extents)[type.getDynamicDimIndex(*dim)]);
    op.erase();
  }
  return success();
}
