//===- FloatMode.h - rounding and flushing modes ----------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TEST_PTX_INSTRUCTIONS_FLOATMODE_H
#define CCQ_TEST_PTX_INSTRUCTIONS_FLOATMODE_H

#include "PTX/Decoder.h"
#include "PTX/Rounding.h"

#include <bit>
#include <cmath>

namespace ccq::ptx {

/// The modifiers of a floating-point instruction, as Instruction::immediate
/// holds them.
struct FloatMode {
  Rounding rounding = Rounding::NearestEven;
  /// A rounding modifier was written.
  bool hasRounding = false;
  /// .ftz: subnormal sources and results become zeros of the same sign.
  bool flushes = false;
  /// .sat: results are clamped to [0, 1], NaN becomes +0.
  bool saturates = false;
  /// .NaN: min and max return NaN when a source is NaN.
  bool propagatesNaN = false;
  /// .relu: negative results become +0, NaN the canonical NaN.
  bool clampsNegative = false;

  bool isPlain() const {
    return rounding == Rounding::NearestEven && !flushes && !saturates;
  }
  uint32_t pack() const {
    return uint32_t(rounding) | uint32_t(hasRounding) << 8 |
           uint32_t(flushes) << 9 | uint32_t(saturates) << 10 |
           uint32_t(propagatesNaN) << 11 | uint32_t(clampsNegative) << 12;
  }
  static FloatMode unpack(uint32_t bits) {
    FloatMode mode;
    mode.rounding = static_cast<Rounding>(bits & 0xff);
    mode.hasRounding = bits >> 8 & 1;
    mode.flushes = bits >> 9 & 1;
    mode.saturates = bits >> 10 & 1;
    mode.propagatesNaN = bits >> 11 & 1;
    mode.clampsNegative = bits >> 12 & 1;
    return mode;
  }
};

inline constexpr std::pair<std::string_view, Rounding> roundingNames[] = {
    {"rn", Rounding::NearestEven},
    {"rz", Rounding::TowardZero},
    {"rm", Rounding::Down},
    {"rp", Rounding::Up},
};

/// Reads `[.rounding][.ftz][.sat]`.
inline FloatMode takeFloatMode(InstructionDecoder &decoder) {
  FloatMode mode;
  if (auto rounding = decoder.acceptOneOf(roundingNames)) {
    mode.rounding = *rounding;
    mode.hasRounding = true;
  }
  mode.flushes = decoder.accept("ftz");
  mode.saturates = decoder.accept("sat");
  return mode;
}

/// Every NaN as the one that PTX arithmetic returns.
inline float canonicalize(float value) {
  return value != value ? std::bit_cast<float>(canonicalNaNFloat) : value;
}

inline float flushSource(float value, const FloatMode &mode) {
  return mode.flushes && std::fpclassify(value) == FP_SUBNORMAL
             ? std::copysign(0.0f, value)
             : value;
}

/// Applies .ftz and .sat to a rounded result and makes NaN canonical.
inline float finishFloat(float value, const FloatMode &mode) {
  value = flushSource(value, mode);
  if (mode.saturates)
    return value > 0.0f ? std::fmin(value, 1.0f) : 0.0f;
  return canonicalize(value);
}

/// min or max: a NaN loses against a number unless NaN propagates, and -0 is
/// less than +0.
template <typename T>
T takeExtremum(T a, T b, bool isMaximum, bool propagatesNaN) {
  if (a != a || b != b) {
    if (propagatesNaN)
      return a != a ? a : b;
    return a != a ? b : a;
  }
  if (a == b)
    return std::signbit(a) == isMaximum ? b : a;
  return (a < b) == isMaximum ? b : a;
}

} // namespace ccq::ptx

#endif // CCQ_TEST_PTX_INSTRUCTIONS_FLOATMODE_H
