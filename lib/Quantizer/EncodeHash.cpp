//===- EncodeHash.cpp - bits of hashed streams ----------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "EncodeStream.h"
#include "FrameEncoder.h"
#include "HashFeedbackChains.h"
#include "StreamRuns.h"

#include "ccq/Codec/Hash.h"

#include <cmath>
#include <cstring>

using namespace ccq;
using namespace ccq::quantizer;

/// Targets are cut off half the largest distance beyond the largest level, in
/// levels: from there the nearest level is still told from the others.
static constexpr double largestTarget = 127.5 + 0.25 * largestHashDistance;

/// Root mean square of the levels over that of what they stand for; the best of
/// a grid with windows of 14 bits. docs/Rationale/StreamFormat.md, "Hashed
/// streams".
static float getSpread(unsigned sixteenths) {
  return 1.01f + 0.0031f * float(sixteenths - 32);
}

/// Weights of a run of linked chains: windows take an eighth of that.
static constexpr int64_t leastRunWeights = 2048;
/// Weights on either side of the end of a run that decide its window.
static constexpr int64_t halfWindow = 128;
/// Strips of fewer weights are one run, whatever the search could do at once:
/// runs would be shorter than half a window.
static constexpr int64_t shortStripWeights = feedbackChains * halfWindow;
/// Chains of this many weights are runs of their own in a strip.
static constexpr int64_t longChainWeights = 512;

namespace {
/// Encodes one matrix.
class HashMatrixEncoder : public FrameEncoder {
public:
  HashMatrixEncoder(const MatrixView<const float> &weights,
                    const codec::HashScheme &scheme, const HashCode &code,
                    const HashSearch &search, const ErrorFactor &factors,
                    ThreadPool *threads, codec::CodedMatrix &out)
      : FrameEncoder(weights, scheme,
                     code.levelRms() / getSpread(scheme.sixteenths), factors,
                     threads, out),
        scheme(scheme), code(code), search(search),
        blocks(codec::getHashBlocks(scheme, shape)) {}

private:
  using Groups = std::vector<std::span<StreamRun>>;

  void encodeChains() override;
  void encodeStrip(const StripTargets &strip) override;

  StreamRunPlan cutBlock(size_t block) const;
  StreamRunPlan cutStrip(const StripTargets &strip) const;
  HashChain createChain(const StreamRun &run) const;
  void searchRuns(std::vector<StreamRun> &runs, bool isFinal);
  void searchGroups(const StripTargets &strip, const Groups &groups,
                    bool isFinal);
  void searchGroup(const StripTargets &strip, std::span<StreamRun> group,
                   bool isFinal);
  uint16_t getQuality(int64_t k) const;
  template <typename Body>
  void forEachWeight(const StreamRun &run, Body body) const;
  void keepFound(const StreamRun &run, HashChain &found);
  void storeBit(const codec::HashBlock &block, unsigned chain, int64_t bit);

  const codec::HashScheme &scheme;
  const HashCode &code;
  const HashSearch &search;
  std::vector<codec::HashBlock> blocks;
  /// Window of the last weight of the strip that was coded last.
  unsigned lastWindow = 0;
};
} // namespace

//===----------------------------------------------------------------------===//
// Runs
//===----------------------------------------------------------------------===//

StreamRunPlan HashMatrixEncoder::cutBlock(size_t block) const {
  int64_t weights = blocks[block].weights;
  if (!isLinked(scheme, blocks[block]))
    return cutSeparateRuns(block, weights, 0, codec::hashChains);
  int64_t count = codec::hashChains;
  while (count > 1 && codec::hashChains / count * weights < leastRunWeights)
    count /= 2;
  return cutLinkedRuns(block, 0, codec::hashChains * weights, count,
                       halfWindow);
}

StreamRunPlan HashMatrixEncoder::cutStrip(const StripTargets &strip) const {
  const codec::HashBlock &block = blocks[strip.block];
  unsigned chains = codec::streamTileColumns;
  unsigned first = strip.strip * chains;
  if (!isLinked(scheme, block))
    return cutSeparateRuns(strip.block, block.weights, first, chains);
  int64_t weights = chains * block.weights;
  int64_t count = block.weights >= longChainWeights ? chains : feedbackChains;
  // Windows begin with a channel.
  StreamRunPlan plan = cutLinkedRuns(
      strip.block, first * block.weights, weights,
      weights < shortStripWeights ? 1 : count,
      std::max(block.rows / int64_t(codec::streamStrips), halfWindow));
  if (first > 0)
    plan.runs.front().start = lastWindow;
  return plan;
}

HashChain HashMatrixEncoder::createChain(const StreamRun &run) const {
  int64_t blockWeights = blocks[run.block].weights;
  HashChain chain(run.steps, {blockWeights, run.begin % blockWeights});
  chain.start = run.start;
  chain.end = run.end;
  return chain;
}

/// Calls body(number in the run, k, n) for the weights of the matrix in a run.
template <typename Body>
void HashMatrixEncoder::forEachWeight(const StreamRun &run, Body body) const {
  const codec::HashBlock &block = blocks[run.block];
  int64_t stripRows = block.rows / codec::streamStrips;
  for (int64_t weight = 0; weight < run.steps; ++weight) {
    StreamRunPlace place = getRunPlace(block, run.begin + weight);
    int64_t k = block.k0 + place.strip * stripRows + place.row;
    if (place.n < shape.n && k < shape.k)
      body(size_t(weight), k, place.n);
  }
}

/// Keeps levels and bits of a run, which has whole chains.
void HashMatrixEncoder::keepFound(const StreamRun &run, HashChain &found) {
  found.start = run.start;
  found.settle(scheme);
  forEachWeight(run, [&](size_t at, int64_t k, int64_t n) {
    setLevel(k, n, 0.5f * float(code.levels()[found.windows[at]]));
  });
  const codec::HashBlock &block = blocks[run.block];
  for (int64_t at = 0; at < run.steps; ++at) {
    int64_t number = (run.begin + at) % block.weights;
    auto chain = unsigned((run.begin + at) / block.weights);
    int64_t end = codec::countHashBits(scheme, number + 1);
    for (int64_t bit = codec::countHashBits(scheme, number); bit < end; ++bit)
      if (found.windows[size_t(at)] >> (end - 1 - bit) & 1)
        storeBit(block, chain, bit);
  }
}

/// Sets a bit of chain number `chain` (see StreamChainPlace); words start as
/// zeros.
void HashMatrixEncoder::storeBit(const codec::HashBlock &block, unsigned chain,
                                 int64_t bit) {
  codec::StreamChainPlace place = codec::getStreamChainPlace(chain);
  int64_t row = block.codeRow + block.startRows + bit / codec::hashRowBits;
  int64_t at =
      row * codec::hashChains + place.thread * codec::streamLanes + place.lane;
  std::byte *word =
      out.findComponent(codec::ComponentRole::Codes)->bytes.data() +
      at * int64_t(sizeof(uint32_t));
  uint32_t value;
  std::memcpy(&value, word, sizeof(value));
  value |= uint32_t(1) << (codec::hashRowBits - 1 - bit % codec::hashRowBits);
  std::memcpy(word, &value, sizeof(value));
}

//===----------------------------------------------------------------------===//
// Search without feedback
//===----------------------------------------------------------------------===//

/// HashStep::quality of row k.
uint16_t HashMatrixEncoder::getQuality(int64_t k) const {
  if (factors.diagonal.empty())
    return 0;
  return uint16_t(std::clamp(65535 * factors.quality(k), 1.0, 65535.0));
}

void HashMatrixEncoder::searchRuns(std::vector<StreamRun> &runs, bool isFinal) {
  // A few runs at a time, so that the ring of choices is allocated once.
  parallelFor(int64_t(runs.size()), 4, [&](int64_t begin, int64_t end) {
    HashChainSearch chainSearch(code, search);
    for (int64_t i = begin; i < end; ++i) {
      StreamRun &run = runs[size_t(i)];
      HashChain work = createChain(run);
      // Padding costs next to nothing: a quality of zero would mean one.
      std::fill(work.qualities.begin(), work.qualities.end(), uint16_t(1));
      forEachWeight(run, [&](size_t at, int64_t k, int64_t n) {
        if (isZeroChannel(n))
          return;
        double ratio = getRatio(k, n, largestTarget);
        work.targets[at] = int16_t(std::lrint(2 * ratio));
        work.qualities[at] = getQuality(k);
      });
      chainSearch.run(work);
      if (isFinal)
        keepFound(run, work);
      else
        run.end = work.windows[size_t(run.steps / 2 - 1)];
    }
  });
}

void HashMatrixEncoder::encodeChains() {
  StreamRunPlan plan;
  for (size_t block = 0; block < blocks.size(); ++block) {
    if (blocks[block].weights == 0)
      continue;
    StreamRunPlan cut = cutBlock(block);
    plan.runs.insert(plan.runs.end(), cut.runs.begin(), cut.runs.end());
    plan.windows.insert(plan.windows.end(), cut.windows.begin(),
                        cut.windows.end());
  }
  searchRuns(plan.windows, /*isFinal=*/false);
  joinRuns(plan);
  searchRuns(plan.runs, /*isFinal=*/true);
}

//===----------------------------------------------------------------------===//
// Search with feedback
//===----------------------------------------------------------------------===//

void HashMatrixEncoder::searchGroup(const StripTargets &strip,
                                    std::span<StreamRun> group, bool isFinal) {
  StripFeedback feedback = {unsigned(strip.rows), strip.lower, strip.qualities};
  const StreamRun &first = group.front();
  HashFeedbackChains chains(first.steps, createChain(first).bits);
  for (size_t run = 0; run < group.size(); ++run) {
    chains.starts[run] = group[run].start;
    chains.ends[run] = group[run].end;
    forEachWeight(group[run], [&](size_t at, int64_t k, int64_t n) {
      chains.targets[at * feedbackChains + run] =
          strip.fixed[size_t((k - strip.k0) * shape.n + n)];
    });
  }
  HashFeedbackChainSearch(code, **getUsableHashFeedbackSearches(),
                          feedback.rows)
      .run(feedback, chains);
  for (size_t run = 0; run < group.size(); ++run) {
    HashChain found = createChain(group[run]);
    for (size_t weight = 0; weight < found.windows.size(); ++weight)
      found.windows[weight] = chains.windows[weight * feedbackChains + run];
    if (isFinal)
      keepFound(group[run], found);
    else
      group[run].end = found.windows[size_t(first.steps / 2 - 1)];
    // The last run of the last group ends the strip.
    if (isFinal && group[run].begin + group[run].steps ==
                       (strip.strip + 1) * int64_t(codec::streamTileColumns) *
                           blocks[strip.block].weights)
      lastWindow = found.windows.back();
  }
}

void HashMatrixEncoder::searchGroups(const StripTargets &strip,
                                     const Groups &groups, bool isFinal) {
  parallelFor(int64_t(groups.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      searchGroup(strip, groups[size_t(i)], isFinal);
  });
}

void HashMatrixEncoder::encodeStrip(const StripTargets &strip) {
  if (blocks[strip.block].weights == 0)
    return;
  StreamRunPlan plan = cutStrip(strip);
  searchGroups(strip, groupRuns(plan.windows, feedbackChains),
               /*isFinal=*/false);
  joinRuns(plan);
  searchGroups(strip, groupRuns(plan.runs, feedbackChains), /*isFinal=*/true);
}

EncodeStatistics quantizer::encodeHashMatrix(
    const MatrixView<const float> &weights, const codec::HashScheme &scheme,
    const HashSearch &search, const ErrorFactor &factors, ThreadPool *threads,
    codec::CodedMatrix &out) {
  HashCode code(scheme);
  return HashMatrixEncoder(weights, scheme, code, search, factors, threads, out)
      .encode();
}
