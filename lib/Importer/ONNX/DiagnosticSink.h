//===- DiagnosticSink.h - collector of findings about a model ---*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_IMPORTER_ONNX_DIAGNOSTICSINK_H
#define CCQ_LIB_IMPORTER_ONNX_DIAGNOSTICSINK_H

#include "ccq/Importer/ONNX/ImportONNX.h"

#include <string>
#include <utility>
#include <vector>

namespace mlir::ccq::importer {

/// Ranks above this are refused: more than any operator has a use for.
inline constexpr int64_t maxTensorRank = 64;

/// A name in single quotes for messages, cut if it is very long.
inline std::string quoteName(llvm::StringRef name) {
  constexpr size_t maxLength = 256;
  return "'" + name.take_front(maxLength).str() + "'";
}

/// Collects the findings of one import.
class DiagnosticSink {
public:
  /// `file` is the model's path as the user gave it.
  explicit DiagnosticSink(std::string file) : file(std::move(file)) {}

  /// Adds a finding about `part` of the file: a node's label, `input "x"`, or
  /// empty for the file as a whole.
  void report(::ccq::ErrorKind kind, const std::string &part,
              std::string message, std::string note = {}) {
    if (isFull())
      return;
    findings.push_back({kind, part.empty() ? file : file + ":" + part,
                        std::move(message), std::move(note)});
  }
  void report(const ::ccq::Error &error, const std::string &part) {
    report(error.kind, part, error.message);
  }
  void malformed(const std::string &part, std::string message) {
    report(::ccq::ErrorKind::MalformedInput, part, std::move(message));
  }
  void unsupported(const std::string &part, std::string message,
                   std::string note = {}) {
    report(::ccq::ErrorKind::Unsupported, part, std::move(message),
           std::move(note));
  }

  /// Whether further findings are dropped; a hostile file has millions.
  bool isFull() const { return findings.size() >= maxFindings; }
  bool hasErrors() const { return !findings.empty(); }
  std::vector<ImportDiagnostic> take() { return std::move(findings); }

private:
  static constexpr size_t maxFindings = 1000;
  std::string file;
  std::vector<ImportDiagnostic> findings;
};

} // namespace mlir::ccq::importer

#endif // CCQ_LIB_IMPORTER_ONNX_DIAGNOSTICSINK_H
