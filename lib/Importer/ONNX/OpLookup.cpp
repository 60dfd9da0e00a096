//===- OpLookup.cpp - a node's entry in the operator table ----------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OpTable.h"

#include "ccq/Importer/ONNX/SupportedOps.h"

#include "llvm/ADT/StringExtras.h"

#include <algorithm>

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

static StringRef showDomain(StringRef domain) {
  return domain.empty() ? "ai.onnx" : domain;
}

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

/// The type of an attribute in the notation of OpEntry::attributes.
static StringRef getTypeText(const onnx::AttributeProto &attribute) {
  using Proto = onnx::AttributeProto;
  switch (attribute.type()) {
  case Proto::INT:
    return "i";
  case Proto::FLOAT:
    return "f";
  case Proto::STRING:
    return "s";
  case Proto::TENSOR:
    return "t";
  case Proto::GRAPH:
    return "g";
  case Proto::INTS:
    return "is";
  case Proto::FLOATS:
    return "fs";
  case Proto::STRINGS:
    return "ss";
  case Proto::SPARSE_TENSOR:
    return "sparse";
  case Proto::UNDEFINED:
    break;
  default:
    return "another";
  }
  // Files before IR version 2 have no type; the field that is set decides.
  return attribute.has_i()            ? "i"
         : attribute.has_f()          ? "f"
         : attribute.has_s()          ? "s"
         : attribute.has_t()          ? "t"
         : attribute.has_g()          ? "g"
         : attribute.ints_size() != 0 ? "is"
         : attribute.floats_size()    ? "fs"
                                      : "ss";
}

/// The type that `spec`, as in OpEntry::attributes, has for `name`.
static std::optional<StringRef> findTypeText(StringRef spec, StringRef name) {
  for (StringRef entry : llvm::split(spec, ' ')) {
    auto [entryName, type] = entry.split(':');
    if (entryName == name)
      return type.rtrim('!');
  }
  return std::nullopt;
}

static bool checkAttributes(const Node &node, const OpEntry &entry,
                            DiagnosticSink &sink) {
  auto malformed = [&](const std::string &message) {
    sink.malformed(node.label, message);
    return false;
  };
  for (const BoundAttribute &attribute : node.attributes) {
    std::string name = attribute.name.take_front(64).str();
    std::optional<StringRef> type =
        findTypeText(entry.attributes, attribute.name);
    if (!type)
      return malformed("expected an attribute of " + entry.name.str() +
                       ", got '" + name + "'");
    StringRef actual = getTypeText(*attribute.proto);
    // An empty list without a type could be of any type.
    bool isEmptyList = attribute.proto->type() == 0 && actual == "ss" &&
                       attribute.proto->strings_size() == 0;
    if (*type != actual && !isEmptyList)
      return malformed("expected attribute '" + name + "' of type " +
                       type->str() + ", got " + actual.str());
  }
  for (StringRef required : llvm::split(entry.attributes, ' ')) {
    StringRef name = required.split(':').first;
    auto hasName = [&](const BoundAttribute &a) { return a.name == name; };
    if (required.ends_with("!") && !llvm::any_of(node.attributes, hasName))
      return malformed("expected attribute '" + name.str() + "', got none");
  }
  return true;
}

//===----------------------------------------------------------------------===//
// Entries
//===----------------------------------------------------------------------===//

/// `2`, `2 or more`, `2 to 3`.
static std::string showCount(ArgumentCount count) {
  std::string text = std::to_string(count.least);
  if (count.most == anyNumber)
    return text + " or more";
  return count.most == count.least ? text
                                   : text + " to " + std::to_string(count.most);
}

static bool checkCount(const Node &node, ArgumentCount expected,
                       ArrayRef<ValueId> arguments, StringRef what,
                       DiagnosticSink &sink) {
  unsigned required = 0;
  for (auto [i, argument] : llvm::enumerate(arguments))
    if (argument != absentValue)
      required = i + 1;
  bool lacksRequired =
      required < expected.least ||
      llvm::is_contained(arguments.take_front(expected.least), absentValue);
  if (arguments.size() <= expected.most && !lacksRequired)
    return true;
  sink.malformed(node.label, "expected " + showCount(expected) + " " +
                                 what.str() + ", got " +
                                 std::to_string(arguments.size()));
  return false;
}

/// `Foo is supported in opsets 7 to 12` when another opset would do.
static std::string suggest(const Node &node) {
  std::string note;
  for (const OpEntry &entry : getOpTable())
    if (entry.name == node.opType && entry.domain == node.domain)
      note += (note.empty() ? node.opType.str() + " is supported in opsets "
                            : std::string(", ")) +
              std::to_string(entry.sinceOpset) + " to " +
              std::to_string(entry.untilOpset);
  return note.empty() ? "'ccq ops' lists the supported operators" : note;
}

const OpEntry *importer::findOpEntry(const Node &node, DiagnosticSink &sink) {
  for (const OpEntry &entry : getOpTable()) {
    if (entry.name != node.opType || entry.domain != node.domain ||
        node.opset < entry.sinceOpset || node.opset > entry.untilOpset)
      continue;
    bool isCorrect =
        checkCount(node, entry.inputs, node.inputs, "inputs", sink) &&
        checkCount(node, entry.outputs, node.outputs, "outputs", sink) &&
        checkAttributes(node, entry, sink);
    return isCorrect ? &entry : nullptr;
  }
  sink.unsupported(node.label,
                   "unsupported operator " + node.opType.take_front(64).str() +
                       " in domain " + showDomain(node.domain).str(),
                   suggest(node));
  return nullptr;
}

std::vector<SupportedOp> mlir::ccq::getSupportedOps() {
  std::vector<SupportedOp> ops;
  for (const OpEntry &entry : getOpTable()) {
    bool continues = !ops.empty() && entry.name == StringRef(ops.back().name) &&
                     ops.back().untilOpset + 1 == entry.sinceOpset;
    if (continues)
      ops.back().untilOpset = entry.untilOpset;
    else
      ops.push_back({entry.name, showDomain(entry.domain), entry.sinceOpset,
                     entry.untilOpset});
  }
  std::stable_sort(ops.begin(), ops.end(), [](const auto &a, const auto &b) {
    return std::tie(a.domain, a.name) < std::tie(b.domain, b.name);
  });
  return ops;
}
