//===- Syntax.h - Parsed but not yet decoded PTX statements -----*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TEST_PTX_SYNTAX_H
#define CCQ_TEST_PTX_SYNTAX_H

#include <cstdint>
#include <string_view>
#include <vector>

namespace ccq::ptx {

enum class OperandKind : uint8_t {
  /// A register, variable, label or special register.
  Name,
  /// An integer literal; its value is taken modulo 2^64.
  Integer,
  /// 0fXXXXXXXX: the bits of a binary32.
  FloatBits,
  /// 0dXXXXXXXXXXXXXXXX or a decimal number: the bits of a binary64.
  DoubleBits,
  /// {a, b, ...}
  Vector,
  /// [name], [name+offset], [offset]
  Address,
};

/// An operand as written. All views point into the PTX text.
struct ParsedOperand {
  OperandKind kind = OperandKind::Name;
  /// Name, or the base of an Address (empty when it has none).
  std::string_view name;
  /// The q of a result pair "p|q", or empty.
  std::string_view paired;
  /// The name is preceded by '!'.
  bool negated = false;
  /// Value of a literal, or byte offset of an Address or of "name+offset".
  uint64_t value = 0;
  std::vector<ParsedOperand> elements;
};

/// An instruction as written: [@[!]guard] mnemonic operand, ... ;
struct ParsedInstruction {
  uint32_t line = 0;
  std::string_view guard;
  bool guardNegated = false;
  std::string_view mnemonic;
  std::vector<ParsedOperand> operands;
};

} // namespace ccq::ptx

#endif // CCQ_TEST_PTX_SYNTAX_H
