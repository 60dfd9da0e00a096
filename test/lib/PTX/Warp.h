//===- Warp.h - Registers and control state of 32 threads -------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TEST_PTX_WARP_H
#define CCQ_TEST_PTX_WARP_H

#include "PTX/Memory.h"
#include "PTX/Module.h"

#include <string>
#include <vector>

namespace ccq::ptx {

class Block;

inline constexpr unsigned lanesPerWarp = 32;
inline constexpr LaneMask allLanes = ~LaneMask(0);

/// One cp.async that has been issued; it happens when its group is waited for.
struct PendingCopy {
  const Instruction *instruction;
  unsigned lane;
  uint64_t destination;
  uint64_t source;
  unsigned bytes;
  /// Bytes read from the source; the rest is filled with zeros.
  unsigned sourceBytes;
};

/// A set of lanes at the same instruction.
struct LaneGroup {
  uint32_t pc = 0;
  LaneMask lanes = 0;
  /// Waits for other lanes at a warp operation or at a block barrier.
  bool isWaiting = false;
};

/// 32 threads with one register file, in the layout [slot][lane]. Values
/// narrower than 64 bits are kept zero-extended; predicates are lane masks.
///
/// Lanes at the same instruction run together; of several groups the one with
/// the smallest instruction index runs first, so lanes that part meet again at
/// the next common instruction of structured code.
class Warp {
public:
  /// `lanes` are the threads that exist in this warp of the block.
  Warp(Block &block, unsigned index, LaneMask lanes);

  /// Brings all threads to the entry of the kernel, registers uninitialized.
  void reset();
  /// Runs until every lane has exited or waits, or until a fault.
  void run();
  /// Lets the group go on behind the barrier that it waits at.
  void release(size_t group);

  // For instruction handlers.

  uint64_t *getLanes(Slot slot) {
    return registers.data() + size_t(slot) * lanesPerWarp;
  }
  LaneMask getPredicate(Slot slot) const { return predicates[slot]; }
  /// Sets the predicate in the lanes of `active`.
  void setPredicate(Slot slot, LaneMask value, LaneMask active) {
    predicates[slot] = (predicates[slot] & ~active) | (value & active);
  }
  Block &getBlock() { return block; }
  /// Lanes that run together with the current instruction.
  LaneMask getConvergedLanes() const { return groups[current].lanes; }
  /// Stops the launch; line, mnemonic and thread are added to the message.
  void fault(const Instruction &instruction, unsigned lane,
             const std::string &message);
  /// Groups of asynchronous copies of a lane, oldest first; the last is open.
  std::vector<std::vector<PendingCopy>> &getCopyGroups(unsigned lane) {
    return copyGroups[lane];
  }

  // For the block.

  const std::vector<LaneGroup> &getGroups() const { return groups; }
  bool hasExited() const { return live == 0; }
  LaneMask getExitedLanes() const { return existing & ~live; }
  /// Linear index of a lane's thread in the block.
  uint32_t getThread(unsigned lane) const {
    return index * lanesPerWarp + lane;
  }

private:
  void runGroup();
  bool selectGroup();
  void checkSources(const Instruction &instruction, LaneMask active);
  void execute(const Instruction &instruction, LaneMask active);
  void branch(const Instruction &instruction, LaneMask active);
  void branchIndexed(const Instruction &instruction, LaneMask active);
  void exitLanes(LaneMask active);
  void wait(LaneMask active);
  bool meet(size_t group);
  bool meetWithMask(size_t group);
  bool retryMeetings();
  void advance(size_t group, LaneMask lanes);
  void dropEmptyGroups();

  Block &block;
  const Kernel &kernel;
  unsigned index;
  LaneMask existing;
  LaneMask live = 0;
  std::vector<uint64_t> registers;
  std::vector<LaneMask> predicates;
  /// Lanes in which a slot has a value.
  std::vector<LaneMask> initialized;
  std::vector<LaneGroup> groups;
  size_t current = 0;
  /// The current group stops before this instruction index, where another
  /// group is to be joined or to run first.
  uint32_t switchPc = 0;
  std::array<std::vector<std::vector<PendingCopy>>, lanesPerWarp> copyGroups;
};

} // namespace ccq::ptx

#endif // CCQ_TEST_PTX_WARP_H
