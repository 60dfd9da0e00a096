//===- EncodeCluster.cpp - scale search around the cluster search ---------===//
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
#include <cstring>
#include <limits>
#include <memory>
#include <vector>

using namespace ccq;
using namespace ccq::quantizer;

namespace {

/// The expansion of bytes that all channels get. Found by search over slopes
/// and offsets on Gaussian weights; docs/Rationale/Encoder.md. The decoders of
/// docs/Format.md, "Cluster scheme", agree on all 256 bytes.
constexpr float codeScale = 120.967f;
constexpr float codeZp = 1147.4f;

/// Scale candidates, geometric, ...
constexpr int candidateCount = 2 * scalesPerSearch;
/// ... from this multiple of the rms of the group over that of the levels ...
constexpr float lowestRatio = 0.82f;
/// ... with this ratio between two.
constexpr float candidateStep = 1.09f;

constexpr int largestLocalScale = 15;

/// Encodes the channels [n0, n0 + columnsPerBlock) of a matrix.
class ClusterBlockEncoder {
public:
  ClusterBlockEncoder(const MatrixView<const float> &weights,
                      const codec::ClusterScheme &scheme,
                      const ClusterSearch &search, const ErrorFactor &factors,
                      codec::CodedMatrix &out);

  void encodeBlock(int64_t n0, std::span<EncodeStatistics> channels);

private:
  using ScaleList = std::array<Lanes<float>, scalesPerSearch>;

  std::byte *componentBytes(codec::ComponentRole role) {
    return out.findComponent(role)->bytes.data();
  }
  void loadGroup(int64_t index);
  void weighRows(int64_t kBegin);
  Lanes<float> findScales();
  Lanes<float> refitScales(const Lanes<float> &scales);
  Lanes<int> chooseLocalScales(int64_t index, const Lanes<float> &superScales);
  void moveTargets(int64_t index, ErrorRows &errors);
  void refineBytes(int64_t index, const Lanes<int> &localScales,
                   const Lanes<float> &superScales, ErrorRows &errors);
  ClusterSearchInput mixCluster(int64_t k, unsigned count, ErrorRows &errors);
  void storeGroup(int64_t index, const Lanes<int> &localScales,
                  const Lanes<float> &superScales,
                  std::span<EncodeStatistics> channels);

  const MatrixView<const float> &weights;
  const codec::ClusterScheme &scheme;
  const ClusterSearch &search;
  const ErrorFactor &factors;
  codec::CodedMatrix &out;
  /// Books for clusters of which all, or only the first 1 to 3 weights count.
  ClusterBook books[5];
  /// Levels of a cluster in the measure of its rows of the Hessian's factor,
  /// their norms, and what they should be, times the costs of the rows.
  ClusterBook mixedBook;
  float mixedNorms[256];
  Lanes<float> mixedWeights[4];
  float levelRms;
  /// A byte of levels that are not negative, so that a scale of 0 gives +0.
  uint32_t zeroByte = 0;

  int64_t n0 = 0;
  int laneCount = 0;
  /// The loaded group, each channel divided by a power of two.
  std::vector<Lanes<float>> group;
  unsigned countedWeights = 0;
  /// What squared errors are multiplied by, [groupSize], 0 for padding; empty:
  /// one. Then `weighted` is the group times that, and `norms` has the norms
  /// of ClusterSearchInput.
  std::vector<float> rowCosts;
  std::vector<Lanes<float>> weighted;
  std::vector<float> norms;
  ClusterSearchInput input;
  Lanes<int> exponent;
  Lanes<float> norm;
  /// Least-squares scale of each group, not normalized.
  std::vector<Lanes<double>> groupScales;
  std::vector<Lanes<uint32_t>> bytes;
};

} // namespace

/// Levels of all bytes; weights from `counted` on are padding.
static void fillBook(const codec::ClusterScheme &scheme, unsigned counted,
                     ClusterBook &book) {
  for (unsigned byte = 0; byte < 256; ++byte) {
    int32_t code = codec::expandCluster(byte, codeScale, codeZp);
    book.norms[byte] = 0;
    for (unsigned i = 0; i < 4; ++i) {
      float level = i < counted
                        ? float(codec::decodeClusterWindow(scheme, code, i))
                        : 0.0f;
      book.levels[i][byte] = level;
      book.norms[byte] += level * level;
    }
  }
}

ClusterBlockEncoder::ClusterBlockEncoder(const MatrixView<const float> &weights,
                                         const codec::ClusterScheme &scheme,
                                         const ClusterSearch &search,
                                         const ErrorFactor &factors,
                                         codec::CodedMatrix &out)
    : weights(weights), scheme(scheme), search(search), factors(factors),
      out(out), group(scheme.groupSize), bytes(scheme.groupSize / 4) {
  for (unsigned counted = 1; counted <= 4; ++counted)
    fillBook(scheme, counted, books[counted]);
  float norms = 0;
  for (float value : books[4].norms)
    norms += value;
  levelRms = std::sqrt(norms / 1024.0f);
  auto isNegative = [&](uint32_t byte) {
    return std::any_of(std::begin(books[4].levels), std::end(books[4].levels),
                       [&](const float *levels) { return levels[byte] < 0; });
  };
  while (zeroByte < 255 && isNegative(zeroByte))
    ++zeroByte;
  int64_t size = scheme.groupSize;
  groupScales.resize(size_t((weights.shape().k + size - 1) / size));
}

void ClusterBlockEncoder::loadGroup(int64_t index) {
  int64_t size = scheme.groupSize;
  int64_t kBegin = index * size;
  countedWeights = unsigned(std::min(size, weights.shape().k - kBegin));
  std::fill(group.begin(), group.end(), Lanes<float>());
  Lanes<float> largest;
  for (unsigned j = 0; j < countedWeights; ++j)
    for (int i = 0; i < laneCount; ++i) {
      group[j][i] = weights(kBegin + j, n0 + i);
      largest[i] = std::max(largest[i], std::fabs(group[j][i]));
    }
  norm = {};
  for (int i = 0; i < laneCount; ++i) {
    exponent[i] = largest[i] > 0 ? std::ilogb(largest[i]) : 0;
    double factor = std::ldexp(1.0, -exponent[i]);
    for (unsigned j = 0; j < countedWeights; ++j) {
      group[j][i] = float(group[j][i] * factor);
      norm[i] += group[j][i] * group[j][i];
    }
  }
  unsigned clusters = (countedWeights + 3) / 4;
  input = {group[0].lane.data(), clusters, &books[4],
           &books[countedWeights - 4 * (clusters - 1)]};
  if (factors.hasRowCosts())
    weighRows(kBegin);
}

/// Makes the loaded group and its norm count what its rows cost.
void ClusterBlockEncoder::weighRows(int64_t kBegin) {
  rowCosts = getRowCosts(factors, kBegin, kBegin + int64_t(countedWeights));
  float sum = 0;
  for (float cost : rowCosts)
    sum += cost;
  rowCosts.resize(group.size());
  weighted.resize(group.size());
  Lanes<float> weightedNorm;
  for (size_t j = 0; j < group.size(); ++j)
    for (int i = 0; i < columnsPerBlock; ++i) {
      weighted[j][i] = rowCosts[j] * group[j][i];
      weightedNorm[i] += weighted[j][i] * group[j][i];
    }
  // The search divides by the number of weights.
  for (int i = 0; i < columnsPerBlock; ++i)
    norm[i] = weightedNorm[i] * (float(countedWeights) / sum);
  norms.assign(256 * size_t(input.clusters), 0.0f);
  for (size_t j = 0; j < 4 * size_t(input.clusters); ++j)
    for (unsigned byte = 0; byte < 256; ++byte) {
      float level = books[4].levels[j % 4][byte];
      norms[j / 4 * 256 + byte] += rowCosts[j] * (level * level);
    }
  input.weights = weighted[0].lane.data();
  input.norms = norms.data();
}

/// Best scale of the loaded group per channel, normalized; zero for a group of
/// zeros.
Lanes<float> ClusterBlockEncoder::findScales() {
  Lanes<float> scale, best, bestCost;
  bestCost.lane.fill(std::numeric_limits<float>::max());
  for (int i = 0; i < columnsPerBlock; ++i)
    scale[i] =
        lowestRatio * std::sqrt(norm[i] / float(countedWeights)) / levelRms;
  for (int pass = 0; pass < candidateCount / scalesPerSearch; ++pass) {
    ScaleList scales, costs;
    for (Lanes<float> &entry : scales) {
      entry = scale;
      for (float &value : scale.lane)
        value *= candidateStep;
    }
    search.findCosts(input, scales[0].lane.data(), costs[0].lane.data());
    for (int c = 0; c < scalesPerSearch; ++c)
      for (int i = 0; i < columnsPerBlock; ++i) {
        bool isBetter = costs[c][i] < bestCost[i];
        bestCost[i] = isBetter ? costs[c][i] : bestCost[i];
        best[i] = isBetter ? scales[c][i] : best[i];
      }
  }
  return refitScales(best);
}

/// Least-squares scales for the bytes that are best at `scales`.
Lanes<float> ClusterBlockEncoder::refitScales(const Lanes<float> &scales) {
  search.findBytes(input, scales.lane.data(), bytes[0].lane.data());
  Lanes<float> refitted;
  for (int i = 0; i < columnsPerBlock; ++i) {
    float product = 0, square = 0;
    for (unsigned j = 0; j < countedWeights; ++j) {
      float level = books[4].levels[j % 4][bytes[j / 4][i]];
      float cost = rowCosts.empty() ? 1.0f : rowCosts[j];
      product += cost * (group[j][i] * level);
      square += cost * (level * level);
    }
    bool hasFit = product > 0 && square > 0;
    refitted[i] = hasFit ? product / square : scales[i];
  }
  return refitted;
}

/// The better one of the two integers around the refitted scale.
Lanes<int>
ClusterBlockEncoder::chooseLocalScales(int64_t index,
                                       const Lanes<float> &superScales) {
  Lanes<int> lower, chosen;
  ScaleList scales = {}, costs;
  for (int i = 0; i < columnsPerBlock; ++i) {
    double ratio =
        superScales[i] > 0 ? groupScales[index][i] / superScales[i] : 0.0;
    lower[i] = int(std::min(ratio, double(largestLocalScale)));
    for (int c = 0; c < 2; ++c) {
      int local = std::min(lower[i] + c, largestLocalScale);
      double scale = double(local) * superScales[i];
      scales[c][i] = float(std::min(std::ldexp(scale, -exponent[i]), 1e12));
    }
  }
  search.findCosts(input, scales[0].lane.data(), costs[0].lane.data());
  Lanes<float> finalScales;
  for (int i = 0; i < columnsPerBlock; ++i) {
    bool isUpper = costs[1][i] < costs[0][i];
    // Raising the super scale of tiny weights can make no scale the best.
    bool isZero = std::min(costs[0][i], costs[1][i]) >= 0;
    chosen[i] =
        isZero ? 0 : std::min(lower[i] + int(isUpper), largestLocalScale);
    finalScales[i] = isZero ? 0.0f : scales[isUpper][i];
  }
  search.findBytes(input, finalScales.lane.data(), bytes[0].lane.data());
  for (int i = 0; i < columnsPerBlock; ++i)
    for (unsigned cluster = 0; chosen[i] == 0 && cluster < input.clusters;
         ++cluster)
      bytes[cluster][i] = zeroByte;
  return chosen;
}

/// Moves the loaded group to where it makes up for the errors of all rows
/// before it.
void ClusterBlockEncoder::moveTargets(int64_t index, ErrorRows &errors) {
  int64_t kBegin = index * scheme.groupSize;
  std::vector<float> added =
      errors.correctBlock(kBegin, kBegin + int64_t(countedWeights));
  for (unsigned j = 0; j < countedWeights; ++j)
    for (int i = 0; i < laneCount; ++i) {
      double target = double(weights(kBegin + j, n0 + i)) +
                      double(added[j * columnsPerBlock + unsigned(i)]);
      group[j][i] = float(std::ldexp(target, -exponent[i]));
    }
}

/// The search for the `count` weights from row k on as one for plain squared
/// errors. With u = weights + feedback of the rows before k, and M the rows'
/// own part of the factor, the cost of levels l at scale s is the sum of
/// diagonal * (M u - s M l)^2: M l does not depend on the channel.
ClusterSearchInput ClusterBlockEncoder::mixCluster(int64_t k, unsigned count,
                                                   ErrorRows &errors) {
  std::vector<float> costs = getRowCosts(factors, k, k + int64_t(count));
  std::fill(std::begin(mixedNorms), std::end(mixedNorms), 0.0f);
  for (unsigned j = 0; j < 4; ++j) {
    float *levels = mixedBook.levels[j];
    mixedWeights[j] = {};
    std::fill_n(levels, 256, 0.0f);
    if (j >= count)
      continue;
    const float *feedback = factors.feedbackRow(k + j) + k;
    Lanes<float> target;
    errors.addFeedback(k + j, 0, k, target.lane.data());
    for (unsigned row = 0; row <= j; ++row) {
      float factor = row == j ? 1.0f : feedback[row];
      for (int i = 0; i < laneCount; ++i)
        target[i] += factor * weights(k + row, n0 + i);
      for (unsigned byte = 0; byte < 256; ++byte)
        levels[byte] += factor * books[4].levels[row][byte];
    }
    for (int i = 0; i < laneCount; ++i)
      mixedWeights[j][i] =
          costs[j] * float(std::ldexp(double(target[i]), -exponent[i]));
    for (unsigned byte = 0; byte < 256; ++byte)
      mixedNorms[byte] += costs[j] * (levels[byte] * levels[byte]);
  }
  return {mixedWeights[0].lane.data(), 1, &mixedBook, &mixedBook, mixedNorms};
}

/// Searches the bytes of the loaded group one after another, each with the
/// errors of all rows before it fed forward.
void ClusterBlockEncoder::refineBytes(int64_t index,
                                      const Lanes<int> &localScales,
                                      const Lanes<float> &superScales,
                                      ErrorRows &errors) {
  Lanes<float> scales;
  for (int i = 0; i < columnsPerBlock; ++i) {
    double scale = double(localScales[i]) * superScales[i];
    scales[i] = float(std::min(std::ldexp(scale, -exponent[i]), 1e12));
  }
  for (unsigned cluster = 0; cluster < input.clusters; ++cluster) {
    int64_t k = index * scheme.groupSize + 4 * int64_t(cluster);
    unsigned count = std::min(4u, countedWeights - 4 * cluster);
    ClusterSearchInput mixed = mixCluster(k, count, errors);
    search.findBytes(mixed, scales.lane.data(), bytes[cluster].lane.data());
    for (int i = 0; i < laneCount; ++i) {
      if (localScales[i] == 0)
        bytes[cluster][i] = zeroByte;
      for (unsigned j = 0; j < count; ++j) {
        auto level = int(books[4].levels[j][bytes[cluster][i]]);
        errors.row(k + j)[i] =
            weights(k + j, n0 + i) -
            codec::decodeWeight(level, unsigned(localScales[i]),
                                superScales[i]);
      }
    }
  }
}

void ClusterBlockEncoder::storeGroup(int64_t index,
                                     const Lanes<int> &localScales,
                                     const Lanes<float> &superScales,
                                     std::span<EncodeStatistics> channels) {
  std::byte *codes = componentBytes(codec::ComponentRole::Codes);
  std::byte *scales = componentBytes(codec::ComponentRole::LocalScales);
  int64_t count = weights.shape().n;
  int64_t firstRow = index * scheme.groupSize / 4;
  bool isHigh =
      (index % 2 == 0) == (scheme.scaleOrder == codec::NibbleOrder::HighFirst);
  for (int i = 0; i < laneCount; ++i) {
    int64_t n = n0 + i;
    scales[index / 2 * count + n] |=
        std::byte(localScales[i] << (isHigh ? 4 : 0));
    for (unsigned cluster = 0; cluster < input.clusters; ++cluster)
      codes[(firstRow + cluster) * count + n] = std::byte(bytes[cluster][i]);
    for (unsigned j = 0; j < countedWeights; ++j) {
      auto level = int(books[4].levels[j % 4][bytes[j / 4][i]]);
      double weight = weights(index * scheme.groupSize + j, n);
      double error =
          weight -
          codec::decodeWeight(level, unsigned(localScales[i]), superScales[i]);
      channels[n].squaredError += error * error;
      channels[n].squaredNorm += weight * weight;
    }
  }
}

void ClusterBlockEncoder::encodeBlock(int64_t firstChannel,
                                      std::span<EncodeStatistics> channels) {
  n0 = firstChannel;
  laneCount = int(std::min<int64_t>(columnsPerBlock, weights.shape().n - n0));
  for (size_t g = 0; g < groupScales.size(); ++g) {
    loadGroup(int64_t(g));
    Lanes<float> scales = findScales();
    for (int i = 0; i < columnsPerBlock; ++i)
      groupScales[g][i] = std::ldexp(double(scales[i]), exponent[i]);
  }
  Lanes<float> superScales =
      chooseSuperScales(groupScales, largestLocalScale, scheme.bias());
  ErrorRows errors(factors, factors.hasFeedback() ? columnsPerBlock : 0);
  for (size_t g = 0; g < groupScales.size(); ++g) {
    loadGroup(int64_t(g));
    if (factors.hasFeedback())
      moveTargets(int64_t(g), errors);
    Lanes<int> localScales = chooseLocalScales(int64_t(g), superScales);
    if (factors.hasFeedback())
      refineBytes(int64_t(g), localScales, superScales, errors);
    storeGroup(int64_t(g), localScales, superScales, channels);
  }
  auto store = [&](codec::ComponentRole role, int i, float value) {
    std::memcpy(componentBytes(role) + (n0 + i) * int64_t(sizeof(value)),
                &value, sizeof(value));
  };
  for (int i = 0; i < laneCount; ++i) {
    store(codec::ComponentRole::SuperScale, i, superScales[i]);
    store(codec::ComponentRole::CodeScale, i, codeScale);
    store(codec::ComponentRole::CodeZp, i, codeZp);
  }
}

void quantizer::encodeClusterChannels(const MatrixView<const float> &weights,
                                      const codec::ClusterScheme &scheme,
                                      const ClusterSearch &search,
                                      const ErrorFactor &factors,
                                      int64_t nBegin, int64_t nEnd,
                                      codec::CodedMatrix &out,
                                      std::span<EncodeStatistics> channels) {
  // Books are large for a stack.
  auto encoder = std::make_unique<ClusterBlockEncoder>(weights, scheme, search,
                                                       factors, out);
  for (int64_t n = nBegin; n < nEnd; n += columnsPerBlock)
    encoder->encodeBlock(n, channels);
}
