//===- StoreFiles.h - the bytes behind ccq.source ---------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_TARGET_ARTIFACT_STOREFILES_H
#define CCQ_LIB_TARGET_ARTIFACT_STOREFILES_H

#include "ccq/Artifact/ActivationStatistics.h"
#include "ccq/Dialect/CCQ/IR/CCQOps.h"
#include "ccq/Support/MappedFile.h"
#include "ccq/Support/Result.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/DenseMap.h"

#include <memory>
#include <span>

namespace mlir::ccq {

/// The files that a module's `ccq.store` ops name, mapped on first use. Spans
/// live as long as the object.
class StoreFiles {
public:
  explicit StoreFiles(ModuleOp module)
      : module(module), storeDirectory(getStoreDirectory(module)) {}

  /// The bytes of a source. Fails with MalformedInput when the file is missing,
  /// lies outside the store's root with links followed, or ends before the
  /// range does.
  ::ccq::Result<std::span<const std::byte>> tryRead(SourceOp source);

  /// The statistics that an encode names. Fails as tryRead does for the file,
  /// and with the errors of StatisticsFile::tryOpen.
  ::ccq::Result<const ::ccq::artifact::StatisticsFile *>
  tryReadStatistics(EncodeOp encode);

private:
  static std::string getStoreDirectory(ModuleOp module);
  ::ccq::Result<const ::ccq::MappedFile *> tryOpen(StoreOp store);

  ModuleOp module;
  SymbolTableCollection symbols;
  std::string storeDirectory;
  llvm::DenseMap<Operation *, std::unique_ptr<::ccq::MappedFile>> files;
  llvm::DenseMap<Operation *, std::unique_ptr<::ccq::artifact::StatisticsFile>>
      statistics;
};

} // namespace mlir::ccq

#endif // CCQ_LIB_TARGET_ARTIFACT_STOREFILES_H
