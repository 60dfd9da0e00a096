//===- DiagnosticCollector.cpp - findings of a build ----------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DiagnosticCollector.h"

using namespace mlir;
using namespace mlir::ccq;

std::string_view mlir::ccq::getSeverityName(BuildSeverity severity) {
  switch (severity) {
  case BuildSeverity::Error:
    return "error";
  case BuildSeverity::Warning:
    return "warning";
  case BuildSeverity::Remark:
    return "remark";
  }
  return "";
}

std::string BuildDiagnostic::format() const {
  std::string prefix = location.empty() ? "" : location + ": ";
  std::string text =
      prefix + std::string(getSeverityName(severity)) + ": " + message + "\n";
  for (const std::string &note : notes)
    text += prefix + "note: " + note + "\n";
  return text;
}

DiagnosticCollector::DiagnosticCollector(MLIRContext &context,
                                         std::string model,
                                         std::vector<BuildDiagnostic> &findings)
    : model(std::move(model)), findings(findings),
      handler(&context,
              [this](Diagnostic &diagnostic) { return collect(diagnostic); }) {}

/// The node of the model that an op came from: the first name in its location.
std::string DiagnosticCollector::describe(Location location) const {
  std::string found;
  location->walk([&](Location part) {
    if (auto name = dyn_cast<NameLoc>(part)) {
      found = name.getName().str();
      return WalkResult::interrupt();
    }
    if (auto line = dyn_cast<FileLineColLoc>(part)) {
      found = line.getFilename().str() + ":" + std::to_string(line.getLine()) +
              ":" + std::to_string(line.getColumn());
      return WalkResult::interrupt();
    }
    return WalkResult::advance();
  });
  return found.empty() ? model : found;
}

LogicalResult DiagnosticCollector::collect(Diagnostic &diagnostic) {
  BuildDiagnostic finding;
  switch (diagnostic.getSeverity()) {
  case DiagnosticSeverity::Error:
    finding.severity = BuildSeverity::Error;
    break;
  case DiagnosticSeverity::Warning:
    finding.severity = BuildSeverity::Warning;
    break;
  default:
    finding.severity = BuildSeverity::Remark;
    break;
  }
  finding.location = describe(diagnostic.getLocation());
  finding.message = diagnostic.str();
  for (Diagnostic &note : diagnostic.getNotes())
    finding.notes.push_back(note.str());
  std::lock_guard lock(mutex);
  findings.push_back(std::move(finding));
  return success();
}
