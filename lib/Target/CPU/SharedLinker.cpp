//===- SharedLinker.cpp - objects to shared objects -------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SharedLinker.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir::ccq;
namespace fs = llvm::sys::fs;

/// Functions of the C library proper that LLVM makes calls of by itself; every
/// process that can load a shared object has them.
static constexpr llvm::StringLiteral kLibcFunctions[] = {"memcpy", "memmove",
                                                         "memset"};

/// The mathematics library as the dynamic loader of Linux knows it.
static constexpr const char *kMathLibrary = "libm.so.6";

llvm::Expected<SharedLinker> SharedLinker::tryCreate(llvm::StringRef path) {
  if (!path.empty()) {
    if (!fs::can_execute(path))
      return llvm::createStringError("cannot execute linker '" + path + "'");
    return SharedLinker(path.str());
  }
  for (const char *name : {"ld.lld-19", "ld.lld"}) {
    if (auto found = llvm::sys::findProgramByName(name))
      return SharedLinker(*found);
    if (auto found = llvm::sys::findProgramByName(name, {CCQ_LLVM_TOOLS_DIR}))
      return SharedLinker(*found);
  }
  return llvm::createStringError(
      "no linker for CPU kernels: expected ld.lld-19 or ld.lld on PATH; "
      "install the package lld-19");
}

namespace {

/// A file that exists while this object does.
class TemporaryFile {
public:
  static llvm::Expected<TemporaryFile> tryCreate(llvm::StringRef suffix,
                                                 llvm::StringRef content) {
    int descriptor = -1;
    llvm::SmallString<128> path;
    if (std::error_code error =
            fs::createTemporaryFile("ccq-kernel", suffix, descriptor, path))
      return llvm::createStringError(error, "cannot create a temporary file");
    TemporaryFile file(path);
    llvm::raw_fd_ostream stream(descriptor, /*shouldClose=*/true);
    stream << content;
    stream.close();
    if (stream.has_error()) {
      std::error_code error = stream.error();
      stream.clear_error();
      return llvm::createStringError(error, "cannot write '" + path + "'");
    }
    return file;
  }

  TemporaryFile(TemporaryFile &&other) : name(std::move(other.name)) {
    other.name.clear();
  }
  TemporaryFile &operator=(TemporaryFile &&) = delete;
  ~TemporaryFile() {
    if (!name.empty())
      fs::remove(name);
  }

  llvm::StringRef path() const { return name; }

private:
  explicit TemporaryFile(llvm::StringRef path) : name(path.str()) {}

  std::string name;
};

} // namespace

/// Runs the linker. Its messages become the error.
static llvm::Error run(llvm::StringRef program,
                       llvm::ArrayRef<llvm::StringRef> arguments) {
  llvm::Expected<TemporaryFile> messages = TemporaryFile::tryCreate("txt", "");
  if (!messages)
    return messages.takeError();
  llvm::SmallVector<llvm::StringRef> command{program};
  llvm::append_range(command, arguments);
  std::optional<llvm::StringRef> redirects[] = {
      llvm::StringRef(), messages->path(), messages->path()};
  std::string failure;
  int status = llvm::sys::ExecuteAndWait(program, command, std::nullopt,
                                         redirects, 0, 0, &failure);
  if (status == 0)
    return llvm::Error::success();
  if (auto text = llvm::MemoryBuffer::getFile(messages->path()))
    failure += (*text)->getBuffer().trim();
  return llvm::createStringError("linker '" + program + "' failed: " + failure);
}

llvm::Expected<std::string> SharedLinker::link(const CpuCode &code) const {
  auto object = TemporaryFile::tryCreate("o", code.bytes);
  auto empty = TemporaryFile::tryCreate("ld", "");
  auto library = TemporaryFile::tryCreate("so", "");
  auto output = TemporaryFile::tryCreate("so", "");
  for (auto *file : {&object, &empty, &library, &output})
    if (!*file)
      return file->takeError();
  llvm::SmallVector<llvm::StringRef> arguments{
      "-shared",         "--build-id=none",
      "--strip-all",     "-z",
      "noexecstack",     "-z",
      "noseparate-code", "-o",
      output->path(),    object->path()};
  bool needsMath = llvm::any_of(code.undefined, [](llvm::StringRef name) {
    return !llvm::is_contained(kLibcFunctions, name);
  });
  if (needsMath) {
    // An empty library with the right name records the need without a libm at
    // hand; its symbols are found by whoever loads the kernel.
    if (llvm::Error error =
            run(program, {"-shared", "-m", "elf_x86_64", "-soname",
                          kMathLibrary, "-o", library->path(), empty->path()}))
      return error;
    arguments.append({"--no-as-needed", library->path()});
  }
  if (llvm::Error error = run(program, arguments))
    return error;
  auto bytes = llvm::MemoryBuffer::getFile(output->path());
  if (!bytes)
    return llvm::createStringError(bytes.getError(),
                                   "cannot read '" + output->path() + "'");
  return (*bytes)->getBuffer().str();
}
