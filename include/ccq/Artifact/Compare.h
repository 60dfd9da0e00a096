//===- Compare.h - whether two tensors agree --------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_ARTIFACT_COMPARE_H
#define CCQ_ARTIFACT_COMPARE_H

#include "ccq/Artifact/Tensor.h"
#include "ccq/Support/Result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace ccq::artifact {

/// |got - want| <= max(fraction x peak, 1 ULP of the element type at the peak,
/// 1e-6), the peak being the largest finite |want|: one bound for the tensor.
struct PeakTolerance {
  double fraction = 1e-4;
};

/// |got - want| <= absolute + relative x |want|.
struct ElementTolerance {
  double relative = 0;
  double absolute = 0;
};

/// How near two tensors have to be.
using Tolerance = std::variant<PeakTolerance, ElementTolerance>;

/// One element and what it may be off by.
struct ElementDifference {
  std::vector<int64_t> index;
  double got = 0;
  double want = 0;
  double bound = 0;
};

/// Outcome of a comparison.
struct Comparison {
  uint64_t elementCount = 0;
  uint64_t beyondCount = 0;
  /// The element with the largest share of its bound; none when there are no
  /// elements.
  std::optional<ElementDifference> worst;

  bool agrees() const { return beyondCount == 0; }
};

/// Element `index` in storage order as a double, which is exact but for 64-bit
/// integers beyond 2^53; booleans are 0 or 1.
double getElement(const TensorView &tensor, uint64_t index);

/// Compares element by element, in double. Equal infinities agree, and so do
/// two NaNs; any other pair with an infinity or NaN does not. Integers and
/// booleans under PeakTolerance have to be equal. Fails with Mismatch when
/// types or shapes differ.
Result<Comparison> compareTensors(const TensorView &got, const TensorView &want,
                                  const Tolerance &tolerance);

/// One line about the worst element: index, got, want, bound, and how many
/// elements are beyond theirs.
std::string printComparison(const Comparison &comparison);

} // namespace ccq::artifact

#endif // CCQ_ARTIFACT_COMPARE_H
