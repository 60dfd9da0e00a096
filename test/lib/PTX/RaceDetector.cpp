//===- RaceDetector.cpp - unordered shared accesses -------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PTX/RaceDetector.h"

#include <algorithm>
#include <bit>

using namespace ccq::ptx;

RaceDetector::RaceDetector(uint64_t sharedBytes, unsigned warpCount)
    : warpCount(warpCount), bytes(warpCount > 1 ? sharedBytes : 0),
      readTimes(bytes.size() * warpCount) {
  reset();
}

void RaceDetector::reset() {
  std::fill(bytes.begin(), bytes.end(), ByteState());
  // A warp is at time 1 of its own clock and knows time 0 of the others.
  clocks.assign(warpCount, std::vector<uint32_t>(warpCount, 0));
  for (unsigned warp = 0; warp < warpCount; ++warp)
    clocks[warp][warp] = 1;
}

void RaceDetector::joinWarps(const std::vector<unsigned> &warps) {
  std::vector<uint32_t> joined(warpCount, 0);
  for (unsigned warp : warps)
    for (unsigned other = 0; other < warpCount; ++other)
      joined[other] = std::max(joined[other], clocks[warp][other]);
  for (unsigned warp : warps) {
    clocks[warp] = joined;
    ++clocks[warp][warp];
  }
}

static std::string describeRace(const char *earlier, unsigned other,
                                const char *now, unsigned warp,
                                uint64_t offset) {
  return std::string("byte ") + std::to_string(offset) +
         " of shared memory is " + now + " by warp " + std::to_string(warp) +
         " and " + earlier + " by warp " + std::to_string(other) +
         " with no barrier between";
}

bool RaceDetector::checkByte(uint64_t offset, AccessKind kind, unsigned warp,
                             std::string &fault) {
  ByteState &state = bytes[offset];
  bool areBothAtomic = state.isAtomic && kind == AccessKind::Atomic;
  const char *now = kind == AccessKind::Read ? "read" : "written";
  if (state.isWritten && !areBothAtomic &&
      !knows(warp, state.writer, state.writeTime)) {
    fault = describeRace("written", state.writer, now, warp, offset);
    return false;
  }
  if (kind == AccessKind::Read) {
    state.readers |= uint32_t(1) << warp;
    getReadTime(offset, warp) = clocks[warp][warp];
    return true;
  }
  for (uint32_t rest = state.readers; rest; rest &= rest - 1) {
    unsigned reader = std::countr_zero(rest);
    if (knows(warp, reader, getReadTime(offset, reader)))
      continue;
    fault = describeRace("read", reader, now, warp, offset);
    return false;
  }
  state = {clocks[warp][warp], 0, static_cast<uint8_t>(warp), true,
           kind == AccessKind::Atomic};
  return true;
}

bool RaceDetector::check(uint64_t offset, uint64_t count, AccessKind kind,
                         unsigned warp, std::string &fault) {
  if (warpCount == 1)
    return true;
  for (uint64_t i = 0; i < count; ++i)
    if (!checkByte(offset + i, kind, warp, fault))
      return false;
  return true;
}
