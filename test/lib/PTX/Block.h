//===- Block.h - Execution of one block -------------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TEST_PTX_BLOCK_H
#define CCQ_TEST_PTX_BLOCK_H

#include "PTX/Interpreter.h"
#include "PTX/RaceDetector.h"
#include "PTX/Warp.h"

#include <bit>
#include <optional>

namespace ccq::ptx {

/// Generic addresses of the spaces that have a window; global and constant
/// addresses are their own generic addresses.
inline constexpr uint64_t sharedWindow = 0x610000000000;
inline constexpr uint64_t localWindow = 0x620000000000;
inline constexpr uint64_t paramWindow = 0x630000000000;
inline constexpr uint64_t windowBytes = uint64_t(1) << 32;

/// Start of a space's window; 0 for spaces without one.
uint64_t getWindow(Space space);

/// A slot that holds one value in all threads of a launch.
struct UniformValue {
  Slot slot;
  uint64_t value;
};

struct InstructionCounts {
  uint64_t threads = 0;
  uint64_t warps = 0;
};

/// What the blocks of a launch share.
struct LaunchState {
  const Kernel &kernel;
  Memory &memory;
  Memory &variables;
  Region &parameters;
  Dim3 gridSize;
  Dim3 blockSize;
  uint64_t sharedBytes;
  uint64_t dynamicSharedBytes;
  LaunchOptions options;
  std::vector<UniformValue> uniformValues;
  std::vector<InstructionCounts> counts;
  uint64_t remainingInstructions;
  std::optional<Error> error;
};

/// Runs blocks, one at a time.
class Block {
public:
  explicit Block(LaunchState &launch);
  Block(const Block &) = delete;
  Block &operator=(const Block &) = delete;

  /// Runs one block to its end or to a fault.
  void run(Dim3 blockIndex);

  const Kernel &getKernel() const { return launch.kernel; }
  const std::vector<UniformValue> &getUniformValues() const {
    return launch.uniformValues;
  }
  uint32_t getSpecial(SpecialRegister special, uint32_t thread) const;
  bool allowsUninitializedRegisters() const {
    return launch.options.uninitializedRegisters ==
           UninitializedRegisters::Allow;
  }

  /// The bytes [address, address + bytes) of `space` as `thread` sees them, or
  /// null with the reason in `fault`.
  std::byte *access(Space space, uint64_t address, uint64_t bytes,
                    AccessKind kind, uint32_t thread, std::string &fault);
  Region &getShared() { return shared; }

  void fault(const Instruction &instruction, uint32_t thread,
             const std::string &message);
  bool failed() const { return launch.error.has_value(); }
  /// Counts an instruction; false when the launch has used up its limit.
  bool count(uint32_t pc, LaneMask active) {
    launch.counts[pc].threads += std::popcount(active);
    ++launch.counts[pc].warps;
    return launch.remainingInstructions-- != 0;
  }

private:
  struct Arrival {
    size_t warp;
    size_t group;
    uint64_t barrier;
    uint64_t expected;
    uint64_t threads;
  };

  std::byte *accessShared(uint64_t address, uint64_t bytes, AccessKind kind,
                          uint32_t thread, std::string &fault);
  std::byte *accessGlobal(uint64_t address, uint64_t bytes, AccessKind kind,
                          std::string &fault);
  std::byte *accessGeneric(uint64_t address, uint64_t bytes, AccessKind kind,
                           uint32_t thread, std::string &fault);
  std::vector<Arrival> collectArrivals();
  bool releaseBarriers();
  void joinReleasedWarps(const std::vector<Arrival> &released);
  void faultOnDeadlock();
  std::string describeThread(uint32_t thread) const;
  std::string describeAbsentThreads(size_t waitingWarp, size_t waitingGroup);
  Dim3 getThreadIndex(uint32_t thread) const;
  const Instruction &getInstruction(const LaneGroup &group) const {
    return launch.kernel.instructions[group.pc];
  }

  LaunchState &launch;
  uint32_t threadCount;
  Dim3 blockIndex;
  Region shared;
  RaceDetector races;
  std::vector<Region> locals;
  std::vector<Warp> warps;
};

} // namespace ccq::ptx

#endif // CCQ_TEST_PTX_BLOCK_H
