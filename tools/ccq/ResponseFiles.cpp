//===- ResponseFiles.cpp - arguments that stand in a file -----------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ResponseFiles.h"

#include "ccq/Support/MappedFile.h"

#include <string_view>

using namespace ccq;

/// Stops files that name each other.
static constexpr int deepestNesting = 16;

/// Splits text into arguments; no value when a quote does not end.
static Result<std::vector<std::string>> splitArguments(std::string_view text) {
  std::vector<std::string> arguments;
  std::string current;
  bool isOpen = false;
  char quote = '\0';
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    bool isBlank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (quote == '\0' && isBlank) {
      if (isOpen)
        arguments.push_back(std::move(current));
      current.clear();
      isOpen = false;
      continue;
    }
    isOpen = true;
    if (c == '\\' && quote != '\'' && i + 1 < text.size())
      current += text[++i];
    else if (c == quote)
      quote = '\0';
    else if (quote == '\0' && (c == '\'' || c == '"'))
      quote = c;
    else
      current += c;
  }
  if (quote != '\0')
    return Error{ErrorKind::MalformedInput,
                 std::string("expected a closing ") + quote};
  if (isOpen)
    arguments.push_back(std::move(current));
  return arguments;
}

static Result<void> expandInto(const std::vector<std::string> &arguments,
                               int depth, std::vector<std::string> &expanded) {
  for (const std::string &argument : arguments) {
    if (argument.size() < 2 || argument[0] != '@') {
      expanded.push_back(argument);
      continue;
    }
    std::string path = argument.substr(1);
    if (depth == deepestNesting)
      return Error{ErrorKind::MalformedInput,
                   path + ": response files are nested deeper than " +
                       std::to_string(deepestNesting)};
    Result<MappedFile> file = MappedFile::tryOpen(path);
    if (!file)
      return file.takeError();
    auto bytes = file->bytes();
    Result<std::vector<std::string>> inner = splitArguments(
        {reinterpret_cast<const char *>(bytes.data()), bytes.size()});
    if (!inner)
      return Error{inner.error().kind, path + ": " + inner.error().message};
    if (Result<void> done = expandInto(*inner, depth + 1, expanded); !done)
      return done;
  }
  return {};
}

Result<std::vector<std::string>>
tool::expandResponseFiles(const std::vector<std::string> &arguments) {
  std::vector<std::string> expanded;
  if (Result<void> done = expandInto(arguments, 0, expanded); !done)
    return done.takeError();
  return expanded;
}
