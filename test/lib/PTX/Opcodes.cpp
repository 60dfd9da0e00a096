//===- Opcodes.cpp - The table of instructions ------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PTX/Instructions/Families.h"

#include <unordered_map>

using namespace ccq;
using namespace ccq::ptx;

using OpcodeTable =
    std::unordered_map<std::string_view, std::vector<OpcodeEntry>>;

static OpcodeTable buildOpcodeTable() {
  OpcodeTable table;
  for (std::span<const OpcodeEntry> family :
       {getMoveOpcodes(), getIntegerOpcodes(), getBitOpcodes(),
        getFloatOpcodes(), getApproximateOpcodes(), getHalfOpcodes(),
        getComparisonOpcodes(), getConversionOpcodes(), getMemoryOpcodes(),
        getAtomicOpcodes(), getAsyncCopyOpcodes(), getControlOpcodes(),
        getShuffleOpcodes(), getMatrixOpcodes(), getMatrixMemoryOpcodes()})
    for (const OpcodeEntry &entry : family)
      table[entry.opcode].push_back(entry);
  return table;
}

static OperandFamily getFamily(std::optional<Type> type) {
  if (!type || !isFloat(*type))
    return OperandFamily::Integer;
  return *type == Type::F32 || *type == Type::F64 ? OperandFamily::Float
                                                  : OperandFamily::Half;
}

Result<void> ccq::ptx::decodeInstruction(KernelBuilder &builder,
                                         const ParsedInstruction &parsed) {
  static const OpcodeTable table = buildOpcodeTable();
  InstructionDecoder decoder(builder, parsed);
  auto entries = table.find(decoder.getOpcode());
  if (entries == table.end()) {
    decoder.fail(ErrorKind::Unsupported, "unknown instruction");
    return *decoder.takeError();
  }
  OperandFamily family = getFamily(decoder.getLastType());
  for (const OpcodeEntry &entry : entries->second) {
    if (entry.family != OperandFamily::Any && entry.family != family)
      continue;
    entry.decode(decoder);
    if (std::optional<Error> error = decoder.takeError())
      return std::move(*error);
    return {};
  }
  decoder.fail(ErrorKind::Unsupported, "'" + std::string(decoder.getOpcode()) +
                                           "' has no form for this type");
  return *decoder.takeError();
}
