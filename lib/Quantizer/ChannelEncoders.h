//===- ChannelEncoders.h - encoders per family of schemes -------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_QUANTIZER_CHANNELENCODERS_H
#define CCQ_LIB_QUANTIZER_CHANNELENCODERS_H

#include "ccq/Codec/CodedMatrix.h"
#include "ccq/Quantizer/Encode.h"
#include "ccq/Support/Half.h"
#include "ccq/Support/MatrixView.h"

#include "ErrorFactor.h"
#include "Kernels/ClusterSearch.h"
#include "Kernels/WordSearch.h"

#include <span>

namespace ccq::quantizer {

/// Encodes output channels [nBegin, nEnd) of a matrix whose weights are finite
/// into the components of `out`, which has the shape of the matrix. Adds the
/// statistics of channel n to channels[n]. Calls for disjoint ranges may run
/// concurrently; word schemes want ranges that start at multiples of
/// columnsPerBlock.
void encodeWordChannels(const MatrixView<const float> &weights,
                        const codec::WordScheme &scheme,
                        const WordSearch &search, const ErrorFactor &factors,
                        int64_t nBegin, int64_t nEnd, codec::CodedMatrix &out,
                        std::span<EncodeStatistics> channels);

/// As encodeWordChannels, for cluster schemes.
void encodeClusterChannels(const MatrixView<const float> &weights,
                           const codec::ClusterScheme &scheme,
                           const ClusterSearch &search,
                           const ErrorFactor &factors, int64_t nBegin,
                           int64_t nEnd, codec::CodedMatrix &out,
                           std::span<EncodeStatistics> channels);

/// As encodeWordChannels, for weights of at most getLargestScalarWeight.
void encodeScalarChannels(const MatrixView<const float> &weights,
                          const codec::ScalarScheme &scheme,
                          const ErrorFactor &factors, int64_t nBegin,
                          int64_t nEnd, codec::CodedMatrix &out,
                          std::span<EncodeStatistics> channels);

/// Largest magnitude that a scalar scheme can hold: the largest code times the
/// largest finite float16. Exact in float32.
inline float getLargestScalarWeight(const codec::ScalarScheme &scheme) {
  constexpr uint16_t largestFiniteHalf = 0x7BFF;
  return float(scheme.largestCode()) * halfToFloat(largestFiniteHalf);
}

} // namespace ccq::quantizer

#endif // CCQ_LIB_QUANTIZER_CHANNELENCODERS_H
