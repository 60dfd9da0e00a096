//===- EmitObjects.cpp - write serialized kernels to files ------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Dialect/CCQ/IR/CCQOps.h"
#include "ccq/Target/Passes.h"
#include "mlir/Support/FileUtilities.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/ToolOutputFile.h"

namespace mlir::ccq {
#define GEN_PASS_DEF_EMITOBJECTS
#include "ccq/Target/Passes.h.inc"
} // namespace mlir::ccq

using namespace mlir;
using namespace mlir::ccq;

/// Writes a file that appears whole or not at all.
static LogicalResult
writeFile(Operation *origin, StringRef path,
          llvm::function_ref<void(llvm::raw_ostream &)> print) {
  std::string message;
  std::unique_ptr<llvm::ToolOutputFile> file = openOutputFile(path, &message);
  if (!file)
    return emitError(origin->getLoc()) << message;
  print(file->os());
  file->os().flush();
  if (std::error_code code = file->os().error()) {
    file->os().clear_error();
    return emitError(origin->getLoc())
           << "cannot write '" << path << "': " << code.message();
  }
  file->keep();
  return success();
}

namespace {

struct EmitObjects : mlir::ccq::impl::EmitObjectsBase<EmitObjects> {
  using EmitObjectsBase::EmitObjectsBase;

  void runOnOperation() override {
    SmallVector<ObjectOp> objects;
    for (auto object : getOperation().getOps<ObjectOp>())
      if (object.getFormat() == format)
        objects.push_back(object);
    if (failed(emit(objects)))
      return signalPassFailure();
    markAllAnalysesPreserved();
  }

private:
  LogicalResult emit(ArrayRef<ObjectOp> objects) {
    StringRef name = stringifyObjectFormat(format);
    if (objects.empty())
      return emitError(getOperation().getLoc())
             << "expected ccq.object ops of format " << name
             << ", got none: run a pipeline that makes them, or "
                "ccq-serialize-kernels";
    if (llvm::sys::fs::is_directory(path.getValue()))
      return emitEach(objects);
    if (objects.size() > 1 && format != ObjectFormat::PTX)
      return emitError(getOperation().getLoc())
             << "expected one object of format " << name << " for a file, got "
             << objects.size() << ": name an existing directory";
    return writeFile(objects.front(), path, [&](llvm::raw_ostream &stream) {
      for (ObjectOp object : objects) {
        if (objects.size() > 1)
          stream << "// ccq.object @" << object.getSymName() << "\n";
        stream << object.getData();
      }
    });
  }

  LogicalResult emitEach(ArrayRef<ObjectOp> objects) {
    for (ObjectOp object : objects) {
      SmallString<128> file(path.getValue());
      llvm::sys::path::append(file, object.getSymName() + "." +
                                        stringifyObjectFormat(format));
      if (failed(writeFile(object, file, [&](llvm::raw_ostream &stream) {
            stream << object.getData();
          })))
        return failure();
    }
    return success();
  }
};

} // namespace
