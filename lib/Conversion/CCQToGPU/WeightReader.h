//===- WeightReader.h - decoded A operands of a lane ------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_CONVERSION_CCQTOGPU_WEIGHTREADER_H
#define CCQ_LIB_CONVERSION_CCQTOGPU_WEIGHTREADER_H

#include "KernelBuilder.h"
#include "ccq/Dialect/CCQ/IR/CCQTypes.h"

#include <array>
#include <memory>

namespace mlir::ccq {

/// Consecutive k that one pass of the main loop contracts, for every scheme.
inline constexpr int64_t kGroupSize = 64;
/// Rows of lanes in a warp (`groupID` of mma.sync): a lane's row selects its
/// output channels and, as owner of a B column, its token.
inline constexpr int64_t kLaneRows = 8;
/// Lanes in a row (`threadID_in_group`): the column selects 16 of the group's
/// 64 k.
inline constexpr int64_t kLaneColumns = 4;
/// f16x2 registers per channel, group and lane: 16 k in pairs.
inline constexpr int64_t kPairsPerGroup = 8;

/// A k of the group as a function of the lane's column:
/// k = perColumn * column + base.
struct LaneOffset {
  int64_t perColumn = 0;
  int64_t base = 0;
};

/// The k in the low and high half of each f16x2 register. Weights and
/// activations use the same order, so the product does not depend on it.
using PairOffsets = std::array<std::array<LaneOffset, 2>, kPairsPerGroup>;

/// One lane's part of a 16-row A tile: two output channels, which the tile has
/// in its rows `row` and `row + 8`.
struct ChannelPair {
  /// f16x2 by channel and pair; integers, exact.
  std::array<std::array<Value, kPairsPerGroup>, 2> weights;
  /// f32 scale of the group by channel; null when the scheme has none.
  std::array<Value, 2> groupScales;
};

/// Where a lane stands.
struct LanePosition {
  /// 0..7 and 0..3.
  Value row, column;
  /// First of the lane's channels, clamped to the padded N.
  Value channel;
};

/// Emits the code that reads and decodes the weights of one scheme, straight
/// from the canonical code layout: a lane loads 16 bytes of a row of codes,
/// which are neighbouring output channels.
class WeightReader {
public:
  virtual ~WeightReader() = default;

  virtual PairOffsets getPairOffsets() const = 0;

  /// Emits pointers that do not depend on the group. `components` are the
  /// pointers of the coded tensor's components.
  virtual void createPointers(KernelBuilder &builder, const LanePosition &lane,
                              ValueRange components) = 0;

  /// Emits the loads of group `group` (a word).
  virtual void createLoads(KernelBuilder &builder, Value group) = 0;

  /// Emits the decode of the loaded group for the channels in 32-bit register
  /// `index` (0..3) of a row: in order, one pair for 16-bit words, two for
  /// bytes.
  virtual SmallVector<ChannelPair> createPairs(KernelBuilder &builder,
                                               unsigned index) = 0;
};

/// Output channels in the 16 bytes that a lane loads.
int64_t getChannelsPerLane(CodedTensorType type);

/// Number of the component that has the scale of a channel, if it has one
/// dimension; scales per group of k have two.
unsigned getChannelScaleComponent(CodedTensorType type);

/// The reader of a scheme; null when there is none.
std::unique_ptr<WeightReader> createWeightReader(CodedTensorType type);

/// Reader of word schemes with nine words of seven u16 windows and a tail.
std::unique_ptr<WeightReader> createHalfWordReader(CodedTensorType type,
                                                   WordsAttr scheme);
/// Reader of word schemes with 21 words of three u8 windows and a tail.
std::unique_ptr<WeightReader> createByteWordReader(CodedTensorType type,
                                                   WordsAttr scheme);
/// Reader of 8-bit integers.
std::unique_ptr<WeightReader> createIntegerReader(CodedTensorType type,
                                                  ScalarAttr scheme);
/// Reader of 4-bit integers.
std::unique_ptr<WeightReader> createNibbleReader(CodedTensorType type,
                                                 ScalarAttr scheme);
/// Reader of clusters with groups of 64 and windows in the low 16 bits.
std::unique_ptr<WeightReader> createClusterReader(CodedTensorType type,
                                                  ClusterAttr scheme);

} // namespace mlir::ccq

#endif // CCQ_LIB_CONVERSION_CCQTOGPU_WEIGHTREADER_H
