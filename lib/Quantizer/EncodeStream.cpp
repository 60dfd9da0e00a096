//===- EncodeStream.cpp - rotation, scales and words of the stream format -===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "EncodeStream.h"

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

/// Encodes one matrix.
class StreamMatrixEncoder {
public:
  StreamMatrixEncoder(const MatrixView<const float> &weights,
                      const codec::StreamScheme &scheme,
                      const StreamSearch &search, ThreadPool *threads,
                      codec::CodedMatrix &out);

  EncodeStatistics encode();

private:
  /// Sums over one channel, of weights and levels before the rotation is
  /// turned back; weights divided by 2^exponent.
  struct Channel {
    int exponent = 0;
    double squaredNorm = 0;
    double product = 0;
    double squaredLevels = 0;
    /// Scale over 2^exponent.
    double scale = 0;
  };

  float &target(int64_t k, int64_t n) {
    return targets[size_t(k * shape.n + n)];
  }
  void parallelFor(int64_t count, int64_t grain, const ThreadPool::Body &body);
  void loadChannel(int64_t n, std::vector<double> &column);
  void chooseScales();
  void encodeChains();
  void encodeGroup(const codec::StreamBlock &block, unsigned group,
                   StreamChainSearch &chainSearch);
  template <typename Body>
  void forEachWeight(const codec::StreamBlock &block, unsigned group,
                     Body body);
  void storeWords(const codec::StreamBlock &block, unsigned group,
                  const StreamChains &chains);
  void storeBits(codec::ComponentRole role, int64_t row, unsigned thread,
                 uint32_t bits);
  void sumChannel(int64_t n);
  void storeScales();

  const MatrixView<const float> &weights;
  const codec::StreamScheme &scheme;
  const StreamSearch &search;
  ThreadPool *threads;
  codec::CodedMatrix &out;
  MatrixShape shape;
  StreamCode code;
  std::vector<codec::StreamBlock> blocks;
  /// Standard deviation of weights over scale, in levels.
  float targetRms;
  /// Rotated weights, [K][N], each channel divided by a power of two.
  std::vector<float> targets;
  /// Twice the level plus one, [K][N].
  std::vector<int16_t> levels;
  std::vector<Channel> channels;
};

} // namespace

StreamMatrixEncoder::StreamMatrixEncoder(const MatrixView<const float> &weights,
                                         const codec::StreamScheme &scheme,
                                         const StreamSearch &search,
                                         ThreadPool *threads,
                                         codec::CodedMatrix &out)
    : weights(weights), scheme(scheme), search(search), threads(threads),
      out(out), shape(weights.shape()), code(scheme),
      blocks(codec::getStreamBlocks(scheme, shape)),
      targets(size_t(shape.k * shape.n)), levels(targets.size()),
      channels(size_t(shape.n)) {
  // The levels of the published codes spread a little wider than what they
  // stand for, the more the higher the rate; a line through their scales.
  float spread = 1.041f + 0.0089f * float(scheme.sixteenths - 32);
  targetRms = code.levelRms() / spread;
}

void StreamMatrixEncoder::parallelFor(int64_t count, int64_t grain,
                                      const ThreadPool::Body &body) {
  if (threads)
    threads->parallelFor(count, grain, body);
  else if (count > 0)
    body(0, count);
}

//===----------------------------------------------------------------------===//
// Rotation and scales
//===----------------------------------------------------------------------===//

/// Fills column n of the targets with rotated weights.
void StreamMatrixEncoder::loadChannel(int64_t n, std::vector<double> &column) {
  Channel &channel = channels[size_t(n)];
  float largest = 0;
  for (int64_t k = 0; k < shape.k; ++k)
    largest = std::max(largest, std::fabs(weights(k, n)));
  channel.exponent = largest > 0 ? std::ilogb(largest) : 0;
  for (int64_t k = 0; k < shape.k; ++k)
    column[size_t(k)] = std::ldexp(double(weights(k, n)), -channel.exponent);
  for (int64_t k = 0; scheme.rotation && k < shape.k;) {
    codec::RotationBlock block =
        codec::getRotationBlock(*scheme.rotation, shape.k, k);
    for (int64_t row = k; row < k + block.rows; ++row)
      if (codec::isRowNegated(scheme.seed, row))
        column[size_t(row)] = -column[size_t(row)];
    codec::transformHadamard(column.data() + k, block.rows);
    double factor = 2 * double(codec::getRotationFactor(block.rows));
    for (int64_t row = k; row < k + block.rows; ++row)
      column[size_t(row)] *= factor;
    k += block.rows;
  }
  for (int64_t k = 0; k < shape.k; ++k) {
    target(k, n) = float(column[size_t(k)]);
    channel.squaredNorm += column[size_t(k)] * column[size_t(k)];
  }
}

/// Scales before the search, one per channel whatever the scheme stores.
void StreamMatrixEncoder::chooseScales() {
  double largest = 0;
  for (Channel &channel : channels) {
    channel.scale =
        std::sqrt(channel.squaredNorm / double(shape.k)) / targetRms;
    largest = std::max(largest, std::ldexp(channel.scale, channel.exponent));
  }
  if (scheme.scale == codec::StreamScale::Channel)
    return;
  // One scale for all: of the root mean square of the matrix.
  double squares = 0;
  for (const Channel &channel : channels) {
    double ratio =
        largest > 0 ? std::ldexp(channel.scale, channel.exponent) / largest : 0;
    squares += ratio * ratio;
  }
  double common = largest * std::sqrt(squares / double(shape.n));
  for (Channel &channel : channels) {
    double scale = std::ldexp(channel.scale, channel.exponent);
    if (scheme.scale == codec::StreamScale::Tensor)
      scale = common;
    else
      scale =
          largest * codec::getChannel4Scale(chooseChannel4Code(scale, largest));
    channel.scale = std::ldexp(scale, -channel.exponent);
  }
}

//===----------------------------------------------------------------------===//
// Words
//===----------------------------------------------------------------------===//

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
    double scale = channels[size_t(n)].scale;
    // Channels of zeros take any levels, at a scale of zero.
    if (scale <= 0)
      return;
    double ratio = double(target(k, n)) / scale;
    chains.targets[at] =
        float(std::clamp(ratio, -double(limit), double(limit)));
    chains.qualities[at] = quality;
  });
  chainSearch.run(chains);
  forEachWeight(block, group, [&](size_t at, int64_t k, int64_t n) {
    levels[size_t(k * shape.n + n)] = int16_t(2 * chains.levels[at]);
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

//===----------------------------------------------------------------------===//
// Final scales
//===----------------------------------------------------------------------===//

void StreamMatrixEncoder::sumChannel(int64_t n) {
  Channel &channel = channels[size_t(n)];
  for (int64_t k = 0; k < shape.k; ++k) {
    double level = 0.5 * levels[size_t(k * shape.n + n)];
    channel.product += level * double(target(k, n));
    channel.squaredLevels += level * level;
  }
}

EncodeStatistics StreamMatrixEncoder::encode() {
  parallelFor(shape.n, 16, [&](int64_t begin, int64_t end) {
    std::vector<double> column(size_t(shape.k));
    for (int64_t n = begin; n < end; ++n)
      loadChannel(n, column);
  });
  chooseScales();
  encodeChains();
  parallelFor(shape.n, 16, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n)
      sumChannel(n);
  });
  storeScales();
  EncodeStatistics statistics;
  for (const Channel &channel : channels) {
    double unit = std::ldexp(1.0, 2 * channel.exponent);
    double error = channel.squaredNorm - 2 * channel.scale * channel.product +
                   channel.scale * channel.scale * channel.squaredLevels;
    statistics.squaredError += unit * std::max(error, 0.0);
    statistics.squaredNorm += unit * channel.squaredNorm;
  }
  return statistics;
}

/// Least-squares scales for the levels found, stored as the scheme asks, and
/// left in the channels as a decoder reads them.
void StreamMatrixEncoder::storeScales() {
  std::vector<ScaleFit> fits(size_t(shape.n));
  for (size_t n = 0; n < fits.size(); ++n) {
    const Channel &channel = channels[n];
    fits[n] = {channel.exponent, channel.scale, channel.product,
               channel.squaredLevels};
  }
  std::vector<float> scales = storeStreamScales(scheme, fits, out);
  for (size_t n = 0; n < fits.size(); ++n)
    channels[n].scale = std::ldexp(double(scales[n]), -channels[n].exponent);
}

EncodeStatistics quantizer::encodeStreamMatrix(
    const MatrixView<const float> &weights, const codec::StreamScheme &scheme,
    const StreamSearch &search, ThreadPool *threads, codec::CodedMatrix &out) {
  return StreamMatrixEncoder(weights, scheme, search, threads, out).encode();
}
