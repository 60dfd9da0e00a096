//===- Half.cpp - 16-bit float formats as bits ----------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Support/Half.h"

#include <bit>

using namespace ccq;

// IEEE 754-2008 table 3.5: binary32 has 8 exponent bits (bias 127) and 23
// fraction bits, binary16 has 5 (bias 15) and 10, bfloat16 has 8 and 7.

float ccq::halfToFloat(uint16_t bits) {
  uint32_t sign = uint32_t(bits & 0x8000) << 16;
  uint32_t exponent = (bits >> 10) & 0x1F;
  uint32_t fraction = bits & 0x3FF;
  if (exponent == 0x1F) {
    // The quiet bit of binary32 is its highest fraction bit.
    uint32_t quiet = fraction != 0 ? 0x400000 : 0;
    return std::bit_cast<float>(sign | 0x7F800000 | quiet | (fraction << 13));
  }
  if (exponent != 0)
    return std::bit_cast<float>(sign | ((exponent + 127 - 15) << 23) |
                                (fraction << 13));
  // Subnormals are fraction * 2^-24, which float32 holds exactly.
  float magnitude = float(fraction) * 0x1p-24f;
  return std::bit_cast<float>(sign | std::bit_cast<uint32_t>(magnitude));
}

uint16_t ccq::floatToHalf(float value) {
  uint32_t bits = std::bit_cast<uint32_t>(value);
  uint16_t sign = uint16_t((bits >> 16) & 0x8000);
  uint32_t magnitude = bits & 0x7FFFFFFF;
  if (magnitude > 0x7F800000)
    return uint16_t(sign | 0x7E00 | ((magnitude >> 13) & 0x3FF));
  // 65520 is half a step above the largest binary16.
  if (magnitude >= 0x477FF000)
    return uint16_t(sign | 0x7C00);
  if (magnitude < 0x38800000) {
    // Below 2^-14 the result is a multiple of 2^-24. Adding 0.5, whose last
    // fraction bit weighs 2^-24, makes the float32 adder round to one.
    float sum = std::bit_cast<float>(magnitude) + 0.5f;
    return uint16_t(sign | (std::bit_cast<uint32_t>(sum) - 0x3F000000));
  }
  uint32_t isOdd = (magnitude >> 13) & 1;
  uint32_t rounded = magnitude + 0xFFF + isOdd;
  return uint16_t(sign | ((rounded - ((127 - 15) << 23)) >> 13));
}

float ccq::bfloat16ToFloat(uint16_t bits) {
  return std::bit_cast<float>(uint32_t(bits) << 16);
}

uint16_t ccq::floatToBfloat16(float value) {
  uint32_t bits = std::bit_cast<uint32_t>(value);
  if ((bits & 0x7FFFFFFF) > 0x7F800000)
    return uint16_t((bits >> 16) | 0x40);
  uint32_t isOdd = (bits >> 16) & 1;
  return uint16_t((bits + 0x7FFF + isOdd) >> 16);
}
