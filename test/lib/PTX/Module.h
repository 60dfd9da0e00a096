//===- Module.h - Parsed and pre-decoded PTX modules ------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TEST_PTX_MODULE_H
#define CCQ_TEST_PTX_MODULE_H

#include "PTX/Type.h"
#include "ccq/Support/Result.h"

#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ccq::ptx {

class Warp;
struct Instruction;

/// One bit per lane of a warp; bit i is lane i.
using LaneMask = uint32_t;

/// Executes one instruction for the lanes of a warp named by the mask.
using Handler = void (*)(Warp &, const Instruction &, LaneMask);

/// Index of a row of 32 lane values in a warp's register file. Registers,
/// immediates, special registers and symbol addresses all have slots.
using Slot = uint32_t;

enum class Space : uint8_t { Generic, Global, Constant, Shared, Local, Param };

/// The spelling without the leading dot; "generic" for Space::Generic.
std::string_view getName(Space space);

/// What the threads of a warp do when they reach an instruction.
enum class Flow : uint8_t {
  /// Execute and go on to the next instruction.
  Next,
  /// Go to `target`; lanes may part.
  Branch,
  /// Go to a label of a list, chosen by a register.
  IndexedBranch,
  /// The thread is done.
  Exit,
  /// Wait until the lanes that take part have arrived, then execute once.
  WarpMeeting,
  /// Wait until the threads of the block have arrived.
  BlockBarrier,
};

/// Families of instructions, for counting.
enum class InstructionClass : uint8_t {
  Move,
  Integer,
  Float,
  Comparison,
  Conversion,
  Memory,
  Control,
  Synchronization,
  Warp,
  Matrix,
};

/// One pre-decoded instruction. Operands are slots: results first, then
/// sources, in the order of the PTX text.
struct Instruction {
  static constexpr unsigned maxOperands = 16;
  static constexpr Slot noSlot = ~Slot(0);

  Handler handler = nullptr;
  /// Line of the PTX text, from 1.
  uint32_t line = 0;
  /// Index into Kernel::mnemonics.
  uint32_t mnemonic = 0;
  /// Branch: index of the instruction to go on with. IndexedBranch: index into
  /// Kernel::branchTables.
  uint32_t target = 0;
  /// Slot of the guard predicate, or noSlot.
  Slot guard = noSlot;
  /// Meaning depends on the handler: a lop3 table, a prmt mode, packed flags.
  uint32_t immediate = 0;
  /// Byte offset of a memory operand.
  int64_t offset = 0;
  /// Byte offset of the second memory operand (cp.async).
  int64_t secondOffset = 0;
  std::array<Slot, maxOperands> operands = {};
  uint8_t resultCount = 0;
  uint8_t operandCount = 0;
  bool guardNegated = false;
  /// The predicate source (selp, setp, vote) is negated with '!'.
  bool sourceNegated = false;
  /// WarpMeeting: the last source is the mask of the lanes that take part;
  /// without it all 32 do.
  bool hasMemberMask = false;
  Flow flow = Flow::Next;
  InstructionClass instructionClass = InstructionClass::Move;
  /// The space of a memory operand or of an address conversion.
  Space space = Space::Generic;
};

/// A variable of the module or of a kernel (.global .const .shared .local).
struct Variable {
  std::string name;
  Space space = Space::Global;
  uint64_t alignment = 1;
  uint64_t bytes = 0;
  /// Initial contents, empty or `bytes` long.
  std::vector<std::byte> initializer;
  /// `.extern .shared x[]`: its size is an argument of the launch.
  bool isDynamic = false;
  /// Offset in shared, local or parameter memory.
  uint64_t offset = 0;
};

/// A kernel parameter and its place in parameter memory.
struct Parameter {
  std::string name;
  uint64_t alignment = 1;
  uint64_t bytes = 0;
  uint64_t offset = 0;
};

/// Special registers with a slot of their own.
enum class SpecialRegister : uint8_t {
  TidX,
  TidY,
  TidZ,
  NtidX,
  NtidY,
  NtidZ,
  CtaidX,
  CtaidY,
  CtaidZ,
  NctaidX,
  NctaidY,
  NctaidZ,
  LaneId,
  WarpId,
  NwarpId,
  LaneMaskEq,
  LaneMaskLt,
  LaneMaskLe,
  LaneMaskGt,
  LaneMaskGe,
  DynamicSharedBytes,
  TotalSharedBytes,
};

/// A slot that holds the same value in every lane.
struct ConstantSlot {
  Slot slot;
  uint64_t value;
};

struct SpecialSlot {
  Slot slot;
  SpecialRegister special;
};

/// A slot that holds the address of a module variable or of dynamic shared
/// memory plus `addend`; known at launch.
struct AddressSlot {
  Slot slot;
  /// Index into Module::variables; the dynamic shared array has none.
  std::optional<size_t> variable;
  int64_t addend;
};

/// Dimensions of a grid or a block, and indices into them.
struct Dim3 {
  uint32_t x = 1;
  uint32_t y = 1;
  uint32_t z = 1;

  uint64_t getCount() const { return uint64_t(x) * y * z; }
  bool operator==(const Dim3 &) const = default;
};

/// "(x,y,z)"
std::string formatDimensions(const Dim3 &dimensions);

/// A pre-decoded kernel.
struct Kernel {
  std::string name;
  std::vector<Parameter> parameters;
  uint64_t parameterBytes = 0;
  std::vector<Instruction> instructions;
  /// Distinct mnemonics with all modifiers, e.g. "ld.global.v4.u32".
  std::vector<std::string> mnemonics;
  /// Label to index of the instruction that it stands before; labels of nested
  /// scopes are absent.
  std::map<std::string, size_t, std::less<>> labels;
  std::vector<std::vector<uint32_t>> branchTables;

  /// Name of each slot as written in the PTX text, for messages.
  std::vector<std::string> slotNames;
  std::vector<ConstantSlot> constants;
  std::vector<SpecialSlot> specials;
  std::vector<AddressSlot> addresses;

  /// Bytes of shared memory with a size known from the text.
  uint64_t staticSharedBytes = 0;
  /// Offset at which dynamic shared memory begins.
  uint64_t dynamicSharedOffset = 0;
  bool usesDynamicShared = false;
  /// Bytes of local memory per thread.
  uint64_t localBytes = 0;
  /// .maxntid and .reqntid, where given.
  std::optional<Dim3> maxThreads;
  std::optional<Dim3> requiredThreads;

  std::string_view getMnemonic(const Instruction &instruction) const {
    return mnemonics[instruction.mnemonic];
  }
  /// The opcode without modifiers, e.g. "ld".
  std::string_view getOpcode(const Instruction &instruction) const {
    std::string_view text = getMnemonic(instruction);
    return text.substr(0, text.find('.'));
  }
};

/// A parsed PTX text.
struct Module {
  /// Contents of .version and .target, e.g. "7.8" and "sm_80".
  std::string version;
  std::string target;
  std::vector<Kernel> kernels;
  /// .global and .const variables; each launch starts from the initializers.
  std::vector<Variable> variables;

  /// The kernel of this name, or null.
  const Kernel *findKernel(std::string_view name) const;
};

/// Parses and pre-decodes a PTX text. Every instruction, modifier and operand
/// is checked; what the interpreter does not know is an error of kind
/// Unsupported, what is not PTX one of kind MalformedInput. Messages begin
/// with "line N: ".
Result<Module> parseModule(std::string_view text);

} // namespace ccq::ptx

#endif // CCQ_TEST_PTX_MODULE_H
