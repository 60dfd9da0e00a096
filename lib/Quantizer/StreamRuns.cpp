//===- StreamRuns.cpp - chains of a block cut into runs -------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StreamRuns.h"

using namespace ccq;
using namespace ccq::quantizer;

StreamRunPlace quantizer::getRunPlace(const codec::StreamBlock &block,
                                      int64_t place) {
  int64_t chain = place / block.steps, step = place % block.steps;
  int64_t tileSteps = block.rows / codec::streamStepRows;
  StreamRunPlace result;
  result.strip = unsigned(chain / codec::streamTileColumns);
  result.row = step % tileSteps * 2;
  result.n = step / tileSteps * codec::streamTileColumns +
             chain % codec::streamTileColumns;
  return result;
}

StreamRunPlan quantizer::cutLinkedRuns(size_t block, int64_t begin,
                                       int64_t steps, int64_t count,
                                       int64_t halfWindow) {
  StreamRunPlan plan;
  int64_t length = steps / count;
  for (int64_t i = 0; i < count; ++i) {
    int64_t first = begin + i * length;
    plan.runs.push_back({block, first, length});
    if (i + 1 < count)
      plan.windows.push_back({block, first + length - halfWindow,
                              2 * halfWindow, anyState, anyState});
  }
  return plan;
}

StreamRunPlan quantizer::cutSeparateRuns(size_t block, int64_t steps,
                                         unsigned first, unsigned count) {
  StreamRunPlan plan;
  for (unsigned chain = first; chain < first + count; ++chain)
    plan.runs.push_back({block, chain * steps, steps});
  return plan;
}
