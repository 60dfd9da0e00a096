//===- AdamOptimizer.cpp - steps along gradients --------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AdamOptimizer.h"

#include <cmath>

using namespace ccq::tool;

static constexpr double meanDecay = 0.9;
static constexpr double squareDecay = 0.98;
static constexpr double epsilon = 1e-12;

void AdamOptimizer::step(std::span<float> values,
                         std::span<const double> gradient, double scale,
                         double rate) {
  mean.resize(values.size());
  square.resize(values.size());
  ++steps;
  double meanScale = 1 / (1 - std::pow(meanDecay, double(steps)));
  double squareScale = 1 / (1 - std::pow(squareDecay, double(steps)));
  for (size_t i = 0; i < values.size(); ++i) {
    double g = scale * gradient[i];
    mean[i] = meanDecay * mean[i] + (1 - meanDecay) * g;
    square[i] = squareDecay * square[i] + (1 - squareDecay) * g * g;
    double width = std::sqrt(square[i] * squareScale) + epsilon;
    values[i] = float(double(values[i]) - rate * mean[i] * meanScale / width);
  }
}
