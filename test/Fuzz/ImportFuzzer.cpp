//===- ImportFuzzer.cpp - any bytes through the ONNX importer -------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// The input is a model file. An import may fail, with a finding that has a
// location and a message; it must not end the program.

#include "ccq/Importer/ONNX/ImportONNX.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/Verifier.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <unistd.h>

using namespace mlir;

namespace {

/// The directory of the model file, of this process only.
struct WorkDirectory {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() /
      ("ccq-import-fuzzer-" + std::to_string(::getpid()));

  WorkDirectory() { std::filesystem::create_directories(path); }
  ~WorkDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static WorkDirectory directory;
  static const DialectRegistry registry = [] {
    DialectRegistry dialects;
    mlir::ccq::registerImportDialects(dialects);
    return dialects;
  }();
  std::filesystem::path model = directory.path / "model.onnx";
  std::ofstream(model, std::ios::binary)
      .write(reinterpret_cast<const char *>(data), std::streamsize(size));
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  mlir::ccq::ImportResult result =
      mlir::ccq::importONNX(model, /*options=*/{}, context);
  bool isModule = result.module && result.diagnostics.empty() &&
                  succeeded(verify(*result.module));
  bool isRefused = !result.module && !result.diagnostics.empty();
  for (const mlir::ccq::ImportDiagnostic &finding : result.diagnostics)
    isRefused &= !finding.location.empty() && !finding.message.empty() &&
                 finding.kind != ::ccq::ErrorKind::Internal;
  if (!isModule && !isRefused)
    std::abort();
  return 0;
}
