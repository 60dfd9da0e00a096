//===- ccq-translate.cpp - import of other formats --------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Importer/ONNX/ImportONNX.h"
#include "mlir/IR/AsmState.h"
#include "mlir/Support/FileUtilities.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/ToolOutputFile.h"

namespace cl = llvm::cl;

static cl::OptionCategory category("ccq-translate options");
static cl::opt<std::string> input(cl::Positional, cl::Required,
                                  cl::desc("<model.onnx>"), cl::cat(category));
static cl::opt<bool> importOnnx("import-onnx",
                                cl::desc("Translate an ONNX model to MLIR"),
                                cl::cat(category));
static cl::opt<std::string> output("o", cl::desc("Output file"),
                                   cl::value_desc("file"), cl::init("-"),
                                   cl::cat(category));
static cl::list<std::string>
    dimensions("dim", cl::desc("Size of a symbolic dimension (repeatable)"),
               cl::value_desc("NAME=SIZE"), cl::cat(category));
static cl::opt<bool> printDebugInfo("mlir-print-debuginfo",
                                    cl::desc("Print locations"),
                                    cl::cat(category));

/// Prints `message` and gives the exit status of a failed run.
static int fail(const std::string &message) {
  llvm::errs() << "ccq-translate: error: " << message << "\n";
  return 1;
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(argc, argv, "CCQ translator\n");
  if (!importOnnx)
    return fail("expected --import-onnx, got no translation");

  mlir::ccq::ImportOptions options;
  for (const std::string &text : dimensions) {
    ::ccq::Result<mlir::ccq::DimensionSize> dimension =
        mlir::ccq::parseDimensionSize(text);
    if (!dimension)
      return fail(dimension.error().message);
    options.dimensions.push_back(*dimension);
  }
  options.outputDirectory = mlir::ccq::getOutputDirectory(output.getValue());

  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  mlir::ccq::ImportResult result =
      mlir::ccq::importONNX(input.getValue(), options, context);
  for (const mlir::ccq::ImportDiagnostic &diagnostic : result.diagnostics)
    llvm::errs() << diagnostic.format();
  if (!result.module)
    return 1;

  std::string message;
  auto file = mlir::openOutputFile(output, &message);
  if (!file)
    return fail(message);
  result.module->print(file->os(), mlir::OpPrintingFlags().enableDebugInfo(
                                       printDebugInfo.getValue()));
  // As mlir-opt ends its output, so that the two compare equal.
  file->os() << "\n";
  file->keep();
  return 0;
}
