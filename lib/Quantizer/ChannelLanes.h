//===- ChannelLanes.h - one value per channel of a block --------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_QUANTIZER_CHANNELLANES_H
#define CCQ_LIB_QUANTIZER_CHANNELLANES_H

#include "Kernels/WordSearch.h"

#include <array>
#include <cmath>
#include <vector>

namespace ccq::quantizer {

/// One value per channel of a block, aligned for the kernels.
template <typename T> struct alignas(64) Lanes {
  std::array<T, columnsPerBlock> lane = {};
  T &operator[](int i) { return lane[i]; }
  const T &operator[](int i) const { return lane[i]; }
};

/// x^(1/2^times)
inline float takeRoot(float x, int times) {
  for (int i = 0; i < times; ++i)
    x = std::sqrt(x);
  return x;
}

/// Super scales of a block: the largest group scale of a channel becomes the
/// largest local scale. `largestLevel` is the largest magnitude before scaling;
/// every decoded value stays finite.
Lanes<float> chooseSuperScales(const std::vector<Lanes<double>> &groupScales,
                               int largestLocalScale, double largestLevel);

} // namespace ccq::quantizer

#endif // CCQ_LIB_QUANTIZER_CHANNELLANES_H
