//===- MmaKernel.cpp - the tensor-core kernel of a coded matmul -----------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MmaKernel.h"

#include "ActivationReader.h"
#include "EpilogueEvaluator.h"
#include "ScalarExpression.h"
#include "WeightReader.h"
#include "ccq/Dialect/CCQ/IR/KernelAttributes.h"
#include "mlir/Dialect/Affine/Utils.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::ccq;

/// Tokens of one B tile, and lanes of a warp.
static constexpr int64_t kTileTokens = 8;
static constexpr int64_t kWarpSize = 32;
/// Accumulators of a lane per A and B tile: two channels by two tokens.
static constexpr int64_t kTileAccumulators = 4;
static constexpr unsigned kMostWarps = 8;
/// Static shared memory that every architecture has.
static constexpr int64_t kSharedBytes = 48 << 10;

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
        reader(createWeightReader(source.weightsType)), kernel(kernel),
        builder(source.root.getLoc(), kernel.getContext()) {}

  LogicalResult emit();

private:
  void mapArguments();
  void createPosition();
  SmallVector<Value> createMainLoop();
  SmallVector<Value> createGroup(Value group, ValueRange accumulators);
  SmallVector<Value> createTile(const ChannelPair &pair,
                                const ActivationGroup &activations,
                                ValueRange accumulators);
  Value createMma(const ChannelPair &pair, int64_t step, ValueRange activations,
                  Value sum);
  void createPartialStores(ValueRange accumulators);
  LogicalResult createEpilogue();
  FailureOr<Value> createProduct(Value token, Value channel);
  LogicalResult createResults(Value token, Value channel, Value product);
  Value getTokenCount();
  Value isBelow(Value value, Value limit);

  CodedMatmul matmul;
  BlockShape shape;
  std::unique_ptr<WeightReader> reader;
  gpu::GPUFuncOp kernel;
  KernelBuilder builder;

  IRMapping arguments;
  SmallVector<Value> components, results, scalars;
  Value thread, warp, blockChannel, blockToken;
  LanePosition lane;
  std::optional<ActivationReader> activationReader;
  SmallVector<Value> tokenRows;
};

} // namespace

void MmaKernelEmitter::mapArguments() {
  Type index = builder.getIndexType();
  unsigned next = 0;
  for (BlockArgument argument : matmul.function.getArguments()) {
    if (argument.getType().isIndex())
      continue;
    auto coded = dyn_cast<CodedTensorType>(argument.getType());
    size_t count = coded ? coded.getComponentTypes().size() : 1;
    for (size_t i = 0; i < count; ++i, ++next)
      if (argument == matmul.weights)
        components.push_back(kernel.getArgument(next));
    if (!coded)
      arguments.map(Value(argument), kernel.getArgument(next - 1));
  }
  for (size_t i = 0; i < matmul.function.getNumResults(); ++i)
    results.push_back(kernel.getArgument(next++));
  for (BlockArgument argument : matmul.function.getArguments()) {
    if (!argument.getType().isIndex())
      continue;
    scalars.push_back(builder.create<arith::IndexCastUIOp>(
        index, kernel.getArgument(next++)));
    arguments.map(Value(argument), scalars.back());
  }
}

Value MmaKernelEmitter::getTokenCount() {
  return affine::expandAffineExpr(builder, builder.getLoc(), matmul.tokens,
                                  scalars, {});
}

Value MmaKernelEmitter::isBelow(Value value, Value limit) {
  return builder.create<arith::CmpIOp>(arith::CmpIPredicate::ult, value, limit);
}

void MmaKernelEmitter::createPosition() {
  Type i32 = builder.getI32Type();
  auto getId = [&](Value id) {
    return builder.create<arith::IndexCastUIOp>(i32, id);
  };
  thread = getId(builder.create<gpu::ThreadIdOp>(gpu::Dimension::x));
  // Tokens along x: y ends at 65535 blocks, and blocks that follow each other
  // then read the same weights.
  blockToken = builder.mul(
      getId(builder.create<gpu::BlockIdOp>(gpu::Dimension::x)), shape.tokens);
  blockChannel = builder.mul(
      getId(builder.create<gpu::BlockIdOp>(gpu::Dimension::y)), shape.channels);
  warp = builder.apply<arith::ShRUIOp>(thread, llvm::Log2_64(kWarpSize));
  Value inWarp = builder.apply<arith::AndIOp>(thread, kWarpSize - 1);
  lane.row = builder.apply<arith::ShRUIOp>(inWarp, llvm::Log2_64(kLaneColumns));
  lane.column = builder.apply<arith::AndIOp>(inWarp, kLaneColumns - 1);
  // Lanes past the last channel repeat the last 16 bytes of the row; lanes past
  // the last token repeat its row. Neither is stored.
  int64_t paddedChannels =
      matmul.weightsType.getComponentTypes().front().getDimSize(1);
  Value channel =
      builder.add(blockChannel, builder.mul(lane.row, shape.laneChannels));
  lane.channel = builder.apply<arith::MinUIOp>(channel, paddedChannels -
                                                            shape.laneChannels);

  reader->createPointers(builder, lane, components);
  activationReader.emplace(matmul.activations, matmul.weightsType.getK(),
                           reader->getPairOffsets());
  Value pointer = arguments.lookup(Value(matmul.activations.argument));
  Value offset = affine::expandAffineExpr(
      builder, builder.getLoc(), matmul.activations.offset, scalars, {});
  Value elements = builder.getElement(pointer, builder.getF32Type(), offset);
  Value lastToken = builder.add(getId(getTokenCount()), -1);
  for (int64_t tile = 0; tile < shape.tokenTiles; ++tile) {
    Value token =
        builder.add(builder.add(blockToken, lane.row), tile * kTileTokens);
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
        activationReader->createGroup(builder, row, lane.column, group));
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
  auto loop =
      builder.create<scf::ForOp>(warp, builder.word(getGroupCount(matmul)),
                                 builder.word(shape.warps), zeros);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  builder.create<scf::YieldOp>(
      createGroup(loop.getInductionVar(), loop.getRegionIterArgs()));
  return loop.getResults();
}

void MmaKernelEmitter::createPartialStores(ValueRange accumulators) {
  Value shared = kernel.getWorkgroupAttributions().front();
  Value token =
      builder.add(builder.mul(warp, shape.tokens), builder.mul(lane.column, 2));
  Value first = builder.add(builder.mul(token, shape.rowStride),
                            builder.mul(lane.row, shape.laneChannels));
  int64_t next = 0;
  for (int64_t pair = 0; pair < shape.laneChannels / 2; ++pair)
    for (int64_t tile = 0; tile < shape.tokenTiles; ++tile)
      for (int64_t i = 0; i < kTileAccumulators; ++i) {
        int64_t offset =
            (tile * kTileTokens + i % 2) * shape.rowStride + 2 * pair + i / 2;
        Value index = builder.create<arith::IndexCastUIOp>(
            builder.getIndexType(), builder.add(first, offset));
        builder.create<memref::StoreOp>(accumulators[next++], shared, index);
      }
}

FailureOr<Value> MmaKernelEmitter::createProduct(Value token, Value channel) {
  Value shared = kernel.getWorkgroupAttributions().front();
  Value sum;
  for (int64_t part = 0; part < shape.warps; ++part) {
    Value row = builder.add(token, part * shape.tokens);
    Value position = builder.add(builder.mul(row, shape.rowStride), channel);
    Value index =
        builder.create<arith::IndexCastUIOp>(builder.getIndexType(), position);
    Value partial = builder.create<memref::LoadOp>(shared, index);
    sum = sum ? builder.create<arith::AddFOp>(sum, partial) : partial;
  }
  unsigned scaleNumber = getChannelScaleComponent(matmul.weightsType);
  RankedTensorType scaleType =
      matmul.weightsType.getComponentTypes()[scaleNumber];
  if (scaleType.getRank() != 1)
    return sum;
  Type type = scaleType.getElementType();
  Value pointer = builder.advance(components[scaleNumber],
                                  builder.add(blockChannel, channel),
                                  type.getIntOrFloatBitWidth() / 8);
  Value scale = builder.load(type, pointer);
  if (!type.isF32())
    scale = builder.create<arith::ExtFOp>(builder.getF32Type(), scale);
  return Value(builder.create<arith::MulFOp>(sum, scale));
}

LogicalResult MmaKernelEmitter::createResults(Value token, Value channel,
                                              Value product) {
  EpilogueInputs inputs;
  inputs.root = matmul.root;
  inputs.product = product;
  inputs.token = token;
  inputs.channel = channel;
  inputs.scalars = scalars;
  inputs.arguments = arguments;
  EpilogueEvaluator evaluator(builder, std::move(inputs));
  if (failed(evaluator.addInitialValue()))
    return failure();
  Operation *terminator = matmul.function.getBody().front().getTerminator();
  Value row = builder.create<arith::MulIOp>(
      token, builder.create<arith::ConstantIndexOp>(matmul.weightsType.getN()));
  Value position = builder.create<arith::AddIOp>(row, channel);
  for (auto [result, pointer] :
       llvm::zip_equal(terminator->getOperands(), results)) {
    FailureOr<Value> value = evaluator.evaluateResult(result);
    if (failed(value))
      return failure();
    Value address = builder.getElement(pointer, value->getType(), position);
    builder.create<LLVM::StoreOp>(*value, address);
  }
  return success();
}

LogicalResult MmaKernelEmitter::createEpilogue() {
  auto loop = builder.create<scf::ForOp>(
      thread, builder.word(shape.channels * shape.tokens),
      builder.word(shape.getThreads()));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  Value element = loop.getInductionVar();
  Value channel = builder.apply<arith::AndIOp>(element, shape.channels - 1);
  Value token =
      builder.apply<arith::ShRUIOp>(element, llvm::Log2_64(shape.channels));
  Type index = builder.getIndexType();
  Value outputChannel = builder.add(blockChannel, channel);
  Value outputToken = builder.create<arith::IndexCastUIOp>(
      index, builder.add(blockToken, token));
  Value isInside = builder.create<arith::AndIOp>(
      isBelow(outputChannel, builder.word(matmul.weightsType.getN())),
      isBelow(outputToken, getTokenCount()));
  auto branch = builder.create<scf::IfOp>(isInside, /*withElse=*/false);
  builder.setInsertionPointToStart(branch.thenBlock());
  FailureOr<Value> product = createProduct(token, channel);
  if (failed(product))
    return failure();
  return createResults(
      outputToken, builder.create<arith::IndexCastUIOp>(index, outputChannel),
      *product);
}

LogicalResult MmaKernelEmitter::emit() {
  builder.setInsertionPointToStart(&kernel.getBody().front());
  mapArguments();
  createPosition();
  createPartialStores(createMainLoop());
  builder.create<gpu::BarrierOp>();
  if (failed(createEpilogue()))
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

/// The kernel's signature: pointers, then u32.
static SmallVector<Type> getParameterTypes(func::FuncOp function) {
  MLIRContext *context = function.getContext();
  Type pointer = LLVM::LLVMPointerType::get(context, NVVM::kGlobalMemorySpace);
  SmallVector<Type> types;
  for (Type type : function.getArgumentTypes())
    if (!type.isIndex()) {
      auto coded = dyn_cast<CodedTensorType>(type);
      types.append(coded ? coded.getComponentTypes().size() : 1, pointer);
    }
  types.append(function.getNumResults(), pointer);
  types.append(getScalarCount(function.getArguments()),
               IntegerType::get(context, 32));
  return types;
}

FailureOr<gpu::GPUModuleOp>
mlir::ccq::createMmaKernel(const CodedMatmul &matmul,
                           MmaStrategyAttr strategy) {
  func::FuncOp function = matmul.function;
  MLIRContext *context = function.getContext();
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
  OpBuilder builder(context);
  builder.setInsertionPointAfter(function);
  auto module = builder.create<gpu::GPUModuleOp>(function.getLoc(),
                                                 function.getSymName());
  builder.setInsertionPointToStart(module.getBody());
  auto space =
      gpu::AddressSpaceAttr::get(context, gpu::AddressSpace::Workgroup);
  auto shared = MemRefType::get({shape.getPartialSums()}, builder.getF32Type(),
                                MemRefLayoutAttrInterface(), space);
  auto kernel = builder.create<gpu::GPUFuncOp>(
      function.getLoc(), function.getSymName(),
      builder.getFunctionType(getParameterTypes(function), {}),
      TypeRange{shared});
  kernel->setAttr(gpu::GPUDialect::getKernelFuncAttrName(),
                  builder.getUnitAttr());
  int64_t threads = shape.getThreads();
  kernel.setKnownBlockSizeAttr(
      builder.getDenseI32ArrayAttr({int32_t(threads), 1, 1}));
  AffineExpr blocks = matmul.tokens.ceilDiv(shape.tokens);
  int64_t channelBlocks =
      llvm::divideCeil(matmul.weightsType.getN(), shape.channels);
  auto grid =
      AffineMap::get(getScalarCount(function.getArguments()), 0,
                     {blocks, builder.getAffineConstantExpr(channelBlocks),
                      builder.getAffineConstantExpr(1)},
                     context);
  module->setAttr(kGridAttr, AffineMapAttr::get(grid));
  module->setAttr(kBlockAttr, builder.getDenseI64ArrayAttr({threads, 1, 1}));
  if (failed(MmaKernelEmitter(matmul, strategy, kernel).emit())) {
    module.erase();
    return failure();
  }
  return module;
}
