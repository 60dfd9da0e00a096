//===- ccq-opt.cpp - pass driver, a superset of mlir-opt --------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Compiler/OptDriver.h"
#include "ccq/Compiler/PassArguments.h"
#include "ccq/InitDialects.h"
#include "ccq/InitPasses.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "llvm/Support/CommandLine.h"

#include <cstdlib>

static llvm::cl::list<std::string>
    dimensions("dim",
               llvm::cl::desc("Size of a symbolic dimension of an .onnx input "
                              "(repeatable)"),
               llvm::cl::value_desc("NAME=SIZE"));

using mlir::ccq::Emission;

static llvm::cl::opt<Emission> emission(
    "emit", llvm::cl::desc("What to write (default mlir)"),
    llvm::cl::init(Emission::Mlir),
    llvm::cl::values(
        clEnumValN(Emission::Mlir, "mlir", "the module after the passes"),
        clEnumValN(Emission::Ptx, "ptx", "PTX text of the compiled kernels"),
        clEnumValN(Emission::Cubin, "cubin",
                   "GPU machine code of the compiled kernels"),
        clEnumValN(Emission::Object, "object",
                   "shared objects of the compiled CPU kernels"),
        clEnumValN(Emission::Artifact, "artifact",
                   "an artifact; -o names the directory, which is replaced if "
                   "it is one")));

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  const char *cudaHome = std::getenv("CUDA_HOME");
  mlir::ccq::registerCompilerDialects(registry);
  mlir::ccq::registerCompilerPasses(cudaHome ? cudaHome : "");
  if (auto problem = mlir::ccq::checkPassArguments({argv + 1, argv + argc})) {
    llvm::errs() << "ccq-opt: " << *problem << "\n";
    return 1;
  }
  auto [input, output] = mlir::registerAndParseCLIOptions(
      argc, argv, "CCQ optimizer driver\n", registry);
  return mlir::asMainReturnCode(
      mlir::ccq::runOptDriver({input, output, dimensions, emission}, registry,
                              mlir::MlirOptMainConfig::createFromCLOptions()));
}
