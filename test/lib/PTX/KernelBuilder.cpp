//===- KernelBuilder.cpp - Names and slots of a kernel ----------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PTX/KernelBuilder.h"

#include <algorithm>
#include <charconv>

using namespace ccq;
using namespace ccq::ptx;

/// Alignment of dynamic shared memory; the strongest that an access needs.
static constexpr uint64_t dynamicSharedAlignment = 128;

static uint64_t alignTo(uint64_t value, uint64_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

/// Name and value of `%tid.x` and its like; all read as .u32.
static constexpr std::pair<std::string_view, SpecialRegister>
    specialRegisterNames[] = {
        {"%tid.x", SpecialRegister::TidX},
        {"%tid.y", SpecialRegister::TidY},
        {"%tid.z", SpecialRegister::TidZ},
        {"%ntid.x", SpecialRegister::NtidX},
        {"%ntid.y", SpecialRegister::NtidY},
        {"%ntid.z", SpecialRegister::NtidZ},
        {"%ctaid.x", SpecialRegister::CtaidX},
        {"%ctaid.y", SpecialRegister::CtaidY},
        {"%ctaid.z", SpecialRegister::CtaidZ},
        {"%nctaid.x", SpecialRegister::NctaidX},
        {"%nctaid.y", SpecialRegister::NctaidY},
        {"%nctaid.z", SpecialRegister::NctaidZ},
        {"%laneid", SpecialRegister::LaneId},
        {"%warpid", SpecialRegister::WarpId},
        {"%nwarpid", SpecialRegister::NwarpId},
        {"%lanemask_eq", SpecialRegister::LaneMaskEq},
        {"%lanemask_lt", SpecialRegister::LaneMaskLt},
        {"%lanemask_le", SpecialRegister::LaneMaskLe},
        {"%lanemask_gt", SpecialRegister::LaneMaskGt},
        {"%lanemask_ge", SpecialRegister::LaneMaskGe},
        {"%dynamic_smem_size", SpecialRegister::DynamicSharedBytes},
        {"%total_smem_size", SpecialRegister::TotalSharedBytes},
};

KernelBuilder::KernelBuilder(Kernel &kernel,
                             std::vector<Variable> &moduleVariables)
    : kernel(kernel), moduleVariables(moduleVariables) {
  scopes.push_back(std::make_unique<Scope>());
}

void KernelBuilder::enterScope() {
  scopes.push_back(std::make_unique<Scope>());
  scopes.back()->parent = currentScope;
  currentScope = scopes.size() - 1;
}

void KernelBuilder::leaveScope() {
  currentScope = scopes[currentScope]->parent;
}

bool KernelBuilder::declareRegister(std::string_view name, Type type) {
  Scope &scope = *scopes[currentScope];
  return scope.registers
      .try_emplace(std::string(name), RegisterEntry{type, std::nullopt})
      .second;
}

bool KernelBuilder::declareRegisterRange(std::string_view prefix, Type type,
                                         uint64_t count) {
  Scope &scope = *scopes[currentScope];
  return scope.ranges
      .try_emplace(std::string(prefix), RegisterRange{type, count})
      .second;
}

void KernelBuilder::declareVariable(Variable variable) {
  if (variable.space == Space::Local) {
    variable.offset = alignTo(kernel.localBytes, variable.alignment);
    kernel.localBytes = variable.offset + variable.bytes;
  } else if (!variable.isDynamic) {
    placeShared(variable);
  }
  localVariables.push_back(std::move(variable));
}

void KernelBuilder::declareParameter(Parameter parameter) {
  parameter.offset = alignTo(kernel.parameterBytes, parameter.alignment);
  kernel.parameterBytes = parameter.offset + parameter.bytes;
  kernel.parameters.push_back(std::move(parameter));
}

void KernelBuilder::placeShared(Variable &variable) {
  variable.offset = alignTo(kernel.staticSharedBytes, variable.alignment);
  kernel.staticSharedBytes = variable.offset + variable.bytes;
}

bool KernelBuilder::defineLabel(std::string_view name) {
  size_t next = kernel.instructions.size();
  if (!isInNestedScope() &&
      !kernel.labels.try_emplace(std::string(name), next).second)
    return false;
  return scopes[currentScope]
      ->labels.try_emplace(std::string(name), next)
      .second;
}

void KernelBuilder::defineBranchTable(std::string_view name,
                                      std::vector<std::string_view> labels) {
  scopes[currentScope]->tables[std::string(name)] = {labels.begin(),
                                                     labels.end()};
}

void KernelBuilder::requestBranch(std::string_view label) {
  branches.push_back(
      {kernel.instructions.size() - 1, currentScope, std::string(label)});
}

Slot KernelBuilder::createSlot(std::string name) {
  kernel.slotNames.push_back(std::move(name));
  return static_cast<Slot>(kernel.slotNames.size() - 1);
}

KernelBuilder::RegisterEntry *
KernelBuilder::findRegisterEntry(Scope &scope, std::string_view name) {
  if (auto it = scope.registers.find(name); it != scope.registers.end())
    return &it->second;
  size_t digits = name.size();
  while (digits > 0 && name[digits - 1] >= '0' && name[digits - 1] <= '9')
    --digits;
  // A prefix may itself end in digits ("%rd1<4>" declares %rd10 ... %rd13).
  for (size_t split = digits; split < name.size(); ++split) {
    auto range = scope.ranges.find(name.substr(0, split));
    if (range == scope.ranges.end())
      continue;
    std::string_view suffix = name.substr(split);
    uint64_t index = 0;
    auto parsed =
        std::from_chars(suffix.data(), suffix.data() + suffix.size(), index);
    bool isCanonical = suffix.size() == 1 || suffix[0] != '0';
    if (parsed.ec == std::errc() && isCanonical && index < range->second.count)
      return &scope.registers
                  .try_emplace(std::string(name),
                               RegisterEntry{range->second.type, std::nullopt})
                  .first->second;
  }
  return nullptr;
}

std::optional<RegisterReference>
KernelBuilder::findRegister(std::string_view name) {
  size_t scope = currentScope;
  while (true) {
    if (RegisterEntry *entry = findRegisterEntry(*scopes[scope], name)) {
      if (!entry->slot)
        entry->slot = createSlot(std::string(name));
      return RegisterReference{*entry->slot, entry->type};
    }
    if (scope == 0)
      return std::nullopt;
    scope = scopes[scope]->parent;
  }
}

std::optional<RegisterReference>
KernelBuilder::findSpecialRegister(std::string_view name) {
  constexpr uint64_t warpSize = 32;
  if (name == "WARP_SZ")
    return RegisterReference{getConstant(warpSize), Type::U32};
  for (const auto &[text, special] : specialRegisterNames) {
    if (text != name)
      continue;
    auto [it, isNew] = specialSlots.try_emplace(special, 0);
    if (isNew) {
      it->second = createSlot(std::string(name));
      kernel.specials.push_back({it->second, special});
    }
    return RegisterReference{it->second, Type::U32};
  }
  return std::nullopt;
}

std::optional<AddressReference>
KernelBuilder::findAddress(std::string_view name, int64_t addend) {
  auto makeStatic = [&](uint64_t offset, Space space) {
    return AddressReference{getConstant(offset + static_cast<uint64_t>(addend)),
                            space};
  };
  auto makeAtLaunch = [&](std::optional<size_t> variable, Space space) {
    Slot slot = createSlot(std::string(name));
    kernel.addresses.push_back({slot, variable, addend});
    return AddressReference{slot, space};
  };
  for (const Variable &variable : localVariables) {
    if (variable.name != name)
      continue;
    if (!variable.isDynamic)
      return makeStatic(variable.offset, variable.space);
    kernel.usesDynamicShared = true;
    return makeAtLaunch(std::nullopt, Space::Shared);
  }
  for (const Parameter &parameter : kernel.parameters)
    if (parameter.name == name)
      return makeStatic(parameter.offset, Space::Param);
  for (size_t i = 0; i < moduleVariables.size(); ++i) {
    Variable &variable = moduleVariables[i];
    if (variable.name != name)
      continue;
    if (variable.space != Space::Shared)
      return makeAtLaunch(i, variable.space);
    // From now on the kernel has its own copy, with its own offset.
    declareVariable(variable);
    return findAddress(name, addend);
  }
  return std::nullopt;
}

Slot KernelBuilder::getConstant(uint64_t value) {
  auto [it, isNew] = constantSlots.try_emplace(value, 0);
  if (isNew) {
    it->second = createSlot(std::to_string(static_cast<int64_t>(value)));
    kernel.constants.push_back({it->second, value});
  }
  return it->second;
}

Slot KernelBuilder::createDiscardSlot() { return createSlot("_"); }

void KernelBuilder::addInstruction(Instruction instruction,
                                   std::string_view mnemonic) {
  auto [it, isNew] = mnemonicIndices.try_emplace(
      std::string(mnemonic), static_cast<uint32_t>(kernel.mnemonics.size()));
  if (isNew)
    kernel.mnemonics.emplace_back(mnemonic);
  instruction.mnemonic = it->second;
  kernel.instructions.push_back(instruction);
}

const size_t *KernelBuilder::findLabel(size_t scope,
                                       std::string_view name) const {
  while (true) {
    const auto &labels = scopes[scope]->labels;
    if (auto it = labels.find(name); it != labels.end())
      return &it->second;
    if (scope == 0)
      return nullptr;
    scope = scopes[scope]->parent;
  }
}

Result<uint32_t> KernelBuilder::resolveLabel(const BranchRequest &request,
                                             std::string_view label) const {
  if (const size_t *target = findLabel(request.scope, label))
    return static_cast<uint32_t>(*target);
  uint32_t line = kernel.instructions[request.instruction].line;
  return Error{ErrorKind::MalformedInput,
               "line " + std::to_string(line) + ": branch to '" +
                   std::string(label) + "', which is not a label of '" +
                   kernel.name + "'"};
}

Result<void> KernelBuilder::resolve(const BranchRequest &request) {
  Instruction &branch = kernel.instructions[request.instruction];
  if (branch.flow == Flow::Branch) {
    Result<uint32_t> target = resolveLabel(request, request.label);
    if (!target)
      return target.takeError();
    branch.target = *target;
    return {};
  }
  const auto &tables = scopes[request.scope]->tables;
  auto table = tables.find(request.label);
  if (table == tables.end())
    return Error{ErrorKind::MalformedInput,
                 "line " + std::to_string(branch.line) +
                     ": no .branchtargets list '" + request.label + "'"};
  std::vector<uint32_t> targets;
  for (const std::string &label : table->second) {
    Result<uint32_t> target = resolveLabel(request, label);
    if (!target)
      return target.takeError();
    targets.push_back(*target);
  }
  branch.target = static_cast<uint32_t>(kernel.branchTables.size());
  kernel.branchTables.push_back(std::move(targets));
  return {};
}

Result<void> KernelBuilder::finish() {
  for (const BranchRequest &request : branches)
    if (Result<void> resolved = resolve(request); !resolved)
      return resolved;
  kernel.dynamicSharedOffset =
      alignTo(kernel.staticSharedBytes, dynamicSharedAlignment);
  return {};
}
