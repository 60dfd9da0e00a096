//===- HashStreamReader.h - bits of chains as A operands --------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_CONVERSION_CCQTOGPU_HASHSTREAMREADER_H
#define CCQ_LIB_CONVERSION_CCQTOGPU_HASHSTREAMREADER_H

#include "StreamReader.h"
#include "ccq/Codec/Hash.h"

namespace mlir::ccq {

/// Reads `#ccq.hash`: lane 4 row + column of the warp has the eight chains from
/// number 8 (4 row + column) on. Levels are looked up in shared memory.
class HashStreamReader : public StreamReader {
public:
  explicit HashStreamReader(CodedTensorType type);

  int64_t getSharedElements() const override {
    return int64_t(1) << scheme.indexBits;
  }
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
  using Chains = std::array<Value, ::ccq::codec::streamLanes>;

  void createTable(KernelBuilder &builder, int64_t sharedBegin,
                   int64_t threads);
  Chains loadRow(KernelBuilder &builder, const Block &block, Value row);
  Chains loadChains(KernelBuilder &builder, Value pointer);
  Chains createLinks(KernelBuilder &builder, const Block &block);
  Chains loadRowBefore(KernelBuilder &builder, const Block &block, Value row);
  SmallVector<Chains> createAligned(KernelBuilder &builder, const Block &block,
                                    Value firstBit);
  Value createLevel(KernelBuilder &builder, Value window);

  CodedTensorType type;
  ::ccq::codec::HashScheme scheme;
  KernelFrame *frame = nullptr;
  Value codes, table;
};

} // namespace mlir::ccq

#endif // CCQ_LIB_CONVERSION_CCQTOGPU_HASHSTREAMREADER_H
