//===- StoreFiles.cpp - the bytes behind ccq.source -----------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StoreFiles.h"

#include <algorithm>
#include <filesystem>

using namespace mlir;
using namespace mlir::ccq;
using ::ccq::Error;
using ::ccq::ErrorKind;
using ::ccq::MappedFile;
using ::ccq::Result;
namespace fs = std::filesystem;

std::string StoreFiles::getStoreDirectory(ModuleOp module) {
  auto *dialect = module.getContext()->getLoadedDialect<CCQDialect>();
  StringRef directory = dialect ? dialect->getStoreDirectory() : "";
  return directory.empty() ? "." : directory.str();
}

static Error makeStoreError(StoreOp store, const std::string &message) {
  return {ErrorKind::MalformedInput,
          "store '" + store.getPath().str() + "': " + message};
}

Result<const MappedFile *> StoreFiles::tryOpen(StoreOp store) {
  std::unique_ptr<MappedFile> &known = files[store];
  if (known)
    return known.get();
  std::error_code code;
  fs::path root =
      fs::canonical(fs::path(storeDirectory) / store.getRoot().str(), code);
  if (code)
    return makeStoreError(store, "cannot open its root '" +
                                     store.getRoot().str() +
                                     "': " + code.message());
  fs::path file = fs::canonical(root / store.getPath().str(), code);
  if (code)
    return makeStoreError(store, "cannot open: " + code.message());
  auto [end, rest] =
      std::mismatch(root.begin(), root.end(), file.begin(), file.end());
  if (end != root.end() || rest == file.end())
    return makeStoreError(store, "expected a file inside the store's root, "
                                 "this is a link out of it");
  // Asked before opening, which could block on a device.
  if (!fs::is_regular_file(file, code))
    return makeStoreError(store, "expected a regular file");
  Result<MappedFile> mapped = MappedFile::tryOpen(file);
  if (!mapped)
    return makeStoreError(store, mapped.error().message);
  known = std::make_unique<MappedFile>(*std::move(mapped));
  return known.get();
}

Result<std::span<const std::byte>> StoreFiles::tryRead(SourceOp source) {
  auto store =
      symbols.lookupNearestSymbolFrom<StoreOp>(source, source.getStoreAttr());
  if (!store)
    return Error{ErrorKind::Internal,
                 "no store named '" + source.getStore().str() + "'"};
  Result<const MappedFile *> file = tryOpen(store);
  if (!file)
    return file.takeError();
  Result<std::span<const std::byte>> range = (*file)->tryGetRange(
      uint64_t(source.getOffset()), uint64_t(source.getBytes()));
  if (!range)
    return makeStoreError(store, range.error().message);
  return range;
}

Result<const ::ccq::artifact::StatisticsFile *>
StoreFiles::tryReadStatistics(EncodeOp encode) {
  StringAttr symbol = encode.getStatsAttr();
  auto store = symbols.lookupNearestSymbolFrom<StoreOp>(encode, symbol);
  if (!store)
    return Error{ErrorKind::Internal,
                 "no store named '" + symbol.getValue().str() + "'"};
  auto &known = statistics[store];
  if (known)
    return known.get();
  Result<const MappedFile *> file = tryOpen(store);
  if (!file)
    return file.takeError();
  auto opened = ::ccq::artifact::StatisticsFile::tryOpen((*file)->path());
  if (!opened)
    return makeStoreError(store, opened.error().message);
  known = std::make_unique<::ccq::artifact::StatisticsFile>(*std::move(opened));
  return known.get();
}
