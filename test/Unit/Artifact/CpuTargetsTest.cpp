//===- CpuTargetsTest.cpp - tests of CpuTargets.h -------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Artifact/CpuTargets.h"

#include <gtest/gtest.h>

using namespace ccq::artifact;

TEST(CpuTargets, AreFoundByName) {
  const CpuTarget *target = findCpuTarget("cpu:x86-64-v3");
  ASSERT_NE(target, nullptr);
  EXPECT_EQ(target->llvmCpu, "x86-64-v3");
  EXPECT_EQ(findCpuTarget("cpu:native"), nullptr);
  EXPECT_EQ(findCpuTarget("x86-64-v3"), nullptr);
}

// A machine that runs a target runs all targets before it.
TEST(CpuTargets, AreOrdered) {
  bool earlier = true;
  for (const CpuTarget &target : getCpuTargets()) {
    bool here = isSupportedHere(target);
    EXPECT_TRUE(earlier || !here) << target.name;
    earlier = here;
  }
}

#if defined(__x86_64__)
TEST(CpuTargets, NativeIsTheLastSupported) {
  const CpuTarget *native = findNativeCpuTarget();
  ASSERT_NE(native, nullptr);
  EXPECT_TRUE(isSupportedHere(*native));
  for (const CpuTarget &target :
       getCpuTargets().subspan(size_t(native - getCpuTargets().data()) + 1))
    EXPECT_FALSE(isSupportedHere(target)) << target.name;
}
#endif
