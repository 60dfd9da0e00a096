//===- SupportedOps.h - list of importable ONNX operators -------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_IMPORTER_ONNX_SUPPORTEDOPS_H
#define CCQ_IMPORTER_ONNX_SUPPORTEDOPS_H

#include <string_view>
#include <vector>

namespace mlir::ccq {

/// An operator that importONNX translates.
struct SupportedOp {
  std::string_view name;
  /// `ai.onnx` for the default domain.
  std::string_view domain;
  /// First and last opset of the domain for which it is translated.
  int sinceOpset = 0;
  int untilOpset = 0;
};

/// All operators, sorted by domain and name, from the table that drives the
/// importer.
std::vector<SupportedOp> getSupportedOps();

} // namespace mlir::ccq

#endif // CCQ_IMPORTER_ONNX_SUPPORTEDOPS_H
