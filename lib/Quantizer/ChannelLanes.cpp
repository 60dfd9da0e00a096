//===- ChannelLanes.cpp - values per channel of a block ---------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ChannelLanes.h"

#include <algorithm>
#include <limits>

using namespace ccq;
using namespace ccq::quantizer;

Lanes<float>
quantizer::chooseSuperScales(const std::vector<Lanes<double>> &groupScales,
                             int largestLocalScale, double largestLevel) {
  // Three roundings, each below 2^-23.
  double largestScale =
      std::numeric_limits<float>::max() / largestLevel * (1 - 0x1p-21);
  Lanes<float> superScales;
  for (int i = 0; i < columnsPerBlock; ++i) {
    double largest = 0;
    for (const Lanes<double> &scales : groupScales)
      largest = std::max(largest, scales[i]);
    largest = std::min(largest, largestScale);
    if (largest > 0)
      superScales[i] = std::max(float(largest / largestLocalScale),
                                std::numeric_limits<float>::min());
  }
  return superScales;
}
