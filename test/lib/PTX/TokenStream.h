//===- TokenStream.h - Cursor over the tokens of a PTX text -----*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TEST_PTX_TOKENSTREAM_H
#define CCQ_TEST_PTX_TOKENSTREAM_H

#include "PTX/Lexer.h"
#include "PTX/Syntax.h"

#include <optional>
#include <string>
#include <vector>

namespace ccq::ptx {

/// Reads tokens one by one. The first failure is kept; after it every method
/// answers as if the text had ended, so that callers check once.
class TokenStream {
public:
  explicit TokenStream(std::vector<Token> tokens) : tokens(std::move(tokens)) {}

  const Token &peek(size_t ahead = 0) const;
  const Token &take();
  bool atEnd() const { return peek().kind == TokenKind::EndOfText; }

  /// Takes the token when it is the given one.
  bool accept(char punctuation);
  bool accept(std::string_view word);
  /// Takes the given token; anything else is an error.
  bool expect(char punctuation);
  /// Takes a word; `what` names it in the error.
  std::string_view expectWord(std::string_view what);
  /// Takes a non-negative integer literal.
  uint64_t expectInteger();

  /// Takes the operands of an instruction up to its ';'.
  std::vector<ParsedOperand> takeOperands();
  /// Takes a literal, with its sign.
  ParsedOperand takeLiteral();
  /// Skips a balanced { } group.
  void skipBraces();

  /// Records a failure at the current token's line, or at a given one.
  void fail(ErrorKind kind, const std::string &message);
  void failAt(uint32_t line, ErrorKind kind, const std::string &message);
  void fail(Error error);
  bool failed() const { return error.has_value(); }
  Error takeError() { return std::move(*error); }

private:
  ParsedOperand takeOperand();
  ParsedOperand takeAddress();
  ParsedOperand takeName();
  uint64_t takeOffset();
  void failExpecting(const std::string &what);

  std::vector<Token> tokens;
  size_t position = 0;
  std::optional<Error> error;
};

} // namespace ccq::ptx

#endif // CCQ_TEST_PTX_TOKENSTREAM_H
