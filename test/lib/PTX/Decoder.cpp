//===- Decoder.cpp - From PTX text to slots and a handler -------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PTX/Decoder.h"

#include <algorithm>
#include <bit>

using namespace ccq;
using namespace ccq::ptx;

static std::vector<std::string_view> splitMnemonic(std::string_view mnemonic) {
  std::vector<std::string_view> parts;
  while (true) {
    size_t dot = mnemonic.find('.');
    parts.push_back(mnemonic.substr(0, dot));
    if (dot == std::string_view::npos)
      return parts;
    mnemonic.remove_prefix(dot + 1);
  }
}

InstructionDecoder::InstructionDecoder(KernelBuilder &builder,
                                       const ParsedInstruction &parsed)
    : builder(builder), parsed(parsed),
      modifiers(splitMnemonic(parsed.mnemonic)), operands(parsed.operands) {
  instruction.line = parsed.line;
  if (parsed.guard.empty())
    return;
  ParsedOperand guard;
  guard.name = parsed.guard;
  if (auto reference = takeRegister(guard, Type::Pred, false))
    instruction.guard = reference->slot;
  instruction.guardNegated = parsed.guardNegated;
}

void InstructionDecoder::fail(ErrorKind kind, const std::string &message) {
  if (!error)
    error = Error{kind, "line " + std::to_string(parsed.line) + ": '" +
                            std::string(parsed.mnemonic) + "': " + message};
}

//===----------------------------------------------------------------------===//
// Modifiers
//===----------------------------------------------------------------------===//

std::optional<Type> InstructionDecoder::getLastType() const {
  return modifiers.size() > 1 ? findType(modifiers.back()) : std::nullopt;
}

std::string_view InstructionDecoder::peekModifier() const {
  return nextModifier < modifiers.size() ? modifiers[nextModifier]
                                         : std::string_view();
}

bool InstructionDecoder::accept(std::string_view modifier) {
  if (nextModifier >= modifiers.size() || modifiers[nextModifier] != modifier)
    return false;
  ++nextModifier;
  return true;
}

void InstructionDecoder::expect(std::string_view modifier) {
  if (!accept(modifier))
    fail(ErrorKind::Unsupported, "expected '." + std::string(modifier) +
                                     "', got '" + std::string(peekModifier()) +
                                     "'");
}

std::optional<Type>
InstructionDecoder::acceptType(std::initializer_list<Type> allowed) {
  std::optional<Type> type = findType(peekModifier());
  if (!type ||
      std::find(allowed.begin(), allowed.end(), *type) == allowed.end())
    return std::nullopt;
  ++nextModifier;
  return type;
}

Type InstructionDecoder::expectType(std::initializer_list<Type> allowed) {
  if (std::optional<Type> type = acceptType(allowed))
    return *type;
  std::string message = "expected a type of";
  for (Type type : allowed)
    message += " ." + std::string(ptx::getName(type));
  fail(ErrorKind::Unsupported,
       message + ", got '" + std::string(peekModifier()) + "'");
  return *allowed.begin();
}

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

const ParsedOperand *InstructionDecoder::peekOperand() const {
  return nextOperand < operands.size() ? &operands[nextOperand] : nullptr;
}

const ParsedOperand *InstructionDecoder::takeOperand() {
  if (error)
    return nullptr;
  if (nextOperand < operands.size())
    return &operands[nextOperand++];
  fail(ErrorKind::MalformedInput,
       "expected more than " + std::to_string(operands.size()) + " operands");
  return nullptr;
}

const ParsedOperand *InstructionDecoder::takeVector(size_t count) {
  const ParsedOperand *vector = takeOperand();
  if (!vector)
    return nullptr;
  if (vector->kind == OperandKind::Vector && vector->elements.size() == count)
    return vector;
  size_t got =
      vector->kind == OperandKind::Vector ? vector->elements.size() : 1;
  fail(ErrorKind::MalformedInput, "expected a vector of " +
                                      std::to_string(count) +
                                      " registers, got " + std::to_string(got));
  return nullptr;
}

void InstructionDecoder::addOperand(Slot slot, bool isResult) {
  if (instruction.operandCount == Instruction::maxOperands ||
      (isResult && instruction.resultCount != instruction.operandCount))
    return fail(ErrorKind::Internal, "operand order");
  instruction.operands[instruction.operandCount++] = slot;
  instruction.resultCount += isResult;
}

/// Registers agree with an operand when the widths match and neither side is a
/// float while the other is an integer (PTX ISA, "Operand Type Checking").
void InstructionDecoder::checkRegister(const ParsedOperand &operand,
                                       Type declared, Type expected,
                                       bool allowWider) {
  auto isInteger = [](Type type) {
    return getKind(type) == TypeKind::Signed ||
           getKind(type) == TypeKind::Unsigned;
  };
  bool isPredicate = declared == Type::Pred;
  bool fits = allowWider ? getBitWidth(declared) >= getBitWidth(expected)
                         : getBitWidth(declared) == getBitWidth(expected);
  bool agrees = !(isFloat(declared) && isInteger(expected)) &&
                !(isInteger(declared) && isFloat(expected));
  if (isPredicate == (expected == Type::Pred) && fits && agrees)
    return;
  fail(ErrorKind::MalformedInput,
       "expected a ." + std::string(ptx::getName(expected)) +
           " operand, got '" + std::string(operand.name) + "' of type ." +
           std::string(ptx::getName(declared)));
}

std::optional<RegisterReference>
InstructionDecoder::takeRegister(const ParsedOperand &operand, Type type,
                                 bool allowWider) {
  if (error)
    return std::nullopt;
  if (operand.kind != OperandKind::Name) {
    fail(ErrorKind::MalformedInput, "expected a register, got another operand");
    return std::nullopt;
  }
  std::optional<RegisterReference> reference =
      builder.findRegister(operand.name);
  if (!reference) {
    fail(ErrorKind::MalformedInput,
         "register '" + std::string(operand.name) + "' is not declared");
    return std::nullopt;
  }
  checkRegister(operand, reference->type, type, allowWider);
  return reference;
}

unsigned InstructionDecoder::addRegisterResult(const ParsedOperand &operand,
                                               Type type, bool allowWider) {
  if (operand.kind == OperandKind::Name && operand.name == "_") {
    addOperand(builder.createDiscardSlot(), true);
    return getBitWidth(type);
  }
  auto reference = takeRegister(operand, type, allowWider);
  if (!reference)
    return getBitWidth(type);
  addOperand(reference->slot, true);
  return getBitWidth(reference->type);
}

void InstructionDecoder::addResult(Type type) {
  if (const ParsedOperand *operand = takeOperand())
    addRegisterResult(*operand, type, false);
}

unsigned InstructionDecoder::addWideResult(Type type) {
  const ParsedOperand *operand = takeOperand();
  return operand ? addRegisterResult(*operand, type, true) : getBitWidth(type);
}

void InstructionDecoder::addResults(Type type, size_t count) {
  if (const ParsedOperand *vector = takeVector(count))
    for (const ParsedOperand &element : vector->elements)
      addRegisterResult(element, type, false);
}

unsigned InstructionDecoder::addWideResults(Type type, size_t count) {
  unsigned width = getBitWidth(type);
  if (const ParsedOperand *vector = takeVector(count))
    for (const ParsedOperand &element : vector->elements)
      width = addRegisterResult(element, type, true);
  return width;
}

bool InstructionDecoder::addResultWithPredicate(Type type) {
  const ParsedOperand *operand = takeOperand();
  if (!operand)
    return false;
  addRegisterResult(*operand, type, false);
  if (operand->paired.empty())
    return false;
  ParsedOperand predicate;
  predicate.name = operand->paired;
  addRegisterResult(predicate, Type::Pred, false);
  return true;
}

bool InstructionDecoder::addPredicateResultPair() {
  return addResultWithPredicate(Type::Pred);
}

uint64_t InstructionDecoder::getLiteral(const ParsedOperand &operand,
                                        Type type) {
  bool wantsFloat = type == Type::F32 || type == Type::F64;
  uint64_t value = operand.value;
  switch (operand.kind) {
  case OperandKind::FloatBits:
    if (type == Type::F64)
      value = std::bit_cast<uint64_t>(
          double(std::bit_cast<float>(static_cast<uint32_t>(value))));
    break;
  case OperandKind::DoubleBits:
    if (type == Type::F32)
      value = std::bit_cast<uint32_t>(
          static_cast<float>(std::bit_cast<double>(value)));
    break;
  default:
    if (wantsFloat)
      fail(ErrorKind::MalformedInput,
           "expected a floating-point literal, got an "
           "integer");
    break;
  }
  bool isInteger = !isFloat(type) && getKind(type) != TypeKind::Bits;
  if (isInteger && operand.kind != OperandKind::Integer)
    fail(ErrorKind::MalformedInput, "expected an integer literal, got a "
                                    "floating-point one");
  unsigned width = getBitWidth(type);
  return width >= 64 ? value : value & ((uint64_t(1) << width) - 1);
}

/// The slot of a special register or of a symbol's address.
std::optional<Slot>
InstructionDecoder::findSymbolSlot(const ParsedOperand &operand) {
  if (auto special = builder.findSpecialRegister(operand.name))
    return special->slot;
  auto address =
      builder.findAddress(operand.name, static_cast<int64_t>(operand.value));
  if (!address)
    return std::nullopt;
  instruction.space = address->space;
  return address->slot;
}

void InstructionDecoder::addSourceOperand(const ParsedOperand &operand,
                                          Type type, bool allowWider) {
  if (error)
    return;
  switch (operand.kind) {
  case OperandKind::Integer:
  case OperandKind::FloatBits:
  case OperandKind::DoubleBits:
    return addOperand(builder.getConstant(getLiteral(operand, type)), false);
  case OperandKind::Name:
    break;
  case OperandKind::Vector:
  case OperandKind::Address:
    return fail(ErrorKind::MalformedInput, "expected a register or a literal");
  }
  if (!builder.findRegister(operand.name))
    if (std::optional<Slot> slot = findSymbolSlot(operand))
      return addOperand(*slot, false);
  if (auto reference = takeRegister(operand, type, allowWider))
    addOperand(reference->slot, false);
}

void InstructionDecoder::addSource(Type type) {
  if (const ParsedOperand *operand = takeOperand())
    addSourceOperand(*operand, type, false);
}

void InstructionDecoder::addWideSource(Type type) {
  if (const ParsedOperand *operand = takeOperand())
    addSourceOperand(*operand, type, true);
}

void InstructionDecoder::addSources(Type type, size_t count) {
  if (const ParsedOperand *vector = takeVector(count))
    for (const ParsedOperand &element : vector->elements)
      addSourceOperand(element, type, false);
}

void InstructionDecoder::addWideSources(Type type, size_t count) {
  if (const ParsedOperand *vector = takeVector(count))
    for (const ParsedOperand &element : vector->elements)
      addSourceOperand(element, type, true);
}

void InstructionDecoder::addPredicateSource() {
  const ParsedOperand *operand = takeOperand();
  if (!operand)
    return;
  auto reference = takeRegister(*operand, Type::Pred, false);
  if (!reference)
    return;
  addOperand(reference->slot, false);
  instruction.sourceNegated = operand->negated;
}

void InstructionDecoder::addAddress(Space space) {
  const ParsedOperand *operand = takeOperand();
  if (!operand)
    return;
  if (operand->kind != OperandKind::Address)
    return fail(ErrorKind::MalformedInput, "expected an address in brackets");
  if (!hasAddress)
    instruction.space = space;
  (hasAddress ? instruction.secondOffset : instruction.offset) =
      static_cast<int64_t>(operand->value);
  hasAddress = true;
  if (operand->name.empty())
    return addOperand(builder.getConstant(0), false);
  if (auto base = builder.findRegister(operand->name)) {
    if (getBitWidth(base->type) < 32)
      fail(ErrorKind::MalformedInput,
           "expected an address register of 32 or 64 "
           "bits, got '" +
               std::string(operand->name) + "'");
    return addOperand(base->slot, false);
  }
  auto symbol = builder.findAddress(operand->name, 0);
  if (!symbol)
    return fail(ErrorKind::MalformedInput,
                "'" + std::string(operand->name) + "' is not declared");
  if (symbol->space != space)
    return fail(ErrorKind::MalformedInput,
                "expected an address in ." + std::string(ptx::getName(space)) +
                    ", got '" + std::string(operand->name) + "' in ." +
                    std::string(ptx::getName(symbol->space)));
  addOperand(symbol->slot, false);
}

bool InstructionDecoder::peeksLiteral() const {
  const ParsedOperand *operand = peekOperand();
  return operand && operand->kind == OperandKind::Integer;
}

uint64_t InstructionDecoder::takeImmediate(uint64_t low, uint64_t high) {
  const ParsedOperand *operand = takeOperand();
  if (!operand)
    return low;
  if (operand->kind == OperandKind::Integer && operand->value >= low &&
      operand->value <= high)
    return operand->value;
  fail(ErrorKind::MalformedInput, "expected an integer literal from " +
                                      std::to_string(low) + " to " +
                                      std::to_string(high));
  return low;
}

void InstructionDecoder::addBranchTarget() {
  const ParsedOperand *operand = takeOperand();
  if (!operand)
    return;
  if (operand->kind != OperandKind::Name)
    return fail(ErrorKind::MalformedInput, "expected a label");
  branchLabel = operand->name;
}

void InstructionDecoder::finish(Handler handler,
                                InstructionClass instructionClass, Flow flow) {
  if (!error && nextModifier < modifiers.size())
    fail(ErrorKind::Unsupported,
         "unknown modifier '." + std::string(peekModifier()) + "'");
  if (!error && nextOperand < operands.size())
    fail(ErrorKind::MalformedInput, "expected " + std::to_string(nextOperand) +
                                        " operands, got " +
                                        std::to_string(operands.size()));
  if (error)
    return;
  instruction.handler = handler;
  instruction.instructionClass = instructionClass;
  instruction.flow = flow;
  builder.addInstruction(instruction, parsed.mnemonic);
  if (!branchLabel.empty())
    builder.requestBranch(branchLabel);
}
