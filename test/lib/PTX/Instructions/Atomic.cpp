//===- Atomic.cpp - Atomic operations on memory -----------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PTX/Instructions/Families.h"
#include "PTX/Instructions/MemoryAccess.h"
#include "PTX/LaneMap.h"

#include <algorithm>

using namespace ccq;
using namespace ccq::ptx;

namespace {
// f(old value, b, c) is the new value of the memory cell.

template <typename T> T addInteger(T old, T b, T) {
  return static_cast<T>(uint64_t(old) + uint64_t(b));
}
float addFloat(float old, float b, float) {
  float sum = old + b;
  return sum != sum ? std::bit_cast<float>(canonicalNaNFloat) : sum;
}
double addDouble(double old, double b, double) { return old + b; }
Half addHalf(Half old, Half b, Half) {
  return roundToHalf(addRoundToOdd(toDouble(old), toDouble(b)),
                     Rounding::NearestEven);
}
uint32_t addHalfPair(uint32_t old, uint32_t b, uint32_t) {
  uint32_t result = 0;
  for (unsigned shift : {0u, 16u}) {
    Half sum = addHalf(Half{static_cast<uint16_t>(old >> shift)},
                       Half{static_cast<uint16_t>(b >> shift)}, Half{0});
    result |= uint32_t(sum.bits) << shift;
  }
  return result;
}
template <typename T> T takeMinimum(T old, T b, T) { return std::min(old, b); }
template <typename T> T takeMaximum(T old, T b, T) { return std::max(old, b); }
template <typename T> T bitAnd(T old, T b, T) { return old & b; }
template <typename T> T bitOr(T old, T b, T) { return old | b; }
template <typename T> T bitXor(T old, T b, T) { return old ^ b; }
template <typename T> T exchange(T, T b, T) { return b; }
template <typename T> T compareAndSwap(T old, T b, T c) {
  return old == b ? c : old;
}
uint32_t incrementWrapping(uint32_t old, uint32_t b, uint32_t) {
  return old >= b ? 0 : old + 1;
}
uint32_t decrementWrapping(uint32_t old, uint32_t b, uint32_t) {
  return old == 0 || old > b ? b : old - 1;
}

/// Lanes act one after the other in the order of their numbers; on a device
/// the order is not specified. atom has a result, red has none.
template <auto function> struct AtomicUpdate;

template <typename T, T (*function)(T, T, T)> struct AtomicUpdate<function> {
  static void run(Warp &warp, const Instruction &instruction, LaneMask active) {
    unsigned first = instruction.resultCount;
    bool hasThird = instruction.operandCount - first > 2;
    const uint64_t *base = warp.getLanes(instruction.operands[first]);
    const uint64_t *b = warp.getLanes(instruction.operands[first + 1]);
    const uint64_t *c =
        hasThird ? warp.getLanes(instruction.operands[first + 2]) : b;
    forEachLane(active, [&](unsigned lane) {
      std::byte *data =
          accessLane(warp, instruction, lane, instruction.space,
                     base[lane] + static_cast<uint64_t>(instruction.offset),
                     sizeof(T), AccessKind::Atomic);
      if (!data)
        return;
      T old;
      std::memcpy(&old, data, sizeof(T));
      T updated = function(old, fromCell<T>(b[lane]), fromCell<T>(c[lane]));
      std::memcpy(data, &updated, sizeof(T));
      if (first)
        warp.getLanes(instruction.operands[0])[lane] = toCell(old);
    });
  }
};

struct AtomicForm {
  std::string_view operation;
  Type type;
  Handler handler;
};
} // namespace

static constexpr AtomicForm atomicForms[] = {
    {"add", Type::U32, AtomicUpdate<addInteger<uint32_t>>::run},
    {"add", Type::S32, AtomicUpdate<addInteger<int32_t>>::run},
    {"add", Type::U64, AtomicUpdate<addInteger<uint64_t>>::run},
    {"add", Type::F32, AtomicUpdate<addFloat>::run},
    {"add", Type::F64, AtomicUpdate<addDouble>::run},
    {"add", Type::F16, AtomicUpdate<addHalf>::run},
    {"add", Type::F16x2, AtomicUpdate<addHalfPair>::run},
    {"min", Type::U32, AtomicUpdate<takeMinimum<uint32_t>>::run},
    {"min", Type::S32, AtomicUpdate<takeMinimum<int32_t>>::run},
    {"min", Type::U64, AtomicUpdate<takeMinimum<uint64_t>>::run},
    {"min", Type::S64, AtomicUpdate<takeMinimum<int64_t>>::run},
    {"max", Type::U32, AtomicUpdate<takeMaximum<uint32_t>>::run},
    {"max", Type::S32, AtomicUpdate<takeMaximum<int32_t>>::run},
    {"max", Type::U64, AtomicUpdate<takeMaximum<uint64_t>>::run},
    {"max", Type::S64, AtomicUpdate<takeMaximum<int64_t>>::run},
    {"and", Type::B32, AtomicUpdate<bitAnd<uint32_t>>::run},
    {"and", Type::B64, AtomicUpdate<bitAnd<uint64_t>>::run},
    {"or", Type::B32, AtomicUpdate<bitOr<uint32_t>>::run},
    {"or", Type::B64, AtomicUpdate<bitOr<uint64_t>>::run},
    {"xor", Type::B32, AtomicUpdate<bitXor<uint32_t>>::run},
    {"xor", Type::B64, AtomicUpdate<bitXor<uint64_t>>::run},
    {"exch", Type::B32, AtomicUpdate<exchange<uint32_t>>::run},
    {"exch", Type::B64, AtomicUpdate<exchange<uint64_t>>::run},
    {"cas", Type::B16, AtomicUpdate<compareAndSwap<uint16_t>>::run},
    {"cas", Type::B32, AtomicUpdate<compareAndSwap<uint32_t>>::run},
    {"cas", Type::B64, AtomicUpdate<compareAndSwap<uint64_t>>::run},
    {"inc", Type::U32, AtomicUpdate<incrementWrapping>::run},
    {"dec", Type::U32, AtomicUpdate<decrementWrapping>::run},
};

static void decodeAtomic(InstructionDecoder &decoder) {
  MemoryModifiers::skipOrdering(decoder);
  MemoryModifiers::skipScope(decoder);
  Space space = MemoryModifiers::acceptSpace(decoder).value_or(Space::Generic);
  // Scopes are written before or after the space, as the ISA's versions do.
  MemoryModifiers::skipScope(decoder);
  std::string_view operation = decoder.peekModifier();
  decoder.accept(operation);
  decoder.accept("noftz"); // f16 additions never flush
  std::optional<Type> type = decoder.getLastType();
  const AtomicForm *form = nullptr;
  for (const AtomicForm &candidate : atomicForms)
    if (candidate.operation == operation && candidate.type == type)
      form = &candidate;
  if (!form)
    return decoder.fail(ErrorKind::Unsupported,
                        "unknown atomic operation '" + std::string(operation) +
                            "' on '." +
                            std::string(type ? getName(*type) : "") + "'");
  decoder.expectType({form->type});
  if (decoder.getOpcode() == "atom")
    decoder.addResult(form->type);
  decoder.addAddress(space);
  decoder.addSource(form->type);
  if (operation == "cas")
    decoder.addSource(form->type);
  decoder.finish(form->handler, InstructionClass::Memory);
}

std::span<const OpcodeEntry> ccq::ptx::getAtomicOpcodes() {
  constexpr OperandFamily any = OperandFamily::Any;
  static constexpr OpcodeEntry entries[] = {
      {"atom", any, decodeAtomic},
      {"red", any, decodeAtomic},
  };
  return entries;
}
