//===- HashStreamReader.cpp - bits of chains as A operands ------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HashStreamReader.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::ccq;
namespace codec = ::ccq::codec;

/// Bytes of a row of codes, and of a lane's chains in it.
static constexpr int64_t kRowBytes = 4 * int64_t(codec::hashChains);
static constexpr int64_t kLaneBytes = 4 * int64_t(codec::streamLanes);
static constexpr int64_t kWordBits = codec::hashRowBits;
/// Levels in a word of the constants that the table is made of.
static constexpr int64_t kPackedLevels = 4;

HashStreamReader::HashStreamReader(CodedTensorType type)
    : type(type), scheme(cast<HashAttr>(type.getScheme()).getHash()) {}

std::vector<codec::StreamBlock> HashStreamReader::getBlocks() const {
  std::vector<codec::StreamBlock> blocks;
  for (const codec::HashBlock &from :
       codec::getHashBlocks(scheme, {type.getK(), type.getN()})) {
    codec::StreamBlock block;
    block.k0 = from.k0;
    block.rows = from.rows;
    block.steps = from.weights / 2;
    block.codeRow = from.codeRow;
    block.startRows = from.startRows;
    blocks.push_back(block);
  }
  return blocks;
}

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

/// Element `index` of `values`, a power of two of them, by selections.
static Value selectWord(KernelBuilder &builder, ArrayRef<uint32_t> values,
                        Value index) {
  SmallVector<Value> left;
  for (uint32_t value : values)
    left.push_back(builder.word(int32_t(value)));
  for (int64_t bit = 1; left.size() > 1; bit *= 2) {
    Value isEven = builder.isEqual(builder.apply<arith::AndIOp>(index, bit), 0);
    SmallVector<Value> next;
    for (size_t i = 0; i < left.size(); i += 2)
      next.push_back(
          builder.create<arith::SelectOp>(isEven, left[i], left[i + 1]));
    left = std::move(next);
  }
  return left.front();
}

/// Writes level + 1/2 of all indices to shared memory.
void HashStreamReader::createTable(KernelBuilder &builder, int64_t sharedBegin,
                                   int64_t threads) {
  SmallVector<uint32_t> packed;
  for (auto [i, level] :
       llvm::enumerate(codec::getHashLevels(scheme.indexBits))) {
    if (i % kPackedLevels == 0)
      packed.push_back(0);
    packed.back() |= uint32_t(uint8_t(level)) << (8 * (i % kPackedLevels));
  }
  auto loop = builder.create<scf::ForOp>(frame->thread,
                                         builder.word(int64_t(packed.size())),
                                         builder.word(threads));
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(loop.getBody());
    Value number = loop.getInductionVar();
    Value levels = selectWord(builder, packed, number);
    Value first = builder.add(builder.mul(number, kPackedLevels), sharedBegin);
    for (int64_t i = 0; i < kPackedLevels; ++i) {
      Value top = builder.apply<arith::ShLIOp>(levels, 24 - 8 * i);
      Value level = builder.create<arith::SIToFPOp>(
          builder.getF32Type(), builder.apply<arith::ShRSIOp>(top, 24));
      frame->storeShared(
          builder.create<arith::AddFOp>(level, builder.real(0.5f)),
          builder.add(first, i));
    }
  }
  builder.create<gpu::BarrierOp>();
}

void HashStreamReader::createPointers(KernelBuilder &builder,
                                      KernelFrame &kernelFrame,
                                      int64_t sharedBegin, int64_t threads) {
  frame = &kernelFrame;
  codes = builder.advance(frame->components.front(), frame->inWarp, kLaneBytes);
  table = builder.word(sharedBegin);
  createTable(builder, sharedBegin, threads);
}

//===----------------------------------------------------------------------===//
// Words
//===----------------------------------------------------------------------===//

StreamReader::Block HashStreamReader::locate(KernelBuilder &builder,
                                             const codec::StreamBlock &block,
                                             Value number) {
  Block result{block, {}, {}};
  result.words =
      builder.advance(codes, (block.codeRow + block.startRows) * kRowBytes);
  int64_t bits = codec::countHashBits(scheme, 2 * block.steps);
  int64_t rows = block.startRows + int64_t(llvm::divideCeil(bits, kWordBits));
  if (number)
    result.words = builder.advance(result.words, number, rows * kRowBytes);
  return result;
}

SmallVector<Value> HashStreamReader::createMemory(KernelBuilder &,
                                                  const Block &, Value) {
  return {};
}

SmallVector<Value> HashStreamReader::createLoads(KernelBuilder &, const Block &,
                                                 Value) {
  return {};
}

/// The lane's words of row `row` of the block, or of the last one.
HashStreamReader::Chains HashStreamReader::loadRow(KernelBuilder &builder,
                                                   const Block &block,
                                                   Value row) {
  int64_t bits = codec::countHashBits(scheme, 2 * block.geometry.steps);
  int64_t last = int64_t(llvm::divideCeil(bits, kWordBits)) - 1;
  Value pointer = builder.advance(
      block.words, builder.apply<arith::MinUIOp>(row, last), kRowBytes);
  return loadChains(builder, pointer);
}

HashStreamReader::Chains HashStreamReader::loadChains(KernelBuilder &builder,
                                                      Value pointer) {
  Chains chains;
  for (int64_t half : {0, 1})
    llvm::copy(builder.loadFourWords(pointer, half * 16),
               chains.begin() + half * 4);
  return chains;
}

static Value createFunnel(KernelBuilder &builder, Value high, Value low,
                          int64_t bits);

/// The last 32 bits of the chains that the lane's chains continue
/// (docs/Format.md, "Hashed streams").
HashStreamReader::Chains HashStreamReader::createLinks(KernelBuilder &builder,
                                                       const Block &block) {
  int64_t bits = codec::countHashBits(scheme, 2 * block.geometry.steps);
  int64_t rows = int64_t(llvm::divideCeil(bits, kWordBits));
  auto loadTails = [&](Value pointer) {
    pointer = builder.advance(pointer, (rows - 1) * kRowBytes);
    Chains tails = loadChains(builder, pointer);
    if (bits % kWordBits == 0)
      return tails;
    Chains before;
    before.fill(builder.word(0));
    if (rows > 1)
      before = loadChains(builder, builder.advance(pointer, -kRowBytes));
    for (auto [tail, older] : llvm::zip_equal(tails, before))
      tail = createFunnel(builder, older, tail, bits % kWordBits);
    return tails;
  };
  // Lane 4 row + column follows the one a row before; the first row, the last
  // one, from its upper channels to the lower ones of the next strip.
  Value isFirstRow = builder.create<arith::CmpIOp>(
      arith::CmpIPredicate::ult, frame->inWarp, builder.word(kLaneColumns));
  Value isFirst = builder.isEqual(frame->inWarp, 0);
  Value before = builder.advance(block.words, -kLaneColumns * kLaneBytes);
  auto advanceFirstRow = [&](int64_t lanes) {
    Value distance = builder.create<arith::SelectOp>(
        isFirstRow, builder.word(lanes), builder.word(0));
    return builder.advance(before, distance, kLaneBytes);
  };
  auto lanes = int64_t(codec::streamThreads);
  Chains tails = loadTails(advanceFirstRow(lanes));
  Value strip = loadTails(advanceFirstRow(lanes - 1)).back();
  strip = builder.create<arith::SelectOp>(isFirst, builder.word(0), strip);
  Chains moved = {strip,    tails[4], tails[5], tails[6],
                  tails[0], tails[1], tails[2], tails[3]};
  for (auto [tail, other] : llvm::zip_equal(tails, moved))
    tail = builder.create<arith::SelectOp>(isFirstRow, other, tail);
  return tails;
}

/// The lane's words of the row before `row`: of the stored start, of the chains
/// before, or zero, before the first.
HashStreamReader::Chains HashStreamReader::loadRowBefore(KernelBuilder &builder,
                                                         const Block &block,
                                                         Value row) {
  if (scheme.start == codec::StreamStart::Stored) {
    Block start = block;
    start.words = builder.advance(block.words, -kRowBytes);
    return loadRow(builder, start, row);
  }
  Value isFirst = builder.isEqual(row, 0);
  codec::HashBlock part;
  part.weights = 2 * block.geometry.steps;
  if (isLinked(scheme, part)) {
    SmallVector<Type> types(codec::streamLanes, builder.getI32Type());
    auto branch = builder.create<scf::IfOp>(types, isFirst, /*withElse=*/true);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(branch.thenBlock());
    builder.create<scf::YieldOp>(ValueRange(createLinks(builder, block)));
    builder.setInsertionPointToStart(branch.elseBlock());
    Value before = builder.create<arith::SubIOp>(row, builder.word(1));
    builder.create<scf::YieldOp>(ValueRange(loadRow(builder, block, before)));
    Chains chains;
    llvm::copy(branch.getResults(), chains.begin());
    return chains;
  }
  Value before = builder.create<arith::SubIOp>(
      builder.apply<arith::MaxUIOp>(row, 1), builder.word(1));
  Chains chains = loadRow(builder, block, before);
  for (Value &word : chains)
    word = builder.create<arith::SelectOp>(isFirst, builder.word(0), word);
  return chains;
}

/// The 32 bits that end `bits` behind those of `high`, in the 64 of high:low;
/// `bits` is 1 to 32.
static Value createFunnel(KernelBuilder &builder, Value high, Value low,
                          Value bits) {
  Value moved = builder.apply<arith::ShLIOp>(
      high, builder.create<arith::SubIOp>(bits, builder.word(1)));
  Value older = builder.apply<arith::ShLIOp>(moved, 1);
  Value newer = builder.apply<arith::ShRUIOp>(
      low, builder.create<arith::SubIOp>(builder.word(kWordBits), bits));
  return builder.apply<arith::OrIOp>(older, newer);
}

static Value createFunnel(KernelBuilder &builder, Value high, Value low,
                          int64_t bits) {
  if (bits == kWordBits)
    return low;
  return builder.apply<arith::OrIOp>(
      builder.apply<arith::ShLIOp>(high, bits),
      builder.apply<arith::ShRUIOp>(low, kWordBits - bits));
}

/// The 32 bits of each chain before bit `firstBit`, then 32 at a time as many
/// as the tile has.
SmallVector<HashStreamReader::Chains>
HashStreamReader::createAligned(KernelBuilder &builder, const Block &block,
                                Value firstBit) {
  int64_t weights = 2 * block.getTileSteps();
  // One more where a tile begins inside a bit's share.
  int64_t bits = int64_t(llvm::divideCeil(weights * scheme.sixteenths, 16));
  Value row = builder.apply<arith::ShRUIOp>(firstBit, 5);
  Value phase = builder.apply<arith::AndIOp>(firstBit, kWordBits - 1);
  SmallVector<Chains> rows{loadRowBefore(builder, block, row)};
  int64_t words = int64_t(llvm::divideCeil(bits, kWordBits));
  for (int64_t i = 0; i <= words; ++i)
    rows.push_back(loadRow(builder, block, builder.add(row, i)));
  SmallVector<Chains> aligned(size_t(words + 1));
  Value isWhole = builder.isEqual(phase, 0);
  Value shift = builder.apply<arith::MaxUIOp>(phase, 1);
  for (auto [i, chains] : llvm::enumerate(aligned))
    for (size_t chain = 0; chain < chains.size(); ++chain) {
      Value high = rows[i][chain], low = rows[i + 1][chain];
      chains[chain] = builder.create<arith::SelectOp>(
          isWhole, high, createFunnel(builder, high, low, shift));
    }
  return aligned;
}

//===----------------------------------------------------------------------===//
// Levels
//===----------------------------------------------------------------------===//

/// Bits above the window change nothing below bit stateBits of the product.
Value HashStreamReader::createLevel(KernelBuilder &builder, Value window) {
  Value hash = builder.apply<arith::MulIOp>(
      window, builder.add(window, int64_t(scheme.offset)));
  Value index = builder.apply<arith::AndIOp>(
      builder.apply<arith::ShRUIOp>(
          hash, int64_t(scheme.stateBits - scheme.indexBits)),
      (int64_t(1) << scheme.indexBits) - 1);
  Value level = frame->loadShared(builder.add(index, table));
  return builder.create<arith::TruncFOp>(builder.getF16Type(), level);
}

/// Two f16 as a vector.
static Value createPair(KernelBuilder &builder, Value first, Value second) {
  Value pair = builder.create<arith::ConstantOp>(
      builder.getZeroAttr(builder.getHalfPairType()));
  pair = builder.create<vector::InsertOp>(first, pair, ArrayRef<int64_t>{0});
  return builder.create<vector::InsertOp>(second, pair, ArrayRef<int64_t>{1});
}

SmallVector<StreamStep> HashStreamReader::createTile(KernelBuilder &builder,
                                                     const Block &block,
                                                     Value tile, ValueRange,
                                                     SmallVector<Value> &) {
  int64_t weights = 2 * block.getTileSteps();
  auto countBits = [&](Value number) {
    return builder.apply<arith::ShRUIOp>(
        builder.mul(number, int64_t(scheme.sixteenths)), 4);
  };
  Value firstWeight = builder.mul(tile, weights);
  Value firstBit = countBits(firstWeight);
  SmallVector<Chains> bits = createAligned(builder, block, firstBit);
  SmallVector<StreamStep> steps(size_t(block.getTileSteps()));
  for (int64_t weight = 0; weight < weights; ++weight) {
    // Sixteen weights have whole bits, so that those of a tile are known; fewer
    // have at most 32.
    bool isKnown = weights == 16;
    int64_t known = (weight + 1) * scheme.sixteenths / 16;
    int64_t word = isKnown ? (known - 1) / kWordBits : 0;
    Value end;
    if (!isKnown)
      end = builder.create<arith::SubIOp>(
          countBits(builder.add(firstWeight, weight + 1)), firstBit);
    Chains levels;
    for (size_t chain = 0; chain < levels.size(); ++chain) {
      Value high = bits[word][chain], low = bits[word + 1][chain];
      Value window =
          isKnown ? createFunnel(builder, high, low, known - word * kWordBits)
                  : createFunnel(builder, high, low, end);
      levels[chain] = createLevel(builder, window);
    }
    for (int64_t pair = 0; pair < 4; ++pair)
      steps[weight / 2].weights[pair / 2][2 * (weight % 2) + pair % 2] =
          createPair(builder, levels[2 * pair], levels[2 * pair + 1]);
  }
  return steps;
}
