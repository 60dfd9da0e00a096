//===- OptDriver.cpp - what ccq-opt adds to mlir-opt ------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Compiler/OptDriver.h"

#include "ccq/Compiler/InputBuffer.h"
#include "ccq/Dialect/CCQ/IR/CCQDialect.h"
#include "ccq/Dialect/CCQ/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Support/FileUtilities.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/ToolOutputFile.h"

using namespace mlir;
using namespace mlir::ccq;

/// Absolute directory of `file` with links resolved, so that two ways to name
/// one directory compare equal; the working directory for `-`.
static std::string getRealDirectory(StringRef file) {
  StringRef parent =
      file == "-" ? StringRef(".") : llvm::sys::path::parent_path(file);
  SmallString<256> real;
  if (llvm::sys::fs::real_path(parent.empty() ? "." : parent, real))
    return parent.str();
  return std::string(real);
}

LogicalResult mlir::ccq::runOptDriver(const OptDriverFiles &files,
                                      DialectRegistry &registry,
                                      MlirOptMainConfig config) {
  std::string error;
  auto buffer = openInputBuffer(files.input, files.dimensions);
  if (!buffer)
    return failure();
  auto output = openOutputFile(files.output, &error);
  if (!output) {
    llvm::errs() << error << "\n";
    return failure();
  }

  std::string from = getRealDirectory(files.input);
  std::string to = getRealDirectory(files.output);
  registry.addExtension<CCQDialect>(
      std::function<void(MLIRContext *, CCQDialect *)>(
          [from](MLIRContext *, CCQDialect *dialect) {
            dialect->setStoreDirectory(from);
          }));
  auto userPipeline = config;
  config.setPassPipelineSetupFn([=](PassManager &pm) -> LogicalResult {
    if (failed(userPipeline.setupPassPipeline(pm)))
      return failure();
    bool isModule = pm.getOpAnchorName() == ModuleOp::getOperationName();
    if (from != to && isModule)
      pm.addPass(createRebaseStores(RebaseStoresOptions{from, to}));
    return success();
  });
  if (failed(MlirOptMain(output->os(), std::move(buffer), registry, config)))
    return failure();
  output->keep();
  return success();
}
