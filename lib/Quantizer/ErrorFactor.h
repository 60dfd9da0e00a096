//===- ErrorFactor.h - what errors cost, in coding order --------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_QUANTIZER_ERRORFACTOR_H
#define CCQ_LIB_QUANTIZER_ERRORFACTOR_H

#include "ccq/Codec/StreamScheme.h"
#include "ccq/Quantizer/Encode.h"
#include "ccq/Support/Result.h"

#include <cstdint>
#include <vector>

namespace ccq::quantizer {

/// The factors of H = M^T D M, M unit lower triangular, D diagonal, for rows
/// coded in the order of k: the error e of a channel costs
///   e^T H e = sum over k of diagonal[k] * (e_k + sum over j < k of
///             feedback(k, j) * e_j)^2
/// so that row k should aim at w_k + sum of feedback(k, j) * e_j once the
/// errors e_j = w_j - decoded w_j of the rows before it are known.
struct ErrorFactor {
  int64_t depth = 0;
  /// D over its largest entry; empty when all rows count the same.
  std::vector<double> diagonal;
  /// Strictly lower part of M, [depth][depth]; empty when H is diagonal.
  std::vector<float> lower;
  /// What diagonal was divided by.
  double unit = 1;

  bool hasFeedback() const { return !lower.empty(); }
  const float *feedbackRow(int64_t k) const {
    return lower.data() + size_t(k * depth);
  }
  /// Relative cost of row k, at most 1.
  double quality(int64_t k) const {
    return diagonal.empty() ? 1.0 : diagonal[size_t(k)];
  }
  /// H is diagonal and some rows cost more than others.
  bool hasRowCosts() const { return !diagonal.empty() && lower.empty(); }
};

/// Costs of the rows [kBegin, kEnd) over the largest of them; at least 2^-20,
/// so that rows that cost nothing are coded well where it is free.
std::vector<float> getRowCosts(const ErrorFactor &factors, int64_t kBegin,
                               int64_t kEnd);

/// Factors the Hessian or importance of the options, in the basis that `frame`
/// rotates to; null: not rotated. Fails with CompileError when they have the
/// wrong extents, are not finite, negative on the diagonal, or not symmetric.
Result<ErrorFactor> tryFactorErrors(const EncodeOptions &options, int64_t depth,
                                    const codec::StreamFrame *frame);

} // namespace ccq::quantizer

#endif // CCQ_LIB_QUANTIZER_ERRORFACTOR_H
