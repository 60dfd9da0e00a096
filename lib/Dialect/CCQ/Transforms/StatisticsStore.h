//===- StatisticsStore.h - statistics of a module's weights -----*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_DIALECT_CCQ_TRANSFORMS_STATISTICSSTORE_H
#define CCQ_LIB_DIALECT_CCQ_TRANSFORMS_STATISTICSSTORE_H

#include "ccq/Artifact/ActivationStatistics.h"
#include "ccq/Dialect/CCQ/IR/CCQOps.h"
#include "mlir/IR/BuiltinOps.h"

#include <optional>
#include <string>

namespace mlir::ccq {

/// A statistics file and the `ccq.store` that names it in a module.
class StatisticsStore {
public:
  explicit StatisticsStore(ModuleOp module) : module(module) {}

  /// Opens the file. Errors are emitted at the module.
  LogicalResult open(const std::string &path);

  /// Whether there is a file.
  bool isOpen() const { return file.has_value(); }

  /// See StatisticsFile::check.
  ::ccq::Result<void> check(StringRef weight, int64_t channels) const {
    return file->check(std::string_view(weight), channels);
  }

  /// The name of the store, which is created on first use.
  StringAttr getSymbol();

private:
  ModuleOp module;
  std::optional<::ccq::artifact::StatisticsFile> file;
  std::string root;
  StringAttr symbol;
};

} // namespace mlir::ccq

#endif // CCQ_LIB_DIALECT_CCQ_TRANSFORMS_STATISTICSSTORE_H
