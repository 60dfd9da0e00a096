//===- Rounding.cpp - Exact rounding to PTX formats -------------*- C++ -*-===//
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

  constexpr int getMinExponent() const { return 2 - (1 << (exponentBits - 1)); }
  constexpr uint32_t getInfinity() const {
    return ((1u << exponentBits) - 1) << mantissaBits;
  }
  constexpr uint32_t getSign() const {
    return 1u << (exponentBits + mantissaBits);
  }
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

/// Rounding to nearest even when the result is certainly normal or infinite:
/// the exponent field moves along with the mantissa.
template <Format format> static uint32_t roundNormal(uint64_t bits) {
  int dropped = doubleMantissaBits - format.mantissaBits;
  uint64_t magnitude = bits & ~(uint64_t(1) << 63);
  uint64_t isOdd = magnitude >> dropped & 1;
  magnitude += (uint64_t(1) << (dropped - 1)) - 1 + isOdd;
  auto rebias = static_cast<uint64_t>(1022 + format.getMinExponent());
  uint64_t rounded = (magnitude >> dropped) - (rebias << format.mantissaBits);
  return static_cast<uint32_t>(
      std::min<uint64_t>(rounded, format.getInfinity()) |
      (bits >> 63 ? format.getSign() : 0));
}

template <Format format>
static uint32_t roundToFormat(double value, Rounding mode) {
  auto bits = std::bit_cast<uint64_t>(value);
  int exponent = static_cast<int>(bits >> doubleMantissaBits & 0x7ff) - 1023;
  if (mode == Rounding::NearestEven && exponent >= format.getMinExponent() &&
      exponent < 1024)
    return roundNormal<format>(bits);
  if (std::isnan(value))
    return format.canonicalNaN;
  bool negative = std::signbit(value);
  uint32_t sign = negative ? format.getSign() : 0;
  if (std::isinf(value))
    return sign | format.getInfinity();
  if (value == 0.0)
    return sign;
  // |value| = mantissa * 2^(exponent - 52). A subnormal double is far below
  // half the smallest target value, so its mantissa only has to be nonzero.
  constexpr uint64_t hiddenBit = uint64_t(1) << doubleMantissaBits;
  uint64_t mantissa = (bits & (hiddenBit - 1)) | hiddenBit;

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

Half ccq::ptx::roundToHalf(double value, Rounding mode) {
  return {static_cast<uint16_t>(roundToFormat<halfFormat>(value, mode))};
}

BFloat ccq::ptx::roundToBFloat(double value, Rounding mode) {
  return {static_cast<uint16_t>(roundToFormat<bfloatFormat>(value, mode))};
}

float ccq::ptx::roundToFloat(double value, Rounding mode) {
  if (mode == Rounding::NearestEven && !std::isnan(value))
    return static_cast<float>(value);
  return std::bit_cast<float>(roundToFormat<floatFormat>(value, mode));
}

float ccq::ptx::roundToTensorFloat(double value, Rounding mode) {
  return std::bit_cast<float>(roundToFormat<tensorFloatFormat>(value, mode)
                              << 13);
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
