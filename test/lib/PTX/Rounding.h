//===- Rounding.h - Exact rounding to the floating-point formats of PTX -*- C++
//-*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TEST_PTX_ROUNDING_H
#define CCQ_TEST_PTX_ROUNDING_H

#include <bit>
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
double toDouble(Half value);
double toDouble(BFloat value);
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
double addRoundToOdd(double a, double b);

/// Rounds to an integral value in the given mode, infinities and NaN stay.
double roundToIntegral(double value, Rounding mode);

} // namespace ccq::ptx

#endif // CCQ_TEST_PTX_ROUNDING_H
