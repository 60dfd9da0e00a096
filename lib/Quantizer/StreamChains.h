//===- StreamChains.h - search for nibbles of chains ------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_QUANTIZER_STREAMCHAINS_H
#define CCQ_LIB_QUANTIZER_STREAMCHAINS_H

#include "Kernels/StreamSearch.h"

#include "ccq/Codec/StreamScheme.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace ccq::quantizer {

/// What the search knows of a scheme; built once per matrix.
class StreamCode {
public:
  explicit StreamCode(const codec::StreamScheme &scheme);
  StreamCode(const StreamCode &) = delete;
  StreamCode &operator=(const StreamCode &) = delete;

  const StreamTrellis &trellis() const { return numbers; }
  const codec::StreamScheme &scheme() const { return description; }

  /// Level plus one half of a weight: 0 is even, 1 odd.
  float getLevel(unsigned weight, unsigned extraBit, unsigned key) const {
    return numbers.levels[weight][extraBit][key];
  }

  /// Root mean square of the levels over keys and both weights.
  float levelRms() const { return rms; }

private:
  codec::StreamScheme description;
  StreamTrellis numbers;
  std::vector<uint8_t> contextKeys[2];
  float rms;
};

/// A state that the search may choose.
inline constexpr unsigned anyState = ~0u;

/// Weights of `chains` runs of steps of one block over their scales, and what
/// the search finds for them. A run is a chain of the block, a part of one, or
/// several that continue each other. Chains are the innermost dimension.
struct StreamChains {
  int64_t steps = 0;
  unsigned chains = 0;
  /// Step of the block that the first step is, and how many the block has.
  int64_t firstStep = 0;
  int64_t blockSteps = 0;
  /// State before the first step, [chains].
  std::vector<unsigned> starts;
  /// State after the last step, [chains].
  std::vector<unsigned> ends;
  /// [steps][2][chains]; 0 is the even weight of a step, 1 the odd one.
  std::vector<float> targets;
  /// Cost per squared unit of error, [steps][2][chains]; 0 for padding.
  std::vector<float> qualities;
  /// Nibble of each step, [steps][chains]; with the extra bits of the even and
  /// odd weight as bits 4 and 5.
  std::vector<uint8_t> found;
  /// Level plus one half of each weight, [steps][2][chains].
  std::vector<float> levels;

  /// Whole chains: runs of all steps of a block from the zero state to any.
  StreamChains(int64_t steps, unsigned chains);

  /// Whether a weight of a step, 0 even and 1 odd, has an extra bit.
  bool hasExtra(const codec::StreamScheme &scheme, unsigned weight,
                int64_t step) const;

  /// The state before a step that the search found, at least `memory` steps
  /// behind the first one.
  unsigned getState(const codec::StreamScheme &scheme, unsigned chain,
                    int64_t step) const;
};

/// The state after nibbles, from the oldest one to the newest.
unsigned makeStreamState(std::span<const uint8_t> nibbles);

/// Viterbi search (docs/Rationale/StreamFormat.md). Chains longer than a window
/// of steps are decided in parts, half of the window after the fact: the best
/// path from the state decided last to the newest states. With four words of
/// memory not all states of the window are kept but those at the start of each
/// segment, and a segment is searched again when it is traced. One object per
/// thread: 55 MB for 16 chains of three words of memory, 270 MB for four. The
/// result for a chain does not depend on the chains beside it.
class StreamChainSearch {
public:
  StreamChainSearch(const StreamCode &code, const StreamSearch &search);

  /// Finds nibbles, extra bits and levels for the targets.
  void run(StreamChains &chains);

private:
  struct Free {
    void operator()(void *pointer) const;
  };
  template <typename T> using Buffer = std::unique_ptr<T[], Free>;

  /// The states before `step`, and their least costs, for a later replay.
  struct Checkpoint {
    Buffer<uint16_t> states;
    uint16_t least[maxStreamChains];
  };

  uint16_t *getStates(int64_t step) const {
    return states.get() + size_t(step % slots) * stateCount;
  }
  uint16_t *getCosts(int64_t step) const {
    return costs.get() + size_t(step % slots) * costCount;
  }
  Checkpoint &getCheckpoint(int64_t step) {
    return checkpoints[size_t(step / segment) % checkpoints.size()];
  }
  void startFromDecided();
  void advance(StreamChains &chains, int64_t step);
  void save(int64_t step);
  void restore(int64_t step);
  void decide(StreamChains &chains, int64_t step, int64_t until);
  bool traceAll(StreamChains &chains, int64_t step, int64_t until);
  unsigned traceChain(StreamChains &chains, unsigned chain, unsigned state,
                      int64_t step, int64_t first, int64_t until);
  void emit(StreamChains &chains, unsigned chain, int64_t step,
            const unsigned (&keys)[2], unsigned nibble);

  const StreamCode &code;
  const StreamSearch &search;
  /// Steps of a segment, and of a window of segments.
  int64_t segment, window;
  /// States and costs of the last steps, a ring of a segment and one.
  int64_t slots;
  size_t stateCount;
  size_t costCount;
  Buffer<uint16_t> states;
  Buffer<uint16_t> costs;
  /// Of the segments of a window; none where a window is one segment.
  std::vector<Checkpoint> checkpoints;
  alignas(64) uint16_t least[maxStreamChains] = {};
  /// Steps before this one are decided ...
  int64_t decided = 0;
  /// ... and lead to these states.
  unsigned decidedStates[maxStreamChains] = {};
  /// The states that the last traceback decides for.
  unsigned nextStates[maxStreamChains] = {};
};

} // namespace ccq::quantizer

#endif // CCQ_LIB_QUANTIZER_STREAMCHAINS_H
