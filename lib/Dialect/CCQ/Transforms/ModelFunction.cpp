//===- ModelFunction.cpp - find and check the model function ----*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ModelFunction.h"

#include "ccq/Dialect/CCQ/IR/CCQDialect.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace mlir::ccq;

namespace {

/// An argument or result of a function.
struct Port {
  func::FuncOp function;
  StringRef kind;
  unsigned index;
  Type type;
  Attribute name;
  Attribute dims;

  InFlightDiagnostic emitError() { return function.emitError(); }
};

} // namespace

static LogicalResult verifyPort(Port port, llvm::StringSet<> &names) {
  auto type = dyn_cast<RankedTensorType>(port.type);
  if (!type)
    return port.emitError()
           << "imported_c1: expected " << port.kind << " " << port.index
           << " to be a ranked tensor, got " << port.type;
  if (port.dims) {
    auto dims = dyn_cast<ArrayAttr>(port.dims);
    if (!dims || !llvm::all_of(dims, llvm::IsaPred<StringAttr>) ||
        int64_t(dims.size()) != type.getNumDynamicDims())
      return port.emitError()
             << "imported_c2: expected ccq.dims of " << port.kind << " "
             << port.index << " to name " << type.getNumDynamicDims()
             << " dynamic dimensions, got " << port.dims;
  }
  auto name = dyn_cast_if_present<StringAttr>(port.name);
  if (name && !names.insert(name.getValue()).second)
    return port.emitError() << "imported_c2: expected distinct ccq.name of "
                            << port.kind << "s, got " << name << " twice";
  return success();
}

LogicalResult mlir::ccq::verifyModelFunction(func::FuncOp function) {
  llvm::StringSet<> inputs, outputs;
  for (auto [index, type] : llvm::enumerate(function.getArgumentTypes()))
    if (failed(verifyPort({function, "argument", unsigned(index), type,
                           function.getArgAttr(index, CCQDialect::kNameAttr),
                           function.getArgAttr(index, CCQDialect::kDimsAttr)},
                          inputs)))
      return failure();
  for (auto [index, type] : llvm::enumerate(function.getResultTypes()))
    if (failed(
            verifyPort({function, "result", unsigned(index), type,
                        function.getResultAttr(index, CCQDialect::kNameAttr),
                        function.getResultAttr(index, CCQDialect::kDimsAttr)},
                       outputs)))
      return failure();
  if (!llvm::hasSingleElement(function.getBody()))
    return function.emitError()
           << "imported_c3: expected a body of one block, got "
           << function.getBody().getBlocks().size();
  return success();
}

bool mlir::ccq::isComputation(Operation *op) {
  return isa_and_present<affine::AffineDialect, arith::ArithDialect,
                         linalg::LinalgDialect, math::MathDialect,
                         scf::SCFDialect, tensor::TensorDialect>(
             op->getDialect()) ||
         isa<func::ReturnOp>(op);
}
