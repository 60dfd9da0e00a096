//===- Parser.cpp - Directives and kernel bodies ----------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PTX/Decoder.h"
#include "PTX/TokenStream.h"
#include "PTX/VariableParser.h"

#include <algorithm>

using namespace ccq;
using namespace ccq::ptx;

namespace {
class Parser {
public:
  explicit Parser(std::vector<Token> tokens) : stream(std::move(tokens)) {}

  Result<Module> run();

private:
  void parseModuleStatement();
  void parseKernel();
  void parseParameters(KernelBuilder &builder);
  void parseTuningDirectives(Kernel &kernel);
  Dim3 parseDimensions();
  void parseBody(KernelBuilder &builder);
  void parseStatement(KernelBuilder &builder);
  void parseRegisters(KernelBuilder &builder);
  void parseInstruction(KernelBuilder &builder);
  void parseBranchTable(KernelBuilder &builder, std::string_view name);
  void skipExternalFunction();

  TokenStream stream;
  Module module;
};
} // namespace

void Parser::skipExternalFunction() {
  while (!stream.atEnd() && !stream.peek().is(';') && !stream.peek().is('{'))
    stream.take();
  if (stream.peek().is('{'))
    return stream.fail(ErrorKind::Unsupported,
                       "device functions are not supported, only .entry");
  stream.expect(';');
}

void Parser::parseModuleStatement() {
  for (std::string_view linkage : {".visible", ".weak", ".extern", ".common"})
    if (stream.peek(1).kind == TokenKind::Word &&
        (stream.peek(1).is(".entry") || stream.peek(1).is(".func")))
      stream.accept(linkage);
  if (stream.accept(".version")) {
    module.version = stream.take().text;
  } else if (stream.accept(".target")) {
    module.target = stream.expectWord("a target");
    while (stream.accept(','))
      stream.expectWord("a target option");
  } else if (stream.accept(".address_size")) {
    if (stream.expectInteger() != 64)
      stream.fail(ErrorKind::Unsupported, "expected .address_size 64");
  } else if (stream.accept(".entry")) {
    parseKernel();
  } else if (stream.accept(".func")) {
    skipExternalFunction();
  } else if (stream.accept(".section")) {
    stream.expectWord("a section name");
    stream.skipBraces();
  } else if (isVariableStart(stream)) {
    if (auto variable = parseVariable(stream))
      module.variables.push_back(std::move(*variable));
  } else {
    stream.fail(ErrorKind::Unsupported, "unknown module directive '" +
                                            std::string(stream.peek().text) +
                                            "'");
  }
}

void Parser::parseParameters(KernelBuilder &builder) {
  if (!stream.accept('('))
    return;
  if (stream.accept(')'))
    return;
  do {
    auto parameter = parseParameter(stream);
    if (!parameter)
      return;
    builder.declareParameter(std::move(*parameter));
  } while (stream.accept(','));
  stream.expect(')');
}

Dim3 Parser::parseDimensions() {
  Dim3 dimensions;
  dimensions.x = static_cast<uint32_t>(stream.expectInteger());
  if (stream.accept(','))
    dimensions.y = static_cast<uint32_t>(stream.expectInteger());
  if (stream.accept(','))
    dimensions.z = static_cast<uint32_t>(stream.expectInteger());
  return dimensions;
}

void Parser::parseTuningDirectives(Kernel &kernel) {
  while (!stream.peek().is('{') && !stream.failed()) {
    if (stream.accept(".maxntid"))
      kernel.maxThreads = parseDimensions();
    else if (stream.accept(".reqntid"))
      kernel.requiredThreads = parseDimensions();
    else if (stream.accept(".minnctapersm") || stream.accept(".maxnreg"))
      stream.expectInteger();
    else
      stream.fail(ErrorKind::Unsupported, "unknown kernel directive '" +
                                              std::string(stream.peek().text) +
                                              "'");
  }
}

void Parser::parseKernel() {
  Kernel kernel;
  uint32_t line = stream.peek().line;
  kernel.name = stream.expectWord("a kernel name");
  if (module.findKernel(kernel.name))
    stream.failAt(line, ErrorKind::MalformedInput,
                  "kernel '" + kernel.name + "' is defined twice");
  KernelBuilder builder(kernel, module.variables);
  parseParameters(builder);
  if (stream.accept(';'))
    return; // a declaration; the definition follows
  parseTuningDirectives(kernel);
  stream.expect('{');
  parseBody(builder);
  if (stream.failed())
    return;
  if (Result<void> finished = builder.finish(); !finished)
    return stream.fail(finished.takeError());
  module.kernels.push_back(std::move(kernel));
}

void Parser::parseBody(KernelBuilder &builder) {
  while (!stream.failed()) {
    if (stream.accept('{')) {
      builder.enterScope();
    } else if (stream.accept('}')) {
      if (!builder.isInNestedScope())
        return;
      builder.leaveScope();
    } else if (stream.atEnd()) {
      stream.fail(ErrorKind::MalformedInput, "kernel body has no end");
    } else {
      parseStatement(builder);
    }
  }
}

void Parser::parseStatement(KernelBuilder &builder) {
  if (stream.accept(';'))
    return;
  if (stream.accept(".reg"))
    return parseRegisters(builder);
  if (stream.accept(".pragma")) {
    while (!stream.accept(';') && !stream.atEnd())
      stream.take();
    return;
  }
  if (isVariableStart(stream)) {
    if (auto variable = parseVariable(stream))
      builder.declareVariable(std::move(*variable));
    return;
  }
  if (stream.peek(1).is(':')) {
    uint32_t line = stream.peek().line;
    std::string_view label = stream.expectWord("a label");
    stream.expect(':');
    if (stream.accept(".branchtargets"))
      return parseBranchTable(builder, label);
    if (!builder.defineLabel(label))
      stream.failAt(line, ErrorKind::MalformedInput,
                    "label '" + std::string(label) + "' is defined twice");
    return;
  }
  parseInstruction(builder);
}

void Parser::parseBranchTable(KernelBuilder &builder, std::string_view name) {
  std::vector<std::string_view> labels;
  do
    labels.push_back(stream.expectWord("a label"));
  while (stream.accept(','));
  stream.expect(';');
  builder.defineBranchTable(name, std::move(labels));
}

void Parser::parseRegisters(KernelBuilder &builder) {
  std::string_view typeName = stream.expectWord("a register type");
  std::optional<Type> type;
  if (!typeName.empty())
    type = findType(typeName.substr(1));
  if (!type)
    return stream.fail(ErrorKind::Unsupported,
                       "unknown register type '" + std::string(typeName) + "'");
  do {
    uint32_t line = stream.peek().line;
    std::string_view name = stream.expectWord("a register name");
    bool isNew = false;
    if (stream.accept('<')) {
      isNew = builder.declareRegisterRange(name, *type, stream.expectInteger());
      stream.expect('>');
    } else {
      isNew = builder.declareRegister(name, *type);
    }
    if (!isNew)
      stream.failAt(line, ErrorKind::MalformedInput,
                    "register '" + std::string(name) + "' is declared twice");
  } while (stream.accept(','));
  stream.expect(';');
}

void Parser::parseInstruction(KernelBuilder &builder) {
  ParsedInstruction instruction;
  instruction.line = stream.peek().line;
  if (stream.accept('@')) {
    instruction.guardNegated = stream.accept('!');
    instruction.guard = stream.expectWord("a guard predicate");
  }
  instruction.mnemonic = stream.expectWord("an instruction");
  instruction.operands = stream.takeOperands();
  if (stream.failed())
    return;
  if (Result<void> decoded = decodeInstruction(builder, instruction); !decoded)
    stream.fail(decoded.takeError());
}

Result<Module> Parser::run() {
  while (!stream.atEnd() && !stream.failed())
    parseModuleStatement();
  if (stream.failed())
    return stream.takeError();
  return std::move(module);
}

Result<Module> ccq::ptx::parseModule(std::string_view text) {
  Result<std::vector<Token>> tokens = tokenize(text);
  if (!tokens)
    return tokens.takeError();
  return Parser(std::move(*tokens)).run();
}
