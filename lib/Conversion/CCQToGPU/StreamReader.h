//===- StreamReader.h - words of a stream as A operands ---------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_CONVERSION_CCQTOGPU_STREAMREADER_H
#define CCQ_LIB_CONVERSION_CCQTOGPU_STREAMREADER_H

#include "KernelFrame.h"
#include "ccq/Codec/Stream.h"
#include "ccq/Dialect/CCQ/IR/CCQTypes.h"

#include <memory>

namespace mlir::ccq {

/// Channels of a tile, which are the rows of an A operand.
inline constexpr int64_t kStreamTileChannels = ::ccq::codec::streamTileColumns;
/// f16x2 registers per channel, step and lane: eight weights.
inline constexpr int64_t kPairsPerStep = 4;

/// Weights of a lane in one step. Pair 2 p + q has the strips 2 q and 2 q + 1
/// of the lane's four, rows 2 i + p of each in step i of the tile.
struct StreamStep {
  /// f16x2 of level + 0.5, by channel (the lane's row, and eight more) and
  /// pair.
  std::array<std::array<Value, kPairsPerStep>, 2> weights;
};

/// Emits the code that reads and decodes a lane's words of a stream.
class StreamReader {
public:
  /// A block of the matrix: what is the same for every block of its size, and
  /// the pointers to the lane's words of its first row of codes behind the
  /// stored start, and of its first extra row.
  struct Block {
    ::ccq::codec::StreamBlock geometry;
    Value words, extra;
    /// Steps per tile.
    int64_t getTileSteps() const {
      return geometry.rows / int64_t(::ccq::codec::streamStepRows);
    }
  };

  /// The reader of a stream of either code.
  static std::unique_ptr<StreamReader> create(CodedTensorType type);
  virtual ~StreamReader() = default;

  /// f32 of shared memory that decoding needs.
  virtual int64_t getSharedElements() const { return 0; }

  /// Emits the pointers to the lane's words, and what fills the reader's shared
  /// memory, which begins at element `sharedBegin`, with all `threads` threads.
  virtual void createPointers(KernelBuilder &builder, KernelFrame &frame,
                              int64_t sharedBegin, int64_t threads) = 0;

  /// The blocks of the matrix.
  virtual std::vector<::ccq::codec::StreamBlock> getBlocks() const = 0;

  /// The block that `block` describes, or the one `number` blocks of its size
  /// behind it.
  virtual Block locate(KernelBuilder &builder,
                       const ::ccq::codec::StreamBlock &block,
                       Value number = {}) = 0;

  /// Emits the words before the first step of `tile`, the latest first, if the
  /// reader keeps them in registers. The tile is 0, or at least `memory` steps
  /// behind the start of the block.
  virtual SmallVector<Value> createMemory(KernelBuilder &builder,
                                          const Block &block, Value tile) = 0;

  /// Emits the loads of the words of tile number `tile` (a word) that are made
  /// ahead, the latest first; behind the last tile, those of the last.
  virtual SmallVector<Value> createLoads(KernelBuilder &builder,
                                         const Block &block, Value tile) = 0;

  /// Emits the decode of tile number `tile`. `memory` has the words before the
  /// tile's `words` and gets those before the next tile.
  virtual SmallVector<StreamStep> createTile(KernelBuilder &builder,
                                             const Block &block, Value tile,
                                             ValueRange words,
                                             SmallVector<Value> &memory) = 0;
};

/// Reads `#ccq.stream`: lane 4 row + column of the warp has word
/// 4 row + column of every step. The words before a step stay in registers.
class LaneStreamReader : public StreamReader {
public:
  explicit LaneStreamReader(CodedTensorType type);

  void createPointers(KernelBuilder &builder, KernelFrame &frame,
                      int64_t sharedBegin, int64_t threads) override;
  std::vector<::ccq::codec::StreamBlock> getBlocks() const override;
  Block locate(KernelBuilder &builder, const ::ccq::codec::StreamBlock &block,
               Value number = {}) override;
  SmallVector<Value> createMemory(KernelBuilder &builder, const Block &block,
                                  Value tile) override;
  SmallVector<Value> createLoads(KernelBuilder &builder, const Block &block,
                                 Value tile) override;
  SmallVector<StreamStep> createTile(KernelBuilder &builder, const Block &block,
                                     Value tile, ValueRange words,
                                     SmallVector<Value> &memory) override;

private:
  SmallVector<Value> createLinkedWords(KernelBuilder &builder,
                                       const Block &block);
  /// The extra bits of one parity in a tile.
  Value createExtra(KernelBuilder &builder, const Block &block, Value tile,
                    int64_t step, int64_t isOdd);
  Value createPlaneRow(KernelBuilder &builder, const Block &block, Value frame,
                       int64_t isOdd);
  Value loadExtra(KernelBuilder &builder, const Block &block, Value row,
                  Value carrier);
  StreamStep createStep(KernelBuilder &builder, ArrayRef<Value> words,
                        ArrayRef<Value> extra);

  CodedTensorType type;
  ::ccq::codec::StreamScheme scheme;
  /// The lane's number, and its words.
  Value lane, codes, extraBits;
};

} // namespace mlir::ccq

#endif // CCQ_LIB_CONVERSION_CCQTOGPU_STREAMREADER_H
