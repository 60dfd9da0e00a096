//===- Lexer.h - Tokens of PTX text -----------------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TEST_PTX_LEXER_H
#define CCQ_TEST_PTX_LEXER_H

#include "ccq/Support/Result.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace ccq::ptx {

enum class TokenKind : uint8_t {
  /// Identifiers, registers, directives and mnemonics with their modifiers:
  /// letters, digits, '_', '$', '%', '.' and "::".
  Word,
  /// Anything that begins with a digit.
  Number,
  /// A quoted string, without the quotes.
  String,
  /// One character of ()[]{}<>,;:@!|+-=*&~.
  Punctuation,
  EndOfText,
};

/// A token points into the text that was lexed.
struct Token {
  TokenKind kind = TokenKind::EndOfText;
  std::string_view text;
  /// Line of the first character, from 1.
  uint32_t line = 0;

  bool is(char punctuation) const {
    return kind == TokenKind::Punctuation && text[0] == punctuation;
  }
  bool is(std::string_view word) const {
    return kind == TokenKind::Word && text == word;
  }
};

/// Splits PTX text into tokens and ends the list with EndOfText. Comments and
/// the line-terminated debug directives .loc and .file are dropped. Fails on
/// characters that PTX does not use and on open comments or strings.
Result<std::vector<Token>> tokenize(std::string_view text);

} // namespace ccq::ptx

#endif // CCQ_TEST_PTX_LEXER_H
