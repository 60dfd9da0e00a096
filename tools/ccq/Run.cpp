//===- Run.cpp - ccq run: hand over to ccq-run ----------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Verbs.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <unistd.h>

using namespace ccq;

/// The ccq-run beside this program, else the name for a search in PATH.
static std::string findRunner() {
  std::error_code code;
  std::filesystem::path self =
      std::filesystem::read_symlink("/proc/self/exe", code);
  std::filesystem::path beside = self.parent_path() / "ccq-run";
  return !code && std::filesystem::exists(beside, code) ? beside.string()
                                                        : "ccq-run";
}

/// Replaces this process; returns only when that fails.
static Result<void> execute(const std::vector<std::string> &arguments) {
  std::string runner = findRunner();
  std::vector<char *> pointers = {const_cast<char *>("ccq-run")};
  for (const std::string &argument : arguments)
    pointers.push_back(const_cast<char *>(argument.c_str()));
  pointers.push_back(nullptr);
  ::execvp(runner.c_str(), pointers.data());
  return Error{ErrorKind::MissingTool,
               runner + ": cannot execute: " + std::strerror(errno)};
}

void tool::registerRun(CLI::App &app, Session &session) {
  CLI::App &verb = *app.add_subcommand(
      "run", "Run an artifact or a model; the arguments are those of ccq-run");
  // Help is what ccq-run prints.
  verb.set_help_flag();
  verb.prefix_command();
  setBody(verb, session,
          [&verb]() -> Result<void> { return execute(verb.remaining()); });
}
