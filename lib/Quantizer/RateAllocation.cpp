//===- RateAllocation.cpp - which rate each matrix gets -------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Quantizer/RateAllocation.h"

#include <algorithm>
#include <numeric>
#include <string>

using namespace ccq;
using namespace ccq::quantizer;

namespace {
/// From an option on the hull of a matrix to the next.
struct HullStep {
  size_t matrix = 0;
  size_t option = 0;
  uint64_t bytes = 0;
  /// Loss that a byte saves.
  double gain = 0;
};
} // namespace

static double computeGain(const RateOption &from, const RateOption &to) {
  return (from.loss - to.loss) / double(to.bytes - from.bytes);
}

/// The options on the lower convex hull, smallest first.
static std::vector<size_t> findHull(const std::vector<RateOption> &options) {
  std::vector<size_t> order(options.size());
  std::iota(order.begin(), order.end(), size_t(0));
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return options[a].bytes != options[b].bytes
               ? options[a].bytes < options[b].bytes
               : options[a].loss < options[b].loss;
  });
  std::vector<size_t> hull;
  for (size_t next : order) {
    if (!hull.empty() && options[next].loss >= options[hull.back()].loss)
      continue;
    while (hull.size() >= 2) {
      const RateOption &last = options[hull.back()];
      const RateOption &before = options[hull[hull.size() - 2]];
      if (computeGain(before, last) > computeGain(last, options[next]))
        break;
      hull.pop_back();
    }
    hull.push_back(next);
  }
  return hull;
}

Result<std::vector<size_t>>
quantizer::allocateRates(std::span<const std::vector<RateOption>> matrices,
                         uint64_t budgetBytes) {
  std::vector<size_t> chosen;
  std::vector<HullStep> steps;
  uint64_t bytes = 0;
  for (size_t matrix = 0; matrix < matrices.size(); ++matrix) {
    const std::vector<RateOption> &options = matrices[matrix];
    std::vector<size_t> hull = findHull(options);
    chosen.push_back(hull.front());
    bytes += options[hull.front()].bytes;
    for (size_t i = 1; i < hull.size(); ++i) {
      const RateOption &from = options[hull[i - 1]], &to = options[hull[i]];
      steps.push_back(
          {matrix, hull[i], to.bytes - from.bytes, computeGain(from, to)});
    }
  }
  if (bytes > budgetBytes)
    return Error{ErrorKind::Budget, "expected at least " +
                                        std::to_string(bytes) +
                                        " bytes for the weights to code, got " +
                                        std::to_string(budgetBytes)};
  std::stable_sort(
      steps.begin(), steps.end(),
      [](const HullStep &a, const HullStep &b) { return a.gain > b.gain; });
  // A step that does not fit ends the climb of its matrix.
  std::vector<bool> isDone(matrices.size());
  for (const HullStep &step : steps) {
    if (isDone[step.matrix] || bytes + step.bytes > budgetBytes) {
      isDone[step.matrix] = true;
      continue;
    }
    bytes += step.bytes;
    chosen[step.matrix] = step.option;
  }
  return chosen;
}
