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
#include "ccq/Target/Passes.h"
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

static std::optional<ObjectFormat> getObjectFormat(Emission emission) {
  switch (emission) {
  case Emission::Ptx:
    return ObjectFormat::PTX;
  case Emission::Cubin:
    return ObjectFormat::Cubin;
  case Emission::Object:
    return ObjectFormat::SharedObject;
  case Emission::Mlir:
  case Emission::Artifact:
    return std::nullopt;
  }
  return std::nullopt;
}

/// Adds the pass that writes what is asked for, if that is not the module.
static LogicalResult addEmission(PassManager &pm, const OptDriverFiles &files) {
  if (files.emission == Emission::Mlir)
    return success();
  if (pm.getOpAnchorName() != ModuleOp::getOperationName()) {
    llvm::errs() << "expected a pipeline on builtin.module with --emit, got '"
                 << pm.getOpAnchorName() << "'\n";
    return failure();
  }
  if (std::optional<ObjectFormat> format = getObjectFormat(files.emission)) {
    EmitObjectsOptions options;
    options.path = files.output;
    options.format = *format;
    pm.addPass(createEmitObjects(options));
    return success();
  }
  if (files.output == "-") {
    llvm::errs() << "expected -o and a directory with --emit=artifact\n";
    return failure();
  }
  EmitArtifactOptions options;
  options.path = files.output;
  options.force = true;
  // As many as the passes use; the bytes do not depend on it.
  options.threads = pm.getContext()->isMultithreadingEnabled() ? 0 : 1;
  pm.addPass(createEmitArtifact(options));
  return success();
}

/// Runs MlirOptMain and drops what it prints: a pass writes the output.
static LogicalResult runAndDiscard(std::unique_ptr<llvm::MemoryBuffer> buffer,
                                   DialectRegistry &registry,
                                   const MlirOptMainConfig &config) {
  llvm::raw_null_ostream nothing;
  return MlirOptMain(nothing, std::move(buffer), registry, config);
}

LogicalResult mlir::ccq::runOptDriver(const OptDriverFiles &files,
                                      DialectRegistry &registry,
                                      MlirOptMainConfig config) {
  auto buffer = openInputBuffer(files.input, files.dimensions);
  if (!buffer)
    return failure();
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
    if (from != to && isModule && files.emission == Emission::Mlir)
      pm.addPass(createRebaseStores(RebaseStoresOptions{from, to}));
    return addEmission(pm, files);
  });
  if (files.emission != Emission::Mlir)
    return runAndDiscard(std::move(buffer), registry, config);
  std::string error;
  auto output = openOutputFile(files.output, &error);
  if (!output) {
    llvm::errs() << error << "\n";
    return failure();
  }
  if (failed(MlirOptMain(output->os(), std::move(buffer), registry, config)))
    return failure();
  output->keep();
  return success();
}
