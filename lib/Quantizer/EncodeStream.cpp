//===- EncodeStream.cpp - words of the stream format ----------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "EncodeStream.h"

#include "FeedbackChains.h"
#include "FrameEncoder.h"
#include "StreamRuns.h"

#include "ccq/Codec/Stream.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

using namespace ccq;
using namespace ccq::quantizer;

namespace {

/// Cost of an error of one standard deviation of the weights.
constexpr float costPerVariance = 1024.0f;
/// Targets are cut off this many levels beyond the largest one, so that no cost
/// of the nearest levels is cut off.
constexpr float largestOvershoot = 70.0f;

/// Root mean square of the levels over that of what they stand for: the more
/// the higher the rate. A line through the scales of the published tables.
float getSpread(unsigned sixteenths) {
  return 1.041f + 0.0089f * float(sixteenths - 32);
}

/// Steps of a run of linked chains: windows take a sixth of that.
constexpr int64_t leastRunSteps = 1024;
/// Steps on either side of the end of a run that decide its state.
constexpr int64_t halfWindow = 96;
/// The same with feedback.
constexpr int64_t halfFeedbackWindow = 64;
/// Strips of no more steps are one run, whatever the search could do at once.
constexpr int64_t shortStripSteps = 512;
/// Chains of this many steps are runs of their own in a strip.
constexpr int64_t longChainSteps = 256;

/// Encodes one matrix.
class StreamMatrixEncoder : public FrameEncoder {
public:
  StreamMatrixEncoder(const MatrixView<const float> &weights,
                      const codec::StreamScheme &scheme, const StreamCode &code,
                      const StreamSearch &search, const ErrorFactor &factors,
                      ThreadPool *threads, codec::CodedMatrix &out);

private:
  using Groups = std::vector<std::span<StreamRun>>;

  void encodeChains() override;
  void encodeStrip(const StripTargets &strip) override;
  void storeCodes() override;

  StreamRunPlan cutBlock(size_t block) const;
  StreamRunPlan cutStrip(const StripTargets &strip) const;
  StreamChains createChains(std::span<const StreamRun> group,
                            unsigned count) const;
  void searchGroups(const Groups &groups, bool isFinal);
  void searchGroups(const StripTargets &strip, const Groups &groups,
                    bool isFinal);
  void keepStates(std::span<StreamRun> group, const StreamChains &chains);
  void keepFound(std::span<const StreamRun> group, const StreamChains &chains);
  template <typename Body>
  void forEachWeight(const StreamRun &run, Body body) const;
  void storeStep(const codec::StreamBlock &block, const uint8_t *places,
                 int64_t step);
  void storeBits(codec::ComponentRole role, int64_t row, unsigned thread,
                 uint32_t bits);

  const codec::StreamScheme &scheme;
  const StreamSearch &search;
  const StreamCode &code;
  std::vector<codec::StreamBlock> blocks;
  /// What the search found for each place, block by block.
  std::vector<uint8_t> found;
  std::vector<size_t> firstFound;
};

} // namespace

StreamMatrixEncoder::StreamMatrixEncoder(
    const MatrixView<const float> &weights, const codec::StreamScheme &scheme,
    const StreamCode &code, const StreamSearch &search,
    const ErrorFactor &factors, ThreadPool *threads, codec::CodedMatrix &out)
    : FrameEncoder(weights, scheme,
                   code.levelRms() / getSpread(scheme.sixteenths), factors,
                   threads, out),
      scheme(scheme), search(search), code(code),
      blocks(codec::getStreamBlocks(scheme, shape)) {
  size_t places = 0;
  for (const codec::StreamBlock &block : blocks) {
    firstFound.push_back(places);
    places += size_t(block.steps * codec::streamChains);
  }
  found.resize(places);
}

//===----------------------------------------------------------------------===//
// Runs
//===----------------------------------------------------------------------===//

StreamRunPlan StreamMatrixEncoder::cutBlock(size_t block) const {
  int64_t steps = blocks[block].steps;
  if (!isLinked(scheme, blocks[block]))
    return cutSeparateRuns(block, steps, 0, codec::streamChains);
  int64_t count = codec::streamChains;
  while (count > 1 && codec::streamChains / count * steps < leastRunSteps)
    count /= 2;
  return cutLinkedRuns(block, 0, codec::streamChains * steps, count,
                       halfWindow);
}

StreamRunPlan StreamMatrixEncoder::cutStrip(const StripTargets &strip) const {
  const codec::StreamBlock &block = blocks[strip.block];
  unsigned chains = codec::streamTileColumns;
  unsigned first = strip.strip * chains;
  if (!isLinked(scheme, block))
    return cutSeparateRuns(strip.block, block.steps, first, chains);
  int64_t steps = chains * block.steps, begin = first * block.steps;
  int64_t count = block.steps >= longChainSteps ? chains : feedbackChains;
  // Windows begin with a channel.
  int64_t tileSteps = block.rows / codec::streamStepRows;
  StreamRunPlan plan = cutLinkedRuns(strip.block, begin, steps,
                                     steps <= shortStripSteps ? 1 : count,
                                     std::max(tileSteps, halfFeedbackWindow));
  const uint8_t *before = found.data() + firstFound[strip.block] + begin;
  if (begin > 0)
    plan.runs.front().start =
        makeStreamState({before - scheme.memory, scheme.memory});
  return plan;
}

/// Chains for the runs of a group; the search may have room for more.
StreamChains StreamMatrixEncoder::createChains(std::span<const StreamRun> group,
                                               unsigned count) const {
  const StreamRun &run = group.front();
  StreamChains chains(run.steps, count);
  chains.blockSteps = blocks[run.block].steps;
  chains.firstStep = run.begin % chains.blockSteps;
  for (size_t i = 0; i < group.size(); ++i) {
    chains.starts[i] = group[i].start;
    chains.ends[i] = group[i].end;
  }
  return chains;
}

/// Calls body(number in the run, k, n) for the weights of the matrix in a run.
template <typename Body>
void StreamMatrixEncoder::forEachWeight(const StreamRun &run, Body body) const {
  const codec::StreamBlock &block = blocks[run.block];
  int64_t stripRows = block.rows / codec::streamStrips;
  for (int64_t step = 0; step < run.steps; ++step) {
    StreamRunPlace place = getRunPlace(block, run.begin + step);
    int64_t k = block.k0 + place.strip * stripRows + place.row;
    for (int64_t i = 0; i < 2 && place.n < shape.n && k + i < shape.k; ++i)
      body(size_t(2 * step + i), k + i, place.n);
  }
}

/// Keeps the states in the middle of windows: those between two runs.
void StreamMatrixEncoder::keepStates(std::span<StreamRun> group,
                                     const StreamChains &chains) {
  for (size_t i = 0; i < group.size(); ++i)
    group[i].end = chains.getState(scheme, unsigned(i), chains.steps / 2);
}

void StreamMatrixEncoder::keepFound(std::span<const StreamRun> group,
                                    const StreamChains &chains) {
  for (size_t i = 0; i < group.size(); ++i) {
    const StreamRun &run = group[i];
    uint8_t *places = found.data() + firstFound[run.block] + run.begin;
    for (int64_t step = 0; step < run.steps; ++step)
      places[step] = chains.found[size_t(step) * chains.chains + i];
    forEachWeight(run, [&](size_t at, int64_t k, int64_t n) {
      setLevel(k, n, chains.levels[at * chains.chains + i]);
    });
  }
}

//===----------------------------------------------------------------------===//
// Search without feedback
//===----------------------------------------------------------------------===//

void StreamMatrixEncoder::searchGroups(const Groups &groups, bool isFinal) {
  float limit = 127.5f + largestOvershoot;
  float quality = costPerVariance / (targetRms * targetRms);
  // A few groups at a time, so that the ring of states is allocated once.
  parallelFor(int64_t(groups.size()), 4, [&](int64_t begin, int64_t end) {
    StreamChainSearch chainSearch(code, search);
    for (int64_t i = begin; i < end; ++i) {
      std::span<StreamRun> group = groups[size_t(i)];
      StreamChains chains = createChains(group, search.chains);
      for (size_t run = 0; run < group.size(); ++run)
        forEachWeight(group[run], [&](size_t number, int64_t k, int64_t n) {
          // Channels of zeros take any levels, at a scale of zero.
          if (isZeroChannel(n))
            return;
          size_t at = number * search.chains + run;
          chains.targets[at] = float(getRatio(k, n, limit));
          chains.qualities[at] = quality * float(factors.quality(k));
        });
      chainSearch.run(chains);
      if (isFinal)
        keepFound(group, chains);
      else
        keepStates(group, chains);
    }
  });
}

void StreamMatrixEncoder::encodeChains() {
  StreamRunPlan plan;
  for (size_t block = 0; block < blocks.size(); ++block) {
    if (blocks[block].steps == 0)
      continue;
    StreamRunPlan cut = cutBlock(block);
    plan.runs.insert(plan.runs.end(), cut.runs.begin(), cut.runs.end());
    plan.windows.insert(plan.windows.end(), cut.windows.begin(),
                        cut.windows.end());
  }
  searchGroups(groupRuns(plan.windows, search.chains), /*isFinal=*/false);
  joinRuns(plan);
  searchGroups(groupRuns(plan.runs, search.chains), /*isFinal=*/true);
}

//===----------------------------------------------------------------------===//
// Search with feedback
//===----------------------------------------------------------------------===//

void StreamMatrixEncoder::searchGroups(const StripTargets &strip,
                                       const Groups &groups, bool isFinal) {
  StripFeedback feedback = {unsigned(strip.rows), strip.lower, strip.qualities};
  parallelFor(int64_t(groups.size()), 1, [&](int64_t begin, int64_t end) {
    FeedbackChainSearch chainSearch(code, **getUsableFeedbackSearches(),
                                    feedback.rows);
    for (int64_t i = begin; i < end; ++i) {
      std::span<StreamRun> group = groups[size_t(i)];
      StreamChains chains = createChains(group, feedbackChains);
      for (size_t run = 0; run < group.size(); ++run)
        forEachWeight(group[run], [&](size_t number, int64_t k, int64_t n) {
          chains.targets[number * feedbackChains + run] =
              strip.fixed[size_t((k - strip.k0) * shape.n + n)];
        });
      chainSearch.run(feedback, chains);
      if (isFinal)
        keepFound(group, chains);
      else
        keepStates(group, chains);
    }
  });
}

void StreamMatrixEncoder::encodeStrip(const StripTargets &strip) {
  if (blocks[strip.block].steps == 0)
    return;
  StreamRunPlan plan = cutStrip(strip);
  searchGroups(strip, groupRuns(plan.windows, feedbackChains),
               /*isFinal=*/false);
  joinRuns(plan);
  searchGroups(strip, groupRuns(plan.runs, feedbackChains), /*isFinal=*/true);
}

//===----------------------------------------------------------------------===//
// Codes
//===----------------------------------------------------------------------===//

/// Sets bits of a row of 32 words; rows start as zeros.
void StreamMatrixEncoder::storeBits(codec::ComponentRole role, int64_t row,
                                    unsigned thread, uint32_t bits) {
  std::byte *word = out.findComponent(role)->bytes.data() +
                    (row * codec::streamThreads + thread) * sizeof(uint32_t);
  uint32_t value;
  std::memcpy(&value, word, sizeof(value));
  value |= bits;
  std::memcpy(word, &value, sizeof(value));
}

/// `places` are those of the block.
void StreamMatrixEncoder::storeStep(const codec::StreamBlock &block,
                                    const uint8_t *places, int64_t step) {
  for (unsigned chain = 0; chain < codec::streamChains; ++chain) {
    auto [thread, lane] = codec::getStreamChainPlace(chain);
    uint32_t nibble = places[chain * block.steps + step];
    storeBits(codec::ComponentRole::Codes,
              block.codeRow + block.startRows + step, thread,
              (nibble & 15) << (4 * lane));
    for (unsigned weight = 0; weight < 2; ++weight)
      if (auto extra =
              codec::findExtraPosition(scheme, weight == 1, step, block.steps))
        storeBits(codec::ComponentRole::Extra, block.extraRow + extra->row,
                  thread,
                  (nibble >> (4 + weight) & 1) << (4 * lane + extra->bit));
  }
}

void StreamMatrixEncoder::storeCodes() {
  parallelFor(int64_t(blocks.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      for (int64_t step = 0; step < blocks[size_t(i)].steps; ++step)
        storeStep(blocks[size_t(i)], found.data() + firstFound[size_t(i)],
                  step);
  });
}

EncodeStatistics quantizer::encodeStreamMatrix(
    const MatrixView<const float> &weights, const codec::StreamScheme &scheme,
    const StreamSearch &search, const ErrorFactor &factors, ThreadPool *threads,
    codec::CodedMatrix &out) {
  StreamCode code(scheme);
  return StreamMatrixEncoder(weights, scheme, code, search, factors, threads,
                             out)
      .encode();
}
