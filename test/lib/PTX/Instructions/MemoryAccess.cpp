//===- MemoryAccess.cpp - Loads, stores and prefetches ----------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PTX/Instructions/MemoryAccess.h"

#include "PTX/Instructions/Families.h"
#include "PTX/LaneMap.h"

#include <cstdio>

using namespace ccq;
using namespace ccq::ptx;

std::byte *ccq::ptx::accessLane(Warp &warp, const Instruction &instruction,
                                unsigned lane, Space space, uint64_t address,
                                unsigned bytes, AccessKind kind) {
  if (address % bytes != 0) {
    char text[96];
    std::snprintf(text, sizeof(text),
                  "expected an address that is a multiple of %u, got 0x%llx",
                  bytes, static_cast<unsigned long long>(address));
    warp.fault(instruction, lane, text);
    return nullptr;
  }
  std::string fault;
  std::byte *data = warp.getBlock().access(space, address, bytes, kind,
                                           warp.getThread(lane), fault);
  if (!data)
    warp.fault(instruction, lane, fault);
  return data;
}

//===----------------------------------------------------------------------===//
// Modifiers
//===----------------------------------------------------------------------===//

std::optional<Space> MemoryModifiers::acceptSpace(InstructionDecoder &decoder) {
  static constexpr std::pair<std::string_view, Space> names[] = {
      {"global", Space::Global},      {"const", Space::Constant},
      {"shared", Space::Shared},      {"shared::cta", Space::Shared},
      {"local", Space::Local},        {"param", Space::Param},
      {"param::entry", Space::Param},
  };
  return decoder.acceptOneOf(names);
}

void MemoryModifiers::skipOrdering(InstructionDecoder &decoder) {
  bool needsScope = false;
  for (std::string_view order : {"relaxed", "acquire", "release", "acq_rel"})
    needsScope |= decoder.accept(order);
  if (!needsScope) {
    if (!decoder.accept("weak"))
      decoder.accept("volatile");
    return;
  }
  skipScope(decoder);
}

void MemoryModifiers::skipScope(InstructionDecoder &decoder) {
  for (std::string_view scope : {"cta", "cluster", "gpu", "sys"})
    if (decoder.accept(scope))
      return;
}

void MemoryModifiers::skipCacheHints(InstructionDecoder &decoder) {
  constexpr std::string_view hints[] = {
      "ca",
      "cg",
      "cs",
      "lu",
      "cv",
      "wb",
      "wt",
      "nc",
      "L1::evict_normal",
      "L1::evict_unchanged",
      "L1::evict_first",
      "L1::evict_last",
      "L1::no_allocate",
      "L2::evict_normal",
      "L2::evict_first",
      "L2::evict_last",
      "L2::64B",
      "L2::128B",
      "L2::256B",
  };
  bool accepted = true;
  while (accepted) {
    accepted = false;
    for (std::string_view hint : hints)
      accepted |= decoder.accept(hint);
  }
}

//===----------------------------------------------------------------------===//
// ld, st
//===----------------------------------------------------------------------===//

/// `immediate` is the width of the destination registers in bits.
template <typename T>
static void runLoad(Warp &warp, const Instruction &instruction,
                    LaneMask active) {
  unsigned count = instruction.resultCount;
  const uint64_t *base = warp.getLanes(instruction.operands[count]);
  uint64_t mask = instruction.immediate >= 64
                      ? ~uint64_t(0)
                      : (uint64_t(1) << instruction.immediate) - 1;
  forEachLane(active, [&](unsigned lane) {
    uint64_t address = base[lane] + static_cast<uint64_t>(instruction.offset);
    const std::byte *data =
        accessLane(warp, instruction, lane, instruction.space, address,
                   count * sizeof(T), AccessKind::Read);
    if (!data)
      return;
    for (unsigned i = 0; i < count; ++i) {
      T value;
      std::memcpy(&value, data + i * sizeof(T), sizeof(T));
      // Signed types extend to the width of the register.
      warp.getLanes(instruction.operands[i])[lane] =
          static_cast<uint64_t>(value) & mask;
    }
  });
}

template <typename T>
static void runStore(Warp &warp, const Instruction &instruction,
                     LaneMask active) {
  const uint64_t *base = warp.getLanes(instruction.operands[0]);
  unsigned count = instruction.operandCount - 1u;
  forEachLane(active, [&](unsigned lane) {
    uint64_t address = base[lane] + static_cast<uint64_t>(instruction.offset);
    std::byte *data = accessLane(warp, instruction, lane, instruction.space,
                                 address, count * sizeof(T), AccessKind::Write);
    if (!data)
      return;
    for (unsigned i = 0; i < count; ++i) {
      auto value =
          static_cast<T>(warp.getLanes(instruction.operands[i + 1])[lane]);
      std::memcpy(data + i * sizeof(T), &value, sizeof(T));
    }
  });
}

namespace {
template <typename T> struct Load {
  static constexpr Handler run = runLoad<T>;
};
template <typename T> struct Store {
  static constexpr Handler run = runStore<T>;
};
} // namespace

/// The integer type that moves the bits of `type`.
static Type getStorageType(Type type) {
  if (!isFloat(type))
    return type;
  switch (getBitWidth(type)) {
  case 16:
    return Type::B16;
  case 32:
    return Type::B32;
  default:
    return Type::B64;
  }
}

static unsigned takeVectorCount(InstructionDecoder &decoder) {
  if (decoder.accept("v2"))
    return 2;
  return decoder.accept("v4") ? 4 : 1;
}

static Type takeMemoryType(InstructionDecoder &decoder) {
  return decoder.expectType({Type::B8, Type::B16, Type::B32, Type::B64,
                             Type::U8, Type::U16, Type::U32, Type::U64,
                             Type::S8, Type::S16, Type::S32, Type::S64,
                             Type::F32, Type::F64});
}

static void checkVectorWidth(InstructionDecoder &decoder, Type type,
                             unsigned count) {
  constexpr unsigned maxBytes = 16;
  if (count * getByteWidth(type) > maxBytes)
    decoder.fail(ErrorKind::MalformedInput,
                 "expected an access of at most 16 bytes, got " +
                     std::to_string(count * getByteWidth(type)));
}

static void decodeLoad(InstructionDecoder &decoder) {
  MemoryModifiers::skipOrdering(decoder);
  Space space = MemoryModifiers::acceptSpace(decoder).value_or(Space::Generic);
  MemoryModifiers::skipCacheHints(decoder);
  unsigned count = takeVectorCount(decoder);
  Type type = takeMemoryType(decoder);
  checkVectorWidth(decoder, type, count);
  unsigned width = count == 1 ? decoder.addWideResult(type)
                              : decoder.addWideResults(type, count);
  decoder.addAddress(space);
  decoder.getInstruction().immediate = width;
  decoder.finish(selectInteger<Load>(getStorageType(type)),
                 InstructionClass::Memory);
}

static void decodeStore(InstructionDecoder &decoder) {
  MemoryModifiers::skipOrdering(decoder);
  Space space = MemoryModifiers::acceptSpace(decoder).value_or(Space::Generic);
  MemoryModifiers::skipCacheHints(decoder);
  unsigned count = takeVectorCount(decoder);
  Type type = takeMemoryType(decoder);
  checkVectorWidth(decoder, type, count);
  if (space == Space::Param || space == Space::Constant)
    decoder.fail(ErrorKind::MalformedInput, "expected a writable space, got ." +
                                                std::string(getName(space)));
  decoder.addAddress(space);
  if (count == 1)
    decoder.addWideSource(type);
  else
    decoder.addWideSources(type, count);
  decoder.finish(selectInteger<Store>(getStorageType(type)),
                 InstructionClass::Memory);
}

//===----------------------------------------------------------------------===//
// prefetch
//===----------------------------------------------------------------------===//

static void runNothing(Warp &, const Instruction &, LaneMask) {}

static void decodePrefetch(InstructionDecoder &decoder) {
  Space space = MemoryModifiers::acceptSpace(decoder).value_or(Space::Generic);
  if (!decoder.accept("L1"))
    decoder.expect("L2");
  decoder.addAddress(space);
  decoder.finish(runNothing, InstructionClass::Memory);
}

std::span<const OpcodeEntry> ccq::ptx::getMemoryOpcodes() {
  constexpr OperandFamily any = OperandFamily::Any;
  static constexpr OpcodeEntry entries[] = {
      {"ld", any, decodeLoad},
      {"ldu", any, decodeLoad},
      {"st", any, decodeStore},
      {"prefetch", any, decodePrefetch},
  };
  return entries;
}
