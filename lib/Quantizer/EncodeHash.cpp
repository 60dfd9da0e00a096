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
  void encodeChains() override;
  void encodeStrip(const StripTargets &strip) override;
  void encodeHalf(const StripTargets &strip, unsigned half);
  void encodeChain(const codec::HashBlock &block, unsigned chain,
                   HashChainSearch &chainSearch);
  uint16_t getQuality(int64_t k) const;
  template <typename Body>
  void forEachWeight(const codec::HashBlock &block, unsigned chain, Body body);
  void storeBits(const codec::HashBlock &block, unsigned chain,
                 const HashChain &found);

  const codec::HashScheme &scheme;
  const HashCode &code;
  const HashSearch &search;
  std::vector<codec::HashBlock> blocks;
};
} // namespace

/// Calls body(number of the weight, k, n) for the weights of the matrix that a
/// chain holds.
template <typename Body>
void HashMatrixEncoder::forEachWeight(const codec::HashBlock &block,
                                      unsigned chain, Body body) {
  unsigned thread = chain / codec::streamLanes;
  unsigned lane = chain % codec::streamLanes;
  int64_t stripRows = block.rows / codec::streamStrips;
  int64_t firstRow = block.k0 + int64_t(thread % 4 * 4 + lane % 4) * stripRows;
  for (int64_t weight = 0; weight < block.weights; ++weight) {
    int64_t n = weight / stripRows * codec::streamTileColumns + thread / 4 +
                lane / 4 * 8;
    int64_t k = firstRow + weight % stripRows;
    if (n < shape.n && k < shape.k)
      body(size_t(weight), k, n);
  }
}

void HashMatrixEncoder::encodeChain(const codec::HashBlock &block,
                                    unsigned chain,
                                    HashChainSearch &chainSearch) {
  HashChain work(block.weights);
  // Padding costs next to nothing: a quality of zero would mean one.
  std::fill(work.qualities.begin(), work.qualities.end(), uint16_t(1));
  forEachWeight(block, chain, [&](size_t at, int64_t k, int64_t n) {
    if (isZeroChannel(n))
      return;
    double ratio = getRatio(k, n, largestTarget);
    work.targets[at] = int16_t(std::lrint(2 * ratio));
    work.qualities[at] = getQuality(k);
  });
  chainSearch.run(work);
  forEachWeight(block, chain, [&](size_t at, int64_t k, int64_t n) {
    setLevel(k, n, 0.5f * float(code.levels()[work.windows[at]]));
  });
  storeBits(block, chain, work);
}

void HashMatrixEncoder::storeBits(const codec::HashBlock &block, unsigned chain,
                                  const HashChain &found) {
  std::byte *codes =
      out.findComponent(codec::ComponentRole::Codes)->bytes.data();
  int64_t firstRow = block.codeRow + block.startRows;
  for (int64_t weight = 0; weight < block.weights; ++weight) {
    int64_t begin = codec::countHashBits(scheme, weight);
    int64_t end = codec::countHashBits(scheme, weight + 1);
    for (int64_t bit = begin; bit < end; ++bit) {
      int64_t row = firstRow + bit / codec::hashRowBits;
      std::byte *word =
          codes + (row * codec::hashChains + chain) * int64_t(sizeof(uint32_t));
      uint32_t value;
      std::memcpy(&value, word, sizeof(value));
      uint32_t isSet = found.windows[size_t(weight)] >> (end - 1 - bit) & 1;
      value |= isSet << (codec::hashRowBits - 1 - bit % codec::hashRowBits);
      std::memcpy(word, &value, sizeof(value));
    }
  }
}

/// HashStep::quality of row k.
uint16_t HashMatrixEncoder::getQuality(int64_t k) const {
  if (factors.diagonal.empty())
    return 0;
  return uint16_t(std::clamp(65535 * factors.quality(k), 1.0, 65535.0));
}

/// Searches one strip of eight channels of each tile.
void HashMatrixEncoder::encodeHalf(const StripTargets &strip, unsigned half) {
  const codec::HashBlock &block = blocks[strip.block];
  HashFeedbackChains chains(block.weights);
  auto forEach = [&](auto body) {
    for (int64_t weight = 0; weight < block.weights; ++weight)
      for (unsigned chain = 0; chain < feedbackChains; ++chain) {
        int64_t n = weight / strip.rows * codec::streamTileColumns +
                    half * feedbackChains + chain;
        if (n < shape.n)
          body(size_t(weight) * feedbackChains + chain, weight % strip.rows, n);
      }
  };
  forEach([&](size_t at, int64_t row, int64_t n) {
    chains.targets[at] = strip.fixed[size_t(row * shape.n + n)];
  });
  StripFeedback feedback = {unsigned(strip.rows), strip.lower, strip.qualities};
  HashFeedbackChainSearch(code, **getUsableHashFeedbackSearches(),
                          feedback.rows)
      .run(feedback, chains);
  forEach([&](size_t at, int64_t row, int64_t n) {
    if (row < strip.countedRows)
      setLevel(strip.k0 + row, n,
               0.5f * float(code.levels()[chains.windows[at]]));
  });
  // Channel m of a half is lane `strip mod 4` of thread 4 m + strip / 4.
  unsigned lane = strip.strip % 4 + half * 4;
  for (unsigned chain = 0; chain < feedbackChains; ++chain) {
    unsigned thread = chain * 4 + strip.strip / 4;
    HashChain found(block.weights);
    for (size_t weight = 0; weight < found.windows.size(); ++weight)
      found.windows[weight] = chains.windows[weight * feedbackChains + chain];
    storeBits(block, thread * codec::streamLanes + lane, found);
  }
}

void HashMatrixEncoder::encodeStrip(const StripTargets &strip) {
  parallelFor(2, 1, [&](int64_t begin, int64_t end) {
    for (int64_t half = begin; half < end; ++half)
      encodeHalf(strip, unsigned(half));
  });
}

void HashMatrixEncoder::encodeChains() {
  auto encodeSome = [&](int64_t begin, int64_t end) {
    HashChainSearch chainSearch(code, search);
    for (int64_t i = begin; i < end; ++i)
      encodeChain(blocks[size_t(i / codec::hashChains)],
                  unsigned(i % codec::hashChains), chainSearch);
  };
  parallelFor(int64_t(blocks.size()) * codec::hashChains, 8, encodeSome);
}

EncodeStatistics quantizer::encodeHashMatrix(
    const MatrixView<const float> &weights, const codec::HashScheme &scheme,
    const HashSearch &search, const ErrorFactor &factors, ThreadPool *threads,
    codec::CodedMatrix &out) {
  HashCode code(scheme);
  return HashMatrixEncoder(weights, scheme, code, search, factors, threads, out)
      .encode();
}
