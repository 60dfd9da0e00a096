//===- SchemeScanner.h - tokens of scheme texts -----------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_CODEC_SCHEMESCANNER_H
#define CCQ_LIB_CODEC_SCHEMESCANNER_H

#include "ccq/Support/Result.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ccq::codec {

/// Reads tokens from the front of a text. After the first failure every
/// further call fails, and `error` says where the first one was.
class Scanner {
public:
  explicit Scanner(std::string_view text) : text(text) {}

  /// Consumes `token` if it comes next.
  bool tryConsume(std::string_view token) {
    skipBlanks();
    if (!failure.message.empty() || !text.substr(position).starts_with(token))
      return false;
    position += token.size();
    return true;
  }

  void expect(std::string_view token) {
    if (!tryConsume(token))
      fail("'" + std::string(token) + "'");
  }

  unsigned expectNumber() {
    return scanNumber<unsigned>("a number below 2^32");
  }

  uint64_t expectLongNumber() {
    return scanNumber<uint64_t>("a number below 2^64");
  }

  /// `[NUMBER, NUMBER, ...]`
  std::vector<unsigned> expectNumbers() {
    std::vector<unsigned> numbers;
    expect("[");
    do
      numbers.push_back(expectNumber());
    while (tryConsume(","));
    expect("]");
    return numbers;
  }

  /// As many bytes as `bytes` has, in quotes, two hexadecimal digits each.
  void expectHex(std::span<uint8_t> bytes) {
    expect("\"");
    for (uint8_t &byte : bytes) {
      const char *begin = text.data() + position;
      const char *limit = begin + std::min<size_t>(2, text.size() - position);
      auto [end, code] = std::from_chars(begin, limit, byte, 16);
      if (hasFailed() || code != std::errc() || end != begin + 2)
        return fail(std::to_string(bytes.size()) + " bytes in hexadecimal");
      position += 2;
    }
    expect("\"");
  }

  /// `name = NUMBER`
  unsigned expectNumberField(std::string_view name) {
    expect(name);
    expect("=");
    return expectNumber();
  }

  void expectEnd() {
    skipBlanks();
    if (position != text.size())
      fail("the end of the scheme");
  }

  bool hasFailed() const { return !failure.message.empty(); }
  Error takeError() { return std::move(failure); }

  void fail(const std::string &expected) {
    if (hasFailed())
      return;
    failure = {ErrorKind::MalformedInput,
               "expected " + expected + " at character " +
                   std::to_string(position) + " of scheme '" +
                   std::string(text) + "'"};
  }

private:
  template <typename T> T scanNumber(const char *expected) {
    skipBlanks();
    T value = 0;
    const char *begin = text.data() + position;
    auto [end, code] = std::from_chars(begin, text.data() + text.size(), value);
    if (code != std::errc()) {
      fail(expected);
      return 0;
    }
    position += size_t(end - begin);
    return value;
  }

  void skipBlanks() {
    while (position < text.size() && text[position] == ' ')
      ++position;
  }

  std::string_view text;
  size_t position = 0;
  Error failure;
};

} // namespace ccq::codec

#endif // CCQ_LIB_CODEC_SCHEMESCANNER_H
