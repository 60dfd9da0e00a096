//===- Interpreter.h - Launches kernels of a PTX module ---------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TEST_PTX_INTERPRETER_H
#define CCQ_TEST_PTX_INTERPRETER_H

#include "PTX/Memory.h"
#include "PTX/Module.h"

#include <cstring>
#include <map>
#include <string>
#include <type_traits>
#include <vector>

namespace ccq::ptx {

/// One kernel argument: its bytes as they lie in parameter memory.
class Param {
public:
  /// The address of a buffer.
  Param(DeviceBuffer buffer) : Param(buffer.address) {}
  /// A scalar; its size has to be the parameter's.
  template <typename T>
    requires(std::is_arithmetic_v<T>)
  Param(T value) : bytes(sizeof(T)) {
    std::memcpy(bytes.data(), &value, sizeof(T));
  }
  /// An aggregate.
  explicit Param(std::vector<std::byte> bytes) : bytes(std::move(bytes)) {}

  const std::vector<std::byte> &getBytes() const { return bytes; }

private:
  std::vector<std::byte> bytes;
};

/// What a launch executed. An instruction counts once per thread whose guard
/// let it through.
struct LaunchStatistics {
  uint64_t threadInstructions = 0;
  /// Instructions fetched by warps, with any number of active threads.
  uint64_t warpInstructions = 0;
  /// Thread instructions by opcode ("ld") and by whole mnemonic
  /// ("ld.global.v4.u32"). What never ran is absent.
  std::map<std::string, uint64_t, std::less<>> perOpcode;
  std::map<std::string, uint64_t, std::less<>> perMnemonic;
  /// Thread instructions by position in Kernel::instructions.
  std::vector<uint64_t> perInstruction;

  /// Thread instructions with this opcode; 0 when none ran.
  uint64_t getCount(std::string_view opcode) const {
    auto it = perOpcode.find(opcode);
    return it == perOpcode.end() ? 0 : it->second;
  }
};

/// Whether reading a register that was never set is an error.
enum class UninitializedRegisters : uint8_t {
  Refuse,
  /// Reads give whatever the register file holds.
  Allow,
};

/// Whether unordered accesses of warps to shared memory are an error; see
/// RaceDetector.
enum class SharedRaces : uint8_t { Refuse, Allow };

struct LaunchOptions {
  /// Limit on warp instructions of the whole launch, against endless loops.
  uint64_t maxWarpInstructions = uint64_t(1) << 33;
  UninitializedRegisters uninitializedRegisters =
      UninitializedRegisters::Refuse;
  SharedRaces sharedRaces = SharedRaces::Refuse;
};

/// Runs a kernel to its end: blocks one after the other, x fastest.
///
/// Fails when the kernel, the dimensions or the parameters do not fit, and on
/// the first fault: an access out of bounds, misaligned, to read-only memory or
/// to bytes that were never written; a register read before it is set; accesses
/// to shared memory that no barrier orders; threads that wait for others that
/// cannot come. Faults begin with "line N: ", N being
/// the line of the PTX text, and end with the thread and the block. Buffers
/// keep what was written before the fault.
Result<LaunchStatistics> launch(const Module &module,
                                std::string_view kernelName, Dim3 grid,
                                Dim3 block, const std::vector<Param> &params,
                                Memory &memory, uint64_t dynamicSharedBytes = 0,
                                const LaunchOptions &options = {});

} // namespace ccq::ptx

#endif // CCQ_TEST_PTX_INTERPRETER_H
