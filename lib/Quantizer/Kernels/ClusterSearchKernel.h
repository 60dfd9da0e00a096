//===- ClusterSearchKernel.h - search for one width -------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_QUANTIZER_KERNELS_CLUSTERSEARCHKERNEL_H
#define CCQ_LIB_QUANTIZER_KERNELS_CLUSTERSEARCHKERNEL_H

#include "ClusterSearch.h"

#ifndef CCQ_VECTOR_BYTES
#error "the including file defines CCQ_VECTOR_BYTES, the register width"
#endif

// Dot products with all 256 bytes are computed once per cluster and serve all
// scales. Every lane is a channel of its own.

namespace ccq::quantizer {
namespace {

typedef float Floats __attribute__((vector_size(CCQ_VECTOR_BYTES)));
typedef int32_t Ints __attribute__((vector_size(CCQ_VECTOR_BYTES)));
constexpr int lanes = CCQ_VECTOR_BYTES / 4;
static_assert(columnsPerBlock % lanes == 0);

inline Floats load(const float *from) {
  return *reinterpret_cast<const Floats *>(from);
}

/// Twice the dot product of a cluster with the levels of a byte.
inline Floats multiply(const ClusterBook &book, int byte,
                       const Floats *weights) {
  Floats sum = weights[0] * book.levels[0][byte];
  sum += weights[1] * book.levels[1][byte];
  sum += weights[2] * book.levels[2][byte];
  sum += weights[3] * book.levels[3][byte];
  return sum + sum;
}

/// Norms of the levels of all bytes in a cluster.
inline const float *getNorms(const ClusterSearchInput &input, unsigned cluster,
                             const ClusterBook &book) {
  return input.norms ? input.norms + 256 * cluster : book.norms;
}

void searchCosts(const ClusterSearchInput &input, int lane, const float *scales,
                 float *costs) {
  Floats scale[scalesPerSearch], total[scalesPerSearch] = {};
  for (int i = 0; i < scalesPerSearch; ++i)
    scale[i] = load(scales + i * columnsPerBlock + lane);
  for (unsigned cluster = 0; cluster < input.clusters; ++cluster) {
    const ClusterBook &book =
        cluster + 1 == input.clusters ? *input.lastBook : *input.book;
    const float *norms = getNorms(input, cluster, book);
    Floats weights[4], least[scalesPerSearch];
    for (int i = 0; i < 4; ++i)
      weights[i] =
          load(input.weights + (4 * cluster + i) * columnsPerBlock + lane);
    Floats first = multiply(book, 0, weights);
    for (int i = 0; i < scalesPerSearch; ++i)
      least[i] = scale[i] * norms[0] - first;
    for (int byte = 1; byte < 256; ++byte) {
      Floats dot = multiply(book, byte, weights);
      for (int i = 0; i < scalesPerSearch; ++i) {
        Floats cost = scale[i] * norms[byte] - dot;
        least[i] = cost < least[i] ? cost : least[i];
      }
    }
    for (int i = 0; i < scalesPerSearch; ++i)
      total[i] += least[i];
  }
  for (int i = 0; i < scalesPerSearch; ++i)
    *reinterpret_cast<Floats *>(costs + i * columnsPerBlock + lane) =
        scale[i] * total[i];
}

void searchBytes(const ClusterSearchInput &input, int lane, const float *scales,
                 uint32_t *bytes) {
  Floats scale = load(scales + lane);
  for (unsigned cluster = 0; cluster < input.clusters; ++cluster) {
    const ClusterBook &book =
        cluster + 1 == input.clusters ? *input.lastBook : *input.book;
    const float *norms = getNorms(input, cluster, book);
    Floats weights[4];
    for (int i = 0; i < 4; ++i)
      weights[i] =
          load(input.weights + (4 * cluster + i) * columnsPerBlock + lane);
    Floats least = scale * norms[0] - multiply(book, 0, weights);
    Ints best = {};
    for (int byte = 1; byte < 256; ++byte) {
      Floats cost = scale * norms[byte] - multiply(book, byte, weights);
      Ints isBetter = cost < least;
      least = isBetter ? cost : least;
      best = isBetter ? Ints{} + byte : best;
    }
    *reinterpret_cast<Ints *>(bytes + cluster * columnsPerBlock + lane) = best;
  }
}

void findCosts(const ClusterSearchInput &input, const float *scales,
               float *costs) {
  for (int lane = 0; lane < columnsPerBlock; lane += lanes)
    searchCosts(input, lane, scales, costs);
}

void findBytes(const ClusterSearchInput &input, const float *scales,
               uint32_t *bytes) {
  for (int lane = 0; lane < columnsPerBlock; lane += lanes)
    searchBytes(input, lane, scales, bytes);
}

} // namespace
} // namespace ccq::quantizer

#endif // CCQ_LIB_QUANTIZER_KERNELS_CLUSTERSEARCHKERNEL_H
