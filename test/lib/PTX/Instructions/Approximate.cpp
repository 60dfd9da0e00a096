//===- Approximate.cpp - Division and elementary functions ------*- C++ -*-===//
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

// Approximate functions give the double result rounded to nearest. A device
// deviates from it by at most the bound that the PTX ISA states for the
// instruction; README.md lists the bounds.

namespace {
/// How exactly an instruction computes.
enum class Precision : uint32_t { Rounded, Full, Approximate };

struct Reciprocal {
  static constexpr unsigned sources = 1;
  static double compute(const double *x, Precision) { return 1.0 / x[0]; }
};
struct SquareRoot {
  static constexpr unsigned sources = 1;
  static double compute(const double *x, Precision) { return std::sqrt(x[0]); }
};
struct ReciprocalSquareRoot {
  static constexpr unsigned sources = 1;
  static double compute(const double *x, Precision) {
    return 1.0 / std::sqrt(x[0]);
  }
};
struct Divide {
  static constexpr unsigned sources = 2;
  static double compute(const double *x, Precision precision) {
    // div.approx multiplies by the reciprocal, which underflows for divisors
    // above 2^126 (PTX ISA, "div").
    if (precision == Precision::Approximate && std::fabs(x[1]) > 0x1p126 &&
        std::isfinite(x[1]))
      return std::isinf(x[0]) ? std::nan("") : std::copysign(0.0, x[0] * x[1]);
    return x[0] / x[1];
  }
};
struct Exponential2 {
  static constexpr unsigned sources = 1;
  static double compute(const double *x, Precision) { return std::exp2(x[0]); }
};
struct Logarithm2 {
  static constexpr unsigned sources = 1;
  static double compute(const double *x, Precision) { return std::log2(x[0]); }
};
struct Sine {
  static constexpr unsigned sources = 1;
  static double compute(const double *x, Precision) { return std::sin(x[0]); }
};
struct Cosine {
  static constexpr unsigned sources = 1;
  static double compute(const double *x, Precision) { return std::cos(x[0]); }
};
struct HyperbolicTangent {
  static constexpr unsigned sources = 1;
  static double compute(const double *x, Precision) { return std::tanh(x[0]); }
};
} // namespace

template <typename Op, Precision precision>
static void runFloat(Warp &warp, const Instruction &instruction,
                     LaneMask active) {
  FloatMode mode = FloatMode::unpack(instruction.immediate);
  uint64_t *result = warp.getLanes(instruction.operands[0]);
  forEachLane(active, [&](unsigned lane) {
    double x[Op::sources];
    for (unsigned i = 0; i < Op::sources; ++i)
      x[i] = flushSource(
          fromCell<float>(warp.getLanes(instruction.operands[i + 1])[lane]),
          mode);
    double value = Op::compute(x, precision);
    result[lane] =
        toCell(finishFloat(roundToFloat(value, mode.rounding), mode));
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
    result[lane] = toCell(Op::compute(x, Precision::Rounded));
  });
}

template <typename T> static double toWide(uint64_t cell, unsigned shift) {
  return toDouble(T{static_cast<uint16_t>(cell >> shift)});
}

static uint16_t roundTo(Half, double value) {
  return roundToHalf(value, Rounding::NearestEven).bits;
}
static uint16_t roundTo(BFloat, double value) {
  return roundToBFloat(value, Rounding::NearestEven).bits;
}

/// One or two 16-bit elements; `immediate` is their number.
template <typename Op, typename T>
static void runHalf(Warp &warp, const Instruction &instruction,
                    LaneMask active) {
  uint64_t *result = warp.getLanes(instruction.operands[0]);
  const uint64_t *source = warp.getLanes(instruction.operands[1]);
  forEachLane(active, [&](unsigned lane) {
    uint64_t packed = 0;
    for (unsigned i = 0; i < instruction.immediate; ++i) {
      double x = toWide<T>(source[lane], 16 * i);
      packed |= uint64_t(roundTo(T(), Op::compute(&x, Precision::Approximate)))
                << (16 * i);
    }
    result[lane] = packed;
  });
}

static void addOperands(InstructionDecoder &decoder, Type type,
                        unsigned sources) {
  decoder.addResult(type);
  for (unsigned i = 0; i < sources; ++i)
    decoder.addSource(type);
}

/// rcp, sqrt, div: `.approx` or a rounding mode, div also `.full`.
template <typename Op> static void decodeDivision(InstructionDecoder &decoder) {
  bool isApproximate = decoder.accept("approx");
  bool isFull = !isApproximate && Op::sources == 2 && decoder.accept("full");
  FloatMode mode = takeFloatMode(decoder);
  if (mode.hasRounding == (isApproximate || isFull))
    return decoder.expect("rn");
  if (mode.saturates)
    return decoder.fail(ErrorKind::Unsupported,
                        "'.sat' is not supported on a division");
  Type type = decoder.expectType({Type::F32, Type::F64});
  addOperands(decoder, type, Op::sources);
  decoder.getInstruction().immediate = mode.pack();
  if (type == Type::F64) {
    if (mode.rounding != Rounding::NearestEven || isFull)
      decoder.fail(ErrorKind::Unsupported,
                   "f64 division is supported with '.rn' only");
    return decoder.finish(runDouble<Op>, InstructionClass::Float);
  }
  // Quotients and roots of floats, rounded to double, never lie so close to a
  // rounding boundary of f32 that rounding twice to nearest matters; the
  // directed modes can be off when the double result is inexact.
  if (mode.rounding != Rounding::NearestEven)
    decoder.fail(ErrorKind::Unsupported,
                 "f32 division is supported with '.rn' only");
  decoder.finish(isApproximate ? runFloat<Op, Precision::Approximate>
                 : isFull      ? runFloat<Op, Precision::Full>
                               : runFloat<Op, Precision::Rounded>,
                 InstructionClass::Float);
}

/// rsqrt, ex2, lg2, sin, cos, tanh on f32: `.approx[.ftz].f32`.
template <typename Op>
static void decodeApproximate(InstructionDecoder &decoder) {
  decoder.expect("approx");
  FloatMode mode;
  mode.flushes = decoder.accept("ftz");
  Type type = decoder.expectType({Type::F32});
  addOperands(decoder, type, Op::sources);
  decoder.getInstruction().immediate = mode.pack();
  decoder.finish(runFloat<Op, Precision::Approximate>, InstructionClass::Float);
}

/// ex2 and tanh on 16-bit floats; bf16 ex2 is written with `.ftz`, which makes
/// no difference to a function without subnormal sources of interest.
template <typename Op>
static void decodeApproximateHalf(InstructionDecoder &decoder) {
  decoder.expect("approx");
  decoder.accept("ftz");
  Type type =
      decoder.expectType({Type::F16, Type::F16x2, Type::BF16, Type::BF16x2});
  bool isHalf = type == Type::F16 || type == Type::F16x2;
  addOperands(decoder, type, 1);
  decoder.getInstruction().immediate = getBitWidth(type) / 16;
  decoder.finish(isHalf ? runHalf<Op, Half> : runHalf<Op, BFloat>,
                 InstructionClass::Float);
}

std::span<const OpcodeEntry> ccq::ptx::getApproximateOpcodes() {
  constexpr OperandFamily single = OperandFamily::Float;
  constexpr OperandFamily half = OperandFamily::Half;
  static constexpr OpcodeEntry entries[] = {
      {"rcp", single, decodeDivision<Reciprocal>},
      {"sqrt", single, decodeDivision<SquareRoot>},
      {"div", single, decodeDivision<Divide>},
      {"rsqrt", single, decodeApproximate<ReciprocalSquareRoot>},
      {"ex2", single, decodeApproximate<Exponential2>},
      {"lg2", single, decodeApproximate<Logarithm2>},
      {"sin", single, decodeApproximate<Sine>},
      {"cos", single, decodeApproximate<Cosine>},
      {"tanh", single, decodeApproximate<HyperbolicTangent>},
      {"ex2", half, decodeApproximateHalf<Exponential2>},
      {"tanh", half, decodeApproximateHalf<HyperbolicTangent>},
  };
  return entries;
}
