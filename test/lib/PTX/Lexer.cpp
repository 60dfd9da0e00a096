//===- Lexer.cpp - Tokens of PTX text ---------------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PTX/Lexer.h"

#include <cctype>
#include <string>

using namespace ccq;
using namespace ccq::ptx;

namespace {
class Lexer {
public:
  explicit Lexer(std::string_view text) : text(text) {}

  Result<std::vector<Token>> run();

private:
  char peek(size_t ahead = 0) const {
    return position + ahead < text.size() ? text[position + ahead] : '\0';
  }
  void advance();
  void skipLine();
  /// Skips blanks and comments; false when a comment does not end.
  bool skipBlanks();
  size_t getWordLength() const;
  void push(TokenKind kind, size_t length);

  std::string_view text;
  size_t position = 0;
  uint32_t line = 1;
  std::vector<Token> tokens;
};
} // namespace

static bool isWordStart(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) || c == '_' || c == '$' ||
         c == '%' || c == '.';
}

static bool isWordPart(char c) {
  return isWordStart(c) || std::isdigit(static_cast<unsigned char>(c));
}

static Error makeError(uint32_t line, const std::string &message) {
  return {ErrorKind::MalformedInput,
          "line " + std::to_string(line) + ": " + message};
}

void Lexer::advance() {
  if (text[position] == '\n')
    ++line;
  ++position;
}

void Lexer::skipLine() {
  while (position < text.size() && text[position] != '\n')
    ++position;
}

bool Lexer::skipBlanks() {
  while (position < text.size()) {
    if (std::isspace(static_cast<unsigned char>(peek()))) {
      advance();
    } else if (peek() == '/' && peek(1) == '/') {
      skipLine();
    } else if (peek() == '/' && peek(1) == '*') {
      size_t end = text.find("*/", position + 2);
      if (end == std::string_view::npos)
        return false;
      while (position < end + 2)
        advance();
    } else {
      return true;
    }
  }
  return true;
}

size_t Lexer::getWordLength() const {
  size_t length = 1;
  while (true) {
    if (isWordPart(peek(length))) {
      ++length;
      continue;
    }
    // "L1::no_allocate" is one word, "L1:" a label.
    if (peek(length) == ':' && peek(length + 1) == ':' &&
        isWordPart(peek(length + 2))) {
      length += 2;
      continue;
    }
    return length;
  }
}

void Lexer::push(TokenKind kind, size_t length) {
  tokens.push_back({kind, text.substr(position, length), line});
  position += length;
}

Result<std::vector<Token>> Lexer::run() {
  constexpr std::string_view punctuation = "()[]{}<>,;:@!|+-=*&~";
  while (true) {
    if (!skipBlanks())
      return makeError(line, "comment has no end");
    if (position >= text.size())
      break;
    char c = peek();
    if (isWordStart(c)) {
      size_t length = getWordLength();
      std::string_view word = text.substr(position, length);
      if (word == ".loc" || word == ".file")
        skipLine();
      else
        push(TokenKind::Word, length);
    } else if (std::isdigit(static_cast<unsigned char>(c))) {
      size_t length = 1;
      while (std::isalnum(static_cast<unsigned char>(peek(length))) ||
             peek(length) == '.')
        ++length;
      push(TokenKind::Number, length);
    } else if (c == '"') {
      size_t end = text.find('"', position + 1);
      if (end == std::string_view::npos)
        return makeError(line, "string has no end");
      ++position;
      push(TokenKind::String, end - position);
      ++position;
    } else if (punctuation.find(c) != std::string_view::npos) {
      push(TokenKind::Punctuation, 1);
    } else {
      return makeError(line, std::string("unexpected character '") + c + "'");
    }
  }
  tokens.push_back({TokenKind::EndOfText, "end of text", line});
  return std::move(tokens);
}

Result<std::vector<Token>> ccq::ptx::tokenize(std::string_view text) {
  return Lexer(text).run();
}
