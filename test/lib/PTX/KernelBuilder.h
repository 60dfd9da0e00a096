//===- KernelBuilder.h - Names and slots of a kernel ------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TEST_PTX_KERNELBUILDER_H
#define CCQ_TEST_PTX_KERNELBUILDER_H

#include "PTX/Module.h"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ccq::ptx {

/// A register or special register by name.
struct RegisterReference {
  Slot slot;
  Type type;
};

/// The address of a variable by name.
struct AddressReference {
  Slot slot;
  Space space;
};

/// Resolves the names of one kernel to slots while its body is parsed. Nested
/// `{ }` scopes, as inline assembly makes them, hide outer names.
class KernelBuilder {
public:
  /// Module-scope variables are visible in the kernel; shared ones get their
  /// place in the kernel's shared memory when first used.
  KernelBuilder(Kernel &kernel, std::vector<Variable> &moduleVariables);

  void enterScope();
  void leaveScope();
  bool isInNestedScope() const { return currentScope != 0; }

  /// Declares `name`, or `name`0 ... `name`(count-1) when a count is given.
  /// False when the current scope has the name already.
  bool declareRegister(std::string_view name, Type type);
  bool declareRegisterRange(std::string_view prefix, Type type, uint64_t count);
  /// Declares a kernel-scope .shared or .local variable.
  void declareVariable(Variable variable);
  void declareParameter(Parameter parameter);

  /// Binds the label to the next instruction; false when it is taken.
  bool defineLabel(std::string_view name);
  /// Binds a list of labels, the operand of brx.idx.
  void defineBranchTable(std::string_view name,
                         std::vector<std::string_view> labels);
  /// Requests that the last added instruction branches to `label`, or through
  /// the table of that name when its flow is IndexedBranch.
  void requestBranch(std::string_view label);

  std::optional<RegisterReference> findRegister(std::string_view name);
  std::optional<RegisterReference> findSpecialRegister(std::string_view name);
  /// Slot of the address `name + addend` in the variable's own space.
  std::optional<AddressReference> findAddress(std::string_view name,
                                              int64_t addend);
  /// Slot of a value that is the same in every lane.
  Slot getConstant(uint64_t value);
  /// A slot that swallows results ('_').
  Slot createDiscardSlot();

  /// Adds an instruction with its mnemonic.
  void addInstruction(Instruction instruction, std::string_view mnemonic);

  /// Resolves branches and lays out memory.
  Result<void> finish();

private:
  struct RegisterEntry {
    Type type;
    std::optional<Slot> slot;
  };
  struct RegisterRange {
    Type type;
    uint64_t count;
  };
  struct Scope {
    size_t parent;
    std::map<std::string, RegisterEntry, std::less<>> registers;
    std::map<std::string, RegisterRange, std::less<>> ranges;
    std::map<std::string, size_t, std::less<>> labels;
    std::map<std::string, std::vector<std::string>, std::less<>> tables;
  };
  struct BranchRequest {
    size_t instruction;
    size_t scope;
    std::string label;
  };

  Slot createSlot(std::string name);
  RegisterEntry *findRegisterEntry(Scope &scope, std::string_view name);
  const size_t *findLabel(size_t scope, std::string_view name) const;
  Result<void> resolve(const BranchRequest &request);
  Result<uint32_t> resolveLabel(const BranchRequest &request,
                                std::string_view label) const;
  void placeShared(Variable &variable);

  Kernel &kernel;
  std::vector<Variable> &moduleVariables;
  std::vector<Variable> localVariables;
  /// All scopes ever opened; 0 is the body. Labels are looked up at the end.
  std::vector<std::unique_ptr<Scope>> scopes;
  size_t currentScope = 0;
  std::vector<BranchRequest> branches;
  std::map<uint64_t, Slot> constantSlots;
  std::map<SpecialRegister, Slot> specialSlots;
  std::map<std::string, uint32_t, std::less<>> mnemonicIndices;
};

} // namespace ccq::ptx

#endif // CCQ_TEST_PTX_KERNELBUILDER_H
