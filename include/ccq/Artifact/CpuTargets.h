//===- CpuTargets.h - the named CPU targets ---------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_ARTIFACT_CPUTARGETS_H
#define CCQ_ARTIFACT_CPUTARGETS_H

#include <span>
#include <string_view>

namespace ccq::artifact {

/// A CPU target that kernels are compiled for. The table is shared by the
/// compiler, which reads the LLVM names, and the runtime, which asks whether
/// this machine can run the code.
struct CpuTarget {
  /// Name in plans and on command lines, for example `cpu:x86-64-v3`.
  std::string_view name;
  /// What LLVM calls the processor, for example `x86-64-v3`.
  std::string_view llvmCpu;
  /// Features beyond those of the processor, in LLVM's notation, or empty.
  std::string_view llvmFeatures;
  /// One line for people, without a full stop.
  std::string_view summary;
};

/// All CPU targets; each can run everything that the ones before it can.
std::span<const CpuTarget> getCpuTargets();

/// The target of a name, or null. `cpu:native` is not in the table; see
/// findNativeCpuTarget.
const CpuTarget *findCpuTarget(std::string_view name);

/// Whether this machine, operating system included, can run code for a target
/// of the table.
bool isSupportedHere(const CpuTarget &target);

/// What `cpu:native` stands for: the last target of the table that this machine
/// supports. Null on a machine that is not x86-64.
const CpuTarget *findNativeCpuTarget();

} // namespace ccq::artifact

#endif // CCQ_ARTIFACT_CPUTARGETS_H
