//===- ErrorRows.h - errors of coded rows, fed forward ----------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_QUANTIZER_ERRORROWS_H
#define CCQ_LIB_QUANTIZER_ERRORROWS_H

#include "ErrorFactor.h"

#include <algorithm>
#include <vector>

namespace ccq::quantizer {

/// Errors of the rows coded so far, weight less decoded weight, of a few
/// channels side by side.
class ErrorRows {
public:
  ErrorRows(const ErrorFactor &factors, int64_t channels)
      : factors(factors), channels(channels),
        errors(size_t(factors.depth * channels)) {}

  float *row(int64_t k) { return errors.data() + size_t(k * channels); }

  /// Adds to a row of targets what the errors of rows [begin, end) ask of row
  /// k; end <= k.
  void addFeedback(int64_t k, int64_t begin, int64_t end, float *out) {
    const float *feedback = factors.feedbackRow(k);
    for (int64_t j = begin; j < end; ++j) {
      const float *error = row(j);
      for (int64_t i = 0; i < channels; ++i)
        out[i] += feedback[j] * error[i];
    }
  }

  /// What rows [begin, end) should add to their weights for the errors of all
  /// rows before `begin`, when nothing is known of their own errors but that
  /// they will follow: row k adds what is asked of it less what the rows
  /// [begin, k) add already. [end - begin][channels]
  std::vector<float> correctBlock(int64_t begin, int64_t end) {
    std::vector<float> added(size_t((end - begin) * channels));
    for (int64_t k = begin; k < end; ++k) {
      float *out = added.data() + size_t((k - begin) * channels);
      addFeedback(k, 0, begin, out);
      const float *feedback = factors.feedbackRow(k);
      for (int64_t j = begin; j < k; ++j)
        for (int64_t i = 0; i < channels; ++i)
          out[i] -= feedback[j] * added[size_t((j - begin) * channels + i)];
    }
    return added;
  }

private:
  const ErrorFactor &factors;
  int64_t channels;
  std::vector<float> errors;
};

} // namespace ccq::quantizer

#endif // CCQ_LIB_QUANTIZER_ERRORROWS_H
