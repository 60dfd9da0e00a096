//===- ImportONNX.cpp - ONNX model to MLIR module -------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Importer/ONNX/ImportONNX.h"

#include "ModuleBuilder.h"

#include "ccq/Dialect/CCQ/IR/CCQDialect.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

std::string ImportDiagnostic::format() const {
  std::string text = location + ": error: " + message + "\n";
  if (!note.empty())
    text += location + ": note: " + note + "\n";
  return text;
}

::ccq::ErrorKind ImportResult::kind() const {
  for (const ImportDiagnostic &diagnostic : diagnostics)
    if (diagnostic.kind == ::ccq::ErrorKind::MalformedInput)
      return diagnostic.kind;
  return diagnostics.empty() ? ::ccq::ErrorKind::Internal
                             : diagnostics.front().kind;
}

::ccq::Result<DimensionSize>
mlir::ccq::parseDimensionSize(const std::string &text) {
  auto [name, digits] = StringRef(text).rsplit('=');
  DimensionSize dimension{name.str(), 0};
  if (name.empty() || digits.getAsInteger(10, dimension.size) ||
      dimension.size < 0)
    return ::ccq::Error{::ccq::ErrorKind::Usage,
                        "expected --dim NAME=SIZE, got '" + text + "'"};
  return dimension;
}

std::filesystem::path
mlir::ccq::getOutputDirectory(const std::filesystem::path &file) {
  std::error_code error;
  std::filesystem::path directory =
      file == "-" || !file.has_parent_path() ? "." : file.parent_path();
  return std::filesystem::weakly_canonical(directory, error);
}

void mlir::ccq::registerImportDialects(DialectRegistry &registry) {
  registry.insert<CCQDialect, affine::AffineDialect, arith::ArithDialect,
                  func::FuncDialect, linalg::LinalgDialect, math::MathDialect,
                  tensor::TensorDialect>();
}

ImportResult mlir::ccq::importONNX(const std::filesystem::path &path,
                                   const ImportOptions &options,
                                   MLIRContext &context) {
  DialectRegistry registry;
  registerImportDialects(registry);
  context.appendDialectRegistry(registry);
  for (StringRef name : registry.getDialectNames())
    context.getOrLoadDialect(name);

  ImportResult result;
  DiagnosticSink sink(path.string());
  ::ccq::Result<std::unique_ptr<ModelFile>> model = readModelFile(path);
  if (!model) {
    sink.report(model.error(), "");
    result.diagnostics = sink.take();
    return result;
  }
  Graph graph = buildGraph(**model, sink);
  if (!sink.hasErrors()) {
    ImportState state(**model, path, options, context, sink);
    result.module = buildModule(graph, state);
  }
  result.diagnostics = sink.take();
  if (!result.diagnostics.empty())
    result.module = {};
  return result;
}
