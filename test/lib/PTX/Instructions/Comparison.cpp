//===- Comparison.cpp - Comparisons and selections --------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PTX/Instructions/Families.h"
#include "PTX/LaneMap.h"

#include <cmath>

using namespace ccq;
using namespace ccq::ptx;

namespace {
enum class Compare : uint8_t {
  Equal,
  NotEqual,
  Less,
  LessEqual,
  Greater,
  GreaterEqual,
  /// The unordered forms are also true when an operand is NaN.
  EqualUnordered,
  NotEqualUnordered,
  LessUnordered,
  LessEqualUnordered,
  GreaterUnordered,
  GreaterEqualUnordered,
  /// Both operands are numbers, or not both.
  IsNumber,
  IsNaN,
};

enum class Combine : uint8_t { None, And, Or, Xor };
} // namespace

/// The ordered comparison that an unordered one extends.
static constexpr Compare getOrdered(Compare compare) {
  return compare >= Compare::EqualUnordered &&
                 compare <= Compare::GreaterEqualUnordered
             ? static_cast<Compare>(static_cast<int>(compare) - 6)
             : compare;
}

namespace {
/// An f32 operand under .ftz.
struct FlushedFloat {
  float value;
};
/// One half of a packed operand.
template <typename T, unsigned shift> struct PackedElement {
  uint32_t bits;
};
} // namespace

static double toDouble(double value) { return value; }
static double toDouble(FlushedFloat operand) {
  return std::fpclassify(operand.value) == FP_SUBNORMAL ? 0.0 : operand.value;
}
template <typename T, unsigned shift>
static double toDouble(PackedElement<T, shift> operand) {
  return ptx::toDouble(T{static_cast<uint16_t>(operand.bits >> shift)});
}

template <typename T> static auto getComparable(T value) {
  if constexpr (std::is_integral_v<T>)
    return value;
  else
    return toDouble(value);
}

template <Compare compare, typename T> static bool test(T a, T b) {
  auto x = getComparable(a), y = getComparable(b);
  bool isUnordered = x != x || y != y;
  if constexpr (compare == Compare::IsNaN)
    return isUnordered;
  if constexpr (compare == Compare::IsNumber)
    return !isUnordered;
  if (isUnordered)
    return getOrdered(compare) != compare;
  switch (getOrdered(compare)) {
  case Compare::Equal:
    return x == y;
  case Compare::NotEqual:
    return x != y;
  case Compare::Less:
    return x < y;
  case Compare::LessEqual:
    return x <= y;
  case Compare::Greater:
    return x > y;
  default:
    return x >= y;
  }
}

using ComputeMask = LaneMask (*)(Warp &, const Instruction &, LaneMask,
                                 unsigned);

template <typename T> static ComputeMask selectTest(Compare compare) {
  static constexpr ComputeMask tests[] = {
      LaneTest<test<Compare::Equal, T>>::compute,
      LaneTest<test<Compare::NotEqual, T>>::compute,
      LaneTest<test<Compare::Less, T>>::compute,
      LaneTest<test<Compare::LessEqual, T>>::compute,
      LaneTest<test<Compare::Greater, T>>::compute,
      LaneTest<test<Compare::GreaterEqual, T>>::compute,
      LaneTest<test<Compare::EqualUnordered, T>>::compute,
      LaneTest<test<Compare::NotEqualUnordered, T>>::compute,
      LaneTest<test<Compare::LessUnordered, T>>::compute,
      LaneTest<test<Compare::LessEqualUnordered, T>>::compute,
      LaneTest<test<Compare::GreaterUnordered, T>>::compute,
      LaneTest<test<Compare::GreaterEqualUnordered, T>>::compute,
      LaneTest<test<Compare::IsNumber, T>>::compute,
      LaneTest<test<Compare::IsNaN, T>>::compute,
  };
  return tests[static_cast<size_t>(compare)];
}

namespace {
/// What Instruction::immediate holds for setp and set.
struct CompareMode {
  Type type;
  Compare compare;
  Combine combine;
  bool flushes;

  uint32_t pack() const {
    return uint32_t(type) | uint32_t(compare) << 8 | uint32_t(combine) << 16 |
           uint32_t(flushes) << 24;
  }
  static CompareMode unpack(uint32_t bits) {
    return {static_cast<Type>(bits & 0xff),
            static_cast<Compare>(bits >> 8 & 0xff),
            static_cast<Combine>(bits >> 16 & 0xff), bits >> 24 != 0};
  }
};
} // namespace

static ComputeMask selectTest(const CompareMode &mode) {
  switch (mode.type) {
  case Type::B16:
  case Type::U16:
    return selectTest<uint16_t>(mode.compare);
  case Type::S16:
    return selectTest<int16_t>(mode.compare);
  case Type::B32:
  case Type::U32:
    return selectTest<uint32_t>(mode.compare);
  case Type::S32:
    return selectTest<int32_t>(mode.compare);
  case Type::B64:
  case Type::U64:
    return selectTest<uint64_t>(mode.compare);
  case Type::S64:
    return selectTest<int64_t>(mode.compare);
  case Type::F16:
    return selectTest<Half>(mode.compare);
  case Type::BF16:
    return selectTest<BFloat>(mode.compare);
  case Type::F16x2:
    return selectTest<PackedElement<Half, 0>>(mode.compare);
  case Type::BF16x2:
    return selectTest<PackedElement<BFloat, 0>>(mode.compare);
  case Type::F32:
    return mode.flushes ? selectTest<FlushedFloat>(mode.compare)
                        : selectTest<float>(mode.compare);
  default:
    return selectTest<double>(mode.compare);
  }
}

static LaneMask combineMasks(Combine combine, LaneMask a, LaneMask b) {
  switch (combine) {
  case Combine::And:
    return a & b;
  case Combine::Or:
    return a | b;
  case Combine::Xor:
    return a ^ b;
  case Combine::None:
    break;
  }
  return a;
}

//===----------------------------------------------------------------------===//
// setp, set
//===----------------------------------------------------------------------===//

static LaneMask getCombined(Warp &warp, const Instruction &instruction,
                            const CompareMode &mode, LaneMask test) {
  if (mode.combine == Combine::None)
    return test;
  LaneMask other =
      warp.getPredicate(instruction.operands[instruction.operandCount - 1u]);
  return combineMasks(mode.combine, test,
                      instruction.sourceNegated ? ~other : other);
}

static void runSetPredicate(Warp &warp, const Instruction &instruction,
                            LaneMask active) {
  CompareMode mode = CompareMode::unpack(instruction.immediate);
  unsigned firstSource = instruction.resultCount;
  LaneMask test = selectTest(mode)(warp, instruction, active, firstSource);
  LaneMask p = getCombined(warp, instruction, mode, test);
  LaneMask q = getCombined(warp, instruction, mode, ~test);
  warp.setPredicate(instruction.operands[0], p, active);
  if (firstSource == 2)
    warp.setPredicate(instruction.operands[1], q, active);
}

/// Packed halves: p is the test of the low elements, q that of the high ones.
static void runSetPredicatePacked(Warp &warp, const Instruction &instruction,
                                  LaneMask active) {
  CompareMode mode = CompareMode::unpack(instruction.immediate);
  LaneMask low = selectTest(mode)(warp, instruction, active, 2);
  ComputeMask computeHigh =
      mode.type == Type::F16x2
          ? selectTest<PackedElement<Half, 16>>(mode.compare)
          : selectTest<PackedElement<BFloat, 16>>(mode.compare);
  LaneMask high = computeHigh(warp, instruction, active, 2);
  LaneMask p = getCombined(warp, instruction, mode, low);
  LaneMask q = getCombined(warp, instruction, mode, high);
  warp.setPredicate(instruction.operands[0], p, active);
  warp.setPredicate(instruction.operands[1], q, active);
}

/// set: the result is all ones, or 1.0 for a float type. `offset` holds it.
static void runSet(Warp &warp, const Instruction &instruction,
                   LaneMask active) {
  CompareMode mode = CompareMode::unpack(instruction.immediate);
  LaneMask test = selectTest(mode)(warp, instruction, active, 1);
  test = getCombined(warp, instruction, mode, test);
  uint64_t *result = warp.getLanes(instruction.operands[0]);
  auto whenTrue = static_cast<uint64_t>(instruction.offset);
  forEachLane(active, [&](unsigned lane) {
    result[lane] = test >> lane & 1 ? whenTrue : 0;
  });
}

static constexpr std::pair<std::string_view, Compare> floatCompareNames[] = {
    {"eq", Compare::Equal},
    {"ne", Compare::NotEqual},
    {"lt", Compare::Less},
    {"le", Compare::LessEqual},
    {"gt", Compare::Greater},
    {"ge", Compare::GreaterEqual},
    {"equ", Compare::EqualUnordered},
    {"neu", Compare::NotEqualUnordered},
    {"ltu", Compare::LessUnordered},
    {"leu", Compare::LessEqualUnordered},
    {"gtu", Compare::GreaterUnordered},
    {"geu", Compare::GreaterEqualUnordered},
    {"num", Compare::IsNumber},
    {"nan", Compare::IsNaN},
};

static constexpr std::pair<std::string_view, Compare> integerCompareNames[] = {
    {"eq", Compare::Equal},   {"ne", Compare::NotEqual},
    {"lt", Compare::Less},    {"le", Compare::LessEqual},
    {"gt", Compare::Greater}, {"ge", Compare::GreaterEqual},
    {"lo", Compare::Less},    {"ls", Compare::LessEqual},
    {"hi", Compare::Greater}, {"hs", Compare::GreaterEqual},
};

static constexpr std::pair<std::string_view, Combine> combineNames[] = {
    {"and", Combine::And}, {"or", Combine::Or}, {"xor", Combine::Xor}};

/// Reads `.compare[.boolOp][.ftz]`; the type follows.
static CompareMode takeCompareMode(InstructionDecoder &decoder) {
  CompareMode mode = {};
  Type type = decoder.getLastType().value_or(Type::B32);
  auto compare = isFloat(type) ? decoder.acceptOneOf(floatCompareNames)
                               : decoder.acceptOneOf(integerCompareNames);
  if (!compare)
    decoder.expect("eq");
  mode.compare = compare.value_or(Compare::Equal);
  mode.combine = decoder.acceptOneOf(combineNames).value_or(Combine::None);
  mode.flushes = decoder.accept("ftz");
  return mode;
}

/// The bit types know only equality, and lo ... hs are for unsigned types.
static void checkCompareType(InstructionDecoder &decoder,
                             const CompareMode &mode) {
  bool isEquality =
      mode.compare == Compare::Equal || mode.compare == Compare::NotEqual;
  if (getKind(mode.type) == TypeKind::Bits && !isEquality)
    decoder.fail(ErrorKind::MalformedInput,
                 "expected 'eq' or 'ne' to compare values of a bit type");
  if (mode.flushes && !isFloat(mode.type))
    decoder.fail(ErrorKind::MalformedInput,
                 "expected a float type with '.ftz'");
}

static Type takeCompareType(InstructionDecoder &decoder) {
  return decoder.expectType({Type::B16, Type::B32, Type::B64, Type::U16,
                             Type::U32, Type::U64, Type::S16, Type::S32,
                             Type::S64, Type::F16, Type::BF16, Type::F16x2,
                             Type::BF16x2, Type::F32, Type::F64});
}

static void addCompareSources(InstructionDecoder &decoder,
                              const CompareMode &mode) {
  decoder.addSource(mode.type);
  decoder.addSource(mode.type);
  if (mode.combine != Combine::None)
    decoder.addPredicateSource();
  decoder.getInstruction().immediate = mode.pack();
}

static void decodeSetPredicate(InstructionDecoder &decoder) {
  CompareMode mode = takeCompareMode(decoder);
  mode.type = takeCompareType(decoder);
  checkCompareType(decoder, mode);
  bool isPacked = mode.type == Type::F16x2 || mode.type == Type::BF16x2;
  bool isPair = decoder.addPredicateResultPair();
  if (isPacked && !isPair)
    decoder.fail(ErrorKind::MalformedInput,
                 "expected two predicates to compare packed values");
  addCompareSources(decoder, mode);
  decoder.finish(isPacked ? runSetPredicatePacked : runSetPredicate,
                 InstructionClass::Comparison);
}

static void decodeSet(InstructionDecoder &decoder) {
  CompareMode mode = takeCompareMode(decoder);
  Type resultType = decoder.expectType({Type::U32, Type::S32, Type::F32});
  mode.type = takeCompareType(decoder);
  checkCompareType(decoder, mode);
  if (mode.type == Type::F16x2 || mode.type == Type::BF16x2)
    decoder.fail(ErrorKind::Unsupported,
                 "'set' on packed values is not supported");
  decoder.addResult(resultType);
  addCompareSources(decoder, mode);
  decoder.getInstruction().offset =
      resultType == Type::F32 ? std::bit_cast<uint32_t>(1.0f) : 0xffffffffu;
  decoder.finish(runSet, InstructionClass::Comparison);
}

//===----------------------------------------------------------------------===//
// selp, slct
//===----------------------------------------------------------------------===//

static void runSelect(Warp &warp, const Instruction &instruction,
                      LaneMask active) {
  uint64_t *result = warp.getLanes(instruction.operands[0]);
  const uint64_t *a = warp.getLanes(instruction.operands[1]);
  const uint64_t *b = warp.getLanes(instruction.operands[2]);
  LaneMask choice = warp.getPredicate(instruction.operands[3]);
  if (instruction.sourceNegated)
    choice = ~choice;
  forEachLane(active, [&](unsigned lane) {
    result[lane] = choice >> lane & 1 ? a[lane] : b[lane];
  });
}

static Type takeSelectType(InstructionDecoder &decoder) {
  return decoder.expectType({Type::B16, Type::B32, Type::B64, Type::U16,
                             Type::U32, Type::U64, Type::S16, Type::S32,
                             Type::S64, Type::F16, Type::F16x2, Type::F32,
                             Type::F64});
}

static void decodeSelect(InstructionDecoder &decoder) {
  Type type = takeSelectType(decoder);
  decoder.addResult(type);
  decoder.addSource(type);
  decoder.addSource(type);
  decoder.addPredicateSource();
  decoder.finish(runSelect, InstructionClass::Comparison);
}

/// slct: a when c >= 0, else b; a NaN chooses b.
template <typename T>
static uint64_t selectBySign(uint64_t a, uint64_t b, T c) {
  return c >= T(0) ? a : b;
}

static void decodeSelectBySign(InstructionDecoder &decoder) {
  bool flushes = decoder.accept("ftz");
  Type type = takeSelectType(decoder);
  Type signType = decoder.expectType({Type::S32, Type::F32});
  if (flushes && signType != Type::F32)
    decoder.fail(ErrorKind::MalformedInput,
                 "expected a float type with '.ftz'");
  decoder.addResult(type);
  decoder.addSource(type);
  decoder.addSource(type);
  decoder.addSource(signType);
  decoder.finish(signType == Type::S32 ? LaneMap<selectBySign<int32_t>>::run
                                       : LaneMap<selectBySign<float>>::run,
                 InstructionClass::Comparison);
}

std::span<const OpcodeEntry> ccq::ptx::getComparisonOpcodes() {
  constexpr OperandFamily any = OperandFamily::Any;
  static constexpr OpcodeEntry entries[] = {
      {"setp", any, decodeSetPredicate},
      {"set", any, decodeSet},
      {"selp", any, decodeSelect},
      {"slct", any, decodeSelectBySign},
  };
  return entries;
}
