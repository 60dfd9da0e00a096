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
#include "StreamChains.h"

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

/// Encodes one matrix.
class StreamMatrixEncoder : public FrameEncoder {
public:
  StreamMatrixEncoder(const MatrixView<const float> &weights,
                      const codec::StreamScheme &scheme, const StreamCode &code,
                      const StreamSearch &search, const ErrorFactor &factors,
                      ThreadPool *threads, codec::CodedMatrix &out)
      : FrameEncoder(weights, scheme,
                     code.levelRms() / getSpread(scheme.sixteenths), factors,
                     threads, out),
        scheme(scheme), search(search), code(code),
        blocks(codec::getStreamBlocks(scheme, shape)) {}

private:
  void encodeChains() override;
  void encodeStrip(const StripTargets &strip) override;
  void searchHalf(const StripTargets &strip, unsigned half,
                  StreamChains &chains);
  void storeHalf(const StripTargets &strip, unsigned half,
                 const StreamChains &chains);
  void encodeGroup(const codec::StreamBlock &block, unsigned group,
                   StreamChainSearch &chainSearch);
  template <typename Body>
  void forEachWeight(const codec::StreamBlock &block, unsigned group,
                     Body body);
  void storeWords(const codec::StreamBlock &block, unsigned group,
                  const StreamChains &chains);
  void storeBits(codec::ComponentRole role, int64_t row, unsigned thread,
                 uint32_t bits);

  const codec::StreamScheme &scheme;
  const StreamSearch &search;
  const StreamCode &code;
  std::vector<codec::StreamBlock> blocks;
};

} // namespace

/// Calls body(index into a step of chains, step, k, n) for the weights of the
/// matrix that a group of chains holds. A group is search.chains / 8 threads.
template <typename Body>
void StreamMatrixEncoder::forEachWeight(const codec::StreamBlock &block,
                                        unsigned group, Body body) {
  unsigned groupThreads = search.chains / codec::streamLanes;
  int64_t stripRows = block.rows / codec::streamStrips;
  int64_t tileSteps = block.rows / codec::streamStepRows;
  for (int64_t tile = 0; tile < block.steps / tileSteps; ++tile)
    for (unsigned chain = 0; chain < search.chains; ++chain) {
      unsigned thread = group * groupThreads + chain / codec::streamLanes;
      unsigned lane = chain % codec::streamLanes;
      int64_t n = tile * codec::streamTileColumns + thread / 4 + (lane / 4) * 8;
      int64_t firstRow =
          block.k0 + int64_t(thread % 4 * 4 + lane % 4) * stripRows;
      if (n >= shape.n)
        continue;
      for (int64_t row = 0; row < stripRows && firstRow + row < shape.k; ++row)
        body(size_t((tile * tileSteps * 2 + row) * search.chains + chain),
             firstRow + row, n);
    }
}

void StreamMatrixEncoder::encodeGroup(const codec::StreamBlock &block,
                                      unsigned group,
                                      StreamChainSearch &chainSearch) {
  StreamChains chains(block.steps, search.chains);
  float limit = 127.5f + largestOvershoot;
  float quality = costPerVariance / (targetRms * targetRms);
  forEachWeight(block, group, [&](size_t at, int64_t k, int64_t n) {
    // Channels of zeros take any levels, at a scale of zero.
    if (isZeroChannel(n))
      return;
    chains.targets[at] = float(getRatio(k, n, limit));
    chains.qualities[at] = quality * float(factors.quality(k));
  });
  chainSearch.run(chains);
  forEachWeight(block, group, [&](size_t at, int64_t k, int64_t n) {
    setLevel(k, n, chains.levels[at]);
  });
  storeWords(block, group, chains);
}

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

void StreamMatrixEncoder::storeWords(const codec::StreamBlock &block,
                                     unsigned group,
                                     const StreamChains &chains) {
  unsigned groupThreads = search.chains / codec::streamLanes;
  for (int64_t step = 0; step < block.steps; ++step)
    for (unsigned i = 0; i < groupThreads; ++i) {
      const uint8_t *found = chains.found.data() +
                             size_t(step) * search.chains +
                             i * codec::streamLanes;
      unsigned thread = group * groupThreads + i;
      uint32_t word = 0;
      for (unsigned lane = 0; lane < codec::streamLanes; ++lane)
        word |= uint32_t(found[lane] & 15) << (4 * lane);
      storeBits(codec::ComponentRole::Codes,
                block.codeRow + block.startRows + step, thread, word);
      for (unsigned weight = 0; weight < 2; ++weight) {
        std::optional<codec::ExtraPosition> extra =
            codec::findExtraPosition(scheme, weight == 1, step, block.steps);
        if (!extra)
          continue;
        uint32_t bits = 0;
        for (unsigned lane = 0; lane < codec::streamLanes; ++lane)
          bits |= uint32_t(found[lane] >> (4 + weight) & 1)
                  << (4 * lane + extra->bit);
        storeBits(codec::ComponentRole::Extra, block.extraRow + extra->row,
                  thread, bits);
      }
    }
}

void StreamMatrixEncoder::encodeChains() {
  int64_t groups =
      codec::streamThreads * codec::streamLanes / int64_t(search.chains);
  auto encodeGroups = [&](int64_t begin, int64_t end) {
    StreamChainSearch chainSearch(code, search);
    for (int64_t i = begin; i < end; ++i)
      encodeGroup(blocks[size_t(i / groups)], unsigned(i % groups),
                  chainSearch);
  };
  // A few groups at a time, so that their ring of states is allocated once.
  parallelFor(int64_t(blocks.size()) * groups, 4, encodeGroups);
}

/// Searches one strip of eight channels of each tile.
void StreamMatrixEncoder::searchHalf(const StripTargets &strip, unsigned half,
                                     StreamChains &chains) {
  for (int64_t weight = 0; weight < 2 * chains.steps; ++weight)
    for (unsigned chain = 0; chain < feedbackChains; ++chain) {
      int64_t n = weight / strip.rows * codec::streamTileColumns +
                  half * feedbackChains + chain;
      if (n < shape.n)
        chains.targets[size_t(weight) * feedbackChains + chain] =
            strip.fixed[size_t(weight % strip.rows * shape.n + n)];
    }
  StripFeedback feedback = {unsigned(strip.rows), strip.lower, strip.qualities};
  FeedbackChainSearch(code, **getUsableFeedbackSearches(), feedback.rows)
      .run(feedback, chains);
  for (int64_t weight = 0; weight < 2 * chains.steps; ++weight)
    for (unsigned chain = 0; chain < feedbackChains; ++chain) {
      int64_t n = weight / strip.rows * codec::streamTileColumns +
                  half * feedbackChains + chain;
      if (n < shape.n && weight % strip.rows < strip.countedRows)
        setLevel(strip.k0 + weight % strip.rows, n,
                 chains.levels[size_t(weight) * feedbackChains + chain]);
    }
}

void StreamMatrixEncoder::storeHalf(const StripTargets &strip, unsigned half,
                                    const StreamChains &chains) {
  const codec::StreamBlock &block = blocks[strip.block];
  // Channel m of a half is lane `strip mod 4` of word 4 m + strip / 4.
  unsigned lane = strip.strip % 4 + half * 4;
  for (int64_t step = 0; step < block.steps; ++step)
    for (unsigned chain = 0; chain < feedbackChains; ++chain) {
      uint32_t found = chains.found[size_t(step) * feedbackChains + chain];
      unsigned thread = chain * 4 + strip.strip / 4;
      storeBits(codec::ComponentRole::Codes,
                block.codeRow + block.startRows + step, thread,
                (found & 15) << (4 * lane));
      for (unsigned weight = 0; weight < 2; ++weight)
        if (auto extra = codec::findExtraPosition(scheme, weight == 1, step,
                                                  block.steps))
          storeBits(codec::ComponentRole::Extra, block.extraRow + extra->row,
                    thread,
                    (found >> (4 + weight) & 1) << (4 * lane + extra->bit));
    }
}

void StreamMatrixEncoder::encodeStrip(const StripTargets &strip) {
  StreamChains empty(blocks[strip.block].steps, feedbackChains);
  StreamChains halves[2] = {empty, empty};
  parallelFor(2, 1, [&](int64_t begin, int64_t end) {
    for (int64_t half = begin; half < end; ++half)
      searchHalf(strip, unsigned(half), halves[half]);
  });
  // Halves are lanes of the same words.
  for (unsigned half = 0; half < 2; ++half)
    storeHalf(strip, half, halves[half]);
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
