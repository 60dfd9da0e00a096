//===- RaceDetector.h - unordered shared accesses ---------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TEST_PTX_RACEDETECTOR_H
#define CCQ_TEST_PTX_RACEDETECTOR_H

#include "PTX/Memory.h"

#include <cstdint>
#include <string>
#include <vector>

namespace ccq::ptx {

/// Happens-before relation of the warps of a block, by vector clocks. Two
/// accesses of different warps to a byte of shared memory, at least one of them
/// a write and not both atomic, need a barrier between them.
///
/// Lanes of one warp are not compared with each other.
/// Source: C. Flanagan, S. Freund, "FastTrack: efficient and precise dynamic
/// race detection", PLDI 2009; here with one read time per warp and byte.
class RaceDetector {
public:
  RaceDetector(uint64_t sharedBytes, unsigned warpCount);

  /// Forgets everything, for a new block.
  void reset();
  /// The warps have met at a barrier.
  void joinWarps(const std::vector<unsigned> &warps);
  /// Records an access to bytes [offset, offset + bytes). False with the
  /// reason in `fault` when it is not ordered after an earlier one.
  bool check(uint64_t offset, uint64_t bytes, AccessKind kind, unsigned warp,
             std::string &fault);

private:
  struct ByteState {
    uint32_t writeTime = 0;
    /// Warps that have read since the last write, one bit each.
    uint32_t readers = 0;
    uint8_t writer = 0;
    bool isWritten = false;
    bool isAtomic = false;
  };

  bool checkByte(uint64_t offset, AccessKind kind, unsigned warp,
                 std::string &fault);
  uint32_t &getReadTime(uint64_t offset, unsigned warp) {
    return readTimes[offset * warpCount + warp];
  }
  /// Whether `warp` knows everything that `other` did up to `time`.
  bool knows(unsigned warp, unsigned other, uint32_t time) const {
    return clocks[warp][other] >= time;
  }

  unsigned warpCount;
  std::vector<ByteState> bytes;
  std::vector<uint32_t> readTimes;
  std::vector<std::vector<uint32_t>> clocks;
};

} // namespace ccq::ptx

#endif // CCQ_TEST_PTX_RACEDETECTOR_H
