//===- EncodeStream.h - encoder of the stream format ------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_QUANTIZER_ENCODESTREAM_H
#define CCQ_LIB_QUANTIZER_ENCODESTREAM_H

#include "ErrorFactor.h"
#include "Kernels/HashSearch.h"
#include "Kernels/StreamSearch.h"

#include "ccq/Codec/CodedMatrix.h"
#include "ccq/Quantizer/Encode.h"
#include "ccq/Support/MatrixView.h"
#include "ccq/Support/ThreadPool.h"

#include <span>
#include <vector>

namespace ccq::quantizer {

/// Encodes a matrix whose weights are finite into `out`, which has its shape
/// and zeroed components. `threads` may be null.
EncodeStatistics encodeStreamMatrix(const MatrixView<const float> &weights,
                                    const codec::StreamScheme &scheme,
                                    const StreamSearch &search,
                                    const ErrorFactor &factors,
                                    ThreadPool *threads,
                                    codec::CodedMatrix &out);

/// As encodeStreamMatrix.
EncodeStatistics encodeHashMatrix(const MatrixView<const float> &weights,
                                  const codec::HashScheme &scheme,
                                  const HashSearch &search,
                                  const ErrorFactor &factors,
                                  ThreadPool *threads, codec::CodedMatrix &out);

/// What the levels of one channel say about its scale. Weights and scales are
/// divided by 2^exponent.
struct ScaleFit {
  int exponent = 0;
  /// Scale that the levels were searched for; 0 for a channel of zeros.
  double searched = 0;
  /// Sum of weight * (level + 0.5), and of (level + 0.5)^2.
  double product = 0;
  double squaredLevels = 0;
};

/// The four-bit code of a scale relative to the largest: the nearest in ratio,
/// 0 for 0.
unsigned chooseChannel4Code(double scale, double largest);

/// Writes the least-squares scales that the frame can store and returns what a
/// decoder reads, per channel. No scale makes a weight infinite; scales below
/// 2^-110 become 0.
std::vector<float> storeStreamScales(const codec::StreamFrame &frame,
                                     std::span<const ScaleFit> fits,
                                     codec::CodedMatrix &out);

} // namespace ccq::quantizer

#endif // CCQ_LIB_QUANTIZER_ENCODESTREAM_H
