//===- VariableParser.cpp - PTX declarations --------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PTX/VariableParser.h"

#include <bit>
#include <cstring>

using namespace ccq;
using namespace ccq::ptx;

static std::optional<Space> findVariableSpace(const Token &token) {
  for (Space space :
       {Space::Global, Space::Constant, Space::Shared, Space::Local})
    if (token.kind == TokenKind::Word && token.text.starts_with('.') &&
        token.text.substr(1) == getName(space))
      return space;
  return std::nullopt;
}

static bool isLinkage(const Token &token) {
  return token.is(".visible") || token.is(".weak") || token.is(".extern") ||
         token.is(".common");
}

bool ccq::ptx::isVariableStart(const TokenStream &stream) {
  size_t ahead = isLinkage(stream.peek()) ? 1 : 0;
  return findVariableSpace(stream.peek(ahead)).has_value();
}

namespace {
/// The part that variables and parameters share: [.align N] .type name[sizes].
struct Declaration {
  std::string name;
  Type type = Type::B8;
  uint64_t alignment = 1;
  uint64_t elements = 1;
  /// "name[]": the size comes from elsewhere.
  bool isUnsized = false;

  uint64_t getBytes() const { return elements * getByteWidth(type); }
};
} // namespace

static uint64_t parseAlignment(TokenStream &stream) {
  uint64_t alignment = stream.expectInteger();
  if (!stream.failed() && !std::has_single_bit(alignment))
    stream.fail(ErrorKind::MalformedInput,
                "expected an alignment that is a power of two, got " +
                    std::to_string(alignment));
  return alignment;
}

/// Takes `.ptr .global .align 16`, which says what a pointer parameter points
/// to and does not change the parameter itself.
static void skipPointerAttributes(TokenStream &stream) {
  if (!stream.accept(".ptr"))
    return;
  for (std::string_view space : {".global", ".shared", ".const", ".local"})
    stream.accept(space);
  if (stream.accept(".align"))
    parseAlignment(stream);
}

static std::optional<Declaration> parseDeclaration(TokenStream &stream) {
  Declaration declaration;
  std::optional<uint64_t> alignment;
  if (stream.accept(".align"))
    alignment = parseAlignment(stream);
  std::string_view typeName = stream.expectWord("a type");
  std::optional<Type> type;
  if (!typeName.empty())
    type = findType(typeName.substr(1));
  if (!type || getByteWidth(*type) == 0) {
    stream.fail(ErrorKind::Unsupported,
                "unknown variable type '" + std::string(typeName) + "'");
    return std::nullopt;
  }
  declaration.type = *type;
  skipPointerAttributes(stream);
  declaration.alignment = alignment.value_or(getByteWidth(*type));
  declaration.name = stream.expectWord("a name");
  while (stream.accept('[')) {
    if (stream.peek().is(']'))
      declaration.isUnsized = true;
    else
      declaration.elements *= stream.expectInteger();
    stream.expect(']');
  }
  if (stream.failed())
    return std::nullopt;
  return declaration;
}

/// Appends the literals of a (nested) initializer list.
static void parseInitializer(TokenStream &stream, Type type,
                             std::vector<std::byte> &bytes) {
  if (stream.accept('{')) {
    do
      parseInitializer(stream, type, bytes);
    while (stream.accept(','));
    stream.expect('}');
    return;
  }
  if (stream.peek().kind == TokenKind::Word)
    return stream.fail(ErrorKind::Unsupported,
                       "initializers that name a symbol are not supported");
  ParsedOperand literal = stream.takeLiteral();
  uint64_t value = literal.value;
  bool wantsFloat = type == Type::F32 || type == Type::F64;
  if (wantsFloat && literal.kind == OperandKind::Integer)
    return stream.fail(ErrorKind::MalformedInput,
                       "expected a floating-point literal");
  if (type == Type::F32 && literal.kind == OperandKind::DoubleBits)
    value = std::bit_cast<uint32_t>(
        static_cast<float>(std::bit_cast<double>(value)));
  if (type == Type::F64 && literal.kind == OperandKind::FloatBits)
    value = std::bit_cast<uint64_t>(
        double(std::bit_cast<float>(static_cast<uint32_t>(value))));
  // The host is little-endian, as the device is.
  size_t offset = bytes.size();
  bytes.resize(offset + getByteWidth(type));
  std::memcpy(bytes.data() + offset, &value, getByteWidth(type));
}

std::optional<Variable> ccq::ptx::parseVariable(TokenStream &stream) {
  Variable variable;
  bool isExternal = stream.peek().is(".extern");
  if (isLinkage(stream.peek()))
    stream.take();
  variable.space = *findVariableSpace(stream.take());
  std::optional<Declaration> declaration = parseDeclaration(stream);
  if (!declaration)
    return std::nullopt;
  variable.name = declaration->name;
  variable.alignment = declaration->alignment;
  variable.bytes = declaration->getBytes();
  if (isExternal) {
    if (variable.space != Space::Shared)
      stream.fail(ErrorKind::Unsupported, "external variable '" +
                                              variable.name +
                                              "' has no definition");
    variable.isDynamic = true;
    variable.bytes = 0;
  } else if (declaration->isUnsized && !stream.peek().is('=')) {
    stream.fail(ErrorKind::MalformedInput,
                "variable '" + variable.name + "' has no size");
  }
  if (stream.accept('=')) {
    parseInitializer(stream, declaration->type, variable.initializer);
    if (declaration->isUnsized)
      variable.bytes = variable.initializer.size();
    if (variable.initializer.size() > variable.bytes)
      stream.fail(ErrorKind::MalformedInput,
                  "expected at most " + std::to_string(variable.bytes) +
                      " bytes of initializer for '" + variable.name +
                      "', got " + std::to_string(variable.initializer.size()));
    variable.initializer.resize(variable.bytes);
  }
  if (!stream.expect(';'))
    return std::nullopt;
  return variable;
}

std::optional<Parameter> ccq::ptx::parseParameter(TokenStream &stream) {
  if (!stream.accept(".param")) {
    stream.fail(ErrorKind::MalformedInput, "expected '.param', got '" +
                                               std::string(stream.peek().text) +
                                               "'");
    return std::nullopt;
  }
  std::optional<Declaration> declaration = parseDeclaration(stream);
  if (!declaration)
    return std::nullopt;
  return Parameter{declaration->name, declaration->alignment,
                   declaration->getBytes(), 0};
}
