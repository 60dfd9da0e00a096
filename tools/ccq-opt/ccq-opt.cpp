//===- ccq-opt.cpp - pass driver, a superset of mlir-opt --------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Compiler/OptDriver.h"
#include "ccq/InitDialects.h"
#include "ccq/InitPasses.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "llvm/Support/CommandLine.h"

static llvm::cl::list<std::string>
    dimensions("dim",
               llvm::cl::desc("Size of a symbolic dimension of an .onnx input "
                              "(repeatable)"),
               llvm::cl::value_desc("NAME=SIZE"));

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  mlir::ccq::registerCompilerDialects(registry);
  mlir::ccq::registerCompilerPasses();
  auto [input, output] = mlir::registerAndParseCLIOptions(
      argc, argv, "CCQ optimizer driver\n", registry);
  return mlir::asMainReturnCode(
      mlir::ccq::runOptDriver({input, output, dimensions}, registry,
                              mlir::MlirOptMainConfig::createFromCLOptions()));
}
