//===- InputBuffer.cpp - module text or bytecode of an input ----*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Compiler/InputBuffer.h"

#include "ccq/Importer/ONNX/ImportONNX.h"
#include "mlir/Bytecode/BytecodeWriter.h"
#include "mlir/Support/FileUtilities.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::ccq;

static std::unique_ptr<llvm::MemoryBuffer>
importModel(const std::string &input,
            const std::vector<std::string> &dimensions) {
  ImportOptions options;
  for (const std::string &text : dimensions) {
    ::ccq::Result<DimensionSize> dimension = parseDimensionSize(text);
    if (!dimension) {
      llvm::errs() << "error: " << dimension.error().message << "\n";
      return nullptr;
    }
    options.dimensions.push_back(*dimension);
  }
  MLIRContext context(MLIRContext::Threading::DISABLED);
  ImportResult result = importONNX(input, options, context);
  for (const ImportDiagnostic &diagnostic : result.diagnostics)
    llvm::errs() << diagnostic.format();
  if (!result.module)
    return nullptr;
  std::string bytecode;
  llvm::raw_string_ostream stream(bytecode);
  if (failed(writeBytecodeToFile(*result.module, stream)))
    return nullptr;
  return llvm::MemoryBuffer::getMemBufferCopy(stream.str(), input);
}

std::unique_ptr<llvm::MemoryBuffer>
mlir::ccq::openInputBuffer(const std::string &input,
                           const std::vector<std::string> &dimensions) {
  if (StringRef(input).ends_with(".onnx"))
    return importModel(input, dimensions);
  std::string message;
  if (!dimensions.empty())
    message = "error: expected an .onnx input with --dim, got '" + input + "'";
  else if (auto buffer = openInputFile(input, &message))
    return buffer;
  llvm::errs() << message << "\n";
  return nullptr;
}
