//===- DiagnosticCollector.h - findings of a build --------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_COMPILER_DIAGNOSTICCOLLECTOR_H
#define CCQ_LIB_COMPILER_DIAGNOSTICCOLLECTOR_H

#include "ccq/Compiler/Compiler.h"
#include "mlir/IR/Diagnostics.h"

#include <mutex>
#include <string>
#include <vector>

namespace mlir::ccq {

/// Turns the diagnostics of a context into BuildDiagnostics for as long as it
/// lives. Ops without a location are located at the model.
class DiagnosticCollector {
public:
  DiagnosticCollector(MLIRContext &context, std::string model,
                      std::vector<BuildDiagnostic> &findings);

private:
  LogicalResult collect(Diagnostic &diagnostic);
  std::string describe(Location location) const;

  std::string model;
  std::vector<BuildDiagnostic> &findings;
  /// Passes emit from several threads.
  std::mutex mutex;
  ScopedDiagnosticHandler handler;
};

} // namespace mlir::ccq

#endif // CCQ_LIB_COMPILER_DIAGNOSTICCOLLECTOR_H
