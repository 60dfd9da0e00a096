//===- Loops.h - Loops of a kernel and what they are made of ----*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TEST_PTX_LOOPS_H
#define CCQ_TEST_PTX_LOOPS_H

#include "PTX/Module.h"

#include <map>
#include <string>
#include <vector>

namespace ccq::ptx {

/// A loop of the control-flow graph.
struct Loop {
  /// Indices into Kernel::instructions, ascending: the instructions that can
  /// run again, those of nested loops included. Code that only leaves the loop
  /// is not part of it, wherever the compiler put it.
  std::vector<size_t> instructions;
  /// 1 for an outermost loop.
  unsigned depth = 1;
  /// No other loop lies inside.
  bool isInnermost = true;
};

/// The loops of a kernel, outer ones before those that they contain, otherwise
/// in the order of the text. Also finds loops with several entries.
/// Source: the loop nesting forest of B. Steensgaard, "Sequentializing program
/// dependence graphs for irreducible programs", MSR-TR-93-14, 1993.
std::vector<Loop> findLoops(const Kernel &kernel);

/// The indices of the instructions from label `from` up to, not including,
/// label `to`; an empty `to` means the end of the kernel. Nothing when a label
/// does not exist.
std::optional<std::vector<size_t>>
findInstructionsBetween(const Kernel &kernel, std::string_view from,
                        std::string_view to);

/// How many instructions there are of each kind, as written in the text.
struct StaticCounts {
  std::map<std::string, uint64_t, std::less<>> perOpcode;
  std::map<std::string, uint64_t, std::less<>> perMnemonic;
  std::map<InstructionClass, uint64_t> perClass;

  /// Number of instructions with this opcode, e.g. "lop3".
  uint64_t getCount(std::string_view opcode) const;
  uint64_t getCount(InstructionClass instructionClass) const;
};

StaticCounts countInstructions(const Kernel &kernel,
                               const std::vector<size_t> &instructions);

} // namespace ccq::ptx

#endif // CCQ_TEST_PTX_LOOPS_H
