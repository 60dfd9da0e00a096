//===- JsonCursor.cpp - checked reading of JSON documents -----------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "JsonCursor.h"

#include <algorithm>
#include <limits>
#include <set>

using namespace ccq;
using namespace ccq::artifact;
using Json = nlohmann::json;

/// Lists of steps hold lists of expressions of depth Expression::maxDepth.
static constexpr int deepestNesting = 80;

namespace {
/// Watches the parser: stops at the first key that occurs twice in one object
/// and at nesting deeper than deepestNesting.
class ParseWatcher {
public:
  explicit ParseWatcher(std::optional<std::string> &problem)
      : problem(problem) {}

  bool operator()(int depth, Json::parse_event_t event, Json &parsed) {
    using Event = Json::parse_event_t;
    bool opens = event == Event::object_start || event == Event::array_start;
    if (opens && depth >= deepestNesting)
      return stop("expected at most " + std::to_string(deepestNesting) +
                  " levels of nesting");
    if (event == Event::object_start)
      keys.resize(size_t(depth) + 1), keys.emplace_back();
    if (event != Event::key)
      return true;
    const auto &key = parsed.get_ref<const std::string &>();
    if (!keys[size_t(depth)].insert(key).second)
      return stop("key '" + key + "' occurs twice");
    return true;
  }

private:
  bool stop(std::string message) {
    if (!problem)
      problem = std::move(message);
    return false;
  }

  std::optional<std::string> &problem;
  /// Keys of the objects around the current place, by depth.
  std::vector<std::set<std::string>> keys;
};
} // namespace

JsonDocument::JsonDocument(std::string name, std::string_view text)
    : name(std::move(name)) {
  std::optional<std::string> problem;
  value = Json::parse(text, ParseWatcher(problem), /*allow_exceptions=*/false);
  bool isJson = !value.is_discarded();
  if (isJson && !problem)
    return;
  value = nullptr;
  fail("", problem.value_or("expected JSON in UTF-8"));
}

void JsonDocument::fail(const std::string &place, const std::string &message,
                        ErrorKind kind) {
  if (!failure)
    failure = Error{kind, name + ": " + (place.empty() ? "" : place + ": ") +
                              message};
}

/// The value that cursors hold after a failure.
static const Json &getNull() {
  static const Json null;
  return null;
}

std::optional<JsonCursor> JsonCursor::findMember(const char *key) const {
  if (!value->is_object()) {
    fail("expected an object");
    return std::nullopt;
  }
  auto found = value->find(key);
  if (found == value->end())
    return std::nullopt;
  return JsonCursor(document, &*found, place.empty() ? key : place + "." + key);
}

JsonCursor JsonCursor::member(const char *key) const {
  if (std::optional<JsonCursor> found = findMember(key))
    return *found;
  fail("expected a member '" + std::string(key) + "'");
  return JsonCursor(document, &getNull(), place);
}

void JsonCursor::allowOnly(std::initializer_list<std::string_view> keys) const {
  if (!value->is_object())
    return fail("expected an object");
  for (const auto &item : value->items())
    if (std::find(keys.begin(), keys.end(), item.key()) == keys.end())
      return fail("unknown member '" + item.key() + "'");
}

std::vector<JsonCursor> JsonCursor::elements() const {
  std::vector<JsonCursor> cursors;
  if (!value->is_array()) {
    fail("expected a list");
    return cursors;
  }
  cursors.reserve(value->size());
  for (size_t i = 0; i < value->size(); ++i)
    cursors.push_back(JsonCursor(document, &(*value)[i],
                                 place + "[" + std::to_string(i) + "]"));
  return cursors;
}

std::string JsonCursor::asString() const {
  if (value->is_string())
    return value->get_ref<const std::string &>();
  fail("expected a string");
  return "";
}

int64_t JsonCursor::asInteger(int64_t least, int64_t most) const {
  bool isSmall =
      value->is_number_integer() &&
      (!value->is_number_unsigned() ||
       value->get<uint64_t>() <= uint64_t(std::numeric_limits<int64_t>::max()));
  int64_t number = isSmall ? value->get<int64_t>() : 0;
  if (isSmall && number >= least && number <= most)
    return number;
  fail("expected an integer from " + std::to_string(least) + " to " +
       std::to_string(most) +
       (value->is_number() ? ", got " + value->dump() : ""));
  return least;
}

unsigned JsonCursor::asIndex() const {
  return unsigned(asInteger(0, std::numeric_limits<int32_t>::max()));
}
