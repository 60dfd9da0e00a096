//===- Rounding.cpp - Exact rounding to the floating-point formats of PTX -*-
//C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PTX/Rounding.h"

#include <algorithm>
#include <cmath>

using namespace ccq::ptx;

namespace {
/// An IEEE-like binary format; the sign is the bit above exponent and mantissa.
struct Format {
  int mantissaBits;
  int exponentBits;
  uint32_t canonicalNaN;

  int getMinExponent() const { return 2 - (1 << (exponentBits - 1)); }
  uint32_t getInfinity() const {
    return ((1u << exponentBits) - 1) << mantissaBits;
  }
  uint32_t getSign() const { return 1u << (exponentBits + mantissaBits); }
};

constexpr Format halfFormat = {10, 5, canonicalNaNHalf};
constexpr Format bfloatFormat = {7, 8, canonicalNaNBFloat};
// Shifted to the layout of f32, the NaN's low mantissa bits are zeros.
constexpr Format tensorFloatFormat = {10, 8, canonicalNaNFloat >> 13};
constexpr Format floatFormat = {23, 8, canonicalNaNFloat};
constexpr int doubleMantissaBits = 52;
} // namespace

/// Whether the magnitude grows by one unit, given the discarded part.
static bool roundsAway(Rounding mode, bool negative, bool isOdd,
                       uint64_t remainder, uint64_t half) {
  switch (mode) {
  case Rounding::NearestEven:
    return remainder > half || (remainder == half && isOdd);
  case Rounding::NearestAway:
    return remainder >= half;
  case Rounding::TowardZero:
    return false;
  case Rounding::Down:
    return negative && remainder != 0;
  case Rounding::Up:
    return !negative && remainder != 0;
  }
  return false;
}

/// Overflow becomes infinity unless the mode points towards zero.
static bool overflowsToInfinity(Rounding mode, bool negative) {
  switch (mode) {
  case Rounding::TowardZero:
    return false;
  case Rounding::Down:
    return negative;
  case Rounding::Up:
    return !negative;
  default:
    return true;
  }
}

static uint32_t roundToFormat(double value, const Format &format,
                              Rounding mode) {
  if (std::isnan(value))
    return format.canonicalNaN;
  bool negative = std::signbit(value);
  uint32_t sign = negative ? format.getSign() : 0;
  if (std::isinf(value))
    return sign | format.getInfinity();
  if (value == 0.0)
    return sign;
  auto bits = std::bit_cast<uint64_t>(value);
  // |value| = mantissa * 2^(exponent - 52). A subnormal double is far below
  // half the smallest target value, so its mantissa only has to be nonzero.
  constexpr uint64_t hiddenBit = uint64_t(1) << doubleMantissaBits;
  uint64_t mantissa = (bits & (hiddenBit - 1)) | hiddenBit;
  int exponent = static_cast<int>(bits >> doubleMantissaBits & 0x7ff) - 1023;

  int unitExponent =
      std::max(exponent, format.getMinExponent()) - format.mantissaBits;
  int shift = unitExponent - (exponent - doubleMantissaBits);
  // Beyond this shift only "less than half a unit" remains to be known.
  constexpr int maxShift = 62;
  if (shift > maxShift) {
    mantissa = 1;
    shift = maxShift;
  }
  uint64_t kept = mantissa >> shift;
  uint64_t remainder = mantissa & ((uint64_t(1) << shift) - 1);
  uint64_t half = uint64_t(1) << (shift - 1);
  kept += roundsAway(mode, negative, kept & 1, remainder, half);

  // The hidden bit of `kept` carries into the exponent field, and so does a
  // rounding overflow of the mantissa.
  auto biasedExponent = static_cast<uint64_t>(
      std::max(exponent, format.getMinExponent()) - format.getMinExponent());
  uint64_t magnitude = (biasedExponent << format.mantissaBits) + kept;
  if (magnitude >= format.getInfinity())
    magnitude = overflowsToInfinity(mode, negative) ? format.getInfinity()
                                                    : format.getInfinity() - 1;
  return sign | static_cast<uint32_t>(magnitude);
}

double ccq::ptx::toDouble(Half value) {
  int exponent = value.bits >> 10 & 0x1f;
  int mantissa = value.bits & 0x3ff;
  double magnitude;
  if (exponent == 0x1f)
    magnitude = mantissa ? std::nan("") : HUGE_VAL;
  else if (exponent == 0)
    magnitude = std::ldexp(mantissa, -24);
  else
    // 1023 - 15 rebiases the exponent of binary16 to the one of binary64.
    magnitude = std::bit_cast<double>(uint64_t(exponent + 1008) << 52 |
                                      uint64_t(mantissa) << 42);
  return value.bits & 0x8000 ? -magnitude : magnitude;
}

double ccq::ptx::toDouble(BFloat value) {
  return std::bit_cast<float>(uint32_t(value.bits) << 16);
}

Half ccq::ptx::roundToHalf(double value, Rounding mode) {
  return {static_cast<uint16_t>(roundToFormat(value, halfFormat, mode))};
}

BFloat ccq::ptx::roundToBFloat(double value, Rounding mode) {
  return {static_cast<uint16_t>(roundToFormat(value, bfloatFormat, mode))};
}

float ccq::ptx::roundToFloat(double value, Rounding mode) {
  if (mode == Rounding::NearestEven && !std::isnan(value))
    return static_cast<float>(value);
  return std::bit_cast<float>(roundToFormat(value, floatFormat, mode));
}

float ccq::ptx::roundToTensorFloat(double value, Rounding mode) {
  return std::bit_cast<float>(roundToFormat(value, tensorFloatFormat, mode)
                              << 13);
}

double ccq::ptx::addRoundToOdd(double a, double b) {
  double sum = a + b;
  if (!std::isfinite(sum))
    return sum;
  double bRounded = sum - a;
  double error = (a - (sum - bRounded)) + (b - bRounded);
  auto bits = std::bit_cast<uint64_t>(sum);
  if (error == 0.0 || (bits & 1))
    return sum;
  bool growsMagnitude = (error > 0.0) == (sum > 0.0);
  return std::bit_cast<double>(growsMagnitude ? bits + 1 : bits - 1);
}

double ccq::ptx::roundToIntegral(double value, Rounding mode) {
  switch (mode) {
  case Rounding::NearestEven:
    return std::nearbyint(value);
  case Rounding::TowardZero:
    return std::trunc(value);
  case Rounding::Down:
    return std::floor(value);
  case Rounding::Up:
    return std::ceil(value);
  case Rounding::NearestAway:
    return std::round(value);
  }
  return value;
}
