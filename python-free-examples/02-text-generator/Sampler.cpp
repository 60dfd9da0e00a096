//===- Sampler.cpp - choice of the next token -----------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Sampler.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

using namespace ccq::example;

int64_t Sampler::sample(std::span<const float> logits) {
  if (options.temperature == 0)
    return std::max_element(logits.begin(), logits.end()) - logits.begin();
  std::vector<int64_t> order(logits.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    return logits[size_t(a)] > logits[size_t(b)];
  });
  if (options.topK != 0 && options.topK < order.size())
    order.resize(options.topK);
  std::vector<double> shares;
  double total = 0;
  for (int64_t token : order) {
    double above = double(logits[size_t(token)]) - logits[size_t(order[0])];
    shares.push_back(std::exp(above / options.temperature));
    total += shares.back();
  }
  // The upper 53 bits as a number in [0, 1): what a double holds exactly.
  double drawn = std::ldexp(double(generator() >> 11), -53) * total;
  for (size_t i = 0; i < order.size(); ++i) {
    drawn -= shares[i];
    if (drawn < 0)
      return order[i];
  }
  return order.back();
}
