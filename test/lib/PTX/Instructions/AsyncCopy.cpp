//===- AsyncCopy.cpp - cp.async and its groups ------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PTX/AsyncCopy.h"

#include "PTX/Instructions/Families.h"
#include "PTX/Instructions/MemoryAccess.h"
#include "PTX/LaneMap.h"

#include <algorithm>

using namespace ccq;
using namespace ccq::ptx;

// A copy happens as late as it may: when its group is waited for. Until then
// its destination counts as unwritten, so that a kernel which forgets to wait
// faults.

static void performCopy(Warp &warp, const PendingCopy &copy) {
  const Instruction &instruction = *copy.instruction;
  std::byte *destination =
      accessLane(warp, instruction, copy.lane, Space::Shared, copy.destination,
                 copy.bytes, AccessKind::Write);
  if (!destination)
    return;
  std::memset(destination, 0, copy.bytes);
  if (copy.sourceBytes == 0)
    return;
  std::string fault;
  const std::byte *source = warp.getBlock().access(
      Space::Global, copy.source, copy.sourceBytes, AccessKind::Read,
      warp.getThread(copy.lane), fault);
  if (!source)
    return warp.fault(instruction, copy.lane, fault);
  std::memcpy(destination, source, copy.sourceBytes);
}

static void performGroup(Warp &warp, const std::vector<PendingCopy> &group) {
  for (const PendingCopy &copy : group)
    performCopy(warp, copy);
}

void ccq::ptx::completeCopies(Warp &warp, unsigned lane,
                              size_t remainingGroups) {
  auto &groups = warp.getCopyGroups(lane);
  size_t committed = groups.size() - 1;
  if (committed <= remainingGroups)
    return;
  size_t count = committed - remainingGroups;
  for (size_t i = 0; i < count; ++i)
    performGroup(warp, groups[i]);
  groups.erase(groups.begin(), groups.begin() + static_cast<ptrdiff_t>(count));
}

void ccq::ptx::completeAllCopies(Warp &warp, unsigned lane) {
  auto &groups = warp.getCopyGroups(lane);
  for (const std::vector<PendingCopy> &group : groups)
    performGroup(warp, group);
  groups.assign(1, {});
}

/// `immediate` is the number of bytes; operands: destination, source and,
/// where given, the number of source bytes.
static void runCopy(Warp &warp, const Instruction &instruction,
                    LaneMask active) {
  const uint64_t *destination = warp.getLanes(instruction.operands[0]);
  const uint64_t *source = warp.getLanes(instruction.operands[1]);
  unsigned bytes = instruction.immediate;
  forEachLane(active, [&](unsigned lane) {
    unsigned sourceBytes = bytes;
    if (instruction.operandCount > 2)
      sourceBytes =
          static_cast<uint32_t>(warp.getLanes(instruction.operands[2])[lane]);
    if (sourceBytes > bytes)
      return warp.fault(instruction, lane,
                        "expected at most " + std::to_string(bytes) +
                            " source bytes, got " +
                            std::to_string(sourceBytes));
    PendingCopy copy = {
        &instruction,
        lane,
        destination[lane] + static_cast<uint64_t>(instruction.offset),
        source[lane] + static_cast<uint64_t>(instruction.secondOffset),
        bytes,
        sourceBytes};
    // The access checks the destination now; the bytes stay unreadable.
    if (!accessLane(warp, instruction, lane, Space::Shared, copy.destination,
                    bytes, AccessKind::Write))
      return;
    if (copy.source % bytes != 0)
      return warp.fault(instruction, lane,
                        "expected a source address that is a multiple of " +
                            std::to_string(bytes));
    warp.getBlock().getShared().markUnwritten(copy.destination, bytes);
    warp.getCopyGroups(lane).back().push_back(copy);
  });
}

static void runCommit(Warp &warp, const Instruction &, LaneMask active) {
  forEachLane(active,
              [&](unsigned lane) { warp.getCopyGroups(lane).emplace_back(); });
}

static void runWaitGroup(Warp &warp, const Instruction &instruction,
                         LaneMask active) {
  forEachLane(active, [&](unsigned lane) {
    completeCopies(warp, lane, instruction.immediate);
  });
}

static void runWaitAll(Warp &warp, const Instruction &, LaneMask active) {
  forEachLane(active, [&](unsigned lane) { completeAllCopies(warp, lane); });
}

static void decodeCopy(InstructionDecoder &decoder) {
  bool bypassesL1 = decoder.accept("cg");
  if (!bypassesL1)
    decoder.expect("ca");
  if (!decoder.accept("shared::cta"))
    decoder.expect("shared");
  decoder.expect("global");
  MemoryModifiers::skipCacheHints(decoder);
  decoder.addAddress(Space::Shared);
  decoder.addAddress(Space::Global);
  uint64_t bytes = decoder.takeImmediate(4, 16);
  bool isAllowed = bypassesL1 ? bytes == 16 : std::has_single_bit(bytes);
  if (!isAllowed)
    decoder.fail(ErrorKind::MalformedInput,
                 "expected a copy of 4, 8 or 16 bytes (16 with '.cg'), got " +
                     std::to_string(bytes));
  if (decoder.getRemainingOperands() > 0)
    decoder.addSource(Type::U32);
  decoder.getInstruction().immediate = static_cast<uint32_t>(bytes);
  decoder.finish(runCopy, InstructionClass::Memory);
}

static void decodeAsyncCopy(InstructionDecoder &decoder) {
  decoder.expect("async");
  if (decoder.accept("commit_group"))
    return decoder.finish(runCommit, InstructionClass::Synchronization);
  if (decoder.accept("wait_all"))
    return decoder.finish(runWaitAll, InstructionClass::Synchronization);
  if (!decoder.accept("wait_group"))
    return decodeCopy(decoder);
  constexpr uint64_t maxGroups = 255;
  decoder.getInstruction().immediate =
      static_cast<uint32_t>(decoder.takeImmediate(0, maxGroups));
  decoder.finish(runWaitGroup, InstructionClass::Synchronization);
}

std::span<const OpcodeEntry> ccq::ptx::getAsyncCopyOpcodes() {
  static constexpr OpcodeEntry entries[] = {
      {"cp", OperandFamily::Any, decodeAsyncCopy},
  };
  return entries;
}
