//===- Rounding.h - Exact rounding to PTX formats ---------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TEST_PTX_ROUNDING_H
#define CCQ_TEST_PTX_ROUNDING_H

#include <bit>
#include <cmath>
#include <cstdint>

namespace ccq::ptx {

/// Rounding modifiers: .rn .rz .rm .rp .rna and their integer forms .rni ....
enum class Rounding : uint8_t {
  NearestEven,
  TowardZero,
  Down,
  Up,
  NearestAway,
};

/// Bits of an IEEE binary16 value.
struct Half {
  uint16_t bits;
};

/// Bits of a bfloat16 value.
struct BFloat {
  uint16_t bits;
};

/// The NaN that PTX arithmetic returns; payloads are not preserved
/// (PTX ISA, "Floating Point Instructions").
inline constexpr uint32_t canonicalNaNFloat = 0x7fffffffu;
inline constexpr uint16_t canonicalNaNHalf = 0x7fffu;
inline constexpr uint16_t canonicalNaNBFloat = 0x7fffu;

/// The exact value of a 16-bit float; every one is representable.
inline double toDouble(Half value) {
  int exponent = value.bits >> 10 & 0x1f;
  int mantissa = value.bits & 0x3ff;
  double magnitude;
  if (exponent == 0)
    magnitude = mantissa * 0x1p-24;
  else if (exponent == 0x1f)
    magnitude = mantissa ? std::nan("") : HUGE_VAL;
  else
    // 1023 - 15 rebiases the exponent of binary16 to the one of binary64.
    magnitude = std::bit_cast<double>(uint64_t(exponent + 1008) << 52 |
                                      uint64_t(mantissa) << 42);
  return value.bits & 0x8000 ? -magnitude : magnitude;
}
inline double toDouble(BFloat value) {
  return std::bit_cast<float>(uint32_t(value.bits) << 16);
}
inline double toDouble(float value) { return value; }

/// `value` rounded once in the given mode. A NaN becomes the canonical NaN.
/// Overflow goes to infinity or to the largest finite value as the mode says.
Half roundToHalf(double value, Rounding mode);
BFloat roundToBFloat(double value, Rounding mode);
float roundToFloat(double value, Rounding mode);
/// tf32: the exponent of f32 with 10 mantissa bits, in the layout of f32.
float roundToTensorFloat(double value, Rounding mode);

/// a + b rounded to odd: inexact sums get an odd last bit, so that rounding
/// the result again to a format of at most 51 significant bits gives the same
/// as rounding the exact sum once.
/// Source: S. Boldo, G. Melquiond, "Emulation of a FMA and correctly rounded
/// sums: proved algorithms using rounding to odd", IEEE TC 57(4), 2008.
inline double addRoundToOdd(double a, double b) {
  double sum = a + b;
  double bRounded = sum - a;
  double error = (a - (sum - bRounded)) + (b - bRounded);
  auto bits = std::bit_cast<uint64_t>(sum);
  // The error of an infinite or undefined sum is NaN.
  if (error == 0.0 || (bits & 1) || error != error)
    return sum;
  bool growsMagnitude = (error > 0.0) == (sum > 0.0);
  return std::bit_cast<double>(growsMagnitude ? bits + 1 : bits - 1);
}

/// Rounds to an integral value in the given mode, infinities and NaN stay.
double roundToIntegral(double value, Rounding mode);

} // namespace ccq::ptx

#endif // CCQ_TEST_PTX_ROUNDING_H
