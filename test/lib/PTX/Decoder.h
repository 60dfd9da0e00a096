//===- Decoder.h - From PTX text to slots and a handler ---------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TEST_PTX_DECODER_H
#define CCQ_TEST_PTX_DECODER_H

#include "PTX/KernelBuilder.h"
#include "PTX/Syntax.h"

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ccq::ptx {

/// Reads the modifiers and the operands of one instruction from left to right.
/// The first failure is kept and makes everything after it meaningless, so a
/// decoding function needs no checks of its own; finish() ends it.
class InstructionDecoder {
public:
  InstructionDecoder(KernelBuilder &builder, const ParsedInstruction &parsed);

  // Modifiers.

  std::string_view getOpcode() const { return modifiers.front(); }
  /// The type that the last modifier spells, if it does.
  std::optional<Type> getLastType() const;
  /// Takes the next modifier when it is `modifier` (without the dot).
  bool accept(std::string_view modifier);
  /// Takes the next modifier when the table has it.
  template <typename T, size_t N>
  std::optional<T>
  acceptOneOf(const std::pair<std::string_view, T> (&table)[N]) {
    for (const auto &[name, value] : table)
      if (accept(name))
        return value;
    return std::nullopt;
  }
  /// The next modifier must be this one.
  void expect(std::string_view modifier);
  /// The next modifier must be one of these types.
  Type expectType(std::initializer_list<Type> allowed);
  std::optional<Type> acceptType(std::initializer_list<Type> allowed);
  /// The next modifier, or an empty view.
  std::string_view peekModifier() const;

  // Operands. Results have to be added before sources.

  /// Number of operands that have not been read.
  size_t getRemainingOperands() const { return operands.size() - nextOperand; }
  /// The next operand that has not been read, or null.
  const ParsedOperand *peekOperand() const;
  /// Skips the next operand.
  void skipOperand() { ++nextOperand; }

  /// A destination register of exactly this width.
  void addResult(Type type);
  /// A destination register at least as wide as `type`, as ld and cvt allow;
  /// returns the register's width in bits.
  unsigned addWideResult(Type type);
  /// A destination vector {a, b, ...} of `count` registers.
  void addResults(Type type, size_t count);
  unsigned addWideResults(Type type, size_t count);
  /// Destinations "d|p"; the predicate p may be missing. True when it is there.
  bool addResultWithPredicate(Type type);
  /// Destinations "p|q"; true when q is there.
  bool addPredicateResultPair();

  /// A source register, literal, special register or symbol address.
  void addSource(Type type);
  /// A source at least as wide as `type`, as st and cvt allow.
  void addWideSource(Type type);
  /// A source vector {a, b, ...} of `count` elements.
  void addSources(Type type, size_t count);
  void addWideSources(Type type, size_t count);
  /// A source predicate, which '!' may negate.
  void addPredicateSource();
  /// A memory operand [base+offset]; a symbol has to lie in `space`.
  void addAddress(Space space);
  /// An integer literal within [low, high], not an operand at run time.
  uint64_t takeImmediate(uint64_t low, uint64_t high);
  /// Whether the next operand is an integer literal.
  bool peeksLiteral() const;

  /// Makes this instruction a branch to the label or table named next.
  void addBranchTarget();

  Instruction &getInstruction() { return instruction; }

  /// Records a failure; `message` follows "line N: 'mnemonic': ".
  void fail(ErrorKind kind, const std::string &message);
  bool failed() const { return error.has_value(); }

  /// Sets the handler, checks that nothing is left over and adds the
  /// instruction to the kernel.
  void finish(Handler handler, InstructionClass instructionClass,
              Flow flow = Flow::Next);
  std::optional<Error> takeError() { return std::move(error); }

private:
  const ParsedOperand *takeOperand();
  std::optional<RegisterReference> takeRegister(const ParsedOperand &operand,
                                                Type type, bool allowWider);
  void addOperand(Slot slot, bool isResult);
  unsigned addRegisterResult(const ParsedOperand &operand, Type type,
                             bool allowWider);
  void addSourceOperand(const ParsedOperand &operand, Type type,
                        bool allowWider);
  std::optional<Slot> findSymbolSlot(const ParsedOperand &operand);
  uint64_t getLiteral(const ParsedOperand &operand, Type type);
  const ParsedOperand *takeVector(size_t count);
  void checkRegister(const ParsedOperand &operand, Type declared, Type expected,
                     bool allowWider);

  KernelBuilder &builder;
  const ParsedInstruction &parsed;
  std::vector<std::string_view> modifiers;
  size_t nextModifier = 1;
  std::span<const ParsedOperand> operands;
  size_t nextOperand = 0;
  bool hasAddress = false;
  std::string_view branchLabel;
  Instruction instruction;
  std::optional<Error> error;
};

/// The operand types that choose between forms of one opcode, by the type that
/// the mnemonic ends with.
enum class OperandFamily : uint8_t {
  Any,
  /// Integers, bits and predicates.
  Integer,
  /// f32 and f64.
  Float,
  /// f16, bf16 and their packed forms.
  Half,
};

using DecodeFunction = void (*)(InstructionDecoder &);

/// One row of an instruction family's table.
struct OpcodeEntry {
  std::string_view opcode;
  OperandFamily family;
  DecodeFunction decode;
};

/// Decodes one instruction and adds it to the kernel under construction.
Result<void> decodeInstruction(KernelBuilder &builder,
                               const ParsedInstruction &parsed);

} // namespace ccq::ptx

#endif // CCQ_TEST_PTX_DECODER_H
