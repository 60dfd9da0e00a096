//===- ClusterSearch.h - search for bytes of a cluster ----------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_QUANTIZER_KERNELS_CLUSTERSEARCH_H
#define CCQ_LIB_QUANTIZER_KERNELS_CLUSTERSEARCH_H

#include "WordSearch.h"

#include <cstdint>

namespace ccq::quantizer {

/// Scales that one call of ClusterSearch::findCosts tries.
inline constexpr int scalesPerSearch = 4;

/// What the 256 bytes of a cluster scheme stand for, in units of the scale.
/// Plain arrays for the reason given at WordLayout.
struct ClusterBook {
  /// [weight of the cluster][byte]
  float levels[4][256];
  /// Sum of the squared levels of a byte, the weights that count alone.
  float norms[256];
};

/// One group of weights of columnsPerBlock channels.
struct ClusterSearchInput {
  /// [4 * clusters][columnsPerBlock]
  const float *weights = nullptr;
  unsigned clusters = 0;
  const ClusterBook *book = nullptr;
  /// Book of the last cluster, which may be partly padding.
  const ClusterBook *lastBook = nullptr;
  /// Norms to use in place of those of the books where rows cost more or less
  /// and `weights` are multiplied by that cost, [clusters][256]; or null.
  const float *norms = nullptr;
};

/// The search for one instruction set. All kernels give the same bits; see
/// WordSearch. A cost is the squared error less the squared norm of the
/// weights: scale * min over bytes of (scale * norm - 2 * dot product).
struct ClusterSearch {
  const char *instructionSet;

  /// Costs of the group for scalesPerSearch scales that are not negative.
  /// scales, costs: [scalesPerSearch][columnsPerBlock]
  void (*findCosts)(const ClusterSearchInput &input, const float *scales,
                    float *costs);

  /// The bytes with the least costs at one scale per channel; of equal ones the
  /// lowest. scales: [columnsPerBlock], bytes: [clusters][columnsPerBlock]
  void (*findBytes)(const ClusterSearchInput &input, const float *scales,
                    uint32_t *bytes);
};

extern const ClusterSearch clusterSearchGeneric;
extern const ClusterSearch clusterSearchAVX2;
extern const ClusterSearch clusterSearchAVX512;

/// Kernels that this machine can run, the fastest first, null at the end.
const ClusterSearch *const *getUsableClusterSearches();

} // namespace ccq::quantizer

#endif // CCQ_LIB_QUANTIZER_KERNELS_CLUSTERSEARCH_H
