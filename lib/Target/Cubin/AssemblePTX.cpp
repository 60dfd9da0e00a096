//===- AssemblePTX.cpp - cubins by ptxas ------------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Target/Cubin/AssemblePTX.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::ccq;
using ::ccq::Error;
using ::ccq::ErrorKind;
using ::ccq::Result;
using llvm::StringRef;

Result<std::string> mlir::ccq::findPtxas(StringRef cudaPath) {
  if (cudaPath.empty()) {
    if (llvm::ErrorOr<std::string> found =
            llvm::sys::findProgramByName("ptxas"))
      return *found;
    return Error{ErrorKind::MissingTool,
                 "expected ptxas on PATH, got none: name a CUDA toolkit with "
                 "--cuda-path or CUDA_HOME, or ask for PTX instead of cubins"};
  }
  llvm::SmallString<128> path(cudaPath);
  if (llvm::sys::fs::is_directory(path))
    llvm::sys::path::append(path, "bin", "ptxas");
  if (llvm::sys::fs::can_execute(path))
    return std::string(path);
  return Error{ErrorKind::MissingTool,
               "expected the program ptxas, got none at " + std::string(path) +
                   ": name a CUDA toolkit with --cuda-path or CUDA_HOME, or "
                   "ask for PTX instead of cubins"};
}

namespace {

/// A file in the system's temporary folder, removed at the end of the scope.
class TemporaryFile {
public:
  TemporaryFile(StringRef suffix) {
    error = llvm::sys::fs::createTemporaryFile("ccq", suffix, path);
    if (!error)
      remover.setFile(path);
  }

  std::error_code error;
  llvm::SmallString<128> path;

private:
  llvm::FileRemover remover;
};

} // namespace

static Result<std::string> readFile(StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFile(path);
  if (!buffer)
    return Error{ErrorKind::Output, "expected to read " + path.str() +
                                        ", got " + buffer.getError().message()};
  return (*buffer)->getBuffer().str();
}

Result<std::string> mlir::ccq::assemblePTX(StringRef text, StringRef chip,
                                           StringRef ptxas) {
  TemporaryFile source("ptx"), object("cubin"), log("log");
  for (const TemporaryFile *file : {&source, &object, &log})
    if (file->error)
      return Error{ErrorKind::Output,
                   "expected to write a temporary file, got " +
                       file->error.message()};
  std::error_code error;
  {
    llvm::raw_fd_ostream stream(source.path, error);
    stream << text;
    stream.close();
    if (stream.has_error())
      error = stream.error();
    stream.clear_error();
  }
  if (error)
    return Error{ErrorKind::Output,
                 "expected to write a temporary file, got " + error.message()};
  std::string architecture = ("-arch=" + chip).str();
  StringRef arguments[] = {ptxas,       "-O3", architecture,
                           source.path, "-o",  object.path};
  std::optional<StringRef> redirects[] = {std::nullopt, StringRef(log.path),
                                          StringRef(log.path)};
  std::string message;
  int status = llvm::sys::ExecuteAndWait(ptxas, arguments, std::nullopt,
                                         redirects, 0, 0, &message);
  if (status == 0)
    return readFile(object.path);
  if (Result<std::string> said = readFile(log.path); said && message.empty())
    message = StringRef(*said).trim().str();
  return Error{ErrorKind::CompileError,
               "expected ptxas to accept the kernel for " + chip.str() +
                   ", got: " + message};
}
