//===- StreamKernel.cpp - the tensor-core kernel of a stream ----*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StreamKernel.h"

#include "ActivationSplit.h"
#include "RotatedReader.h"
#include "StreamReader.h"
#include "StreamScale.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::ccq;
namespace codec = ::ccq::codec;

static constexpr int64_t kMostWarps = 8;
/// Tokens of a block: those of one B tile.
static constexpr int64_t kTokens = 8;
/// Channels of a block: the rotation of a block of K serves all of them.
static constexpr int64_t kChannels = 128;
static constexpr int64_t kChannelTiles = kChannels / kStreamTileChannels;
/// Elements between tokens of the partial sums: stores of a warp are spread
/// over all banks.
static constexpr int64_t kSumStride = kChannels + 4;
/// Largest tile whose activations fit in the registers of a warp.
static constexpr int64_t kMostTileRows = 256;

static int64_t getTileRows(const CodedMatmul &matmul) {
  return findStreamFrame(matmul.weightsType.getScheme())->tileRows;
}

namespace {

/// Emits the body of one kernel.
class StreamKernelEmitter {
public:
  StreamKernelEmitter(const CodedMatmul &matmul, int64_t warps,
                      const BlockExtents &extents, gpu::GPUFuncOp kernel)
      : matmul(matmul), warps(warps), extents(extents),
        builder(matmul.root->getLoc(), kernel.getContext()),
        frame(this->matmul, extents, kernel, builder),
        weights(StreamReader::create(matmul.weightsType)),
        activations(this->matmul, getTileRows(matmul), frame, builder) {}

  LogicalResult emit();

private:
  void createPosition();
  /// Emits `body` for the channel tiles of the block that are in the matrix,
  /// by their number, with `carried` words from one to the next.
  void createTileLoop(
      ValueRange carried,
      llvm::function_ref<SmallVector<Value>(Value tile, ValueRange carried)>
          body);
  void createZeros();
  void createBlocks();
  void createBlock(const StreamReader::Block &block, ValueRange values);
  Value createTileSum(ArrayRef<StreamStep> steps,
                      const SplitActivations &split);
  Value createMma(ValueRange weights, ValueRange tokens, Value sum);
  Value getSumPosition(Value tile, int64_t index);
  Value createProduct(Value token, Value channel);

  CodedMatmul matmul;
  int64_t warps;
  BlockExtents extents;
  KernelBuilder builder;
  KernelFrame frame;
  std::unique_ptr<StreamReader> weights;
  RotatedReader activations;
  Value firstTile, firstSum;
};

} // namespace

void StreamKernelEmitter::createPosition() {
  frame.createPosition();
  firstTile = builder.apply<arith::ShRUIOp>(frame.blockChannel,
                                            llvm::Log2_64(kStreamTileChannels));
  // The lane's accumulators are of tokens 2 column and 2 column + 1.
  Value token = builder.add(builder.mul(frame.warp, kTokens),
                            builder.mul(frame.lane.column, 2));
  firstSum = builder.add(builder.mul(token, kSumStride), frame.lane.row);
  int64_t sums = warps * kTokens * kSumStride;
  activations.createPointers(frame.lane, sums);
  weights->createPointers(builder, frame,
                          sums + activations.getSharedElements(kTokens),
                          extents.threads);
}

void StreamKernelEmitter::createTileLoop(
    ValueRange carried,
    llvm::function_ref<SmallVector<Value>(Value tile, ValueRange carried)>
        body) {
  int64_t tiles =
      llvm::divideCeil(matmul.weightsType.getN(), kStreamTileChannels);
  Value end = builder.apply<arith::MinUIOp>(
      builder.add(firstTile, kChannelTiles), tiles);
  auto loop =
      builder.create<scf::ForOp>(firstTile, end, builder.word(1), carried);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  SmallVector<Value> next =
      body(loop.getInductionVar(), loop.getRegionIterArgs());
  if (!next.empty())
    builder.create<scf::YieldOp>(next);
}

/// Position of accumulator `index` of the lane in a tile: channels `row` and
/// `row` + 8, two tokens of each.
Value StreamKernelEmitter::getSumPosition(Value tile, int64_t index) {
  Value inBlock = builder.apply<arith::SubIOp>(tile, firstTile);
  Value position =
      builder.add(firstSum, builder.mul(inBlock, kStreamTileChannels));
  return builder.add(position, index / 2 * kLaneRows + index % 2 * kSumStride);
}

void StreamKernelEmitter::createZeros() {
  createTileLoop({}, [&](Value tile, ValueRange) {
    for (int64_t i = 0; i < 4; ++i)
      frame.storeShared(builder.real(0), getSumPosition(tile, i));
    return SmallVector<Value>();
  });
}

Value StreamKernelEmitter::createMma(ValueRange weightPairs,
                                     ValueRange tokenPairs, Value sum) {
  Type f32 = builder.getF32Type();
  auto sumType = LLVM::LLVMStructType::getLiteral(builder.getContext(),
                                                  {f32, f32, f32, f32});
  SmallVector<Value> sums;
  for (int64_t i = 0; i < 4; ++i)
    sums.push_back(sum ? builder.create<LLVM::ExtractValueOp>(sum, i)
                       : builder.real(0));
  return builder.create<NVVM::MmaOp>(
      sumType, weightPairs, tokenPairs, sums, ArrayRef<int64_t>{16, 8, 16},
      /*b1Op=*/std::nullopt, /*intOverflow=*/std::nullopt,
      std::array<NVVM::MMATypes, 2>{NVVM::MMATypes::f16, NVVM::MMATypes::f16},
      std::array<NVVM::MMALayout, 2>{NVVM::MMALayout::row,
                                     NVVM::MMALayout::col});
}

Value StreamKernelEmitter::createTileSum(ArrayRef<StreamStep> steps,
                                         const SplitActivations &split) {
  Value sum;
  for (auto [number, step] : llvm::enumerate(steps))
    for (int64_t parity : {0, 1}) {
      SmallVector<Value> pairs;
      for (int64_t half : {0, 1})
        for (int64_t channel : {0, 1})
          pairs.push_back(step.weights[channel][2 * parity + half]);
      int64_t first = int64_t(number) * kPairsPerStep + 2 * parity;
      for (ArrayRef<Value> part : {ArrayRef(split.high), ArrayRef(split.low)})
        sum = createMma(pairs, part.slice(first, 2), sum);
    }
  return sum;
}

/// The values of a block in the order of the weights: by step, parity and
/// strip.
static SmallVector<Value> orderAsWeights(ValueRange values) {
  int64_t stripRows = int64_t(values.size()) / kPairsPerStep;
  SmallVector<Value> ordered;
  for (int64_t row = 0; row < stripRows; ++row)
    for (int64_t strip = 0; strip < 4; ++strip)
      ordered.push_back(values[strip * stripRows + row]);
  return ordered;
}

void StreamKernelEmitter::createBlock(const StreamReader::Block &block,
                                      ValueRange values) {
  SplitActivations split =
      splitActivations(builder, orderAsWeights(values), frame.lane.column);
  // A tile's words are loaded while the one before it is decoded.
  SmallVector<Value> first = weights->createMemory(builder, block, firstTile);
  size_t memoryWords = first.size();
  llvm::append_range(first, weights->createLoads(builder, block, firstTile));
  createTileLoop(first, [&](Value tile, ValueRange carried) {
    SmallVector<Value> next =
        weights->createLoads(builder, block, builder.add(tile, 1));
    SmallVector<Value> memory(carried.take_front(memoryWords));
    SmallVector<StreamStep> steps = weights->createTile(
        builder, block, tile, carried.drop_front(memoryWords), memory);
    Value sum = createTileSum(steps, split);
    for (int64_t i = 0; i < 4; ++i) {
      Value position = getSumPosition(tile, i);
      Value element = builder.create<LLVM::ExtractValueOp>(sum, i);
      frame.storeShared(builder.create<math::FmaOp>(element,
                                                    split.unscale[i % 2],
                                                    frame.loadShared(position)),
                        position);
    }
    llvm::append_range(memory, next);
    return memory;
  });
}

void StreamKernelEmitter::createBlocks() {
  // Whole tiles, then smaller ones.
  std::vector<codec::StreamBlock> blocks = weights->getBlocks();
  int64_t whole = matmul.weightsType.getK() / getTileRows(matmul);
  if (whole > 0) {
    auto loop = builder.create<scf::ForOp>(frame.warp, builder.word(whole),
                                           builder.word(warps));
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(loop.getBody());
    Value number = loop.getInductionVar();
    createBlock(weights->locate(builder, blocks.front(), number),
                activations.createTile(number));
  }
  int64_t first = 0;
  for (size_t i = size_t(whole); i < blocks.size(); ++i) {
    Value isOwn = builder.isEqual(frame.warp, int64_t(i) % warps);
    auto branch = builder.create<scf::IfOp>(isOwn, /*withElse=*/false);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(branch.thenBlock());
    createBlock(weights->locate(builder, blocks[i]),
                activations.readRest(first, blocks[i].rows));
    first += blocks[i].rows;
  }
}

Value StreamKernelEmitter::createProduct(Value token, Value channel) {
  Value sum;
  for (int64_t part = 0; part < warps; ++part) {
    Value row = builder.add(token, part * kTokens);
    Value partial =
        frame.loadShared(builder.add(builder.mul(row, kSumStride), channel));
    sum = sum ? builder.create<arith::AddFOp>(sum, partial) : partial;
  }
  Value n = builder.add(frame.blockChannel, channel);
  Value scale =
      createStreamScale(builder, matmul.weightsType, frame.components, n);
  return builder.create<arith::MulFOp>(sum, scale);
}

LogicalResult StreamKernelEmitter::emit() {
  createPosition();
  createZeros();
  activations.createRest(extents.threads, kTokens);
  createBlocks();
  builder.create<gpu::BarrierOp>();
  auto product = [&](Value token, Value channel) {
    return FailureOr<Value>(createProduct(token, channel));
  };
  if (failed(frame.createOutputs(product)))
    return failure();
  builder.create<gpu::ReturnOp>();
  return success();
}

MmaStrategyAttr mlir::ccq::chooseStreamStrategy(const CodedMatmul &matmul) {
  int64_t blocks =
      int64_t(StreamReader::create(matmul.weightsType)->getBlocks().size());
  int64_t warps = kMostWarps;
  while (warps > 1 && warps > blocks)
    warps /= 2;
  return MmaStrategyAttr::get(matmul.weightsType.getContext(), unsigned(warps),
                              /*tokenTiles=*/1);
}

/// Reports what the kernel does not support.
static LogicalResult checkStream(const CodedMatmul &matmul,
                                 MmaStrategyAttr strategy) {
  func::FuncOp function = matmul.function;
  int64_t tileRows = getTileRows(matmul);
  if (tileRows > kMostTileRows)
    return function.emitOpError()
           << "expected a stream with tiles of at most " << kMostTileRows
           << " rows in a CUDA kernel, got " << tileRows;
  int64_t depth = matmul.weightsType.getK();
  int64_t rotation = matmul.rotation ? matmul.rotation->block : 1;
  if (std::min<int64_t>(rotation, llvm::bit_floor(uint64_t(depth))) > tileRows)
    return function.emitOpError()
           << "expected a rotation of at most " << tileRows
           << " rows, which a tile has, in a CUDA kernel, got " << rotation;
  if (strategy.getTokenTiles() != 1 || strategy.getWarps() > kMostWarps)
    return function.emitOpError()
           << "expected a strategy of one token tile and at most " << kMostWarps
           << " warps for streams, got " << strategy;
  return success();
}

FailureOr<gpu::GPUModuleOp>
mlir::ccq::createStreamKernel(const CodedMatmul &matmul,
                              MmaStrategyAttr strategy) {
  if (failed(checkStream(matmul, strategy)))
    return failure();
  int64_t warps = strategy.getWarps();
  int64_t depth = matmul.weightsType.getK();
  int64_t restRows =
      llvm::alignTo(depth % getTileRows(matmul), codec::streamStepRows);
  // Partial sums, then the rest of K: see RotatedReader. Then the reader's.
  int64_t shared = warps * kTokens * kSumStride;
  if (restRows > 0)
    shared += kTokens * (restRows + 1);
  shared += StreamReader::create(matmul.weightsType)->getSharedElements();
  BlockExtents extents{warps * kWarpSize, kChannels, kTokens, shared};
  return createKernelModule(matmul, extents, [&](gpu::GPUFuncOp kernel) {
    return StreamKernelEmitter(matmul, warps, extents, kernel).emit();
  });
}
