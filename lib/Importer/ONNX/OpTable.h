//===- OpTable.h - the operators that the importer knows --------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_IMPORTER_ONNX_OPTABLE_H
#define CCQ_LIB_IMPORTER_ONNX_OPTABLE_H

#include "NodeImporter.h"

namespace mlir::ccq::importer {

/// Gives the outputs of a node their values. Reports before it fails.
using ImportHandler = LogicalResult (*)(NodeImporter &node);

/// How many inputs or outputs a node may have.
struct ArgumentCount {
  unsigned least = 1;
  unsigned most = 1;
};
inline constexpr unsigned anyNumber = ~0u;

/// One operator in a range of opsets in which its meaning is the same.
struct OpEntry {
  llvm::StringLiteral name;
  /// Empty for ai.onnx.
  llvm::StringLiteral domain;
  int sinceOpset;
  int untilOpset;
  ArgumentCount inputs;
  ArgumentCount outputs;
  /// Space-separated `name:type`; the types are i, f, s, t and, for lists, is,
  /// fs and ss. A `!` after the type means that the attribute is required.
  llvm::StringLiteral attributes;
  ImportHandler import;
};

/// The whole table; entries of one operator follow each other.
ArrayRef<OpEntry> getOpTable();

/// The entry for a node, or null after reporting why there is none. Also checks
/// the number of inputs and outputs and the attributes against the entry.
const OpEntry *findOpEntry(const Node &node, DiagnosticSink &sink);

} // namespace mlir::ccq::importer

#endif // CCQ_LIB_IMPORTER_ONNX_OPTABLE_H
