//===- ParseSize.cpp - sizes that models write as names -------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SizeContext.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

/// Parentheses inside each other; names of real models have one level.
static constexpr unsigned maxParentheses = 8;

static bool isNameCharacter(char c) {
  return llvm::isAlnum(c) || c == '_' || c == '.';
}

/// A number, a name or a sum in parentheses.
Size SizeContext::parseOperand(StringRef &text,
                               llvm::function_ref<bool(StringRef)> isName,
                               unsigned depth) {
  text = text.ltrim();
  if (depth > maxParentheses)
    return {};
  if (text.consume_front("(")) {
    Size sum = parseSum(text, isName, depth + 1);
    text = text.ltrim();
    return text.consume_front(")") ? sum : Size();
  }
  StringRef word = text.take_while(isNameCharacter);
  text = text.drop_front(word.size());
  int64_t value;
  if (!word.getAsInteger(10, value))
    return getConstant(value);
  return isName(word) ? getDimension(word) : Size();
}

Size SizeContext::parseProduct(StringRef &text,
                               llvm::function_ref<bool(StringRef)> isName,
                               unsigned depth) {
  Size product = parseOperand(text, isName, depth);
  while (product && (text = text.ltrim()).consume_front("*")) {
    Size factor = parseOperand(text, isName, depth);
    product = factor ? tryMultiply(product, factor) : Size();
  }
  return product;
}

Size SizeContext::parseSum(StringRef &text,
                           llvm::function_ref<bool(StringRef)> isName,
                           unsigned depth) {
  Size sum = parseProduct(text, isName, depth);
  while (sum) {
    text = text.ltrim();
    bool isSum = text.consume_front("+");
    if (!isSum && !text.consume_front("-"))
      return sum;
    Size term = parseProduct(text, isName, depth);
    if (!term)
      return {};
    sum = isSum ? tryAdd(sum, term) : trySubtract(sum, term);
  }
  return {};
}

Size SizeContext::tryParse(StringRef text,
                           llvm::function_ref<bool(StringRef)> isName) {
  Size size = parseSum(text, isName, 0);
  return text.trim().empty() ? size : Size();
}
