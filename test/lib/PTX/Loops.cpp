//===- Loops.cpp - Loops of a kernel and what they are made of --*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PTX/Loops.h"

#include <algorithm>
#include <limits>

using namespace ccq;
using namespace ccq::ptx;

namespace {
/// A run of instructions that is entered at the top only.
struct BasicBlock {
  size_t begin = 0;
  size_t end = 0;
  std::vector<size_t> successors;
};

using BlockSet = std::vector<size_t>;

class LoopFinder {
public:
  explicit LoopFinder(const Kernel &kernel) : kernel(kernel) {}
  std::vector<Loop> run();

private:
  std::vector<size_t> getTargets(size_t instruction) const;
  void buildBlocks();
  void findIn(const BlockSet &blocks, unsigned depth);
  std::vector<BlockSet> findComponents(const BlockSet &blocks);
  void visit(size_t block, std::vector<BlockSet> &components);
  bool isCyclic(const BlockSet &component) const;
  size_t findHeader(const BlockSet &component) const;
  void addLoop(const BlockSet &component, unsigned depth);

  const Kernel &kernel;
  std::vector<BasicBlock> basicBlocks;
  std::vector<Loop> loops;
  // State of one search for strongly connected components.
  static constexpr size_t unseen = std::numeric_limits<size_t>::max();
  std::vector<bool> isInside;
  std::vector<size_t> order;
  std::vector<size_t> lowest;
  std::vector<bool> isOnStack;
  std::vector<size_t> stack;
  size_t visited = 0;
};
} // namespace

/// The instructions that can follow, except for plain fall-through.
std::vector<size_t> LoopFinder::getTargets(size_t index) const {
  const Instruction &instruction = kernel.instructions[index];
  if (instruction.flow == Flow::Branch)
    return {instruction.target};
  if (instruction.flow == Flow::IndexedBranch) {
    const auto &table = kernel.branchTables[instruction.target];
    return {table.begin(), table.end()};
  }
  return {};
}

void LoopFinder::buildBlocks() {
  size_t count = kernel.instructions.size();
  std::vector<bool> isLeader(count + 1, false);
  isLeader[0] = isLeader[count] = true;
  for (size_t i = 0; i < count; ++i) {
    Flow flow = kernel.instructions[i].flow;
    bool endsBlock = flow == Flow::Branch || flow == Flow::IndexedBranch ||
                     flow == Flow::Exit;
    if (endsBlock)
      isLeader[i + 1] = true;
    for (size_t target : getTargets(i))
      isLeader[target] = true;
  }
  std::vector<size_t> blockOf(count + 1);
  for (size_t i = 0; i < count; ++i) {
    if (isLeader[i])
      basicBlocks.push_back({i, i, {}});
    basicBlocks.back().end = i + 1;
    blockOf[i] = basicBlocks.size() - 1;
  }
  for (BasicBlock &block : basicBlocks) {
    const Instruction &last = kernel.instructions[block.end - 1];
    for (size_t target : getTargets(block.end - 1))
      if (target < count)
        block.successors.push_back(blockOf[target]);
    bool leaves = last.flow == Flow::Branch || last.flow == Flow::Exit ||
                  last.flow == Flow::IndexedBranch;
    bool fallsThrough = !leaves || last.guard != Instruction::noSlot;
    if (fallsThrough && block.end < count)
      block.successors.push_back(blockOf[block.end]);
  }
}

/// Tarjan's algorithm, restricted to the blocks that are inside.
void LoopFinder::visit(size_t block, std::vector<BlockSet> &components) {
  order[block] = lowest[block] = visited++;
  stack.push_back(block);
  isOnStack[block] = true;
  for (size_t next : basicBlocks[block].successors) {
    if (!isInside[next])
      continue;
    if (order[next] == unseen) {
      visit(next, components);
      lowest[block] = std::min(lowest[block], lowest[next]);
    } else if (isOnStack[next]) {
      lowest[block] = std::min(lowest[block], order[next]);
    }
  }
  if (lowest[block] != order[block])
    return;
  BlockSet component;
  size_t member;
  do {
    member = stack.back();
    stack.pop_back();
    isOnStack[member] = false;
    component.push_back(member);
  } while (member != block);
  std::sort(component.begin(), component.end());
  components.push_back(std::move(component));
}

std::vector<BlockSet> LoopFinder::findComponents(const BlockSet &blocks) {
  size_t count = basicBlocks.size();
  isInside.assign(count, false);
  for (size_t block : blocks)
    isInside[block] = true;
  order.assign(count, unseen);
  lowest.assign(count, 0);
  isOnStack.assign(count, false);
  visited = 0;
  std::vector<BlockSet> components;
  for (size_t block : blocks)
    if (order[block] == unseen)
      visit(block, components);
  std::sort(components.begin(), components.end());
  return components;
}

bool LoopFinder::isCyclic(const BlockSet &component) const {
  const auto &successors = basicBlocks[component.front()].successors;
  return component.size() > 1 ||
         std::find(successors.begin(), successors.end(), component.front()) !=
             successors.end();
}

/// The first block, in the order of the text, that is entered from outside.
size_t LoopFinder::findHeader(const BlockSet &component) const {
  auto contains = [&](size_t block) {
    return std::binary_search(component.begin(), component.end(), block);
  };
  size_t header = unseen;
  for (size_t from = 0; from < basicBlocks.size(); ++from) {
    if (contains(from))
      continue;
    for (size_t to : basicBlocks[from].successors)
      if (contains(to))
        header = std::min(header, to);
  }
  return header == unseen ? component.front() : header;
}

void LoopFinder::addLoop(const BlockSet &component, unsigned depth) {
  Loop loop;
  loop.depth = depth;
  for (size_t block : component)
    for (size_t i = basicBlocks[block].begin; i < basicBlocks[block].end; ++i)
      loop.instructions.push_back(i);
  loops.push_back(std::move(loop));
}

void LoopFinder::findIn(const BlockSet &blocks, unsigned depth) {
  for (const BlockSet &component : findComponents(blocks)) {
    if (!isCyclic(component))
      continue;
    size_t self = loops.size();
    addLoop(component, depth);
    BlockSet rest = component;
    rest.erase(std::find(rest.begin(), rest.end(), findHeader(component)));
    findIn(rest, depth + 1);
    loops[self].isInnermost = loops.size() == self + 1;
  }
}

std::vector<Loop> LoopFinder::run() {
  if (kernel.instructions.empty())
    return {};
  buildBlocks();
  BlockSet all(basicBlocks.size());
  for (size_t i = 0; i < all.size(); ++i)
    all[i] = i;
  findIn(all, 1);
  return std::move(loops);
}

std::vector<Loop> ccq::ptx::findLoops(const Kernel &kernel) {
  return LoopFinder(kernel).run();
}

std::optional<std::vector<size_t>>
ccq::ptx::findInstructionsBetween(const Kernel &kernel, std::string_view from,
                                  std::string_view to) {
  auto first = kernel.labels.find(from);
  if (first == kernel.labels.end())
    return std::nullopt;
  size_t end = kernel.instructions.size();
  if (!to.empty()) {
    auto last = kernel.labels.find(to);
    if (last == kernel.labels.end())
      return std::nullopt;
    end = last->second;
  }
  std::vector<size_t> indices;
  for (size_t i = first->second; i < end; ++i)
    indices.push_back(i);
  return indices;
}

uint64_t StaticCounts::getCount(std::string_view opcode) const {
  auto it = perOpcode.find(opcode);
  return it == perOpcode.end() ? 0 : it->second;
}

uint64_t StaticCounts::getCount(InstructionClass instructionClass) const {
  auto it = perClass.find(instructionClass);
  return it == perClass.end() ? 0 : it->second;
}

StaticCounts
ccq::ptx::countInstructions(const Kernel &kernel,
                            const std::vector<size_t> &instructions) {
  StaticCounts counts;
  for (size_t index : instructions) {
    const Instruction &instruction = kernel.instructions[index];
    ++counts.perOpcode[std::string(kernel.getOpcode(instruction))];
    ++counts.perMnemonic[std::string(kernel.getMnemonic(instruction))];
    ++counts.perClass[instruction.instructionClass];
  }
  return counts;
}
