//===- RateAllocation.h - which rate each matrix gets -----------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_QUANTIZER_RATEALLOCATION_H
#define CCQ_QUANTIZER_RATEALLOCATION_H

#include "ccq/Support/Result.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ccq::quantizer {

/// One way to store a matrix.
struct RateOption {
  uint64_t bytes = 0;
  /// What it costs elsewhere, in any unit that all matrices share; not
  /// negative.
  double loss = 0;
};

/// Chooses an option per matrix, so that the bytes of all together stay within
/// the budget and the losses are small: steps from the smallest options along
/// the lower convex hulls, the step that saves most per byte first, as far as
/// they fit (Shoham and Gersho, IEEE Trans. ASSP 36, 1988). Equal steps go to
/// the first matrix; of equal options the first counts. The result is the best
/// one for the bytes that it takes, but for the steps that did not fit.
///
/// Every matrix has at least one option. Fails with Budget when the smallest
/// options exceed the budget. Cost: a sort of all options.
Result<std::vector<size_t>>
allocateRates(std::span<const std::vector<RateOption>> matrices,
              uint64_t budgetBytes);

} // namespace ccq::quantizer

#endif // CCQ_QUANTIZER_RATEALLOCATION_H
