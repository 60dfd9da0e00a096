//===- JsonCursor.h - checked reading of JSON documents ---------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_ARTIFACT_JSONCURSOR_H
#define CCQ_LIB_ARTIFACT_JSONCURSOR_H

#include "ccq/Support/Result.h"

#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ccq::artifact {

/// A parsed document with the first error found in it. Nesting is bounded and
/// keys are unique.
class JsonDocument {
public:
  /// Parses `text`; `name` starts every message. A document that is not JSON
  /// holds null and an error.
  JsonDocument(std::string name, std::string_view text);

  const nlohmann::json &root() const { return value; }

  /// Records an error, unless there is one already.
  void fail(const std::string &place, const std::string &message,
            ErrorKind kind = ErrorKind::MalformedInput);

  const std::optional<Error> &error() const { return failure; }

private:
  std::string name;
  nlohmann::json value;
  std::optional<Error> failure;
};

/// A value of a document and the path that leads to it. Reading something that
/// is not there or has another type records an error in the document and
/// returns a default, so that readers need to ask for errors only at the end
/// and before they use a value for anything but reading on.
class JsonCursor {
public:
  explicit JsonCursor(JsonDocument &document)
      : document(&document), value(&document.root()) {}

  /// Member of an object; recorded as an error when it is missing.
  JsonCursor member(const char *key) const;
  /// Member of an object, or no value.
  std::optional<JsonCursor> findMember(const char *key) const;
  /// Records an error for members other than these.
  void allowOnly(std::initializer_list<std::string_view> keys) const;
  /// Elements of a list.
  std::vector<JsonCursor> elements() const;

  std::string asString() const;
  /// An integer from `least` to `most`; `least` on error.
  int64_t asInteger(int64_t least, int64_t most) const;
  /// An index: an integer from 0 to 2^31 - 1.
  unsigned asIndex() const;

  bool isString() const { return value->is_string(); }
  bool isArray() const { return value->is_array(); }
  bool isInteger() const { return value->is_number_integer(); }

  /// Records an error at this place.
  void fail(const std::string &message,
            ErrorKind kind = ErrorKind::MalformedInput) const {
    document->fail(place, message, kind);
  }

private:
  JsonCursor(JsonDocument *document, const nlohmann::json *value,
             std::string place)
      : document(document), value(value), place(std::move(place)) {}

  JsonDocument *document;
  const nlohmann::json *value;
  std::string place;
};

} // namespace ccq::artifact

#endif // CCQ_LIB_ARTIFACT_JSONCURSOR_H
