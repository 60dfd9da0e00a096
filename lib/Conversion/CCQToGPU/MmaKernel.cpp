//===- MmaKernel.cpp - the tensor-core kernel of a coded matmul -----------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MmaKernel.h"

#include "ActivationReader.h"
#include "KernelFrame.h"
#include "WeightReader.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::ccq;

/// Tokens of one B tile.
static constexpr int64_t kTileTokens = 8;
/// Accumulators of a lane per A and B tile: two channels by two tokens.
static constexpr int64_t kTileAccumulators = 4;
static constexpr unsigned kMostWarps = 8;

namespace {

/// Extents of a block.
struct BlockShape {
  BlockShape(const CodedMatmul &matmul, unsigned warps, unsigned tokenTiles)
      : warps(warps), tokenTiles(tokenTiles),
        laneChannels(getChannelsPerLane(matmul.weightsType)),
        channels(kLaneRows * laneChannels), tokens(kTileTokens * tokenTiles),
        // One more, so that the lanes of a store hit different banks.
        rowStride(channels + 1) {}

  int64_t getThreads() const { return warps * kWarpSize; }
  int64_t getPartialSums() const { return warps * tokens * rowStride; }
  int64_t getSharedBytes() const {
    return getPartialSums() * int64_t(sizeof(float));
  }
  BlockExtents getExtents() const {
    return {getThreads(), channels, tokens, getPartialSums()};
  }

  int64_t warps, tokenTiles, laneChannels, channels, tokens, rowStride;
};

int64_t getGroupCount(const CodedMatmul &matmul) {
  return llvm::divideCeil(matmul.weightsType.getK(), kGroupSize);
}

/// Emits the body of one kernel.
class MmaKernelEmitter {
public:
  MmaKernelEmitter(CodedMatmul source, MmaStrategyAttr strategy,
                   gpu::GPUFuncOp kernel)
      : matmul(source),
        shape(source, strategy.getWarps(), strategy.getTokenTiles()),
        reader(createWeightReader(source.weightsType)),
        builder(source.root.getLoc(), kernel.getContext()),
        frame(matmul, shape.getExtents(), kernel, builder) {}

  LogicalResult emit();

private:
  void createPosition();
  SmallVector<Value> createMainLoop();
  SmallVector<Value> createGroup(Value group, ValueRange accumulators);
  SmallVector<Value> createTile(const ChannelPair &pair,
                                const ActivationGroup &activations,
                                ValueRange accumulators);
  Value createMma(const ChannelPair &pair, int64_t step, ValueRange activations,
                  Value sum);
  void createPartialStores(ValueRange accumulators);
  Value createProduct(Value token, Value channel);

  CodedMatmul matmul;
  BlockShape shape;
  std::unique_ptr<WeightReader> reader;
  KernelBuilder builder;
  KernelFrame frame;

  std::optional<ActivationReader> activationReader;
  SmallVector<Value> tokenRows;
};

} // namespace

void MmaKernelEmitter::createPosition() {
  frame.createPosition();
  // Lanes past the last channel repeat the last 16 bytes of the row; lanes past
  // the last token repeat its row. Neither is stored.
  int64_t paddedChannels =
      matmul.weightsType.getComponentTypes().front().getDimSize(1);
  Value channel = builder.add(frame.blockChannel,
                              builder.mul(frame.lane.row, shape.laneChannels));
  frame.lane.channel = builder.apply<arith::MinUIOp>(
      channel, paddedChannels - shape.laneChannels);

  reader->createPointers(builder, frame.lane, frame.components);
  activationReader.emplace(matmul.activations, matmul.weightsType.getK(),
                           reader->getPairOffsets());
  Value elements = frame.createActivationPointer();
  Value tokens = builder.create<arith::IndexCastUIOp>(builder.getI32Type(),
                                                      frame.getTokenCount());
  Value lastToken = builder.add(tokens, -1);
  for (int64_t tile = 0; tile < shape.tokenTiles; ++tile) {
    Value token = builder.add(builder.add(frame.blockToken, frame.lane.row),
                              tile * kTileTokens);
    tokenRows.push_back(activationReader->createRowPointer(
        builder, elements, builder.create<arith::MinUIOp>(token, lastToken)));
  }
}

Value MmaKernelEmitter::createMma(const ChannelPair &pair, int64_t step,
                                  ValueRange activations, Value sum) {
  Type f32 = builder.getF32Type();
  auto sumType = LLVM::LLVMStructType::getLiteral(builder.getContext(),
                                                  {f32, f32, f32, f32});
  SmallVector<Value> sums;
  for (int64_t i = 0; i < kTileAccumulators; ++i)
    sums.push_back(sum ? builder.create<LLVM::ExtractValueOp>(sum, i)
                       : builder.real(0));
  SmallVector<Value> weights;
  for (int64_t half : {0, 1})
    for (int64_t channel : {0, 1})
      weights.push_back(pair.weights[channel][2 * step + half]);
  return builder.create<NVVM::MmaOp>(
      sumType, weights, activations.slice(2 * step, 2), sums,
      ArrayRef<int64_t>{16, 8, 16}, /*b1Op=*/std::nullopt,
      /*intOverflow=*/std::nullopt,
      std::array<NVVM::MMATypes, 2>{NVVM::MMATypes::f16, NVVM::MMATypes::f16},
      std::array<NVVM::MMALayout, 2>{NVVM::MMALayout::row,
                                     NVVM::MMALayout::col});
}

SmallVector<Value>
MmaKernelEmitter::createTile(const ChannelPair &pair,
                             const ActivationGroup &activations,
                             ValueRange accumulators) {
  Value sum;
  for (int64_t step = 0; step < kPairsPerGroup / 2; ++step) {
    sum = createMma(pair, step, activations.high, sum);
    sum = createMma(pair, step, activations.low, sum);
  }
  SmallVector<Value> updated;
  for (int64_t i = 0; i < kTileAccumulators; ++i) {
    Value scale = activations.unscale[i % 2];
    if (Value groupScale = pair.groupScales[i / 2])
      scale = builder.create<arith::MulFOp>(groupScale, scale);
    Value element = builder.create<LLVM::ExtractValueOp>(sum, i);
    updated.push_back(
        builder.create<math::FmaOp>(element, scale, accumulators[i]));
  }
  return updated;
}

SmallVector<Value> MmaKernelEmitter::createGroup(Value group,
                                                 ValueRange accumulators) {
  reader->createLoads(builder, group);
  SmallVector<ActivationGroup> activations;
  for (Value row : tokenRows)
    activations.push_back(
        activationReader->createGroup(builder, row, frame.lane.column, group));
  SmallVector<Value> updated;
  for (unsigned index = 0; index < 4; ++index)
    for (const ChannelPair &pair : reader->createPairs(builder, index))
      for (const ActivationGroup &tile : activations)
        llvm::append_range(
            updated,
            createTile(pair, tile,
                       accumulators.slice(updated.size(), kTileAccumulators)));
  return updated;
}

SmallVector<Value> MmaKernelEmitter::createMainLoop() {
  int64_t count = shape.laneChannels / 2 * shape.tokenTiles * kTileAccumulators;
  SmallVector<Value> zeros(count, builder.real(0));
  auto loop = builder.create<scf::ForOp>(frame.warp,
                                         builder.word(getGroupCount(matmul)),
                                         builder.word(shape.warps), zeros);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  builder.create<scf::YieldOp>(
      createGroup(loop.getInductionVar(), loop.getRegionIterArgs()));
  return loop.getResults();
}

void MmaKernelEmitter::createPartialStores(ValueRange accumulators) {
  Value token = builder.add(builder.mul(frame.warp, shape.tokens),
                            builder.mul(frame.lane.column, 2));
  Value first = builder.add(builder.mul(token, shape.rowStride),
                            builder.mul(frame.lane.row, shape.laneChannels));
  int64_t next = 0;
  for (int64_t pair = 0; pair < shape.laneChannels / 2; ++pair)
    for (int64_t tile = 0; tile < shape.tokenTiles; ++tile)
      for (int64_t i = 0; i < kTileAccumulators; ++i) {
        int64_t offset =
            (tile * kTileTokens + i % 2) * shape.rowStride + 2 * pair + i / 2;
        frame.storeShared(accumulators[next++], builder.add(first, offset));
      }
}

Value MmaKernelEmitter::createProduct(Value token, Value channel) {
  Value sum;
  for (int64_t part = 0; part < shape.warps; ++part) {
    Value row = builder.add(token, part * shape.tokens);
    Value partial = frame.loadShared(
        builder.add(builder.mul(row, shape.rowStride), channel));
    sum = sum ? builder.create<arith::AddFOp>(sum, partial) : partial;
  }
  unsigned scaleNumber = getChannelScaleComponent(matmul.weightsType);
  RankedTensorType scaleType =
      matmul.weightsType.getComponentTypes()[scaleNumber];
  if (scaleType.getRank() != 1)
    return sum;
  Type type = scaleType.getElementType();
  Value pointer = builder.advance(frame.components[scaleNumber],
                                  builder.add(frame.blockChannel, channel),
                                  type.getIntOrFloatBitWidth() / 8);
  Value scale = builder.load(type, pointer);
  if (!type.isF32())
    scale = builder.create<arith::ExtFOp>(builder.getF32Type(), scale);
  return builder.create<arith::MulFOp>(sum, scale);
}

LogicalResult MmaKernelEmitter::emit() {
  createPosition();
  createPartialStores(createMainLoop());
  builder.create<gpu::BarrierOp>();
  auto product = [&](Value token, Value channel) {
    return FailureOr<Value>(createProduct(token, channel));
  };
  if (failed(frame.createOutputs(product)))
    return failure();
  builder.create<gpu::ReturnOp>();
  return success();
}

/// Whether two token tiles would spill: guarded loads of a ragged group on top
/// of what the decode of these schemes keeps.
static bool isShortOfRegisters(const CodedMatmul &matmul) {
  if (matmul.weightsType.getK() % kGroupSize == 0)
    return false;
  Attribute scheme = matmul.weightsType.getScheme();
  auto scalar = dyn_cast<ScalarAttr>(scheme);
  return isa<ClusterAttr>(scheme) || (scalar && scalar.getBits() == 4);
}

MmaStrategyAttr mlir::ccq::chooseMmaStrategy(const CodedMatmul &matmul) {
  std::optional<int64_t> tokens = matmul.findStaticTokens();
  bool isSmall = tokens && *tokens <= kTileTokens;
  unsigned tokenTiles = isSmall || isShortOfRegisters(matmul) ? 1 : 2;
  unsigned warps = kMostWarps;
  auto fits = [&](unsigned count) {
    BlockShape shape(matmul, count, tokenTiles);
    return int64_t(count) <= getGroupCount(matmul) &&
           shape.getSharedBytes() <= kSharedBytes;
  };
  while (warps > 1 && !fits(warps))
    warps /= 2;
  return MmaStrategyAttr::get(matmul.weightsType.getContext(), warps,
                              tokenTiles);
}

FailureOr<gpu::GPUModuleOp>
mlir::ccq::createMmaKernel(const CodedMatmul &matmul,
                           MmaStrategyAttr strategy) {
  func::FuncOp function = matmul.function;
  if (!createWeightReader(matmul.weightsType))
    return function.emitOpError()
           << "expected a scheme with a CUDA kernel, got "
           << matmul.weightsType.getScheme();
  BlockShape shape(matmul, strategy.getWarps(), strategy.getTokenTiles());
  if (shape.getSharedBytes() > kSharedBytes)
    return function.emitOpError()
           << "expected a strategy with at most " << kSharedBytes
           << " bytes of partial sums, got " << shape.getSharedBytes()
           << " with " << strategy;
  return createKernelModule(
      matmul, shape.getExtents(), [&](gpu::GPUFuncOp kernel) {
        return MmaKernelEmitter(matmul, strategy, kernel).emit();
      });
}
