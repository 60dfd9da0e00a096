//===- OverrideWeights.cpp - read weights from another file ---------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StorePaths.h"
#include "WeightOrientation.h"
#include "ccq/Artifact/Safetensors.h"
#include "ccq/Dialect/CCQ/IR/CCQDialect.h"
#include "ccq/Dialect/CCQ/Transforms/Passes.h"
#include "ccq/Support/MappedFile.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <set>

namespace mlir::ccq {
#define GEN_PASS_DEF_OVERRIDEWEIGHTS
#include "ccq/Dialect/CCQ/Transforms/Passes.h.inc"
} // namespace mlir::ccq

using namespace mlir;
using namespace mlir::ccq;
namespace artifact = ::ccq::artifact;

/// Whether a file's element type is that of the IR.
static bool isSameType(artifact::DataType type, Type element) {
  switch (type) {
  case artifact::DataType::F32:
    return element.isF32();
  case artifact::DataType::F16:
    return element.isF16();
  case artifact::DataType::BF16:
    return element.isBF16();
  case artifact::DataType::F64:
    return element.isF64();
  default:
    return false;
  }
}

namespace {

struct OverrideWeights
    : public ::mlir::ccq::impl::OverrideWeightsBase<OverrideWeights> {
  using OverrideWeightsBase::OverrideWeightsBase;

  void runOnOperation() override {
    if (failed(open()))
      return signalPassFailure();
    WeightOrientation orientation(getOperation());
    SmallVector<SourceOp> sources;
    getOperation().walk([&](SourceOp source) { sources.push_back(source); });
    std::set<std::string> taken;
    for (SourceOp source : sources) {
      if (const artifact::TensorEntry *known = findRead(source)) {
        taken.insert(known->spec.name);
        continue;
      }
      std::string name = orientation.getName(source);
      const artifact::TensorEntry *entry = find(name);
      if (!entry)
        continue;
      taken.insert(name);
      if (failed(redirect(source, *entry)))
        return signalPassFailure();
    }
    for (const artifact::TensorEntry &entry : header.tensors) {
      if (taken.count(entry.spec.name))
        continue;
      emitError(getOperation().getLoc())
          << file << ": tensor \"" << entry.spec.name
          << "\" is none of the weights that the model reads from its file";
      return signalPassFailure();
    }
  }

private:
  LogicalResult open() {
    SmallString<256> real, directory;
    if (std::error_code code = llvm::sys::fs::real_path(file, real))
      return emitError(getOperation().getLoc())
             << file << ": cannot open: " << code.message();
    auto mapped = ::ccq::MappedFile::tryOpen(real.c_str());
    if (!mapped)
      return emitError(getOperation().getLoc()) << mapped.error().message;
    auto parsed = artifact::parseSafetensorsHeader(mapped->bytes());
    if (!parsed)
      return emitError(getOperation().getLoc())
             << file << ": " << parsed.error().message;
    header = *std::move(parsed);
    auto *dialect = getContext().getOrLoadDialect<CCQDialect>();
    StringRef moduleDirectory = dialect->getStoreDirectory();
    if (llvm::sys::fs::real_path(moduleDirectory.empty() ? StringRef(".")
                                                         : moduleDirectory,
                                 directory))
      directory = moduleDirectory;
    std::optional<std::string> root =
        findRelativePath(directory, llvm::sys::path::parent_path(real));
    if (!root)
      return emitError(getOperation().getLoc())
             << "cannot tell the path from \"" << directory << "\" to \""
             << real << "\"";
    path = llvm::sys::path::filename(real).str();
    rootPath = *root;
    symbol = {};
    for (auto store : getOperation().getOps<StoreOp>())
      if (store.getPath() == path && store.getRoot() == rootPath)
        symbol = store.getSymNameAttr();
    return success();
  }

  const artifact::TensorEntry *find(StringRef name) const {
    for (const artifact::TensorEntry &entry : header.tensors)
      if (entry.spec.name == name)
        return &entry;
    return nullptr;
  }

  /// The tensor that an earlier run of the pass has made a source of.
  const artifact::TensorEntry *findRead(SourceOp source) const {
    if (!symbol || source.getStore() != symbol.getValue())
      return nullptr;
    for (const artifact::TensorEntry &entry : header.tensors)
      if (int64_t(header.dataOffsetBytes + entry.beginBytes) ==
          source.getOffset())
        return &entry;
    return nullptr;
  }

  /// The store of the file, which is created on first use.
  StringAttr getSymbol() {
    if (symbol)
      return symbol;
    auto builder = OpBuilder::atBlockBegin(getOperation().getBody());
    auto store = builder.create<StoreOp>(getOperation().getLoc(), "weights",
                                         path, rootPath);
    SymbolTable(getOperation()).insert(store);
    return symbol = store.getSymNameAttr();
  }

  LogicalResult redirect(SourceOp source, const artifact::TensorEntry &entry) {
    auto type = cast<RankedTensorType>(source.getType());
    if (!isSameType(entry.spec.type, type.getElementType()) ||
        type.getShape() != ArrayRef(entry.spec.dims))
      return source.emitError()
             << "cannot override weight \"" << entry.spec.name
             << "\": expected " << type << ", got "
             << artifact::getSafetensorsName(entry.spec.type).data() << " "
             << artifact::printDims(entry.spec.dims);
    OpBuilder builder(source);
    auto other = builder.create<SourceOp>(
        source.getLoc(), type, FlatSymbolRefAttr::get(getSymbol()),
        builder.getI64IntegerAttr(
            int64_t(header.dataOffsetBytes + entry.beginBytes)),
        builder.getI64IntegerAttr(int64_t(entry.endBytes - entry.beginBytes)),
        /*transposed=*/UnitAttr(), source.getNameAttr());
    source.replaceAllUsesWith(other.getResult());
    source.erase();
    return success();
  }

  artifact::SafetensorsHeader header;
  std::string path, rootPath;
  StringAttr symbol;
};

} // namespace
