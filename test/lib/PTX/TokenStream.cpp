//===- TokenStream.cpp - Cursor over the tokens of a PTX text ---*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PTX/TokenStream.h"

#include <bit>
#include <charconv>

using namespace ccq;
using namespace ccq::ptx;

const Token &TokenStream::peek(size_t ahead) const {
  size_t index = failed() ? tokens.size() - 1 : position + ahead;
  return tokens[std::min(index, tokens.size() - 1)];
}

const Token &TokenStream::take() {
  const Token &token = peek();
  if (position + 1 < tokens.size())
    ++position;
  return token;
}

bool TokenStream::accept(char punctuation) {
  if (!peek().is(punctuation))
    return false;
  take();
  return true;
}

bool TokenStream::accept(std::string_view word) {
  if (!peek().is(word))
    return false;
  take();
  return true;
}

bool TokenStream::expect(char punctuation) {
  if (accept(punctuation))
    return true;
  failExpecting(std::string("'") + punctuation + "'");
  return false;
}

std::string_view TokenStream::expectWord(std::string_view what) {
  if (peek().kind == TokenKind::Word)
    return take().text;
  failExpecting(std::string(what));
  return {};
}

uint64_t TokenStream::expectInteger() {
  ParsedOperand literal = takeLiteral();
  if (!failed() && literal.kind != OperandKind::Integer)
    failExpecting("an integer");
  return literal.value;
}

void TokenStream::failExpecting(const std::string &what) {
  fail(ErrorKind::MalformedInput,
       "expected " + what + ", got '" + std::string(peek().text) + "'");
}

void TokenStream::fail(ErrorKind kind, const std::string &message) {
  failAt(peek().line, kind, message);
}

void TokenStream::failAt(uint32_t line, ErrorKind kind,
                         const std::string &message) {
  fail(Error{kind, "line " + std::to_string(line) + ": " + message});
}

void TokenStream::fail(Error newError) {
  if (!error)
    error = std::move(newError);
}

void TokenStream::skipBraces() {
  if (!expect('{'))
    return;
  for (int depth = 1; depth > 0;) {
    if (atEnd())
      return failExpecting("'}'");
    depth += peek().is('{');
    depth -= peek().is('}');
    take();
  }
}

/// Parses the digits of an unsigned integer literal in PTX spelling.
static std::optional<uint64_t> parseInteger(std::string_view text) {
  if (text.size() > 1 && text.back() == 'U')
    text.remove_suffix(1);
  int radix = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    radix = 16;
    text.remove_prefix(2);
  } else if (text.starts_with("0b") || text.starts_with("0B")) {
    radix = 2;
    text.remove_prefix(2);
  } else if (text.size() > 1 && text[0] == '0') {
    radix = 8;
    text.remove_prefix(1);
  }
  uint64_t value = 0;
  const char *end = text.data() + text.size();
  auto parsed = std::from_chars(text.data(), end, value, radix);
  if (parsed.ec != std::errc() || parsed.ptr != end)
    return std::nullopt;
  return value;
}

/// 0f and 0d literals are bits in hexadecimal.
static std::optional<uint64_t> parseFloatBits(std::string_view text, char tag,
                                              size_t digits) {
  if (text.size() != digits + 2 || text[0] != '0' || (text[1] | 0x20) != tag)
    return std::nullopt;
  uint64_t value = 0;
  const char *end = text.data() + text.size();
  auto parsed = std::from_chars(text.data() + 2, end, value, 16);
  if (parsed.ec != std::errc() || parsed.ptr != end)
    return std::nullopt;
  return value;
}

ParsedOperand TokenStream::takeLiteral() {
  bool negative = accept('-');
  ParsedOperand literal;
  if (peek().kind != TokenKind::Number) {
    failExpecting("a number");
    return literal;
  }
  std::string_view text = peek().text;
  uint64_t signBit = 0;
  if (auto bits = parseFloatBits(text, 'f', 8)) {
    literal.kind = OperandKind::FloatBits;
    literal.value = *bits;
    signBit = uint64_t(1) << 31;
  } else if (auto doubleBits = parseFloatBits(text, 'd', 16)) {
    literal.kind = OperandKind::DoubleBits;
    literal.value = *doubleBits;
    signBit = uint64_t(1) << 63;
  } else if (auto integer = parseInteger(text)) {
    literal.kind = OperandKind::Integer;
    literal.value = negative ? -*integer : *integer;
  } else if (text.find('.') != std::string_view::npos) {
    double decimal = 0;
    const char *end = text.data() + text.size();
    auto parsed = std::from_chars(text.data(), end, decimal);
    if (parsed.ec != std::errc() || parsed.ptr != end)
      failExpecting("a number");
    literal.kind = OperandKind::DoubleBits;
    literal.value = std::bit_cast<uint64_t>(decimal);
    signBit = uint64_t(1) << 63;
  } else {
    failExpecting("a number");
  }
  if (negative)
    literal.value ^= signBit;
  take();
  return literal;
}

/// Takes "+4", "+-4" or "-4"; no offset at all is 0.
uint64_t TokenStream::takeOffset() {
  if (!peek().is('+') && !peek().is('-'))
    return 0;
  accept('+');
  return takeLiteral().value;
}

ParsedOperand TokenStream::takeAddress() {
  ParsedOperand address;
  address.kind = OperandKind::Address;
  expect('[');
  if (peek().kind == TokenKind::Word) {
    address.name = take().text;
    address.value = takeOffset();
  } else {
    address.value = takeLiteral().value;
  }
  expect(']');
  return address;
}

ParsedOperand TokenStream::takeName() {
  ParsedOperand operand;
  operand.name = expectWord("an operand");
  if (accept('|'))
    operand.paired = expectWord("a register");
  else
    operand.value = takeOffset();
  return operand;
}

ParsedOperand TokenStream::takeOperand() {
  if (peek().is('['))
    return takeAddress();
  if (peek().is('-') || peek().kind == TokenKind::Number)
    return takeLiteral();
  if (accept('!')) {
    ParsedOperand operand = takeName();
    operand.negated = true;
    return operand;
  }
  if (!accept('{'))
    return takeName();
  ParsedOperand vector;
  vector.kind = OperandKind::Vector;
  do
    vector.elements.push_back(takeOperand());
  while (accept(','));
  expect('}');
  return vector;
}

std::vector<ParsedOperand> TokenStream::takeOperands() {
  std::vector<ParsedOperand> operands;
  if (accept(';'))
    return operands;
  do
    operands.push_back(takeOperand());
  while (accept(','));
  expect(';');
  return operands;
}
