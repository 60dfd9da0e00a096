//===- StreamSearch.h - one step of the search for stream words -*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_QUANTIZER_KERNELS_STREAMSEARCH_H
#define CCQ_LIB_QUANTIZER_KERNELS_STREAMSEARCH_H

#include <cstdint>

namespace ccq::quantizer {

/// Chains that the widest kernel works on at once.
inline constexpr unsigned maxStreamChains = 32;

/// Numbers of four and three bits, n | y << 4, that choose a level.
inline constexpr unsigned streamKeys = 128;

/// Largest cost of one weight. States are at most four steps of two weights
/// apart, so costs of states differ by less than 8 * 4000, and a sum of a state
/// and a step fits into 16 bits.
inline constexpr float largestStreamCost = 4000.0f;

/// Cost of a state that is not the start state.
inline constexpr uint16_t impossibleStreamCost = 32768;

/// A codec::StreamScheme as plain numbers; see WordLayout for the reason. A
/// state is the last `memory` nibbles of a chain, the newest in the high bits.
/// Index 0 is the even weight of a step, 1 the odd one. The key of a weight is
/// newKeys[w0] ^ contextKeys[c] ^ oldKeys[w] for the newest nibble w0, the
/// oldest w and the number c of the nibbles between them.
struct StreamTrellis {
  /// 16^memory
  unsigned states = 0;
  /// 16^(memory - 1)
  unsigned contexts = 0;
  uint8_t newKeys[2][16] = {};
  uint8_t oldKeys[2][16] = {};
  const uint8_t *contextKeys[2] = {};
  /// newKeys and oldKeys are equal, so that a key depends on w0 ^ w.
  bool isUniform = false;
  /// Level plus one half, by weight, extra bit and key.
  float levels[2][2][streamKeys] = {};
};

/// The two weights of one step of all chains.
struct StreamStep {
  /// Weights over scale, [2][chains].
  const float *targets = nullptr;
  /// Cost per squared unit, [2][chains]; 0 for what does not count.
  const float *qualities = nullptr;
  /// Whether the step carries an extra bit, by weight.
  bool hasExtra[2] = {};
  /// Subtracted from all costs of the step, per chain.
  const uint16_t *offsets = nullptr;
};

/// The search for one instruction set. All kernels give the same bits per
/// chain: costs are float32 operations in a fixed order, cut off to integers,
/// and the rest is integers of 16 bits.
struct StreamSearch {
  const char *instructionSet;
  /// Chains side by side, the innermost dimension of every array; a multiple of
  /// eight.
  unsigned chains;

  /// Costs of the step by key, less the offset, which is in the costs of the
  /// even weight. costs: [2][streamKeys][chains]
  void (*fillCosts)(const StreamTrellis &trellis, const StreamStep &step,
                    uint16_t *costs);

  /// The least cost of reaching each state: over the oldest nibble, the sum of
  /// the state before and of the costs of both weights, modulo 2^16.
  /// from, to: [states][chains]; least: smallest of `to` per chain.
  void (*advance)(const StreamTrellis &trellis, const uint16_t *costs,
                  const uint16_t *from, uint16_t *to, uint16_t *least);
};

extern const StreamSearch streamSearchGeneric;
extern const StreamSearch streamSearchAVX2;
extern const StreamSearch streamSearchAVX512;

/// Kernels that this machine can run, the fastest first, null at the end.
const StreamSearch *const *getUsableStreamSearches();

} // namespace ccq::quantizer

#endif // CCQ_LIB_QUANTIZER_KERNELS_STREAMSEARCH_H
