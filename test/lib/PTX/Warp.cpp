//===- Warp.cpp - Lockstep execution of a warp ------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PTX/Warp.h"

#include "PTX/AsyncCopy.h"
#include "PTX/Block.h"

#include <algorithm>
#include <bit>
#include <limits>

using namespace ccq::ptx;

Warp::Warp(Block &block, unsigned index, LaneMask lanes)
    : block(block), kernel(block.getKernel()), index(index), existing(lanes),
      registers(kernel.slotNames.size() * lanesPerWarp),
      predicates(kernel.slotNames.size()),
      initialized(kernel.slotNames.size()) {}

void Warp::reset() {
  live = existing;
  groups.assign(1, LaneGroup{0, live, false});
  std::fill(initialized.begin(), initialized.end(), LaneMask(0));
  for (const UniformValue &uniform : block.getUniformValues()) {
    std::fill_n(getLanes(uniform.slot), lanesPerWarp, uniform.value);
    predicates[uniform.slot] = uniform.value & 1 ? allLanes : 0;
    initialized[uniform.slot] = allLanes;
  }
  for (const SpecialSlot &special : kernel.specials) {
    uint64_t *lanes = getLanes(special.slot);
    for (unsigned lane = 0; lane < lanesPerWarp; ++lane)
      lanes[lane] = block.getSpecial(special.special, getThread(lane));
    initialized[special.slot] = allLanes;
  }
  for (auto &lane : copyGroups)
    lane.assign(1, {});
}

void Warp::fault(const Instruction &instruction, unsigned lane,
                 const std::string &message) {
  block.fault(instruction, getThread(lane), message);
}

/// Chooses the runnable group with the smallest instruction index and joins
/// all runnable groups that are at it. False when every group waits.
bool Warp::selectGroup() {
  current = groups.size();
  for (size_t i = 0; i < groups.size(); ++i)
    if (!groups[i].isWaiting &&
        (current == groups.size() || groups[i].pc < groups[current].pc))
      current = i;
  if (current == groups.size())
    return false;
  switchPc = std::numeric_limits<uint32_t>::max();
  LaneGroup &chosen = groups[current];
  for (size_t i = 0; i < groups.size(); ++i) {
    LaneGroup &other = groups[i];
    if (i == current || other.isWaiting)
      continue;
    if (other.pc == chosen.pc) {
      chosen.lanes |= other.lanes;
      other.lanes = 0;
    } else {
      switchPc = std::min(switchPc, other.pc);
    }
  }
  dropEmptyGroups();
  return true;
}

void Warp::dropEmptyGroups() {
  for (size_t i = groups.size(); i-- > 0;) {
    if (groups[i].lanes != 0)
      continue;
    groups.erase(groups.begin() + static_cast<ptrdiff_t>(i));
    if (i < current)
      --current;
  }
}

void Warp::run() {
  while (!block.failed())
    if (selectGroup())
      runGroup();
    else if (!retryMeetings())
      return;
}

/// Runs the current group until it parts, waits, ends or meets another one.
void Warp::runGroup() {
  const auto instructionCount =
      static_cast<uint32_t>(kernel.instructions.size());
  while (true) {
    // Handlers of branches add groups, so no reference is kept over them.
    uint32_t pc = groups[current].pc;
    if (pc >= instructionCount)
      return exitLanes(groups[current].lanes); // the end is an implicit ret
    const Instruction &instruction = kernel.instructions[pc];
    LaneMask active = groups[current].lanes;
    if (instruction.guard != Instruction::noSlot) {
      if (LaneMask missing = active & ~initialized[instruction.guard])
        return fault(instruction, std::countr_zero(missing),
                     "the guard '" + kernel.slotNames[instruction.guard] +
                         "' is read before it is set");
      LaneMask guard = predicates[instruction.guard];
      active &= instruction.guardNegated ? ~guard : guard;
    }
    if (!block.count(pc, active))
      return fault(instruction, std::countr_zero(groups[current].lanes),
                   "the launch executed more instructions than its limit");
    switch (instruction.flow) {
    case Flow::Next:
      execute(instruction, active);
      ++groups[current].pc;
      if (block.failed() || pc + 1 >= switchPc)
        return;
      continue;
    case Flow::Branch:
      branch(instruction, active);
      if (groups.size() > 1)
        return;
      continue;
    case Flow::IndexedBranch:
      return branchIndexed(instruction, active);
    case Flow::Exit:
      return exitLanes(active);
    case Flow::WarpMeeting:
    case Flow::BlockBarrier:
      return wait(active);
    }
  }
}

void Warp::checkSources(const Instruction &instruction, LaneMask active) {
  if (block.allowsUninitializedRegisters())
    return;
  for (unsigned i = instruction.resultCount; i < instruction.operandCount; ++i)
    if (LaneMask missing = active & ~initialized[instruction.operands[i]])
      return fault(instruction, std::countr_zero(missing),
                   "register '" + kernel.slotNames[instruction.operands[i]] +
                       "' is read before it is set");
}

void Warp::execute(const Instruction &instruction, LaneMask active) {
  if (!active)
    return;
  checkSources(instruction, active);
  if (block.failed())
    return;
  instruction.handler(*this, instruction, active);
  for (unsigned i = 0; i < instruction.resultCount; ++i)
    initialized[instruction.operands[i]] |= active;
}

void Warp::branch(const Instruction &instruction, LaneMask active) {
  LaneGroup &group = groups[current];
  if (active == 0) {
    ++group.pc;
  } else if (active == group.lanes) {
    group.pc = instruction.target;
  } else {
    group.lanes &= ~active;
    ++group.pc;
    groups.push_back({instruction.target, active, false});
  }
}

void Warp::branchIndexed(const Instruction &instruction, LaneMask active) {
  checkSources(instruction, active);
  const auto &table = kernel.branchTables[instruction.target];
  const uint64_t *indices = getLanes(instruction.operands[0]);
  LaneMask leaving = active;
  while (leaving && !block.failed()) {
    unsigned lane = std::countr_zero(leaving);
    auto index = static_cast<uint32_t>(indices[lane]);
    if (index >= table.size())
      return fault(instruction, lane,
                   "index " + std::to_string(index) +
                       " is outside a table of " +
                       std::to_string(table.size()) + " labels");
    LaneMask same = 0;
    for (unsigned other = lane; other < lanesPerWarp; ++other)
      if (leaving >> other & 1 &&
          static_cast<uint32_t>(indices[other]) == index)
        same |= LaneMask(1) << other;
    groups.push_back({table[index], same, false});
    leaving &= ~same;
  }
  groups[current].lanes &= ~active;
  ++groups[current].pc;
  dropEmptyGroups();
}

void Warp::exitLanes(LaneMask active) {
  for (unsigned lane = 0; lane < lanesPerWarp; ++lane)
    if (active >> lane & 1)
      completeAllCopies(*this, lane);
  live &= ~active;
  groups[current].lanes &= ~active;
  ++groups[current].pc;
  dropEmptyGroups();
}

/// Parks the lanes of `active` at the current instruction, together with those
/// that already wait there. The other lanes of the group go on.
void Warp::wait(LaneMask active) {
  uint32_t pc = groups[current].pc;
  const Instruction &instruction = kernel.instructions[pc];
  if (instruction.flow == Flow::BlockBarrier)
    checkSources(instruction, active);
  groups[current].lanes &= ~active;
  ++groups[current].pc;
  size_t parked = groups.size();
  for (size_t i = 0; i < groups.size(); ++i)
    if (groups[i].isWaiting && groups[i].pc == pc)
      parked = i;
  if (parked == groups.size())
    groups.push_back({pc, 0, true});
  groups[parked].lanes |= active;
  if (active && instruction.flow == Flow::WarpMeeting)
    meet(parked);
  dropEmptyGroups();
}

void Warp::advance(size_t group, LaneMask lanes) {
  groups[group].lanes &= ~lanes;
  groups.push_back({groups[group].pc + 1, lanes, false});
}

void Warp::release(size_t group) { advance(group, groups[group].lanes); }

bool Warp::retryMeetings() {
  bool progressed = false;
  for (size_t i = 0, count = groups.size(); i < count; ++i)
    if (kernel.instructions[groups[i].pc].flow == Flow::WarpMeeting)
      progressed |= meet(i);
  dropEmptyGroups();
  return progressed && !block.failed();
}

/// Executes the warp operation that a group waits at, for the lanes that are
/// complete. True when some were.
bool Warp::meet(size_t group) {
  const Instruction &instruction = kernel.instructions[groups[group].pc];
  LaneMask arrived = groups[group].lanes;
  if (instruction.hasMemberMask)
    return meetWithMask(group);
  if (LaneMask missing = allLanes & ~live) {
    fault(instruction, std::countr_zero(arrived),
          "expected all 32 threads of the warp, got " +
              std::to_string(std::popcount(live)) +
              "; the first one missing is lane " +
              std::to_string(std::countr_zero(missing)));
    return false;
  }
  if (arrived != allLanes)
    return false;
  execute(instruction, arrived);
  advance(group, arrived);
  return true;
}

bool Warp::meetWithMask(size_t group) {
  const Instruction &instruction = kernel.instructions[groups[group].pc];
  Slot maskSlot = instruction.operands[instruction.operandCount - 1u];
  const LaneMask arrived = groups[group].lanes;
  LaneMask remaining = arrived;
  bool progressed = false;
  while (remaining && !block.failed()) {
    unsigned lane = std::countr_zero(remaining);
    checkSources(instruction, LaneMask(1) << lane);
    auto members = static_cast<LaneMask>(getLanes(maskSlot)[lane]);
    if (!(members >> lane & 1)) {
      fault(instruction, lane,
            "lane " + std::to_string(lane) + " is not in its own member mask");
      return false;
    }
    LaneMask participants = members & live;
    remaining &= ~participants;
    if (participants & ~arrived)
      continue;
    for (unsigned other = lane; other < lanesPerWarp; ++other)
      if (participants >> other & 1 &&
          static_cast<LaneMask>(getLanes(maskSlot)[other]) != members)
        fault(instruction, other,
              "lanes " + std::to_string(lane) + " and " +
                  std::to_string(other) + " name different member masks");
    execute(instruction, participants);
    advance(group, participants);
    progressed = true;
  }
  return progressed;
}
