//===- ImportONNX.h - ONNX model to MLIR module -----------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_IMPORTER_ONNX_IMPORTONNX_H
#define CCQ_IMPORTER_ONNX_IMPORTONNX_H

#include "ccq/Support/Result.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/IR/OwningOpRef.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace mlir::ccq {

/// A size given for a symbolic dimension of the model.
struct DimensionSize {
  std::string name;
  /// At least 0.
  int64_t size = 0;
};

/// What the caller decides about an import.
struct ImportOptions {
  /// Symbolic dimensions to replace with a constant. A name that the model does
  /// not have is an error.
  std::vector<DimensionSize> dimensions;
  /// Directory that the written module will be in; the paths of `ccq.store`
  /// become relative to it. Empty means the model's own directory.
  std::filesystem::path outputDirectory;
};

/// One finding about a model.
struct ImportDiagnostic {
  /// MalformedInput, Unsupported, Usage (a dimension that does not exist) or
  /// Internal.
  ::ccq::ErrorKind kind = ::ccq::ErrorKind::Internal;
  /// `model.onnx` or `model.onnx:/fc1/MatMul [#3 MatMul, opset 17]`.
  std::string location;
  /// Lower case, no full stop.
  std::string message;
  /// What would work; may be empty.
  std::string note;

  /// `location: error: message`, and `location: note: note` on a second line
  /// if there is one; each line ends with a newline.
  std::string format() const;
};

/// A module, or the reasons why there is none.
struct ImportResult {
  /// Null exactly if `diagnostics` is not empty.
  OwningOpRef<ModuleOp> module;
  /// All unsupported nodes of the graph, in graph order; for malformed files
  /// the findings of the first step that failed.
  std::vector<ImportDiagnostic> diagnostics;

  /// The class of failure to report: MalformedInput if any finding is that,
  /// else the kind of the first finding.
  ::ccq::ErrorKind kind() const;
};

/// Parses `NAME=SIZE`; the last `=` separates. Fails with Usage.
::ccq::Result<DimensionSize> parseDimensionSize(const std::string &text);

/// ImportOptions::outputDirectory for a module written to `file`; `-` means
/// standard output, whose modules are relative to the working directory.
std::filesystem::path getOutputDirectory(const std::filesystem::path &file);

/// Adds the dialects that imported modules use.
void registerImportDialects(DialectRegistry &registry);

/// Translates the ONNX model in `path` to a module with one function `@main`:
/// linalg, tensor, arith and math on tensors, weights as `ccq.source`, dynamic
/// sizes as `ccq.dim` (docs/Rationale/Importer.md). Weights are not read, apart
/// from constants of at most 16 elements and typed fields that are not
/// fixed-width; files larger than memory work. The module is verified.
///
/// Files that the model refers to are opened only inside its directory. Prints
/// nothing. Loads the needed dialects into `context`.
ImportResult importONNX(const std::filesystem::path &path,
                        const ImportOptions &options, MLIRContext &context);

} // namespace mlir::ccq

#endif // CCQ_IMPORTER_ONNX_IMPORTONNX_H
