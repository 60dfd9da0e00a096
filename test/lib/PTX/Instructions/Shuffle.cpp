//===- Shuffle.cpp - Exchange between lanes ---------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PTX/Instructions/Families.h"
#include "PTX/LaneMap.h"

#include <algorithm>
#include <array>

using namespace ccq;
using namespace ccq::ptx;

//===----------------------------------------------------------------------===//
// shfl
//===----------------------------------------------------------------------===//

namespace {
enum class ShuffleMode : uint32_t { Up, Down, Butterfly, Index };

struct ShuffleSource {
  unsigned lane;
  bool isInRange;
};
} // namespace

/// The lane that `lane` reads from. Operand c packs the clamp value in bits
/// 0-4 and the segment mask in bits 8-12 (PTX ISA, "shfl.sync").
static ShuffleSource getShuffleSource(ShuffleMode mode, unsigned lane,
                                      uint32_t b, uint32_t c) {
  int offset = b & 0x1f;
  int clamp = c & 0x1f;
  int segment = c >> 8 & 0x1f;
  int self = static_cast<int>(lane);
  int maxLane = (self & segment) | (clamp & ~segment);
  int minLane = self & segment;
  int source = 0;
  bool isInRange = false;
  switch (mode) {
  case ShuffleMode::Up:
    source = self - offset;
    isInRange = source >= maxLane;
    break;
  case ShuffleMode::Down:
    source = self + offset;
    isInRange = source <= maxLane;
    break;
  case ShuffleMode::Butterfly:
    source = self ^ offset;
    isInRange = source <= maxLane;
    break;
  case ShuffleMode::Index:
    source = minLane | (offset & ~segment);
    isInRange = source <= maxLane;
    break;
  }
  return {static_cast<unsigned>(isInRange ? source : self), isInRange};
}

static void runShuffle(Warp &warp, const Instruction &instruction,
                       LaneMask active) {
  unsigned first = instruction.resultCount;
  const uint64_t *a = warp.getLanes(instruction.operands[first]);
  const uint64_t *b = warp.getLanes(instruction.operands[first + 1]);
  const uint64_t *c = warp.getLanes(instruction.operands[first + 2]);
  auto mode = static_cast<ShuffleMode>(instruction.immediate);
  std::array<uint64_t, lanesPerWarp> values = {};
  LaneMask inRange = 0;
  forEachLane(active, [&](unsigned lane) {
    ShuffleSource source =
        getShuffleSource(mode, lane, static_cast<uint32_t>(b[lane]),
                         static_cast<uint32_t>(c[lane]));
    if (!(active >> source.lane & 1))
      return warp.fault(instruction, lane,
                        "lane " + std::to_string(lane) + " reads lane " +
                            std::to_string(source.lane) +
                            ", which does not take part");
    values[lane] = a[source.lane];
    inRange |= LaneMask(source.isInRange) << lane;
  });
  uint64_t *result = warp.getLanes(instruction.operands[0]);
  forEachLane(active, [&](unsigned lane) { result[lane] = values[lane]; });
  if (first == 2)
    warp.setPredicate(instruction.operands[1], inRange, active);
}

static void addMemberMask(InstructionDecoder &decoder) {
  decoder.addSource(Type::B32);
  decoder.getInstruction().hasMemberMask = true;
}

static void decodeShuffle(InstructionDecoder &decoder) {
  constexpr std::pair<std::string_view, ShuffleMode> modes[] = {
      {"up", ShuffleMode::Up},
      {"down", ShuffleMode::Down},
      {"bfly", ShuffleMode::Butterfly},
      {"idx", ShuffleMode::Index},
  };
  decoder.expect("sync");
  auto mode = decoder.acceptOneOf(modes);
  if (!mode)
    return decoder.expect("idx");
  decoder.expectType({Type::B32});
  decoder.addResultWithPredicate(Type::B32);
  decoder.addSource(Type::B32);
  decoder.addSource(Type::U32);
  decoder.addSource(Type::U32);
  addMemberMask(decoder);
  decoder.getInstruction().immediate = static_cast<uint32_t>(*mode);
  decoder.finish(runShuffle, InstructionClass::Warp, Flow::WarpMeeting);
}

//===----------------------------------------------------------------------===//
// vote, match, activemask
//===----------------------------------------------------------------------===//

namespace {
enum class VoteMode : uint32_t { All, Any, Uniform, Ballot };
} // namespace

static void runVote(Warp &warp, const Instruction &instruction,
                    LaneMask active) {
  LaneMask predicate = warp.getPredicate(instruction.operands[1]);
  if (instruction.sourceNegated)
    predicate = ~predicate;
  LaneMask votes = predicate & active;
  auto mode = static_cast<VoteMode>(instruction.immediate);
  if (mode == VoteMode::Ballot) {
    uint64_t *result = warp.getLanes(instruction.operands[0]);
    return forEachLane(active, [&](unsigned lane) { result[lane] = votes; });
  }
  bool all = votes == active, any = votes != 0;
  bool answer = mode == VoteMode::All   ? all
                : mode == VoteMode::Any ? any
                                        : all || !any;
  warp.setPredicate(instruction.operands[0], answer ? allLanes : 0, active);
}

static void decodeVote(InstructionDecoder &decoder) {
  constexpr std::pair<std::string_view, VoteMode> modes[] = {
      {"all", VoteMode::All},
      {"any", VoteMode::Any},
      {"uni", VoteMode::Uniform},
      {"ballot", VoteMode::Ballot},
  };
  decoder.expect("sync");
  auto mode = decoder.acceptOneOf(modes);
  if (!mode)
    return decoder.expect("all");
  Type type = *mode == VoteMode::Ballot ? Type::B32 : Type::Pred;
  decoder.expectType({type});
  decoder.addResult(type);
  decoder.addPredicateSource();
  addMemberMask(decoder);
  decoder.getInstruction().immediate = static_cast<uint32_t>(*mode);
  decoder.finish(runVote, InstructionClass::Warp, Flow::WarpMeeting);
}

static LaneMask findEqualLanes(const uint64_t *values, LaneMask active,
                               uint64_t value) {
  LaneMask equal = 0;
  forEachLane(active, [&](unsigned lane) {
    equal |= LaneMask(values[lane] == value) << lane;
  });
  return equal;
}

/// match.any: the lanes with the same value. match.all: all lanes when all
/// values are equal, else 0.
template <bool isAll>
static void runMatch(Warp &warp, const Instruction &instruction,
                     LaneMask active) {
  const uint64_t *source =
      warp.getLanes(instruction.operands[instruction.resultCount]);
  uint64_t *result = warp.getLanes(instruction.operands[0]);
  std::array<LaneMask, lanesPerWarp> equal = {};
  forEachLane(active, [&](unsigned lane) {
    equal[lane] = findEqualLanes(source, active, source[lane]);
  });
  unsigned first = std::countr_zero(active) % lanesPerWarp;
  bool areAllEqual = equal[first] == active;
  forEachLane(active, [&](unsigned lane) {
    result[lane] = isAll && !areAllEqual ? 0 : equal[lane];
  });
  if (instruction.resultCount == 2)
    warp.setPredicate(instruction.operands[1], areAllEqual ? allLanes : 0,
                      active);
}

static void decodeMatch(InstructionDecoder &decoder) {
  bool isAll = decoder.accept("all");
  if (!isAll)
    decoder.expect("any");
  decoder.expect("sync");
  Type type = decoder.expectType({Type::B32, Type::B64});
  if (isAll)
    decoder.addResultWithPredicate(Type::B32);
  else
    decoder.addResult(Type::B32);
  decoder.addSource(type);
  addMemberMask(decoder);
  decoder.finish(isAll ? runMatch<true> : runMatch<false>,
                 InstructionClass::Warp, Flow::WarpMeeting);
}

/// The lanes that happen to run together.
static void runActiveMask(Warp &warp, const Instruction &instruction,
                          LaneMask active) {
  uint64_t *result = warp.getLanes(instruction.operands[0]);
  forEachLane(active, [&](unsigned lane) { result[lane] = active; });
}

static void decodeActiveMask(InstructionDecoder &decoder) {
  decoder.expectType({Type::B32});
  decoder.addResult(Type::B32);
  decoder.finish(runActiveMask, InstructionClass::Warp);
}

//===----------------------------------------------------------------------===//
// redux
//===----------------------------------------------------------------------===//

namespace {
uint32_t addValues(uint32_t a, uint32_t b) { return a + b; }
uint32_t andValues(uint32_t a, uint32_t b) { return a & b; }
uint32_t orValues(uint32_t a, uint32_t b) { return a | b; }
uint32_t xorValues(uint32_t a, uint32_t b) { return a ^ b; }
template <typename T> uint32_t takeMinimum(uint32_t a, uint32_t b) {
  return static_cast<uint32_t>(std::min(static_cast<T>(a), static_cast<T>(b)));
}
template <typename T> uint32_t takeMaximum(uint32_t a, uint32_t b) {
  return static_cast<uint32_t>(std::max(static_cast<T>(a), static_cast<T>(b)));
}
} // namespace

template <uint32_t (*function)(uint32_t, uint32_t)>
static void runReduction(Warp &warp, const Instruction &instruction,
                         LaneMask active) {
  const uint64_t *source = warp.getLanes(instruction.operands[1]);
  uint64_t *result = warp.getLanes(instruction.operands[0]);
  auto total = static_cast<uint32_t>(source[std::countr_zero(active)]);
  forEachLane(active & (active - 1), [&](unsigned lane) {
    total = function(total, static_cast<uint32_t>(source[lane]));
  });
  forEachLane(active, [&](unsigned lane) { result[lane] = total; });
}

static void decodeReduction(InstructionDecoder &decoder) {
  struct Form {
    std::string_view operation;
    Type type;
    Handler handler;
  };
  static constexpr Form forms[] = {
      {"add", Type::U32, runReduction<addValues>},
      {"add", Type::S32, runReduction<addValues>},
      {"min", Type::U32, runReduction<takeMinimum<uint32_t>>},
      {"min", Type::S32, runReduction<takeMinimum<int32_t>>},
      {"max", Type::U32, runReduction<takeMaximum<uint32_t>>},
      {"max", Type::S32, runReduction<takeMaximum<int32_t>>},
      {"and", Type::B32, runReduction<andValues>},
      {"or", Type::B32, runReduction<orValues>},
      {"xor", Type::B32, runReduction<xorValues>},
  };
  decoder.expect("sync");
  for (const Form &form : forms) {
    if (form.operation != decoder.peekModifier() ||
        form.type != decoder.getLastType())
      continue;
    decoder.accept(form.operation);
    decoder.expectType({form.type});
    decoder.addResult(form.type);
    decoder.addSource(form.type);
    addMemberMask(decoder);
    return decoder.finish(form.handler, InstructionClass::Warp,
                          Flow::WarpMeeting);
  }
  decoder.fail(ErrorKind::Unsupported, "unknown reduction '" +
                                           std::string(decoder.peekModifier()) +
                                           "'");
}

std::span<const OpcodeEntry> ccq::ptx::getShuffleOpcodes() {
  constexpr OperandFamily any = OperandFamily::Any;
  static constexpr OpcodeEntry entries[] = {
      {"shfl", any, decodeShuffle},    {"vote", any, decodeVote},
      {"match", any, decodeMatch},     {"activemask", any, decodeActiveMask},
      {"redux", any, decodeReduction},
  };
  return entries;
}
