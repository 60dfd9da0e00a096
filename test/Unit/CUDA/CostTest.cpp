//===- CostTest.cpp - instructions of the main loop -------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CompiledKernel.h"

#include "PTX/Loops.h"

#include <gtest/gtest.h>

using namespace ccq;
using namespace ccq::cuda_test;

namespace {

/// Instructions of one pass of the main loop.
struct LoopCost {
  uint64_t integer = 0, vectorLoads = 0, matrix = 0, masks = 0, permutes = 0;
};

/// Whether this is integer work: everything on integers but moves, loads,
/// stores, shuffles and branches.
bool isInteger(std::string_view mnemonic) {
  for (std::string_view prefix :
       {"add.s", "sub.s", "mul.",  "mad.",  "and.",  "or.",   "xor.", "not.",
        "shl.",  "shr.",  "shf.",  "lop3.", "prmt.", "bfe.",  "bfi.", "min.u",
        "min.s", "max.u", "max.s", "selp.", "setp.", "cvt.u", "cvt.s"})
    if (mnemonic.starts_with(prefix))
      return mnemonic.find(".f") == std::string_view::npos;
  return false;
}

LoopCost measureMainLoop(const CompiledKernel &kernel) {
  LoopCost cost;
  Result<ptx::Module> module = ptx::parseModule(kernel.text);
  if (!module) {
    ADD_FAILURE() << module.error().message;
    return cost;
  }
  const ptx::Kernel &code = module->kernels.at(0);
  for (const ptx::Loop &loop : ptx::findLoops(code)) {
    ptx::StaticCounts counts = ptx::countInstructions(code, loop.instructions);
    if (!loop.isInnermost || counts.getCount("mma") == 0)
      continue;
    cost.matrix = counts.getCount("mma");
    cost.masks = counts.getCount("lop3");
    cost.permutes = counts.getCount("prmt");
    for (auto [mnemonic, count] : counts.perMnemonic) {
      if (isInteger(mnemonic))
        cost.integer += count;
      if (mnemonic.starts_with("ld.global.v4.u32"))
        cost.vectorLoads += count;
    }
  }
  return cost;
}

struct CostCase {
  const char *scheme;
  /// Weights that a lane decodes in one pass.
  unsigned laneWeights;
  /// Pinned integer instructions of one pass with one and two token tiles.
  uint64_t oneTile, twoTiles;
  uint64_t vectorLoads, matrix, masks, permutes;
};

} // namespace

// docs/Rationale/CudaKernels.md derives these numbers.
TEST(Cost, IntegerInstructionsPerWeight) {
  for (const CostCase &expected : {
           CostCase{"w2.5", 128, 122, 132, 4, 32, 72, 16},
           CostCase{"w2.75", 256, 245, 258, 7, 64, 144, 48},
           CostCase{"i8", 256, 265, 270, 18, 64, 128, 64},
           CostCase{"i8:channel", 256, 264, 269, 16, 64, 128, 64},
       }) {
    SCOPED_TRACE(expected.scheme);
    KernelSpec spec{expected.scheme, {4096, 4096}, 8, "", ""};
    LoopCost one = measureMainLoop(compileKernel(spec));
    EXPECT_EQ(one.integer, expected.oneTile);
    EXPECT_EQ(one.vectorLoads, expected.vectorLoads);
    EXPECT_EQ(one.matrix, expected.matrix);
    EXPECT_EQ(one.masks, expected.masks);
    EXPECT_EQ(one.permutes, expected.permutes);
    double per64 = 64.0 * double(one.integer) / expected.laneWeights;
    RecordProperty(std::string("integer_per_64_") + expected.scheme,
                   std::to_string(per64));
    EXPECT_LE(per64, 67);
    spec.tokens = 16;
    LoopCost two = measureMainLoop(compileKernel(spec));
    EXPECT_EQ(two.integer, expected.twoTiles);
    EXPECT_EQ(two.matrix, 2 * expected.matrix);
    EXPECT_EQ(two.masks, expected.masks) << "weights are decoded once";
  }
}

// One tile of 16 channels and 256 k: 128 weights of a lane in eight steps.
// docs/Rationale/CudaKernels.md derives these numbers.
TEST(Cost, StreamsPerWeight) {
  struct StreamCost {
    const char *scheme;
    uint64_t integer, masks, permutes;
  };
  for (const StreamCost &expected :
       {StreamCost{"t2", 234, 64, 128}, StreamCost{"t2.5", 259, 80, 128}}) {
    SCOPED_TRACE(expected.scheme);
    KernelSpec spec{expected.scheme, {4096, 4096}, 8, "", ""};
    LoopCost cost = measureMainLoop(compileKernel(spec));
    EXPECT_EQ(cost.matrix, 32u);
    EXPECT_EQ(cost.masks, expected.masks);
    EXPECT_EQ(cost.permutes, expected.permutes);
    EXPECT_EQ(cost.integer, expected.integer);
    RecordProperty(std::string("integer_per_128_") + expected.scheme,
                   int(cost.integer));
  }
}
