//===- Half.cpp - f16 and bf16 arithmetic -----------------------*- C++ -*-===//
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

// Elements are computed in double, exactly or rounded to odd, and rounded once.

namespace {
/// A 16-bit float format.
struct HalfFormat {
  static constexpr uint16_t canonicalNaN = canonicalNaNHalf;
  static constexpr uint16_t infinity = 0x7c00;
  static constexpr uint16_t one = 0x3c00;
  static double widen(uint16_t bits) { return toDouble(Half{bits}); }
  static uint16_t round(double value, Rounding mode) {
    return roundToHalf(value, mode).bits;
  }
};
struct BFloatFormat {
  static constexpr uint16_t canonicalNaN = canonicalNaNBFloat;
  static constexpr uint16_t infinity = 0x7f80;
  static constexpr uint16_t one = 0x3f80;
  static double widen(uint16_t bits) { return toDouble(BFloat{bits}); }
  static uint16_t round(double value, Rounding mode) {
    return roundToBFloat(value, mode).bits;
  }
};

constexpr uint16_t signBit = 0x8000;

template <typename F> bool isNaN(uint16_t bits) {
  return (bits & ~signBit) > F::infinity;
}

/// Applies .ftz: f16 subnormals have a zero exponent field.
template <typename F> uint16_t flush(uint16_t bits, const FloatMode &mode) {
  constexpr uint16_t smallestNormal = F::infinity & -F::infinity;
  return mode.flushes && (bits & ~signBit) < smallestNormal ? bits & signBit
                                                            : bits;
}

struct Add {
  static constexpr unsigned sources = 2;
  static double compute(const double *x) { return addRoundToOdd(x[0], x[1]); }
};
struct Subtract {
  static constexpr unsigned sources = 2;
  static double compute(const double *x) { return addRoundToOdd(x[0], -x[1]); }
};
struct Multiply {
  static constexpr unsigned sources = 2;
  static double compute(const double *x) { return x[0] * x[1]; }
};
struct FusedMultiplyAdd {
  static constexpr unsigned sources = 3;
  static double compute(const double *x) {
    return addRoundToOdd(x[0] * x[1], x[2]);
  }
};

/// add, sub, mul, fma on one element.
template <typename Op> struct Arithmetic {
  static constexpr unsigned sources = Op::sources;
  template <typename F>
  static uint16_t compute(const uint16_t *x, const FloatMode &mode) {
    double wide[Op::sources];
    for (unsigned i = 0; i < Op::sources; ++i)
      wide[i] = F::widen(flush<F>(x[i], mode));
    uint16_t value = flush<F>(F::round(Op::compute(wide), mode.rounding), mode);
    if (mode.saturates || mode.clampsNegative) {
      bool isNegative = value & signBit;
      if (isNaN<F>(value))
        return mode.saturates ? 0 : F::canonicalNaN;
      if (isNegative)
        return 0;
      if (mode.saturates)
        return std::min(value, F::one);
    }
    return value;
  }
};

struct Negate {
  static constexpr unsigned sources = 1;
  template <typename F>
  static uint16_t compute(const uint16_t *x, const FloatMode &mode) {
    return flush<F>(x[0], mode) ^ signBit;
  }
};
struct Absolute {
  static constexpr unsigned sources = 1;
  template <typename F>
  static uint16_t compute(const uint16_t *x, const FloatMode &mode) {
    return flush<F>(x[0], mode) & ~signBit;
  }
};

template <bool isMaximum> struct Extremum {
  static constexpr unsigned sources = 2;
  template <typename F>
  static uint16_t compute(const uint16_t *x, const FloatMode &mode) {
    double value = takeExtremum(F::widen(flush<F>(x[0], mode)),
                                F::widen(flush<F>(x[1], mode)), isMaximum,
                                mode.propagatesNaN);
    return F::round(value, Rounding::NearestEven);
  }
};

/// Runs Op on the one or two elements of each lane.
template <typename Op, typename F, unsigned elements>
void runElements(Warp &warp, const Instruction &instruction, LaneMask active) {
  FloatMode mode = FloatMode::unpack(instruction.immediate);
  uint64_t *result = warp.getLanes(instruction.operands[0]);
  const uint64_t *sources[Op::sources];
  for (unsigned i = 0; i < Op::sources; ++i)
    sources[i] = warp.getLanes(instruction.operands[i + 1]);
  forEachLane(active, [&](unsigned lane) {
    uint64_t packed = 0;
    for (unsigned element = 0; element < elements; ++element) {
      uint16_t x[Op::sources];
      for (unsigned i = 0; i < Op::sources; ++i)
        x[i] = static_cast<uint16_t>(sources[i][lane] >> (16 * element));
      packed |= uint64_t(Op::template compute<F>(x, mode)) << (16 * element);
    }
    result[lane] = packed;
  });
}

template <typename Op>
void finishElements(InstructionDecoder &decoder, FloatMode mode) {
  Type type =
      decoder.expectType({Type::F16, Type::F16x2, Type::BF16, Type::BF16x2});
  decoder.addResult(type);
  for (unsigned i = 0; i < Op::sources; ++i)
    decoder.addSource(type);
  decoder.getInstruction().immediate = mode.pack();
  Handler handler;
  switch (type) {
  case Type::F16:
    handler = runElements<Op, HalfFormat, 1>;
    break;
  case Type::F16x2:
    handler = runElements<Op, HalfFormat, 2>;
    break;
  case Type::BF16:
    handler = runElements<Op, BFloatFormat, 1>;
    break;
  default:
    handler = runElements<Op, BFloatFormat, 2>;
    break;
  }
  decoder.finish(handler, InstructionClass::Float);
}
} // namespace

/// add, sub, mul: `[.rn][.ftz][.sat]`; fma: `.rn[.ftz][.sat or .relu]`.
template <typename Op>
static void decodeArithmetic(InstructionDecoder &decoder) {
  FloatMode mode = takeFloatMode(decoder);
  constexpr bool isFused = Op::sources == 3;
  if (mode.rounding != Rounding::NearestEven || (isFused && !mode.hasRounding))
    return decoder.fail(ErrorKind::MalformedInput,
                        "expected '.rn' on 16-bit float arithmetic");
  mode.clampsNegative = isFused && !mode.saturates && decoder.accept("relu");
  finishElements<Arithmetic<Op>>(decoder, mode);
}

template <typename Op> static void decodeSign(InstructionDecoder &decoder) {
  FloatMode mode;
  mode.flushes = decoder.accept("ftz");
  finishElements<Op>(decoder, mode);
}

template <bool isMaximum>
static void decodeExtremum(InstructionDecoder &decoder) {
  FloatMode mode;
  mode.flushes = decoder.accept("ftz");
  mode.propagatesNaN = decoder.accept("NaN");
  finishElements<Extremum<isMaximum>>(decoder, mode);
}

std::span<const OpcodeEntry> ccq::ptx::getHalfOpcodes() {
  constexpr OperandFamily half = OperandFamily::Half;
  static constexpr OpcodeEntry entries[] = {
      {"add", half, decodeArithmetic<Add>},
      {"sub", half, decodeArithmetic<Subtract>},
      {"mul", half, decodeArithmetic<Multiply>},
      {"fma", half, decodeArithmetic<FusedMultiplyAdd>},
      {"neg", half, decodeSign<Negate>},
      {"abs", half, decodeSign<Absolute>},
      {"min", half, decodeExtremum<false>},
      {"max", half, decodeExtremum<true>},
  };
  return entries;
}
