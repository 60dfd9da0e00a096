//===- Move.cpp - moves, packing, permutes ----------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PTX/Block.h"
#include "PTX/Instructions/Families.h"
#include "PTX/LaneMap.h"

using namespace ccq;
using namespace ccq::ptx;

//===----------------------------------------------------------------------===//
// mov
//===----------------------------------------------------------------------===//

static void runMove(Warp &warp, const Instruction &instruction,
                    LaneMask active) {
  uint64_t *result = warp.getLanes(instruction.operands[0]);
  const uint64_t *source = warp.getLanes(instruction.operands[1]);
  uint64_t mask = instruction.immediate >= 64
                      ? ~uint64_t(0)
                      : (uint64_t(1) << instruction.immediate) - 1;
  forEachLane(active,
              [&](unsigned lane) { result[lane] = source[lane] & mask; });
}

static void runMovePredicate(Warp &warp, const Instruction &instruction,
                             LaneMask active) {
  warp.setPredicate(instruction.operands[0],
                    warp.getPredicate(instruction.operands[1]), active);
}

/// d = {a, b, ...}, the first element in the low bits. `immediate` is the
/// width of an element.
static void runPack(Warp &warp, const Instruction &instruction,
                    LaneMask active) {
  uint64_t *result = warp.getLanes(instruction.operands[0]);
  unsigned width = instruction.immediate;
  unsigned count = instruction.operandCount - 1u;
  forEachLane(active, [&](unsigned lane) {
    uint64_t packed = 0;
    for (unsigned i = 0; i < count; ++i)
      packed |= warp.getLanes(instruction.operands[i + 1])[lane] << (width * i);
    result[lane] = packed;
  });
}

/// {a, b, ...} = s
static void runUnpack(Warp &warp, const Instruction &instruction,
                      LaneMask active) {
  unsigned width = instruction.immediate;
  unsigned count = instruction.resultCount;
  uint64_t mask = (uint64_t(1) << width) - 1;
  const uint64_t *source = warp.getLanes(instruction.operands[count]);
  forEachLane(active, [&](unsigned lane) {
    uint64_t packed = source[lane];
    for (unsigned i = 0; i < count; ++i)
      warp.getLanes(instruction.operands[i])[lane] =
          packed >> (width * i) & mask;
  });
}

static Type getElementType(InstructionDecoder &decoder, Type type,
                           size_t count) {
  unsigned width = getBitWidth(type);
  if (count == 2 || count == 4)
    switch (width / count) {
    case 8:
      return Type::B8;
    case 16:
      return Type::B16;
    case 32:
      return Type::B32;
    default:
      break;
    }
  decoder.fail(ErrorKind::MalformedInput,
               "expected 2 or 4 elements of at least 8 bits, got " +
                   std::to_string(count) + " in " + std::to_string(width) +
                   " bits");
  return Type::B8;
}

static void decodeMove(InstructionDecoder &decoder) {
  Type type = decoder.expectType(
      {Type::Pred, Type::B16, Type::B32, Type::B64, Type::U16, Type::U32,
       Type::U64, Type::S16, Type::S32, Type::S64, Type::F16, Type::F16x2,
       Type::BF16, Type::BF16x2, Type::F32, Type::F64});
  Instruction &instruction = decoder.getInstruction();
  const ParsedOperand *first = decoder.peekOperand();
  if (first && first->kind == OperandKind::Vector) {
    size_t count = first->elements.size();
    Type element = getElementType(decoder, type, count);
    decoder.addResults(element, count);
    decoder.addSource(type);
    instruction.immediate = getBitWidth(element);
    return decoder.finish(runUnpack, InstructionClass::Move);
  }
  decoder.addResult(type);
  const ParsedOperand *second = decoder.peekOperand();
  if (second && second->kind == OperandKind::Vector) {
    size_t count = second->elements.size();
    Type element = getElementType(decoder, type, count);
    decoder.addSources(element, count);
    instruction.immediate = getBitWidth(element);
    return decoder.finish(runPack, InstructionClass::Move);
  }
  decoder.addSource(type);
  instruction.immediate = getBitWidth(type);
  decoder.finish(type == Type::Pred ? runMovePredicate : runMove,
                 InstructionClass::Move);
}

//===----------------------------------------------------------------------===//
// cvta, isspacep
//===----------------------------------------------------------------------===//

static constexpr std::pair<std::string_view, Space> spaceNames[] = {
    {"global", Space::Global},      {"const", Space::Constant},
    {"shared", Space::Shared},      {"shared::cta", Space::Shared},
    {"local", Space::Local},        {"param", Space::Param},
    {"param::entry", Space::Param},
};

template <bool toSpace>
static void runConvertAddress(Warp &warp, const Instruction &instruction,
                              LaneMask active) {
  uint64_t *result = warp.getLanes(instruction.operands[0]);
  const uint64_t *source = warp.getLanes(instruction.operands[1]);
  uint64_t window = getWindow(instruction.space);
  forEachLane(active, [&](unsigned lane) {
    result[lane] = toSpace ? source[lane] - window : source[lane] + window;
  });
}

static void decodeConvertAddress(InstructionDecoder &decoder) {
  bool toSpace = decoder.accept("to");
  auto space = decoder.acceptOneOf(spaceNames);
  if (!space)
    return decoder.expect("global");
  Type type = decoder.expectType({Type::U64});
  decoder.addResult(type);
  decoder.addSource(type);
  decoder.getInstruction().space = *space;
  decoder.finish(toSpace ? runConvertAddress<true> : runConvertAddress<false>,
                 InstructionClass::Move);
}

static void runIsInSpace(Warp &warp, const Instruction &instruction,
                         LaneMask active) {
  const uint64_t *source = warp.getLanes(instruction.operands[1]);
  LaneMask mask = 0;
  forEachLane(active, [&](unsigned lane) {
    auto isIn = [&](Space space) {
      return source[lane] - getWindow(space) < windowBytes;
    };
    bool isGlobal =
        !isIn(Space::Shared) && !isIn(Space::Local) && !isIn(Space::Param);
    bool answer =
        instruction.space == Space::Global ? isGlobal : isIn(instruction.space);
    mask |= LaneMask(answer) << lane;
  });
  warp.setPredicate(instruction.operands[0], mask, active);
}

static void decodeIsInSpace(InstructionDecoder &decoder) {
  auto space = decoder.acceptOneOf(spaceNames);
  if (!space || *space == Space::Constant)
    return decoder.expect("global");
  decoder.addResult(Type::Pred);
  decoder.addSource(Type::U64);
  decoder.getInstruction().space = *space;
  decoder.finish(runIsInSpace, InstructionClass::Move);
}

//===----------------------------------------------------------------------===//
// prmt
//===----------------------------------------------------------------------===//

namespace {
/// Modes of prmt (PTX ISA, "prmt").
enum class PermuteMode : uint32_t {
  Generic,
  Forward4Extract,
  Backward4Extract,
  Replicate8,
  EdgeClampLeft,
  EdgeClampRight,
  Replicate16,
};
} // namespace

/// The index of the source byte that becomes byte i; only the low two bits of
/// the control operand count.
static uint32_t getPermuteIndex(PermuteMode mode, uint32_t control,
                                uint32_t i) {
  control &= 3;
  switch (mode) {
  case PermuteMode::Forward4Extract:
    return control + i;
  case PermuteMode::Backward4Extract:
    return (control - i) & 7;
  case PermuteMode::Replicate8:
    return control;
  case PermuteMode::EdgeClampLeft:
    return std::max(control, i);
  case PermuteMode::EdgeClampRight:
    return std::min(control, i);
  case PermuteMode::Replicate16:
    return (control & 1) * 2 + (i & 1);
  case PermuteMode::Generic:
    break;
  }
  return i;
}

static uint32_t permuteBytes(uint32_t a, uint32_t b, uint32_t control,
                             PermuteMode mode) {
  uint64_t source = uint64_t(b) << 32 | a;
  uint32_t result = 0;
  for (uint32_t i = 0; i < 4; ++i) {
    uint32_t selector = control >> (4 * i) & 0xf;
    bool replicatesSign = mode == PermuteMode::Generic && selector & 8;
    uint32_t index = mode == PermuteMode::Generic
                         ? selector & 7
                         : getPermuteIndex(mode, control, i);
    uint32_t byte = source >> (8 * index) & 0xff;
    if (replicatesSign)
      byte = byte & 0x80 ? 0xff : 0;
    result |= byte << (8 * i);
  }
  return result;
}

static void runPermute(Warp &warp, const Instruction &instruction,
                       LaneMask active) {
  uint64_t *result = warp.getLanes(instruction.operands[0]);
  const uint64_t *a = warp.getLanes(instruction.operands[1]);
  const uint64_t *b = warp.getLanes(instruction.operands[2]);
  const uint64_t *control = warp.getLanes(instruction.operands[3]);
  auto mode = static_cast<PermuteMode>(instruction.immediate);
  forEachLane(active, [&](unsigned lane) {
    result[lane] = permuteBytes(static_cast<uint32_t>(a[lane]),
                                static_cast<uint32_t>(b[lane]),
                                static_cast<uint32_t>(control[lane]), mode);
  });
}

static void decodePermute(InstructionDecoder &decoder) {
  constexpr std::pair<std::string_view, PermuteMode> modes[] = {
      {"f4e", PermuteMode::Forward4Extract},
      {"b4e", PermuteMode::Backward4Extract},
      {"rc8", PermuteMode::Replicate8},
      {"ecl", PermuteMode::EdgeClampLeft},
      {"ecr", PermuteMode::EdgeClampRight},
      {"rc16", PermuteMode::Replicate16},
  };
  decoder.expectType({Type::B32});
  PermuteMode mode = decoder.acceptOneOf(modes).value_or(PermuteMode::Generic);
  decoder.addResult(Type::B32);
  for (int i = 0; i < 3; ++i)
    decoder.addSource(Type::B32);
  decoder.getInstruction().immediate = static_cast<uint32_t>(mode);
  decoder.finish(runPermute, InstructionClass::Integer);
}

std::span<const OpcodeEntry> ccq::ptx::getMoveOpcodes() {
  constexpr OperandFamily any = OperandFamily::Any;
  static constexpr OpcodeEntry entries[] = {
      {"mov", any, decodeMove},
      {"cvta", any, decodeConvertAddress},
      {"isspacep", any, decodeIsInSpace},
      {"prmt", any, decodePermute},
  };
  return entries;
}
