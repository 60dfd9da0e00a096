//===- CpuTargets.cpp - the named CPU targets -----------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Artifact/CpuTargets.h"

#include <iterator>

using namespace ccq::artifact;

static constexpr CpuTarget cpuTargets[] = {
    {"cpu:x86-64", "x86-64", "", "every 64-bit x86 processor (SSE2)"},
    {"cpu:x86-64-v3", "x86-64-v3", "", "AVX2, FMA, F16C, BMI2"},
    {"cpu:x86-64-v4", "x86-64-v4", "", "AVX-512 F, BW, CD, DQ, VL"},
    {"cpu:avx512vnni", "x86-64-v4", "+avx512vnni",
     "AVX-512 with 8-bit dot products (VNNI)"},
};

std::span<const CpuTarget> ccq::artifact::getCpuTargets() { return cpuTargets; }

const CpuTarget *ccq::artifact::findCpuTarget(std::string_view name) {
  for (const CpuTarget &target : cpuTargets)
    if (target.name == name)
      return &target;
  return nullptr;
}

#if defined(__x86_64__)
// The compiler's run-time library reads cpuid and, for the vector registers
// that the operating system has to save, xgetbv.
static bool supportsV3() { return __builtin_cpu_supports("x86-64-v3"); }
static bool supportsV4() { return __builtin_cpu_supports("x86-64-v4"); }
static bool supportsVnni() { return __builtin_cpu_supports("avx512vnni"); }

bool ccq::artifact::isSupportedHere(const CpuTarget &target) {
  __builtin_cpu_init();
  if (target.name == "cpu:avx512vnni")
    return supportsV4() && supportsVnni();
  if (target.llvmCpu == "x86-64-v4")
    return supportsV4();
  return target.llvmCpu != "x86-64-v3" || supportsV3();
}
#else
bool ccq::artifact::isSupportedHere(const CpuTarget &) { return false; }
#endif

const CpuTarget *ccq::artifact::findNativeCpuTarget() {
  const CpuTarget *best = nullptr;
  for (const CpuTarget &target : cpuTargets)
    if (isSupportedHere(target))
      best = &target;
  return best;
}
