//===- ccq-opt.cpp - pass driver, a superset of mlir-opt --------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Compiler/OptDriver.h"
#include "ccq/Conversion/Passes.h"
#include "ccq/Dialect/CCQ/IR/CCQDialect.h"
#include "ccq/Dialect/CCQ/Transforms/Passes.h"
#include "ccq/Target/Passes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/TilingInterfaceImpl.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/Support/CommandLine.h"

static llvm::cl::list<std::string>
    dimensions("dim",
               llvm::cl::desc("Size of a symbolic dimension of an .onnx input "
                              "(repeatable)"),
               llvm::cl::value_desc("NAME=SIZE"));

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  registry.insert<mlir::ccq::CCQDialect, mlir::affine::AffineDialect,
                  mlir::arith::ArithDialect, mlir::func::FuncDialect,
                  mlir::gpu::GPUDialect, mlir::LLVM::LLVMDialect,
                  mlir::linalg::LinalgDialect, mlir::math::MathDialect,
                  mlir::NVVM::NVVMDialect, mlir::scf::SCFDialect,
                  mlir::tensor::TensorDialect, mlir::vector::VectorDialect>();
  mlir::linalg::registerTilingInterfaceExternalModels(registry);
  mlir::registerTransformsPasses();
  mlir::ccq::registerCCQTransformsPasses();
  mlir::ccq::registerCCQConversionPasses();
  mlir::ccq::registerCCQTargetPasses();
  auto [input, output] = mlir::registerAndParseCLIOptions(
      argc, argv, "CCQ optimizer driver\n", registry);
  return mlir::asMainReturnCode(
      mlir::ccq::runOptDriver({input, output, dimensions}, registry,
                              mlir::MlirOptMainConfig::createFromCLOptions()));
}
