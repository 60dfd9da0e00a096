//===- Encode.h - from float weights to coded matrices ----------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_QUANTIZER_ENCODE_H
#define CCQ_QUANTIZER_ENCODE_H

#include "ccq/Codec/CodedMatrix.h"
#include "ccq/Support/MatrixView.h"
#include "ccq/Support/Result.h"
#include "ccq/Support/ThreadPool.h"

#include <optional>
#include <span>
#include <string_view>

namespace ccq::quantizer {

/// How to encode.
struct EncodeOptions {
  /// Threads to use; null: the calling thread alone. Not owned. Does not change
  /// the resulting bytes.
  ThreadPool *threads = nullptr;
  /// What a squared error of row k costs, [K], at least 0; empty: all the same.
  /// Ignored when there is a hessian, otherwise the same as a diagonal one.
  /// Word and cluster schemes weigh rows inside each group, where a row counts
  /// as at least 2^-20 of the dearest. It cannot matter to scalar schemes: the
  /// largest magnitude of a group fixes its scale (docs/Format.md, section 10),
  /// and each weight is then rounded by itself.
  std::span<const double> importance = {};
  /// H of the cost tr(E^T H E) of the error E = W - decoded W, [K, K],
  /// symmetric and positive semidefinite, in the basis of the weights; for
  /// y = x W the sum of x^T x over calibration data. Row by row, weights aim at
  /// what makes up for the errors of the rows before (LDLQ: Chee et al.,
  /// NeurIPS 2023): scalar schemes per row, word schemes per word, cluster
  /// schemes and streams at every row. A multiple of the identity changes
  /// nothing.
  std::optional<MatrixView<const double>> hessian = {};
  /// Added to the diagonal of H, in units of its mean, before it is factored.
  double damping = 0.01;
};

/// What coding cost, in units of the weights squared.
struct EncodeStatistics {
  /// Sum of (w - decoded w)^2 over the matrix.
  double squaredError = 0;
  /// Sum of w^2 over the matrix.
  double squaredNorm = 0;
  /// tr(E^T H E) of streams with a hessian or importance, damping included;
  /// else 0.
  double weightedError = 0;

  /// squaredError / squaredNorm, and 0 for a matrix of zeros.
  double relativeMse() const {
    return squaredNorm > 0 ? squaredError / squaredNorm : 0;
  }
};

/// A coded matrix with its statistics.
struct EncodeResult {
  codec::CodedMatrix matrix;
  EncodeStatistics statistics;
};

/// Encodes W[K, N]. Word schemes: per group and channel a search over scales,
/// and for each scale the exact minimum of the squared error over all words
/// (docs/Rationale/Encoder.md). Scalar schemes: scale = largest magnitude /
/// largest code, codes rounded to nearest even.
///
/// Any finite weight is accepted, K and N may be any size, and padding up to
/// the group size counts nothing. A group of zeros decodes to +0. The super
/// scale of a word scheme is zero or a normal float32, so weights far below
/// 2^-126 decode to 0.
///
/// Errors: CompileError with the position (k, n) of the first weight, in row
/// order, that is NaN or infinite, or that is too large for the float16 scale
/// of a scalar scheme; those of codec::checkScheme and codec::checkShape.
///
/// Numerics: float32 in a fixed order, no contraction; the same bytes for any
/// number of threads and any instruction set. Statistics are sums of float32
/// group sums in double. Cost: about 36 passes of the dynamic program. Thread
/// safe.
Result<EncodeResult> encodeMatrix(const MatrixView<const float> &weights,
                                  const codec::Scheme &scheme,
                                  const EncodeOptions &options = {});

/// Instruction set of the word search on this machine: `avx512`, `avx2` or
/// `generic`. It decides the speed and nothing else.
std::string_view getInstructionSet();

} // namespace ccq::quantizer

#endif // CCQ_QUANTIZER_ENCODE_H
