//===- Bits.cpp - Logic, shifts and bit fields ------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PTX/Instructions/Families.h"
#include "PTX/LaneMap.h"

#include <algorithm>

using namespace ccq;
using namespace ccq::ptx;

namespace {
template <typename T> T bitAnd(T a, T b) { return a & b; }
template <typename T> T bitOr(T a, T b) { return a | b; }
template <typename T> T bitXor(T a, T b) { return a ^ b; }
template <typename T> T bitNot(T a) { return static_cast<T>(~a); }
/// cnot: logical negation as in C.
template <typename T> T logicalNot(T a) { return a == 0; }

/// Shift amounts beyond the width count as the width.
template <typename T> T shiftLeft(T a, uint32_t amount) {
  return amount >= 8 * sizeof(T) ? T(0) : static_cast<T>(uint64_t(a) << amount);
}
template <typename T> T shiftRight(T a, uint32_t amount) {
  constexpr uint32_t width = 8 * sizeof(T);
  if (amount >= width)
    return std::is_signed_v<T> && a < 0 ? T(-1) : T(0);
  return static_cast<T>(a >> amount);
}

/// shf: the 64-bit value b:a shifted; clamp limits the amount to 32, wrap
/// takes it modulo 32.
uint32_t clampAmount(uint32_t amount) { return std::min(amount, 32u); }
uint32_t wrapAmount(uint32_t amount) { return amount & 31; }
template <uint32_t (*limit)(uint32_t)>
uint32_t funnelLeft(uint32_t a, uint32_t b, uint32_t amount) {
  uint64_t joined = uint64_t(b) << 32 | a;
  return static_cast<uint32_t>((joined << limit(amount)) >> 32);
}
template <uint32_t (*limit)(uint32_t)>
uint32_t funnelRight(uint32_t a, uint32_t b, uint32_t amount) {
  uint64_t joined = uint64_t(b) << 32 | a;
  return static_cast<uint32_t>(joined >> limit(amount));
}

template <typename T> uint32_t countOnes(T a) { return std::popcount(a); }
template <typename T> uint32_t countLeadingZeros(T a) {
  return std::countl_zero(a);
}
template <typename T> T reverseBits(T a) {
  T reversed = 0;
  for (unsigned i = 0; i < 8 * sizeof(T); ++i)
    reversed |= (a >> i & 1) << (8 * sizeof(T) - 1 - i);
  return reversed;
}

/// Position of the most significant bit that is not a sign bit, or all ones.
template <typename T> uint32_t findLeadingBit(T a) {
  using U = std::make_unsigned_t<T>;
  U bits = static_cast<U>(a);
  if (std::is_signed_v<T> && a < 0)
    bits = ~bits;
  return bits == 0 ? 0xffffffffu : 8 * sizeof(T) - 1 - std::countl_zero(bits);
}
/// bfind.shiftamt: the left shift that brings that bit to the top.
template <typename T> uint32_t findLeadingShift(T a) {
  uint32_t position = findLeadingBit(a);
  return position == 0xffffffffu ? position : 8 * sizeof(T) - 1 - position;
}

/// bfe: position and length are the low 8 bits of their operands; bits beyond
/// the top are copies of the field's sign (PTX ISA, "bfe").
template <typename T>
T extractField(T a, uint32_t positionOperand, uint32_t lengthOperand) {
  constexpr uint32_t top = 8 * sizeof(T) - 1;
  uint32_t position = positionOperand & 0xff;
  uint32_t length = lengthOperand & 0xff;
  using U = std::make_unsigned_t<T>;
  U bits = static_cast<U>(a);
  bool sign = std::is_signed_v<T> && length != 0 &&
              (bits >> std::min(position + length - 1, top) & 1);
  U field = 0;
  for (uint32_t i = 0; i <= top; ++i) {
    bool isInside = i < length && position + i <= top;
    bool bit = isInside ? bits >> (position + i) & 1 : sign;
    field |= U(bit) << i;
  }
  return static_cast<T>(field);
}

/// bfi: the low bits of a replace a field of b.
template <typename T>
T insertField(T a, T b, uint32_t positionOperand, uint32_t lengthOperand) {
  constexpr uint32_t width = 8 * sizeof(T);
  uint32_t position = positionOperand & 0xff;
  uint32_t length = lengthOperand & 0xff;
  for (uint32_t i = 0; i < length && position + i < width; ++i) {
    T bit = T(1) << (position + i);
    b = (b & ~bit) | (T(a >> i & 1) << (position + i));
  }
  return b;
}

/// bmsk: a mask of `length` ones from `position`.
template <uint32_t (*limit)(uint32_t)>
uint32_t makeMask(uint32_t position, uint32_t length) {
  uint64_t from = limit(position), count = limit(length);
  uint64_t ones = (uint64_t(1) << count) - 1;
  return static_cast<uint32_t>(ones << from);
}

template <typename T> struct And : LaneMap<bitAnd<T>> {};
template <typename T> struct Or : LaneMap<bitOr<T>> {};
template <typename T> struct Xor : LaneMap<bitXor<T>> {};
template <typename T> struct Not : LaneMap<bitNot<T>> {};
template <typename T> struct LogicalNot : LaneMap<logicalNot<T>> {};
template <typename T> struct ShiftLeft : LaneMap<shiftLeft<T>> {};
template <typename T> struct ShiftRight : LaneMap<shiftRight<T>> {};
template <typename T> struct ExtractField : LaneMap<extractField<T>> {};
template <typename T> struct FindLeadingBit : LaneMap<findLeadingBit<T>> {};
template <typename T> struct FindLeadingShift : LaneMap<findLeadingShift<T>> {};
} // namespace

//===----------------------------------------------------------------------===//
// Logic, on registers and on predicates
//===----------------------------------------------------------------------===//

template <LaneMask (*function)(LaneMask, LaneMask)>
static void runOnPredicates(Warp &warp, const Instruction &instruction,
                            LaneMask active) {
  LaneMask a = warp.getPredicate(instruction.operands[1]);
  LaneMask b = instruction.operandCount > 2
                   ? warp.getPredicate(instruction.operands[2])
                   : 0;
  warp.setPredicate(instruction.operands[0], function(a, b), active);
}

static LaneMask invertFirst(LaneMask a, LaneMask) { return ~a; }

template <template <typename> typename Op,
          LaneMask (*onPredicates)(LaneMask, LaneMask), unsigned sources>
static void decodeLogic(InstructionDecoder &decoder) {
  Type type = decoder.expectType({Type::Pred, Type::B16, Type::B32, Type::B64});
  decoder.addResult(type);
  for (unsigned i = 0; i < sources; ++i)
    decoder.addSource(type);
  decoder.finish(type == Type::Pred ? runOnPredicates<onPredicates>
                                    : selectInteger<Op>(type),
                 InstructionClass::Integer);
}

static void decodeLogicalNot(InstructionDecoder &decoder) {
  Type type = decoder.expectType({Type::B16, Type::B32, Type::B64});
  decoder.addResult(type);
  decoder.addSource(type);
  decoder.finish(selectInteger<LogicalNot>(type), InstructionClass::Integer);
}

/// lop3: bit i of the table is the result for the inputs (a, b, c) = bits
/// 2, 1, 0 of i (PTX ISA, "lop3").
static void runLogic3(Warp &warp, const Instruction &instruction,
                      LaneMask active) {
  uint64_t *result = warp.getLanes(instruction.operands[0]);
  const uint64_t *aLanes = warp.getLanes(instruction.operands[1]);
  const uint64_t *bLanes = warp.getLanes(instruction.operands[2]);
  const uint64_t *cLanes = warp.getLanes(instruction.operands[3]);
  uint32_t row[8];
  for (unsigned i = 0; i < 8; ++i)
    row[i] = instruction.immediate >> i & 1 ? ~0u : 0u;
  forEachLane(active, [&](unsigned lane) {
    auto a = static_cast<uint32_t>(aLanes[lane]);
    auto b = static_cast<uint32_t>(bLanes[lane]);
    auto c = static_cast<uint32_t>(cLanes[lane]);
    uint32_t whenA = (b & ((c & row[7]) | (~c & row[6]))) |
                     (~b & ((c & row[5]) | (~c & row[4])));
    uint32_t whenNotA = (b & ((c & row[3]) | (~c & row[2]))) |
                        (~b & ((c & row[1]) | (~c & row[0])));
    result[lane] = (a & whenA) | (~a & whenNotA);
  });
}

static void decodeLogic3(InstructionDecoder &decoder) {
  Type type = decoder.expectType({Type::B32});
  decoder.addResult(type);
  for (int i = 0; i < 3; ++i)
    decoder.addSource(type);
  decoder.getInstruction().immediate =
      static_cast<uint32_t>(decoder.takeImmediate(0, 255));
  decoder.finish(runLogic3, InstructionClass::Integer);
}

//===----------------------------------------------------------------------===//
// Shifts
//===----------------------------------------------------------------------===//

static void decodeShiftLeft(InstructionDecoder &decoder) {
  Type type = decoder.expectType({Type::B16, Type::B32, Type::B64});
  decoder.addResult(type);
  decoder.addSource(type);
  decoder.addSource(Type::U32);
  decoder.finish(selectInteger<ShiftLeft>(type), InstructionClass::Integer);
}

static void decodeShiftRight(InstructionDecoder &decoder) {
  Type type =
      decoder.expectType({Type::B16, Type::B32, Type::B64, Type::U16, Type::U32,
                          Type::U64, Type::S16, Type::S32, Type::S64});
  decoder.addResult(type);
  decoder.addSource(type);
  decoder.addSource(Type::U32);
  decoder.finish(selectInteger<ShiftRight>(type), InstructionClass::Integer);
}

static void decodeFunnelShift(InstructionDecoder &decoder) {
  bool isLeft = decoder.accept("l");
  if (!isLeft)
    decoder.expect("r");
  bool wraps = decoder.accept("wrap");
  if (!wraps)
    decoder.expect("clamp");
  decoder.expectType({Type::B32});
  decoder.addResult(Type::B32);
  decoder.addSource(Type::B32);
  decoder.addSource(Type::B32);
  decoder.addSource(Type::U32);
  Handler left = wraps ? LaneMap<funnelLeft<wrapAmount>>::run
                       : LaneMap<funnelLeft<clampAmount>>::run;
  Handler right = wraps ? LaneMap<funnelRight<wrapAmount>>::run
                        : LaneMap<funnelRight<clampAmount>>::run;
  decoder.finish(isLeft ? left : right, InstructionClass::Integer);
}

//===----------------------------------------------------------------------===//
// Bit counts and fields
//===----------------------------------------------------------------------===//

template <auto on32, auto on64>
static void decodeBitCount(InstructionDecoder &decoder) {
  Type type = decoder.expectType({Type::B32, Type::B64});
  decoder.addResult(Type::U32);
  decoder.addSource(type);
  decoder.finish(type == Type::B32 ? LaneMap<on32>::run : LaneMap<on64>::run,
                 InstructionClass::Integer);
}

static void decodeReverse(InstructionDecoder &decoder) {
  Type type = decoder.expectType({Type::B32, Type::B64});
  decoder.addResult(type);
  decoder.addSource(type);
  decoder.finish(type == Type::B32 ? LaneMap<reverseBits<uint32_t>>::run
                                   : LaneMap<reverseBits<uint64_t>>::run,
                 InstructionClass::Integer);
}

static void decodeFindLeadingBit(InstructionDecoder &decoder) {
  bool wantsShift = decoder.accept("shiftamt");
  Type type = decoder.expectType({Type::U32, Type::S32, Type::U64, Type::S64});
  decoder.addResult(Type::U32);
  decoder.addSource(type);
  decoder.finish(wantsShift ? selectInteger<FindLeadingShift>(type)
                            : selectInteger<FindLeadingBit>(type),
                 InstructionClass::Integer);
}

static void decodeExtractField(InstructionDecoder &decoder) {
  Type type = decoder.expectType({Type::U32, Type::S32, Type::U64, Type::S64});
  decoder.addResult(type);
  decoder.addSource(type);
  decoder.addSource(Type::U32);
  decoder.addSource(Type::U32);
  decoder.finish(selectInteger<ExtractField>(type), InstructionClass::Integer);
}

static void decodeInsertField(InstructionDecoder &decoder) {
  Type type = decoder.expectType({Type::B32, Type::B64});
  decoder.addResult(type);
  decoder.addSource(type);
  decoder.addSource(type);
  decoder.addSource(Type::U32);
  decoder.addSource(Type::U32);
  decoder.finish(type == Type::B32 ? LaneMap<insertField<uint32_t>>::run
                                   : LaneMap<insertField<uint64_t>>::run,
                 InstructionClass::Integer);
}

static void decodeMask(InstructionDecoder &decoder) {
  bool wraps = decoder.accept("wrap");
  if (!wraps)
    decoder.expect("clamp");
  decoder.expectType({Type::B32});
  decoder.addResult(Type::B32);
  decoder.addSource(Type::U32);
  decoder.addSource(Type::U32);
  decoder.finish(wraps ? LaneMap<makeMask<wrapAmount>>::run
                       : LaneMap<makeMask<clampAmount>>::run,
                 InstructionClass::Integer);
}

std::span<const OpcodeEntry> ccq::ptx::getBitOpcodes() {
  constexpr OperandFamily any = OperandFamily::Any;
  static constexpr OpcodeEntry entries[] = {
      {"and", any, decodeLogic<And, bitAnd<LaneMask>, 2>},
      {"or", any, decodeLogic<Or, bitOr<LaneMask>, 2>},
      {"xor", any, decodeLogic<Xor, bitXor<LaneMask>, 2>},
      {"not", any, decodeLogic<Not, invertFirst, 1>},
      {"cnot", any, decodeLogicalNot},
      {"lop3", any, decodeLogic3},
      {"shl", any, decodeShiftLeft},
      {"shr", any, decodeShiftRight},
      {"shf", any, decodeFunnelShift},
      {"popc", any, decodeBitCount<countOnes<uint32_t>, countOnes<uint64_t>>},
      {"clz", any,
       decodeBitCount<countLeadingZeros<uint32_t>,
                      countLeadingZeros<uint64_t>>},
      {"brev", any, decodeReverse},
      {"bfind", any, decodeFindLeadingBit},
      {"bfe", any, decodeExtractField},
      {"bfi", any, decodeInsertField},
      {"bmsk", any, decodeMask},
  };
  return entries;
}
