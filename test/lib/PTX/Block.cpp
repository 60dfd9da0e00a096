//===- Block.cpp - Execution of one block -----------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PTX/Block.h"

#include <algorithm>
#include <cstdio>

using namespace ccq;
using namespace ccq::ptx;

uint64_t ccq::ptx::getWindow(Space space) {
  switch (space) {
  case Space::Shared:
    return sharedWindow;
  case Space::Local:
    return localWindow;
  case Space::Param:
    return paramWindow;
  default:
    return 0;
  }
}

Block::Block(LaunchState &launch)
    : launch(launch),
      threadCount(static_cast<uint32_t>(launch.blockSize.getCount())),
      shared("shared memory", 0, launch.sharedBytes, true),
      races(launch.sharedBytes,
            (threadCount + lanesPerWarp - 1) / lanesPerWarp) {
  for (uint32_t first = 0; first < threadCount; first += lanesPerWarp) {
    uint32_t lanes = std::min(threadCount - first, lanesPerWarp);
    LaneMask existing =
        lanes == lanesPerWarp ? allLanes : (LaneMask(1) << lanes) - 1;
    warps.emplace_back(*this, first / lanesPerWarp, existing);
  }
  if (launch.kernel.localBytes)
    for (uint32_t thread = 0; thread < threadCount; ++thread)
      locals.emplace_back("local memory", 0, launch.kernel.localBytes, true);
}

Dim3 Block::getThreadIndex(uint32_t thread) const {
  const Dim3 &size = launch.blockSize;
  return {thread % size.x, thread / size.x % size.y,
          thread / (size.x * size.y)};
}

uint32_t Block::getSpecial(SpecialRegister special, uint32_t thread) const {
  Dim3 index = getThreadIndex(thread);
  uint32_t lane = thread % lanesPerWarp;
  uint32_t laneBit = uint32_t(1) << lane;
  switch (special) {
  case SpecialRegister::TidX:
    return index.x;
  case SpecialRegister::TidY:
    return index.y;
  case SpecialRegister::TidZ:
    return index.z;
  case SpecialRegister::NtidX:
    return launch.blockSize.x;
  case SpecialRegister::NtidY:
    return launch.blockSize.y;
  case SpecialRegister::NtidZ:
    return launch.blockSize.z;
  case SpecialRegister::CtaidX:
    return blockIndex.x;
  case SpecialRegister::CtaidY:
    return blockIndex.y;
  case SpecialRegister::CtaidZ:
    return blockIndex.z;
  case SpecialRegister::NctaidX:
    return launch.gridSize.x;
  case SpecialRegister::NctaidY:
    return launch.gridSize.y;
  case SpecialRegister::NctaidZ:
    return launch.gridSize.z;
  case SpecialRegister::LaneId:
    return lane;
  case SpecialRegister::WarpId:
    return thread / lanesPerWarp;
  case SpecialRegister::NwarpId:
    return static_cast<uint32_t>(warps.size());
  case SpecialRegister::LaneMaskEq:
    return laneBit;
  case SpecialRegister::LaneMaskLt:
    return laneBit - 1;
  case SpecialRegister::LaneMaskLe:
    return laneBit | (laneBit - 1);
  case SpecialRegister::LaneMaskGt:
    return ~(laneBit | (laneBit - 1));
  case SpecialRegister::LaneMaskGe:
    return ~(laneBit - 1);
  case SpecialRegister::DynamicSharedBytes:
    return static_cast<uint32_t>(launch.dynamicSharedBytes);
  case SpecialRegister::TotalSharedBytes:
    return static_cast<uint32_t>(launch.sharedBytes);
  }
  return 0;
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

std::byte *Block::accessShared(uint64_t address, uint64_t bytes,
                               AccessKind kind, uint32_t thread,
                               std::string &fault) {
  std::byte *data = shared.tryAccess(address, bytes, kind, fault);
  bool checksRaces = launch.options.sharedRaces == SharedRaces::Refuse;
  if (data && checksRaces &&
      !races.check(address, bytes, kind, thread / lanesPerWarp, fault))
    return nullptr;
  return data;
}

std::byte *Block::accessGlobal(uint64_t address, uint64_t bytes,
                               AccessKind kind, std::string &fault) {
  if (Region *region = launch.memory.findRegion(address))
    return region->tryAccess(address, bytes, kind, fault);
  if (Region *region = launch.variables.findRegion(address))
    return region->tryAccess(address, bytes, kind, fault);
  char text[64];
  std::snprintf(text, sizeof(text), "address 0x%llx is not in global memory",
                static_cast<unsigned long long>(address));
  fault = text;
  return nullptr;
}

std::byte *Block::accessGeneric(uint64_t address, uint64_t bytes,
                                AccessKind kind, uint32_t thread,
                                std::string &fault) {
  for (Space space : {Space::Shared, Space::Local, Space::Param}) {
    uint64_t window = getWindow(space);
    if (address >= window && address - window < windowBytes)
      return access(space, address - window, bytes, kind, thread, fault);
  }
  return accessGlobal(address, bytes, kind, fault);
}

std::byte *Block::access(Space space, uint64_t address, uint64_t bytes,
                         AccessKind kind, uint32_t thread, std::string &fault) {
  switch (space) {
  case Space::Generic:
    return accessGeneric(address, bytes, kind, thread, fault);
  case Space::Global:
  case Space::Constant:
    return accessGlobal(address, bytes, kind, fault);
  case Space::Shared:
    return accessShared(address, bytes, kind, thread, fault);
  case Space::Local:
    if (locals.empty()) {
      fault = "the kernel has no local memory";
      return nullptr;
    }
    return locals[thread].tryAccess(address, bytes, kind, fault);
  case Space::Param:
    return launch.parameters.tryAccess(address, bytes, kind, fault);
  }
  return nullptr;
}

//===----------------------------------------------------------------------===//
// Faults
//===----------------------------------------------------------------------===//

std::string Block::describeThread(uint32_t thread) const {
  return "thread " + formatDimensions(getThreadIndex(thread));
}

void Block::fault(const Instruction &instruction, uint32_t thread,
                  const std::string &message) {
  if (launch.error)
    return;
  launch.error = Error{ErrorKind::Mismatch,
                       "line " + std::to_string(instruction.line) + ": '" +
                           std::string(launch.kernel.getMnemonic(instruction)) +
                           "': " + message + " (" + describeThread(thread) +
                           " of block " + formatDimensions(blockIndex) + ")"};
}

/// Says where the threads are that somebody waits for in vain.
std::string Block::describeAbsentThreads(size_t waitingWarp,
                                         size_t waitingGroup) {
  const LaneGroup &waiting = warps[waitingWarp].getGroups()[waitingGroup];
  bool waitsForWarp = getInstruction(waiting).flow == Flow::WarpMeeting;
  for (size_t w = 0; w < warps.size(); ++w) {
    if (waitsForWarp && w != waitingWarp)
      continue;
    for (const LaneGroup &group : warps[w].getGroups())
      if (group.pc != waiting.pc)
        return describeThread(
                   warps[w].getThread(std::countr_zero(group.lanes))) +
               " waits at line " + std::to_string(getInstruction(group).line);
    if (LaneMask exited = warps[w].getExitedLanes())
      return describeThread(warps[w].getThread(std::countr_zero(exited))) +
             " has exited";
  }
  return "no other thread is left";
}

/// Every warp is stuck: report the first group that waits.
void Block::faultOnDeadlock() {
  for (size_t w = 0; w < warps.size(); ++w) {
    if (warps[w].hasExited())
      continue;
    const LaneGroup &group = warps[w].getGroups().front();
    return fault(getInstruction(group),
                 warps[w].getThread(std::countr_zero(group.lanes)),
                 "the threads that take part do not all arrive: " +
                     describeAbsentThreads(w, 0));
  }
}

//===----------------------------------------------------------------------===//
// Barriers
//===----------------------------------------------------------------------===//

std::vector<Block::Arrival> Block::collectArrivals() {
  std::vector<Arrival> arrivals;
  for (size_t w = 0; w < warps.size(); ++w) {
    const std::vector<LaneGroup> &groups = warps[w].getGroups();
    for (size_t g = 0; g < groups.size(); ++g) {
      const Instruction &instruction = getInstruction(groups[g]);
      if (instruction.flow != Flow::BlockBarrier)
        continue;
      unsigned lane = std::countr_zero(groups[g].lanes);
      uint64_t expected = threadCount;
      if (instruction.operandCount > 1)
        expected = warps[w].getLanes(instruction.operands[1])[lane];
      arrivals.push_back({w, g,
                          warps[w].getLanes(instruction.operands[0])[lane],
                          expected, uint64_t(std::popcount(groups[g].lanes))});
    }
  }
  return arrivals;
}

/// Lets every barrier go at which the expected number of threads waits. True
/// when there was one.
bool Block::releaseBarriers() {
  std::vector<Arrival> arrivals = collectArrivals();
  std::vector<Arrival> released;
  for (const Arrival &arrival : arrivals) {
    uint64_t threads = 0;
    for (const Arrival &other : arrivals)
      if (other.barrier == arrival.barrier)
        threads += other.threads;
    if (threads != arrival.expected)
      continue;
    const LaneGroup &group = warps[arrival.warp].getGroups()[arrival.group];
    for (const Arrival &other : released)
      if (other.warp == arrival.warp && other.barrier == arrival.barrier) {
        const LaneGroup &first = warps[other.warp].getGroups()[other.group];
        fault(getInstruction(group),
              warps[arrival.warp].getThread(std::countr_zero(group.lanes)),
              "threads of the same warp wait at line " +
                  std::to_string(getInstruction(first).line));
        return false;
      }
    released.push_back(arrival);
  }
  joinReleasedWarps(released);
  for (const Arrival &arrival : released)
    warps[arrival.warp].release(arrival.group);
  return !released.empty();
}

/// Everything before a barrier is ordered before everything behind it.
void Block::joinReleasedWarps(const std::vector<Arrival> &released) {
  std::map<uint64_t, std::vector<unsigned>> warpsByBarrier;
  for (const Arrival &arrival : released)
    warpsByBarrier[arrival.barrier].push_back(
        static_cast<unsigned>(arrival.warp));
  for (const auto &[barrier, members] : warpsByBarrier)
    races.joinWarps(members);
}

void Block::run(Dim3 newBlockIndex) {
  blockIndex = newBlockIndex;
  shared.markUnwritten(0, shared.getBytes().size());
  races.reset();
  for (Region &local : locals)
    local.markUnwritten(0, local.getBytes().size());
  for (Warp &warp : warps)
    warp.reset();
  while (!failed()) {
    for (Warp &warp : warps)
      warp.run();
    bool isDone = std::all_of(warps.begin(), warps.end(), [](const Warp &warp) {
      return warp.hasExited();
    });
    if (isDone || failed())
      return;
    if (!releaseBarriers() && !failed())
      return faultOnDeadlock();
  }
}
