//===- Conversion.cpp - Conversions of number types -------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PTX/Instructions/Families.h"
#include "PTX/Instructions/FloatMode.h"
#include "PTX/LaneMap.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace ccq;
using namespace ccq::ptx;

namespace {
/// The modifiers of cvt, as Instruction::immediate holds them.
struct ConvertMode {
  Rounding rounding = Rounding::NearestEven;
  /// .rni ...: round to an integral value.
  bool toIntegral = false;
  bool flushes = false;
  bool saturates = false;
  bool clampsNegative = false;
  /// Width of the destination register; signed results extend to it.
  unsigned registerBits = 64;

  uint32_t pack() const {
    return uint32_t(rounding) | uint32_t(toIntegral) << 8 |
           uint32_t(flushes) << 9 | uint32_t(saturates) << 10 |
           uint32_t(clampsNegative) << 11 | registerBits << 16;
  }
  static ConvertMode unpack(uint32_t bits) {
    ConvertMode mode;
    mode.rounding = static_cast<Rounding>(bits & 0xff);
    mode.toIntegral = bits >> 8 & 1;
    mode.flushes = bits >> 9 & 1;
    mode.saturates = bits >> 10 & 1;
    mode.clampsNegative = bits >> 11 & 1;
    mode.registerBits = bits >> 16;
    return mode;
  }
};

struct TensorFloat {
  uint32_t bits;
};

double widen(Half value) { return toDouble(value); }
double widen(BFloat value) { return toDouble(value); }
double widen(double value) { return value; }
/// An exact sum of two halves when the integer has more than 53 bits; rounded
/// to odd, so that rounding it again to a narrower format is right.
double widen(int64_t value) {
  return addRoundToOdd(std::ldexp(double(value >> 32), 32),
                       double(value & 0xffffffff));
}
double widen(uint64_t value) {
  return addRoundToOdd(std::ldexp(double(value >> 32), 32),
                       double(value & 0xffffffff));
}

/// An integer nearest to an integral double, clamped to the type's range; NaN
/// gives 0 (PTX ISA, "cvt").
template <typename To> To clampToInteger(double value) {
  constexpr double low = static_cast<double>(std::numeric_limits<To>::min());
  // One above the largest value, a power of two, is exact in a double.
  const double limit = std::ldexp(1.0, std::numeric_limits<To>::digits);
  if (std::isnan(value))
    return 0;
  if (value < low)
    return std::numeric_limits<To>::min();
  if (value >= limit)
    return std::numeric_limits<To>::max();
  return static_cast<To>(value);
}

template <typename To, typename From> To convertInteger(From value) {
  return static_cast<To>(value);
}

template <typename To, typename From> To saturateInteger(From value) {
  auto wide = static_cast<__int128>(value);
  return static_cast<To>(std::clamp<__int128>(
      wide, std::numeric_limits<To>::min(), std::numeric_limits<To>::max()));
}

template <typename To> To roundTo(double value, Rounding mode) {
  if constexpr (std::is_same_v<To, Half>)
    return roundToHalf(value, mode);
  else if constexpr (std::is_same_v<To, BFloat>)
    return roundToBFloat(value, mode);
  else if constexpr (std::is_same_v<To, TensorFloat>)
    return {std::bit_cast<uint32_t>(roundToTensorFloat(value, mode))};
  else if constexpr (std::is_same_v<To, float>)
    return roundToFloat(value, mode);
  else
    return value;
}

double flushFloat(double value) {
  return std::fabs(value) < 0x1p-126 ? std::copysign(0.0, value) : value;
}

template <typename To, typename From>
To convertToFloat(From source, const ConvertMode &mode) {
  double value;
  if constexpr (std::is_integral_v<From> && std::is_same_v<To, double>)
    return static_cast<double>(source);
  else if constexpr (std::is_integral_v<From>)
    value = widen(
        std::conditional_t<std::is_signed_v<From>, int64_t, uint64_t>(source));
  else
    value = widen(source);
  constexpr bool fromFloat = std::is_same_v<From, float>;
  constexpr bool toFloat = std::is_same_v<To, float>;
  if (mode.flushes && fromFloat)
    value = flushFloat(value);
  if (mode.toIntegral)
    value = roundToIntegral(value, mode.rounding);
  if (mode.saturates)
    value = value > 0.0 ? std::fmin(value, 1.0) : 0.0;
  if (mode.clampsNegative && value <= 0.0)
    value = 0.0;
  To result = roundTo<To>(value, mode.toIntegral ? Rounding::NearestEven
                                                 : mode.rounding);
  if constexpr (toFloat)
    if (mode.flushes)
      result = static_cast<float>(flushFloat(result));
  return result;
}

template <typename To, typename From>
uint64_t convertToInteger(From source, const ConvertMode &mode) {
  To value;
  if constexpr (std::is_integral_v<From>) {
    value = mode.saturates ? saturateInteger<To>(source)
                           : convertInteger<To>(source);
  } else {
    double wide = widen(source);
    if (mode.flushes && std::is_same_v<From, float>)
      wide = flushFloat(wide);
    value = clampToInteger<To>(roundToIntegral(wide, mode.rounding));
  }
  auto extended = static_cast<uint64_t>(
      static_cast<std::conditional_t<std::is_signed_v<To>, int64_t, uint64_t>>(
          value));
  return mode.registerBits >= 64
             ? extended
             : extended & ((uint64_t(1) << mode.registerBits) - 1);
}

template <typename To, typename From>
void runConvert(Warp &warp, const Instruction &instruction, LaneMask active) {
  ConvertMode mode = ConvertMode::unpack(instruction.immediate);
  uint64_t *result = warp.getLanes(instruction.operands[0]);
  const uint64_t *source = warp.getLanes(instruction.operands[1]);
  forEachLane(active, [&](unsigned lane) {
    From value = fromCell<From>(source[lane]);
    if constexpr (std::is_integral_v<To>)
      result[lane] = convertToInteger<To>(value, mode);
    else
      result[lane] = toCell(convertToFloat<To>(value, mode));
  });
}

template <typename To> Handler selectSource(Type type) {
  switch (type) {
  case Type::U8:
    return runConvert<To, uint8_t>;
  case Type::S8:
    return runConvert<To, int8_t>;
  case Type::U16:
    return runConvert<To, uint16_t>;
  case Type::S16:
    return runConvert<To, int16_t>;
  case Type::U32:
    return runConvert<To, uint32_t>;
  case Type::S32:
    return runConvert<To, int32_t>;
  case Type::U64:
    return runConvert<To, uint64_t>;
  case Type::S64:
    return runConvert<To, int64_t>;
  case Type::F16:
    return runConvert<To, Half>;
  case Type::BF16:
    return runConvert<To, BFloat>;
  case Type::F32:
    return runConvert<To, float>;
  default:
    return runConvert<To, double>;
  }
}

Handler selectConversion(Type to, Type from) {
  switch (to) {
  case Type::U8:
    return selectSource<uint8_t>(from);
  case Type::S8:
    return selectSource<int8_t>(from);
  case Type::U16:
    return selectSource<uint16_t>(from);
  case Type::S16:
    return selectSource<int16_t>(from);
  case Type::U32:
    return selectSource<uint32_t>(from);
  case Type::S32:
    return selectSource<int32_t>(from);
  case Type::U64:
    return selectSource<uint64_t>(from);
  case Type::S64:
    return selectSource<int64_t>(from);
  case Type::F16:
    return selectSource<Half>(from);
  case Type::BF16:
    return selectSource<BFloat>(from);
  case Type::TF32:
    return selectSource<TensorFloat>(from);
  case Type::F32:
    return selectSource<float>(from);
  default:
    return selectSource<double>(from);
  }
}
} // namespace

//===----------------------------------------------------------------------===//
// Two floats into a packed pair
//===----------------------------------------------------------------------===//

/// cvt.rn.f16x2.f32 d, a, b: a becomes the upper element.
template <typename To>
static void runConvertPair(Warp &warp, const Instruction &instruction,
                           LaneMask active) {
  ConvertMode mode = ConvertMode::unpack(instruction.immediate);
  uint64_t *result = warp.getLanes(instruction.operands[0]);
  const uint64_t *upper = warp.getLanes(instruction.operands[1]);
  const uint64_t *lower = warp.getLanes(instruction.operands[2]);
  forEachLane(active, [&](unsigned lane) {
    auto convert = [&](uint64_t cell) {
      return toCell(convertToFloat<To>(fromCell<float>(cell), mode));
    };
    result[lane] = convert(upper[lane]) << 16 | convert(lower[lane]);
  });
}

static void decodeConvertPair(InstructionDecoder &decoder, ConvertMode mode,
                              Type to) {
  decoder.expectType({Type::F32});
  decoder.addResult(to);
  decoder.addSource(Type::F32);
  decoder.addSource(Type::F32);
  decoder.getInstruction().immediate = mode.pack();
  decoder.finish(to == Type::F16x2 ? runConvertPair<Half>
                                   : runConvertPair<BFloat>,
                 InstructionClass::Conversion);
}

//===----------------------------------------------------------------------===//
// cvt.pack
//===----------------------------------------------------------------------===//

/// Saturates a and b and packs them, b in the low bits, under the bits of c
/// shifted up. `immediate` is the element width, bit 8 says signed.
static void runPackIntegers(Warp &warp, const Instruction &instruction,
                            LaneMask active) {
  unsigned width = instruction.immediate & 0xff;
  bool isSignedType = instruction.immediate >> 8;
  int64_t high = (int64_t(1) << (isSignedType ? width - 1 : width)) - 1;
  int64_t low = isSignedType ? -high - 1 : 0;
  uint64_t mask = (uint64_t(1) << width) - 1;
  uint64_t *result = warp.getLanes(instruction.operands[0]);
  const uint64_t *a = warp.getLanes(instruction.operands[1]);
  const uint64_t *b = warp.getLanes(instruction.operands[2]);
  const uint64_t *c = instruction.operandCount > 3
                          ? warp.getLanes(instruction.operands[3])
                          : nullptr;
  forEachLane(active, [&](unsigned lane) {
    auto saturate = [&](uint64_t cell) {
      int64_t value = static_cast<int32_t>(cell);
      return static_cast<uint64_t>(std::clamp(value, low, high)) & mask;
    };
    uint64_t packed = saturate(a[lane]) << width | saturate(b[lane]);
    if (c)
      packed |= c[lane] << (2 * width);
    result[lane] = packed & 0xffffffff;
  });
}

static void decodePackIntegers(InstructionDecoder &decoder) {
  decoder.expect("sat");
  Type to = decoder.expectType({Type::U8, Type::S8, Type::U16, Type::S16});
  decoder.expectType({Type::S32});
  bool hasThird = getBitWidth(to) == 8;
  if (hasThird)
    decoder.expectType({Type::B32});
  decoder.addResult(Type::B32);
  decoder.addSource(Type::S32);
  decoder.addSource(Type::S32);
  if (hasThird)
    decoder.addSource(Type::B32);
  decoder.getInstruction().immediate = getBitWidth(to) | uint32_t(isSigned(to))
                                                             << 8;
  decoder.finish(runPackIntegers, InstructionClass::Conversion);
}

//===----------------------------------------------------------------------===//
// cvt
//===----------------------------------------------------------------------===//

namespace {
enum class RoundingClass { None, Integral, Float };
} // namespace

static RoundingClass takeRounding(InstructionDecoder &decoder,
                                  ConvertMode &mode) {
  constexpr std::pair<std::string_view, Rounding> integralNames[] = {
      {"rni", Rounding::NearestEven},
      {"rzi", Rounding::TowardZero},
      {"rmi", Rounding::Down},
      {"rpi", Rounding::Up},
  };
  if (auto rounding = decoder.acceptOneOf(integralNames)) {
    mode.rounding = *rounding;
    return RoundingClass::Integral;
  }
  if (auto rounding = decoder.acceptOneOf(roundingNames)) {
    mode.rounding = *rounding;
    return RoundingClass::Float;
  }
  if (decoder.accept("rna")) {
    mode.rounding = Rounding::NearestAway;
    return RoundingClass::Float;
  }
  return RoundingClass::None;
}

/// The rounding modifier that a conversion needs (PTX ISA, "cvt").
static bool acceptsRounding(RoundingClass rounding, Type to, Type from) {
  if (!isFloat(from) && !isFloat(to))
    return rounding == RoundingClass::None;
  if (!isFloat(from))
    return rounding == RoundingClass::Float;
  if (!isFloat(to))
    return rounding == RoundingClass::Integral;
  if (to == from)
    return rounding != RoundingClass::Float;
  bool narrows = getBitWidth(to) < getBitWidth(from) || to == Type::TF32 ||
                 getBitWidth(to) == getBitWidth(from);
  return rounding == (narrows ? RoundingClass::Float : RoundingClass::None);
}

static void decodeConvert(InstructionDecoder &decoder) {
  if (decoder.accept("pack"))
    return decodePackIntegers(decoder);
  ConvertMode mode;
  RoundingClass rounding = takeRounding(decoder, mode);
  mode.clampsNegative = decoder.accept("relu");
  mode.flushes = decoder.accept("ftz");
  mode.saturates = decoder.accept("sat");
  Type to = decoder.expectType({Type::U8, Type::S8, Type::U16, Type::S16,
                                Type::U32, Type::S32, Type::U64, Type::S64,
                                Type::F16, Type::BF16, Type::F32, Type::F64,
                                Type::F16x2, Type::BF16x2, Type::TF32});
  if (to == Type::F16x2 || to == Type::BF16x2) {
    if (rounding != RoundingClass::Float)
      return decoder.expect("rn");
    return decodeConvertPair(decoder, mode, to);
  }
  Type from = decoder.expectType({Type::U8, Type::S8, Type::U16, Type::S16,
                                  Type::U32, Type::S32, Type::U64, Type::S64,
                                  Type::F16, Type::BF16, Type::F32, Type::F64});
  if (!acceptsRounding(rounding, to, from))
    decoder.fail(ErrorKind::MalformedInput,
                 "expected another rounding modifier to convert ." +
                     std::string(getName(from)) + " to ." +
                     std::string(getName(to)));
  bool isDirected = rounding == RoundingClass::Float &&
                    mode.rounding != Rounding::NearestEven;
  if (to == Type::F64 && isDirected)
    decoder.fail(ErrorKind::Unsupported,
                 "conversions to f64 are supported with '.rn' only");
  mode.toIntegral = rounding == RoundingClass::Integral && isFloat(to);
  if (isFloat(to))
    decoder.addResult(to);
  else
    mode.registerBits = decoder.addWideResult(to);
  if (isFloat(from))
    decoder.addSource(from);
  else
    decoder.addWideSource(from);
  decoder.getInstruction().immediate = mode.pack();
  decoder.finish(selectConversion(to, from), InstructionClass::Conversion);
}

std::span<const OpcodeEntry> ccq::ptx::getConversionOpcodes() {
  static constexpr OpcodeEntry entries[] = {
      {"cvt", OperandFamily::Any, decodeConvert},
  };
  return entries;
}
