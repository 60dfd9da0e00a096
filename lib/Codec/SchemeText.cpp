//===- SchemeText.cpp - attribute text of the weight formats --------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Codec/Scheme.h"

#include <charconv>

using namespace ccq;
using namespace ccq::codec;

//===----------------------------------------------------------------------===//
// Printing
//===----------------------------------------------------------------------===//

static std::string printWords(const WordScheme &scheme) {
  std::string shifts;
  for (unsigned shift : scheme.shifts)
    shifts += (shifts.empty() ? "" : ", ") + std::to_string(shift);
  return "#ccq.words<u" + std::to_string(scheme.wordBits) +
         ", words = " + std::to_string(scheme.wordsPerGroup) +
         ", window = " + std::to_string(scheme.windowBits) + ", shifts = [" +
         shifts + "], tail_shift = " + std::to_string(scheme.tailShift) +
         ", scale_bits = " + std::to_string(scheme.scaleBits) + ">";
}

static std::string printScalar(const ScalarScheme &scheme) {
  std::string group = scheme.groupSize ? std::to_string(*scheme.groupSize)
                                       : std::string("channel");
  return "#ccq.scalar<bits = " + std::to_string(scheme.bits) +
         ", group = " + group + ">";
}

std::string codec::printScheme(const Scheme &scheme) {
  if (const auto *words = std::get_if<WordScheme>(&scheme))
    return printWords(*words);
  return printScalar(std::get<ScalarScheme>(scheme));
}

//===----------------------------------------------------------------------===//
// Parsing
//===----------------------------------------------------------------------===//

namespace {
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
    skipBlanks();
    unsigned value = 0;
    const char *begin = text.data() + position;
    auto [end, code] = std::from_chars(begin, text.data() + text.size(), value);
    if (code != std::errc()) {
      fail("a number below 2^32");
      return 0;
    }
    position += size_t(end - begin);
    return value;
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
  void skipBlanks() {
    while (position < text.size() && text[position] == ' ')
      ++position;
  }

  std::string_view text;
  size_t position = 0;
  Error failure;
};
} // namespace

/// What follows `#ccq.words<`.
static WordScheme parseWords(Scanner &scanner) {
  WordScheme scheme;
  scanner.expect("u");
  scheme.wordBits = scanner.expectNumber();
  scanner.expect(",");
  scheme.wordsPerGroup = scanner.expectNumberField("words");
  scanner.expect(",");
  scheme.windowBits = scanner.expectNumberField("window");
  scanner.expect(",");
  scanner.expect("shifts");
  scanner.expect("=");
  scanner.expect("[");
  do
    scheme.shifts.push_back(scanner.expectNumber());
  while (scanner.tryConsume(","));
  scanner.expect("]");
  scanner.expect(",");
  scheme.tailShift = scanner.expectNumberField("tail_shift");
  scanner.expect(",");
  scheme.scaleBits = scanner.expectNumberField("scale_bits");
  scanner.expect(">");
  return scheme;
}

/// What follows `#ccq.scalar<`.
static ScalarScheme parseScalar(Scanner &scanner) {
  ScalarScheme scheme;
  scheme.bits = scanner.expectNumberField("bits");
  scanner.expect(",");
  scanner.expect("group");
  scanner.expect("=");
  if (!scanner.tryConsume("channel"))
    scheme.groupSize = scanner.expectNumber();
  scanner.expect(">");
  return scheme;
}

Result<Scheme> codec::parseScheme(std::string_view text) {
  Scanner scanner(text);
  Scheme scheme;
  if (scanner.tryConsume("#ccq.words<"))
    scheme = parseWords(scanner);
  else if (scanner.tryConsume("#ccq.scalar<"))
    scheme = parseScalar(scanner);
  else
    scanner.fail("'#ccq.words<' or '#ccq.scalar<'");
  scanner.expectEnd();
  if (scanner.hasFailed())
    return scanner.takeError();
  if (Result<void> valid = checkScheme(scheme); !valid)
    return valid.takeError();
  return scheme;
}
