//===- Half.h - 16-bit float formats as bits --------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_SUPPORT_HALF_H
#define CCQ_SUPPORT_HALF_H

#include <cstdint>

namespace ccq {

/// Value of an IEEE 754 binary16 number. Exact; NaN payloads are kept and
/// signalling NaNs become quiet.
float halfToFloat(uint16_t bits);

/// Nearest binary16 number, ties to even, subnormals included. Magnitudes from
/// 65520 up become infinity; NaNs stay NaNs.
uint16_t floatToHalf(float value);

/// Value of a bfloat16 number. Exact.
float bfloat16ToFloat(uint16_t bits);

/// Nearest bfloat16 number, ties to even. Magnitudes beyond the largest
/// bfloat16 by half a step or more become infinity; NaNs stay NaNs.
uint16_t floatToBfloat16(float value);

} // namespace ccq

#endif // CCQ_SUPPORT_HALF_H
