//===- StatisticsStore.cpp - statistics of a module -----------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StatisticsStore.h"

#include "StorePaths.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace mlir::ccq;

LogicalResult StatisticsStore::open(const std::string &path) {
  // Links are followed here: the store is read inside its root only.
  SmallString<256> real, directory;
  if (std::error_code code = llvm::sys::fs::real_path(path, real))
    return emitError(module.getLoc())
           << path << ": cannot open: " << code.message();
  auto opened = ::ccq::artifact::StatisticsFile::tryOpen(real.c_str());
  if (!opened)
    return emitError(module.getLoc()) << opened.error().message;
  file.emplace(*std::move(opened));
  auto *dialect = module.getContext()->getOrLoadDialect<CCQDialect>();
  StringRef moduleDirectory = dialect->getStoreDirectory();
  if (llvm::sys::fs::real_path(moduleDirectory.empty() ? StringRef(".")
                                                       : moduleDirectory,
                               directory))
    directory = moduleDirectory;
  std::optional<std::string> found =
      findRelativePath(directory, llvm::sys::path::parent_path(real));
  if (!found)
    return emitError(module.getLoc())
           << "cannot tell the path from \"" << directory << "\" to \"" << real
           << "\"";
  root = *found;
  return success();
}

StringAttr StatisticsStore::getSymbol() {
  if (symbol)
    return symbol;
  auto builder = OpBuilder::atBlockBegin(module.getBody());
  auto store = builder.create<StoreOp>(module.getLoc(), "statistics",
                                       file->path().filename().string(), root);
  SymbolTable(module).insert(store);
  symbol = store.getSymNameAttr();
  return symbol;
}
