//===- OnnxBuild.cpp - an artifact for the length of a run ----------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OnnxBuild.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <spawn.h>
#include <sys/wait.h>
#include <utility>
#include <vector>

using namespace ccq;
using namespace ccq::tool;
namespace fs = std::filesystem;

extern char **environ;

TemporaryArtifact::TemporaryArtifact(TemporaryArtifact &&other) noexcept
    : directory(std::exchange(other.directory, {})) {}

TemporaryArtifact::~TemporaryArtifact() {
  std::error_code code;
  if (!directory.empty())
    fs::remove_all(directory, code);
}

/// The ccq beside this program, else the name for a search in PATH.
static std::string findCcq() {
  std::error_code code;
  fs::path beside = fs::read_symlink("/proc/self/exe", code).parent_path();
  return !code && fs::exists(beside / "ccq", code) ? beside / "ccq" : "ccq";
}

/// Runs a program and returns its exit status.
static Result<int> runProgram(std::vector<std::string> arguments) {
  std::vector<char *> pointers;
  for (std::string &argument : arguments)
    pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  pid_t child = 0;
  int failure = ::posix_spawnp(&child, pointers[0], nullptr, nullptr,
                               pointers.data(), environ);
  if (failure != 0)
    return Error{ErrorKind::MissingTool,
                 "cannot run '" + arguments[0] +
                     "', which builds ONNX files: " + std::strerror(failure)};
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR)
      return Error{ErrorKind::Internal,
                   "cannot wait for '" + arguments[0] + "'"};
  if (WIFEXITED(status))
    return WEXITSTATUS(status);
  return Error{ErrorKind::Internal, "'" + arguments[0] +
                                        "' was ended by signal " +
                                        std::to_string(WTERMSIG(status))};
}

Result<TemporaryArtifact>
TemporaryArtifact::tryBuild(const std::string &onnxPath,
                            std::optional<int> &exitCode) {
  std::error_code code;
  std::string pattern = fs::temp_directory_path(code) / "ccq-run-XXXXXX";
  if (code || !::mkdtemp(pattern.data()))
    return Error{ErrorKind::Output, pattern + ": cannot create a directory"};
  TemporaryArtifact artifact{fs::path(pattern)};
  Result<int> status = runProgram({findCcq(), "build", onnxPath, "-o",
                                   artifact.path(), "--scheme", "keep", "-q"});
  if (!status)
    return status.takeError();
  if (*status != 0) {
    exitCode = *status;
    return Error{ErrorKind::CompileError, "ccq build failed"};
  }
  return artifact;
}
