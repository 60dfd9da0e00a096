//===- Control.cpp - Branches, exits, barriers and fences -------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PTX/Instructions/Families.h"
#include "PTX/Instructions/MemoryAccess.h"

using namespace ccq;
using namespace ccq::ptx;

static void runNothing(Warp &, const Instruction &, LaneMask) {}

static void decodeBranch(InstructionDecoder &decoder) {
  bool isIndexed = decoder.accept("idx");
  decoder.accept("uni");
  if (decoder.getOpcode() == "brx" && !isIndexed)
    decoder.expect("idx");
  if (isIndexed)
    decoder.addSource(Type::U32);
  decoder.addBranchTarget();
  decoder.finish(runNothing, InstructionClass::Control,
                 isIndexed ? Flow::IndexedBranch : Flow::Branch);
}

static void decodeExit(InstructionDecoder &decoder) {
  decoder.accept("uni");
  decoder.finish(runNothing, InstructionClass::Control, Flow::Exit);
}

static void runTrap(Warp &warp, const Instruction &instruction,
                    LaneMask active) {
  warp.fault(instruction, std::countr_zero(active), "the kernel trapped");
}

static void decodeTrap(InstructionDecoder &decoder) {
  decoder.finish(runTrap, InstructionClass::Control);
}

/// bar.warp.sync mask: the lanes of the mask meet.
static void decodeWarpBarrier(InstructionDecoder &decoder) {
  decoder.expect("sync");
  decoder.addSource(Type::B32);
  decoder.getInstruction().hasMemberMask = true;
  decoder.finish(runNothing, InstructionClass::Synchronization,
                 Flow::WarpMeeting);
}

/// bar.sync a[, b] and barrier.sync[.aligned] a[, b]: barrier number and number
/// of threads.
static void decodeBarrier(InstructionDecoder &decoder) {
  if (decoder.accept("warp"))
    return decodeWarpBarrier(decoder);
  decoder.accept("cta");
  decoder.expect("sync");
  decoder.accept("aligned");
  decoder.addSource(Type::U32);
  if (decoder.getRemainingOperands() > 0)
    decoder.addSource(Type::U32);
  decoder.finish(runNothing, InstructionClass::Synchronization,
                 Flow::BlockBarrier);
}

/// membar.level and fence.semantics.scope: one thread runs at a time and sees
/// all earlier writes, so that there is nothing to do.
static void decodeFence(InstructionDecoder &decoder) {
  if (decoder.getOpcode() == "membar") {
    bool isKnown =
        decoder.accept("cta") || decoder.accept("gl") || decoder.accept("sys");
    if (!isKnown)
      decoder.expect("cta");
  } else {
    if (!decoder.accept("sc"))
      decoder.accept("acq_rel");
    MemoryModifiers::skipScope(decoder);
  }
  decoder.finish(runNothing, InstructionClass::Synchronization);
}

/// griddepcontrol orders dependent launches; launches here run one by one.
static void decodeGridDependency(InstructionDecoder &decoder) {
  if (!decoder.accept("wait"))
    decoder.expect("launch_dependents");
  decoder.finish(runNothing, InstructionClass::Synchronization);
}

std::span<const OpcodeEntry> ccq::ptx::getControlOpcodes() {
  constexpr OperandFamily any = OperandFamily::Any;
  static constexpr OpcodeEntry entries[] = {
      {"bra", any, decodeBranch},
      {"brx", any, decodeBranch},
      {"ret", any, decodeExit},
      {"exit", any, decodeExit},
      {"trap", any, decodeTrap},
      {"bar", any, decodeBarrier},
      {"barrier", any, decodeBarrier},
      {"membar", any, decodeFence},
      {"fence", any, decodeFence},
      {"griddepcontrol", any, decodeGridDependency},
  };
  return entries;
}
