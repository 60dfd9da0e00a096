//===- PassArguments.cpp - check pass options before parsing ----*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Compiler/PassArguments.h"

#include "mlir/Pass/PassRegistry.h"
#include "llvm/ADT/StringRef.h"

using namespace mlir;

static constexpr llvm::StringLiteral kOpeners = "{([\"'";
static constexpr llvm::StringLiteral kClosers = "})]\"'";

/// Position after the next `closer` at or after `position` that no pair
/// encloses, or npos; `culprit` is then the opener without a partner that was
/// met last, if any.
static size_t skipTo(StringRef text, size_t position, char closer,
                     std::optional<char> &culprit) {
  while (position < text.size()) {
    char character = text[position++];
    if (character == closer)
      return position;
    size_t pair = kOpeners.find(character);
    if (pair == StringRef::npos)
      continue;
    position = skipTo(text, position, kClosers[pair], culprit);
    if (position == StringRef::npos && !culprit)
      culprit = character;
  }
  return StringRef::npos;
}

/// The first opener that has no partner.
static std::optional<char> findUnbalanced(StringRef text) {
  std::optional<char> culprit;
  // No text has this character, so that all of it is looked at.
  skipTo(text, 0, '\0', culprit);
  return culprit;
}

std::optional<std::string>
mlir::ccq::checkPassArguments(ArrayRef<const char *> arguments) {
  for (size_t i = 0; i < arguments.size(); ++i) {
    StringRef argument(arguments[i]);
    if (!argument.consume_front("--") && !argument.consume_front("-"))
      continue;
    auto [name, options] = argument.split('=');
    bool isPipeline = name == "pass-pipeline";
    if (isPipeline && options.empty() && i + 1 < arguments.size())
      options = arguments[i + 1];
    if (!isPipeline && !PassInfo::lookup(name) &&
        !PassPipelineInfo::lookup(name))
      continue;
    if (std::optional<char> culprit = findUnbalanced(options))
      return "expected a partner of every bracket and quote in the options of "
             "--" +
             name.str() + ", got none for " + std::string(1, *culprit) +
             " in '" + options.str() +
             "'; a regular expression can have '.' in its place";
  }
  return std::nullopt;
}
