//===- MemoryAccess.h - addresses and widths --------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TEST_PTX_INSTRUCTIONS_MEMORYACCESS_H
#define CCQ_TEST_PTX_INSTRUCTIONS_MEMORYACCESS_H

#include "PTX/Block.h"
#include "PTX/Decoder.h"

namespace ccq::ptx {

/// The bytes that `lane` accesses at `address`, which has to be a multiple of
/// `bytes`. Null after a fault, which has been reported.
std::byte *accessLane(Warp &warp, const Instruction &instruction, unsigned lane,
                      Space space, uint64_t address, unsigned bytes,
                      AccessKind kind);

/// The modifiers that ld, st, atom and red share.
struct MemoryModifiers {
  /// Takes a state space when one is written.
  static std::optional<Space> acceptSpace(InstructionDecoder &decoder);
  /// Takes .weak .relaxed .acquire .release .acq_rel .volatile with a scope.
  /// One thread runs at a time, so that none changes the result.
  static void skipOrdering(InstructionDecoder &decoder);
  /// Takes a scope (.cta .cluster .gpu .sys) when one is there.
  static void skipScope(InstructionDecoder &decoder);
  /// Takes cache operators and eviction priorities, which are hints.
  static void skipCacheHints(InstructionDecoder &decoder);
};

} // namespace ccq::ptx

#endif // CCQ_TEST_PTX_INSTRUCTIONS_MEMORYACCESS_H
