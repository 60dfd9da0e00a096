//===- AdamOptimizer.h - steps along gradients ------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TOOLS_CCQ_ADAMOPTIMIZER_H
#define CCQ_TOOLS_CCQ_ADAMOPTIMIZER_H

#include <cstdint>
#include <span>
#include <vector>

namespace ccq::tool {

/// Adam for one weight, in double. Source: Kingma and Ba, "Adam", ICLR 2015,
/// algorithm 1, with beta2 = 0.98 for the short runs of recovery.
class AdamOptimizer {
public:
  /// One step of size `rate` on `values`; `scale` times `gradient` is the
  /// gradient. All calls take the same number of elements.
  void step(std::span<float> values, std::span<const double> gradient,
            double scale, double rate);

private:
  std::vector<double> mean, square;
  uint64_t steps = 0;
};

} // namespace ccq::tool

#endif // CCQ_TOOLS_CCQ_ADAMOPTIMIZER_H
