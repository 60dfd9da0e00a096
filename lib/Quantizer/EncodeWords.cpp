//===- EncodeWords.cpp - scale search around the exact word search --------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ChannelEncoders.h"
#include "ChannelLanes.h"
#include "ErrorRows.h"

#include "ccq/Codec/Decode.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

using namespace ccq;
using namespace ccq::quantizer;

// Method and measurements: docs/Rationale/Encoder.md. Everything here works on
// columnsPerBlock channels side by side ("lanes") and uses no function whose
// result depends on the C library: + - * / sqrt and powers of two only.

namespace {

/// A group of weights, divided per channel by a power of two that brings the
/// largest magnitude into [1, 2). That is exact and keeps squares in range.
struct Group {
  /// [groupSize]; padding and channels past N are zero.
  std::vector<Lanes<float>> weights;
  unsigned countedWeights = 0;
  Lanes<int> exponent;
  Lanes<float> largest;
  Lanes<float> squaredNorm;
  /// What squared errors are multiplied by, [groupSize], 0 for padding; empty:
  /// one.
  std::vector<float> rowCosts;

  explicit Group(unsigned groupSize) : weights(groupSize) {}
};

/// Scale candidates per search stage.
constexpr int candidateCount = 16;
/// The coarse stage spans from this multiple of rms / bias ...
constexpr float lowestRms = 1.2f;
/// ... to this multiple of the largest magnitude / bias, ...
constexpr float highestPeak = 1.05f;
/// ... and at least this ratio.
constexpr float leastSpan = 1.3f;
/// Normalized weights are below 2, so a scale of this size is as bad as any
/// larger one; squares of it times any level stay finite.
constexpr double largestNormalizedScale = 1e12;

/// Encodes the channels [n0, n0 + columnsPerBlock) of a matrix.
class WordBlockEncoder {
public:
  WordBlockEncoder(const MatrixView<const float> &weights,
                   const codec::WordScheme &scheme, const WordSearch &search,
                   const ErrorFactor &factors, codec::CodedMatrix &out);

  void encodeBlock(int64_t n0, std::span<EncodeStatistics> channels);

private:
  void loadGroup(int64_t index);
  WordSearchInput makeInput(const Lanes<float> &scales) const;
  float getLevel(codec::WindowPosition position, int lane) const;
  float findLeastRms(int lane) const;
  Lanes<float> findScales();
  void searchCandidates(const Lanes<float> &first, const Lanes<float> &step,
                        Lanes<float> &bestScale);
  Lanes<float> refitScales(const Lanes<float> &scales);
  Lanes<float> normalizeScales(const Lanes<int> &localScales,
                               const Lanes<float> &superScales) const;
  Lanes<int> chooseLocalScales(int64_t index, const Lanes<float> &superScales);
  void measureErrors(const Lanes<float> &scales);
  void storeGroup(int64_t index, const Lanes<int> &localScales);
  void storeWord(int64_t row, int64_t n, uint32_t word);
  void moveTargets(int64_t index, unsigned begin, unsigned end,
                   ErrorRows &errors);
  void refineWords(int64_t index, const Lanes<int> &localScales,
                   const Lanes<float> &superScales, ErrorRows &errors);

  const MatrixView<const float> &weights;
  const codec::WordScheme &scheme;
  const WordSearch &search;
  const ErrorFactor &factors;
  WordLayout layout;
  std::byte *codes;
  std::byte *superScaleBytes;

  int64_t n0 = 0;
  int laneCount = 0;
  Group group;
  /// Least-squares scale of each group, not normalized.
  std::vector<Lanes<double>> groupScales;
  Lanes<float> costs;
  std::vector<Lanes<uint32_t>> words;
};

} // namespace

static WordLayout makeLayout(const codec::WordScheme &scheme) {
  WordLayout layout;
  layout.wordsPerGroup = scheme.wordsPerGroup;
  layout.weightsPerWord = scheme.weightsPerWord();
  layout.windowBits = scheme.windowBits;
  layout.tailShift = scheme.tailShift;
  std::copy(scheme.shifts.begin(), scheme.shifts.end(), layout.shifts);
  return layout;
}

WordBlockEncoder::WordBlockEncoder(const MatrixView<const float> &weights,
                                   const codec::WordScheme &scheme,
                                   const WordSearch &search,
                                   const ErrorFactor &factors,
                                   codec::CodedMatrix &out)
    : weights(weights), scheme(scheme), search(search), factors(factors),
      layout(makeLayout(scheme)), codes(out.components[0].bytes.data()),
      superScaleBytes(out.components[1].bytes.data()),
      group(scheme.groupSize()), words(scheme.wordsPerGroup) {
  int64_t size = scheme.groupSize();
  groupScales.resize(size_t((weights.shape().k + size - 1) / size));
}

//===----------------------------------------------------------------------===//
// Scale search of one group
//===----------------------------------------------------------------------===//

void WordBlockEncoder::loadGroup(int64_t index) {
  int64_t size = scheme.groupSize();
  int64_t kBegin = index * size;
  group.countedWeights = unsigned(std::min(size, weights.shape().k - kBegin));
  std::span<Lanes<float>> rows(group.weights.data(), group.countedWeights);
  Lanes<float> largest;
  for (size_t j = 0; j < rows.size(); ++j) {
    for (int i = 0; i < laneCount; ++i)
      rows[j][i] = weights(kBegin + int64_t(j), n0 + i);
    for (int i = 0; i < columnsPerBlock; ++i) {
      float magnitude = std::fabs(rows[j][i]);
      largest[i] = largest[i] < magnitude ? magnitude : largest[i];
    }
  }
  Lanes<double> factor;
  for (int i = 0; i < columnsPerBlock; ++i) {
    group.exponent[i] = largest[i] > 0 ? std::ilogb(largest[i]) : 0;
    factor[i] = std::ldexp(1.0, -group.exponent[i]);
    group.largest[i] = float(largest[i] * factor[i]);
  }
  group.squaredNorm = {};
  for (Lanes<float> &row : rows)
    for (int i = 0; i < columnsPerBlock; ++i) {
      row[i] = float(row[i] * factor[i]);
      group.squaredNorm[i] += row[i] * row[i];
    }
  if (!factors.hasRowCosts())
    return;
  group.rowCosts =
      getRowCosts(factors, kBegin, kBegin + int64_t(group.countedWeights));
  group.rowCosts.resize(size_t(size));
}

WordSearchInput WordBlockEncoder::makeInput(const Lanes<float> &scales) const {
  return {group.weights[0].lane.data(), group.countedWeights,
          scales.lane.data(),
          group.rowCosts.empty() ? nullptr : group.rowCosts.data()};
}

/// Level of a window of `words`, before the scale.
float WordBlockEncoder::getLevel(codec::WindowPosition position,
                                 int lane) const {
  uint32_t window = words[position.word][lane] >> position.shift;
  return float(int(window & scheme.windowMask()) - scheme.bias());
}

/// Root mean square of the loaded weights of a channel; with row costs, that
/// of the weights as often as they cost, if it is less and not zero.
float WordBlockEncoder::findLeastRms(int lane) const {
  float rms = std::sqrt(group.squaredNorm[lane] / float(group.countedWeights));
  float sum = 0, square = 0;
  for (unsigned j = 0; j < group.rowCosts.size(); ++j) {
    float weight = group.weights[j][lane];
    sum += group.rowCosts[j];
    square += group.rowCosts[j] * (weight * weight);
  }
  return square > 0 ? std::min(rms, std::sqrt(square / sum)) : rms;
}

/// Tries candidateCount scales: first, first * step, first * step^2, ...
void WordBlockEncoder::searchCandidates(const Lanes<float> &first,
                                        const Lanes<float> &step,
                                        Lanes<float> &bestScale) {
  Lanes<float> scales = first;
  Lanes<float> bestCost;
  bestCost.lane.fill(std::numeric_limits<float>::max());
  for (int candidate = 0; candidate < candidateCount; ++candidate) {
    search.findCosts(layout, makeInput(scales), costs.lane.data());
    for (int i = 0; i < columnsPerBlock; ++i) {
      bool isBetter = costs[i] < bestCost[i];
      bestCost[i] = isBetter ? costs[i] : bestCost[i];
      bestScale[i] = isBetter ? scales[i] : bestScale[i];
      scales[i] *= step[i];
    }
  }
}

/// Best scale of the loaded group per channel, normalized; zero for a group of
/// zeros.
Lanes<float> WordBlockEncoder::findScales() {
  Lanes<float> first, step, best;
  float bias = float(scheme.bias());
  for (int i = 0; i < columnsPerBlock; ++i) {
    float low = lowestRms * findLeastRms(i) / bias;
    float high =
        std::max(highestPeak * group.largest[i] / bias, leastSpan * low);
    // Geometric, half a step inside both ends: the sixteenth root of the span.
    step[i] = low > 0 ? takeRoot(high / low, 4) : 1.0f;
    first[i] = low * takeRoot(step[i], 1);
  }
  searchCandidates(first, step, best);

  // From 7.5 fine steps below the best coarse scale to 7.5 above it; a fine
  // step is the eighth root of a coarse one.
  Lanes<float> fineStep;
  for (int i = 0; i < columnsPerBlock; ++i) {
    fineStep[i] = takeRoot(step[i], 3);
    first[i] = best[i] * takeRoot(fineStep[i], 1) / step[i];
  }
  searchCandidates(first, fineStep, best);
  return refitScales(best);
}

/// Least-squares scales for the words that are best at `scales`.
Lanes<float> WordBlockEncoder::refitScales(const Lanes<float> &scales) {
  search.findWords(layout, makeInput(scales), costs.lane.data(),
                   words[0].lane.data());
  Lanes<float> product, norm;
  for (unsigned j = 0; j < group.countedWeights; ++j) {
    codec::WindowPosition position = codec::getWindowPosition(scheme, j);
    float cost = group.rowCosts.empty() ? 1.0f : group.rowCosts[j];
    for (int i = 0; i < columnsPerBlock; ++i) {
      float level = getLevel(position, i);
      product[i] += cost * (group.weights[j][i] * level);
      norm[i] += cost * (level * level);
    }
  }
  Lanes<float> refitted;
  for (int i = 0; i < columnsPerBlock; ++i) {
    bool hasFit = product[i] > 0 && norm[i] > 0;
    refitted[i] = hasFit ? product[i] / norm[i] : scales[i];
  }
  return refitted;
}

//===----------------------------------------------------------------------===//
// Quantized scales
//===----------------------------------------------------------------------===//

/// localScale * superScale, as the decoder computes it, in the units of the
/// loaded group.
Lanes<float>
WordBlockEncoder::normalizeScales(const Lanes<int> &localScales,
                                  const Lanes<float> &superScales) const {
  Lanes<float> scales;
  for (int i = 0; i < columnsPerBlock; ++i) {
    float scale = float(localScales[i]) * superScales[i];
    scales[i] = float(std::min(std::ldexp(double(scale), -group.exponent[i]),
                               largestNormalizedScale));
  }
  return scales;
}

/// The better one of the two integers around the least-squares scale. Leaves
/// the words and costs of the choice in `words` and `costs`.
Lanes<int>
WordBlockEncoder::chooseLocalScales(int64_t index,
                                    const Lanes<float> &superScales) {
  int largest = int(scheme.scaleMask());
  Lanes<int> lower, upper;
  for (int i = 0; i < columnsPerBlock; ++i) {
    double ratio = superScales[i] > 0
                       ? groupScales[index][i] / double(superScales[i])
                       : 0.0;
    lower[i] = int(std::min(ratio, double(largest)));
    upper[i] = std::min(lower[i] + 1, largest);
  }
  Lanes<float> lowerCosts, upperCosts;
  search.findCosts(layout, makeInput(normalizeScales(lower, superScales)),
                   lowerCosts.lane.data());
  search.findCosts(layout, makeInput(normalizeScales(upper, superScales)),
                   upperCosts.lane.data());
  for (int i = 0; i < columnsPerBlock; ++i)
    lower[i] = upperCosts[i] < lowerCosts[i] ? upper[i] : lower[i];
  Lanes<float> scales = normalizeScales(lower, superScales);
  search.findWords(layout, makeInput(scales), costs.lane.data(),
                   words[0].lane.data());
  if (!group.rowCosts.empty())
    measureErrors(scales);
  return lower;
}

/// Leaves the squared errors of `words`, all rows alike, in `costs`.
void WordBlockEncoder::measureErrors(const Lanes<float> &scales) {
  costs = {};
  for (unsigned j = 0; j < group.countedWeights; ++j) {
    codec::WindowPosition position = codec::getWindowPosition(scheme, j);
    for (int i = 0; i < columnsPerBlock; ++i) {
      float error = group.weights[j][i] - scales[i] * getLevel(position, i);
      costs[i] += error * error;
    }
  }
}

//===----------------------------------------------------------------------===//
// Output
//===----------------------------------------------------------------------===//

void WordBlockEncoder::storeWord(int64_t row, int64_t n, uint32_t word) {
  int64_t index = row * weights.shape().n + n;
  if (scheme.wordBits == 8) {
    codes[index] = std::byte(word);
    return;
  }
  uint16_t narrow = uint16_t(word);
  std::memcpy(codes + index * sizeof(narrow), &narrow, sizeof(narrow));
}

/// Bits of a word that belong to a window.
static uint32_t getWindowBits(const codec::WordScheme &scheme, bool isTail) {
  if (isTail)
    return scheme.windowMask() << scheme.tailShift;
  uint32_t bits = 0;
  for (unsigned shift : scheme.shifts)
    bits |= scheme.windowMask() << shift;
  return bits;
}

void WordBlockEncoder::storeGroup(int64_t index,
                                  const Lanes<int> &localScales) {
  int64_t firstRow = index * scheme.wordsPerGroup;
  for (unsigned w = 0; w < scheme.wordsPerGroup; ++w) {
    bool isTail = w + 1 == scheme.wordsPerGroup;
    uint32_t windowBits = getWindowBits(scheme, isTail);
    for (int i = 0; i < laneCount; ++i) {
      // With scale 0 the windows do not matter; positive ones decode to +0.
      uint32_t word = localScales[i] == 0 ? windowBits : words[w][i];
      if (isTail)
        word |= uint32_t(localScales[i]);
      storeWord(firstRow + w, n0 + i, word);
    }
  }
}

/// Moves the targets of rows [begin, end) of the loaded group to where they
/// make up for the errors of all rows before `begin`.
void WordBlockEncoder::moveTargets(int64_t index, unsigned begin, unsigned end,
                                   ErrorRows &errors) {
  int64_t kBegin = index * scheme.groupSize();
  std::vector<float> added = errors.correctBlock(kBegin + begin, kBegin + end);
  for (unsigned j = begin; j < end; ++j)
    for (int i = 0; i < laneCount; ++i) {
      double target =
          double(weights(kBegin + j, n0 + i)) +
          double(added[(j - begin) * columnsPerBlock + unsigned(i)]);
      group.weights[j][i] = float(std::ldexp(target, -group.exponent[i]));
    }
}

/// Searches the words of the loaded group one after another, each with the
/// errors of those before it fed forward. Leaves them in `words`, and the
/// errors of the group in `errors` and, squared, in `costs`.
void WordBlockEncoder::refineWords(int64_t index, const Lanes<int> &localScales,
                                   const Lanes<float> &superScales,
                                   ErrorRows &errors) {
  int64_t kBegin = index * scheme.groupSize();
  Lanes<float> scales = normalizeScales(localScales, superScales);
  std::vector<Lanes<uint32_t>> chosen(words.size());
  costs = {};
  for (unsigned j = 0; j < group.countedWeights; ++j) {
    codec::WindowPosition position = codec::getWindowPosition(scheme, j);
    bool isTail = position.word == words.size() - 1;
    if (isTail || j % scheme.weightsPerWord() == 0) {
      unsigned count = isTail ? 1 : scheme.weightsPerWord();
      moveTargets(index, j, std::min(j + count, group.countedWeights), errors);
      Lanes<float> ignored;
      search.findWords(layout, makeInput(scales), ignored.lane.data(),
                       words[0].lane.data());
      chosen[position.word] = words[position.word];
    }
    for (int i = 0; i < laneCount; ++i) {
      int window = localScales[i] == 0
                       ? int(scheme.windowMask())
                       : int(chosen[position.word][i] >> position.shift &
                             scheme.windowMask());
      float error =
          weights(kBegin + j, n0 + i) -
          codec::decodeWeight(window - scheme.bias(), unsigned(localScales[i]),
                              superScales[i]);
      errors.row(kBegin + j)[i] = error;
      auto normal = float(std::ldexp(double(error), -group.exponent[i]));
      costs[i] += normal * normal;
    }
  }
  words = std::move(chosen);
}

void WordBlockEncoder::encodeBlock(int64_t n,
                                   std::span<EncodeStatistics> channels) {
  n0 = n;
  laneCount = int(std::min<int64_t>(columnsPerBlock, weights.shape().n - n));
  group = Group(scheme.groupSize());
  int64_t groupCount = int64_t(groupScales.size());
  for (int64_t index = 0; index < groupCount; ++index) {
    loadGroup(index);
    Lanes<float> scales = findScales();
    for (int i = 0; i < columnsPerBlock; ++i)
      groupScales[index][i] = std::ldexp(double(scales[i]), group.exponent[i]);
  }
  Lanes<float> superScales =
      chooseSuperScales(groupScales, int(scheme.scaleMask()), scheme.bias());
  std::memcpy(superScaleBytes + n0 * sizeof(float), superScales.lane.data(),
              size_t(laneCount) * sizeof(float));
  ErrorRows errors(factors, factors.hasFeedback() ? columnsPerBlock : 0);
  for (int64_t index = 0; index < groupCount; ++index) {
    loadGroup(index);
    if (factors.hasFeedback())
      moveTargets(index, 0, group.countedWeights, errors);
    Lanes<int> localScales = chooseLocalScales(index, superScales);
    if (factors.hasFeedback())
      refineWords(index, localScales, superScales, errors);
    storeGroup(index, localScales);
    for (int i = 0; i < laneCount; ++i) {
      // Squares of weights scale with the square of the power of two.
      double unit = std::ldexp(1.0, 2 * group.exponent[i]);
      channels[n0 + i].squaredError += unit * costs[i];
      channels[n0 + i].squaredNorm += unit * group.squaredNorm[i];
    }
  }
}

void quantizer::encodeWordChannels(const MatrixView<const float> &weights,
                                   const codec::WordScheme &scheme,
                                   const WordSearch &search,
                                   const ErrorFactor &factors, int64_t nBegin,
                                   int64_t nEnd, codec::CodedMatrix &out,
                                   std::span<EncodeStatistics> channels) {
  WordBlockEncoder encoder(weights, scheme, search, factors, out);
  for (int64_t n = nBegin; n < nEnd; n += columnsPerBlock)
    encoder.encodeBlock(n, channels);
}
