//===- Float.cpp - Arithmetic on f32 and f64 --------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PTX/Instructions/Families.h"
#include "PTX/Instructions/FloatMode.h"
#include "PTX/LaneMap.h"

#include <cmath>

using namespace ccq;
using namespace ccq::ptx;

//===----------------------------------------------------------------------===//
// add, sub, mul, fma
//===----------------------------------------------------------------------===//

namespace {
// Each operation gives the nearest f32 or f64, and a double that rounds to the
// exact f32 result in any mode (the product of two f32 is exact in a double).

struct AddFloat {
  static constexpr unsigned sources = 2;
  template <typename T> static T nearest(const T *x) { return x[0] + x[1]; }
  static double exact(const double *x) { return addRoundToOdd(x[0], x[1]); }
};
struct SubtractFloat {
  static constexpr unsigned sources = 2;
  template <typename T> static T nearest(const T *x) { return x[0] - x[1]; }
  static double exact(const double *x) { return addRoundToOdd(x[0], -x[1]); }
};
struct MultiplyFloat {
  static constexpr unsigned sources = 2;
  template <typename T> static T nearest(const T *x) { return x[0] * x[1]; }
  static double exact(const double *x) { return x[0] * x[1]; }
};
struct FusedMultiplyAdd {
  static constexpr unsigned sources = 3;
  template <typename T> static T nearest(const T *x) {
    return std::fma(x[0], x[1], x[2]);
  }
  static double exact(const double *x) {
    return addRoundToOdd(x[0] * x[1], x[2]);
  }
};
} // namespace

template <typename Op>
static float computeFloat(const FloatMode &mode, const float *x) {
  if (mode.rounding == Rounding::NearestEven)
    return finishFloat(Op::nearest(x), mode);
  double wide[3] = {};
  for (unsigned i = 0; i < Op::sources; ++i)
    wide[i] = x[i];
  return finishFloat(roundToFloat(Op::exact(wide), mode.rounding), mode);
}

template <typename Op, bool isPlain>
static void runFloat(Warp &warp, const Instruction &instruction,
                     LaneMask active) {
  FloatMode mode = FloatMode::unpack(instruction.immediate);
  uint64_t *result = warp.getLanes(instruction.operands[0]);
  const uint64_t *sources[Op::sources];
  for (unsigned i = 0; i < Op::sources; ++i)
    sources[i] = warp.getLanes(instruction.operands[i + 1]);
  forEachLane(active, [&](unsigned lane) {
    float x[Op::sources];
    for (unsigned i = 0; i < Op::sources; ++i)
      x[i] = fromCell<float>(sources[i][lane]);
    if constexpr (isPlain) {
      float value = Op::nearest(x);
      result[lane] = value != value ? canonicalNaNFloat : toCell(value);
      return;
    }
    for (unsigned i = 0; i < Op::sources; ++i)
      x[i] = flushSource(x[i], mode);
    result[lane] = toCell(computeFloat<Op>(mode, x));
  });
}

template <typename Op>
static void runDouble(Warp &warp, const Instruction &instruction,
                      LaneMask active) {
  uint64_t *result = warp.getLanes(instruction.operands[0]);
  forEachLane(active, [&](unsigned lane) {
    double x[Op::sources];
    for (unsigned i = 0; i < Op::sources; ++i)
      x[i] = fromCell<double>(warp.getLanes(instruction.operands[i + 1])[lane]);
    result[lane] = toCell(Op::nearest(x));
  });
}

/// Whether the rounding modifier may be left out: fma needs one.
enum class RoundingModifier { Optional, Required };

template <typename Op, RoundingModifier modifier>
static void decodeFloat(InstructionDecoder &decoder) {
  FloatMode mode = takeFloatMode(decoder);
  if (modifier == RoundingModifier::Required && !mode.hasRounding)
    decoder.expect("rn");
  Type type = decoder.expectType({Type::F32, Type::F64});
  bool isDouble = type == Type::F64;
  if (isDouble && (mode.rounding != Rounding::NearestEven || mode.flushes ||
                   mode.saturates))
    decoder.fail(ErrorKind::Unsupported,
                 "f64 arithmetic is supported with '.rn' only");
  decoder.addResult(type);
  for (unsigned i = 0; i < Op::sources; ++i)
    decoder.addSource(type);
  decoder.getInstruction().immediate = mode.pack();
  Handler single = mode.isPlain() ? runFloat<Op, true> : runFloat<Op, false>;
  decoder.finish(isDouble ? runDouble<Op> : single, InstructionClass::Float);
}

/// mad on floats is fma (sm_20 and later).
static void decodeMultiplyAdd(InstructionDecoder &decoder) {
  decodeFloat<FusedMultiplyAdd, RoundingModifier::Required>(decoder);
}

//===----------------------------------------------------------------------===//
// neg, abs, min, max, copysign, testp
//===----------------------------------------------------------------------===//

namespace {
struct Negate {
  template <typename T> static T apply(T a) { return -a; }
};
struct Absolute {
  template <typename T> static T apply(T a) { return std::fabs(a); }
};
} // namespace

/// Sign operations keep the payload of a NaN, as the hardware's bit operations
/// do.
template <typename Op, typename T>
static void runSign(Warp &warp, const Instruction &instruction,
                    LaneMask active) {
  FloatMode mode = FloatMode::unpack(instruction.immediate);
  uint64_t *result = warp.getLanes(instruction.operands[0]);
  const uint64_t *source = warp.getLanes(instruction.operands[1]);
  forEachLane(active, [&](unsigned lane) {
    T value = fromCell<T>(source[lane]);
    if constexpr (sizeof(T) == 4)
      value = flushSource(value, mode);
    result[lane] = toCell<T>(Op::apply(value));
  });
}

template <typename Op> static void decodeSign(InstructionDecoder &decoder) {
  FloatMode mode;
  mode.flushes = decoder.accept("ftz");
  Type type = decoder.expectType({Type::F32, Type::F64});
  decoder.addResult(type);
  decoder.addSource(type);
  decoder.getInstruction().immediate = mode.pack();
  decoder.finish(type == Type::F32 ? runSign<Op, float> : runSign<Op, double>,
                 InstructionClass::Float);
}

template <bool isMaximum, typename T>
static void runExtremum(Warp &warp, const Instruction &instruction,
                        LaneMask active) {
  FloatMode mode = FloatMode::unpack(instruction.immediate);
  uint64_t *result = warp.getLanes(instruction.operands[0]);
  const uint64_t *a = warp.getLanes(instruction.operands[1]);
  const uint64_t *b = warp.getLanes(instruction.operands[2]);
  forEachLane(active, [&](unsigned lane) {
    T x = fromCell<T>(a[lane]), y = fromCell<T>(b[lane]);
    if constexpr (sizeof(T) == 4) {
      x = flushSource(x, mode);
      y = flushSource(y, mode);
    }
    T value = takeExtremum(x, y, isMaximum, mode.propagatesNaN);
    if constexpr (sizeof(T) == 4)
      value = canonicalize(value);
    result[lane] = toCell(value);
  });
}

template <bool isMaximum>
static void decodeExtremum(InstructionDecoder &decoder) {
  FloatMode mode;
  mode.flushes = decoder.accept("ftz");
  mode.propagatesNaN = decoder.accept("NaN");
  Type type = decoder.expectType({Type::F32, Type::F64});
  decoder.addResult(type);
  decoder.addSource(type);
  decoder.addSource(type);
  decoder.getInstruction().immediate = mode.pack();
  decoder.finish(type == Type::F32 ? runExtremum<isMaximum, float>
                                   : runExtremum<isMaximum, double>,
                 InstructionClass::Float);
}

/// copysign d, a, b: the magnitude of b with the sign of a.
template <typename T> static T copySign(T a, T b) {
  return std::copysign(b, a);
}

static void decodeCopySign(InstructionDecoder &decoder) {
  Type type = decoder.expectType({Type::F32, Type::F64});
  decoder.addResult(type);
  decoder.addSource(type);
  decoder.addSource(type);
  decoder.finish(type == Type::F32 ? LaneMap<copySign<float>>::run
                                   : LaneMap<copySign<double>>::run,
                 InstructionClass::Float);
}

namespace {
enum class FloatProperty : uint32_t {
  Finite,
  Infinite,
  Number,
  NotANumber,
  Normal,
  Subnormal,
};
} // namespace

template <typename T> static bool hasProperty(T value, FloatProperty property) {
  switch (property) {
  case FloatProperty::Finite:
    return std::isfinite(value);
  case FloatProperty::Infinite:
    return std::isinf(value);
  case FloatProperty::Number:
    return !std::isnan(value);
  case FloatProperty::NotANumber:
    return std::isnan(value);
  case FloatProperty::Normal:
    return std::isnormal(value);
  case FloatProperty::Subnormal:
    return std::fpclassify(value) == FP_SUBNORMAL;
  }
  return false;
}

template <typename T>
static void runTestProperty(Warp &warp, const Instruction &instruction,
                            LaneMask active) {
  const uint64_t *source = warp.getLanes(instruction.operands[1]);
  auto property = static_cast<FloatProperty>(instruction.immediate);
  LaneMask mask = 0;
  forEachLane(active, [&](unsigned lane) {
    mask |= LaneMask(hasProperty(fromCell<T>(source[lane]), property)) << lane;
  });
  warp.setPredicate(instruction.operands[0], mask, active);
}

static void decodeTestProperty(InstructionDecoder &decoder) {
  constexpr std::pair<std::string_view, FloatProperty> properties[] = {
      {"finite", FloatProperty::Finite},
      {"infinite", FloatProperty::Infinite},
      {"number", FloatProperty::Number},
      {"notanumber", FloatProperty::NotANumber},
      {"normal", FloatProperty::Normal},
      {"subnormal", FloatProperty::Subnormal},
  };
  auto property = decoder.acceptOneOf(properties);
  if (!property)
    return decoder.expect("finite");
  Type type = decoder.expectType({Type::F32, Type::F64});
  decoder.addResult(Type::Pred);
  decoder.addSource(type);
  decoder.getInstruction().immediate = static_cast<uint32_t>(*property);
  decoder.finish(type == Type::F32 ? runTestProperty<float>
                                   : runTestProperty<double>,
                 InstructionClass::Comparison);
}

std::span<const OpcodeEntry> ccq::ptx::getFloatOpcodes() {
  constexpr OperandFamily family = OperandFamily::Float;
  static constexpr OpcodeEntry entries[] = {
      {"add", family, decodeFloat<AddFloat, RoundingModifier::Optional>},
      {"sub", family, decodeFloat<SubtractFloat, RoundingModifier::Optional>},
      {"mul", family, decodeFloat<MultiplyFloat, RoundingModifier::Optional>},
      {"fma", family,
       decodeFloat<FusedMultiplyAdd, RoundingModifier::Required>},
      {"mad", family, decodeMultiplyAdd},
      {"neg", family, decodeSign<Negate>},
      {"abs", family, decodeSign<Absolute>},
      {"min", family, decodeExtremum<false>},
      {"max", family, decodeExtremum<true>},
      {"copysign", family, decodeCopySign},
      {"testp", family, decodeTestProperty},
  };
  return entries;
}
