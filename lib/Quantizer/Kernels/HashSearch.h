//===- HashSearch.h - one step of the search for hashed streams -*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_QUANTIZER_KERNELS_HASHSEARCH_H
#define CCQ_LIB_QUANTIZER_KERNELS_HASHSEARCH_H

#include <cstdint>

namespace ccq::quantizer {

/// Largest distance between target and level that a cost tells apart, in half
/// levels: its square is the largest cost of a weight, below 2^16 - 1.
inline constexpr int largestHashDistance = 255;

/// Cost of a state that no path leads to.
inline constexpr uint16_t impossibleHashCost = 65535;

/// One weight of one chain. A state is the window of a weight; the windows that
/// a window w may follow are w >> newBits with any newBits high bits.
struct HashStep {
  unsigned stateBits = 0;
  /// 1 to 4.
  unsigned newBits = 0;
  /// 2 * level + 1 by window, [2^stateBits].
  const int16_t *levels = nullptr;
  /// Weight over scale in half levels, at most 3 * largestHashDistance away
  /// from 0.
  int16_t target = 0;
  /// Costs are multiplied by quality / 2^16; 0 stands for 1.
  uint16_t quality = 0;
  /// Subtracted from all costs; the smallest of `from`.
  uint16_t offset = 0;
};

/// The search for one instruction set. All kernels give the same bits: there
/// are only integers.
struct HashSearch {
  const char *instructionSet;

  /// The least cost of reaching each window, saturating below
  /// impossibleHashCost or at it. choices[r]: high bits of the window before
  /// the windows r << newBits and up, the lower on equal cost. Returns the
  /// smallest of `to`.
  /// from, to: [2^stateBits], choices: [2^(stateBits - newBits)], all aligned
  /// to 64 bytes.
  uint16_t (*advance)(const HashStep &step, const uint16_t *from, uint16_t *to,
                      uint8_t *choices);
};

extern const HashSearch hashSearchGeneric;
extern const HashSearch hashSearchAVX2;
extern const HashSearch hashSearchAVX512;

/// Kernels that this machine can run, the fastest first, null at the end.
const HashSearch *const *getUsableHashSearches();

} // namespace ccq::quantizer

#endif // CCQ_LIB_QUANTIZER_KERNELS_HASHSEARCH_H
