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

StreamRunPlace quantizer::getRunPlace(const codec::HashBlock &block,
                                      int64_t place) {
  int64_t chain = place / block.weights, weight = place % block.weights;
  int64_t stripRows = block.rows / codec::streamStrips;
  StreamRunPlace result;
  result.strip = unsigned(chain / codec::streamTileColumns);
  result.row = weight % stripRows;
  result.n = weight / stripRows * codec::streamTileColumns +
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

void quantizer::joinRuns(StreamRunPlan &plan) {
  for (size_t i = 0, run = 0; i < plan.windows.size(); ++i, ++run) {
    // The last run of a block has no window.
    while (plan.runs[run].block != plan.windows[i].block ||
           plan.runs[run + 1].block != plan.windows[i].block)
      ++run;
    plan.runs[run].end = plan.runs[run + 1].start = plan.windows[i].end;
  }
}

std::vector<std::span<StreamRun>>
quantizer::groupRuns(std::vector<StreamRun> &runs, unsigned chains) {
  std::vector<std::span<StreamRun>> groups;
  for (size_t first = 0; first < runs.size();) {
    size_t end = first;
    while (end < runs.size() && end < first + chains &&
           runs[end].block == runs[first].block)
      ++end;
    groups.emplace_back(runs.data() + first, end - first);
    first = end;
  }
  return groups;
}

StreamRunPlan quantizer::cutSeparateRuns(size_t block, int64_t steps,
                                         unsigned first, unsigned count) {
  StreamRunPlan plan;
  for (unsigned chain = first; chain < first + count; ++chain)
    plan.runs.push_back({block, chain * steps, steps});
  return plan;
}
