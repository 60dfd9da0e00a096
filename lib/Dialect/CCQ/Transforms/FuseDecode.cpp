//===- FuseDecode.cpp - tile contractions and decode per tile ---*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Codec/Stream.h"
#include "ccq/Dialect/CCQ/IR/CCQOps.h"
#include "ccq/Dialect/CCQ/Transforms/Passes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/MemRef/Transforms/Transforms.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Transforms/TileUsingInterface.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Tensor/Transforms/Transforms.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::ccq {
#define GEN_PASS_DEF_FUSEDECODE
#include "ccq/Dialect/CCQ/Transforms/Passes.h.inc"
} // namespace mlir::ccq

using namespace mlir;
using namespace mlir::ccq;
namespace codec = ::ccq::codec;

/// Loop of linalg.matmul that runs over output channels; also the position of
/// the channels in the result of an elementwise consumer.
static constexpr unsigned kChannelLoop = 1;

/// The decode that gives the weights of a contraction, or null.
static DecodeOp getDecode(linalg::MatmulOp matmul) {
  return matmul.getInputs()[1].getDefiningOp<DecodeOp>();
}

/// Whether K and N of the contraction are static.
static bool hasStaticWeights(linalg::MatmulOp matmul) {
  auto weights = dyn_cast<RankedTensorType>(matmul.getInputs()[1].getType());
  return weights && weights.hasStaticShape();
}

/// The elementwise consumer of `value` that a tile of the contraction can
/// carry: the only user, two parallel loops, `value` read and the result
/// written at (m, n). Null when there is none.
static linalg::LinalgOp findElementwiseConsumer(Value value) {
  if (!value.hasOneUse())
    return {};
  OpOperand &use = *value.use_begin();
  auto consumer = dyn_cast<linalg::LinalgOp>(use.getOwner());
  if (!consumer || !consumer.hasPureTensorSemantics() ||
      consumer->getNumResults() != 1 || consumer.getNumLoops() != 2 ||
      consumer.getNumParallelLoops() != 2 || !consumer.isDpsInput(&use))
    return {};
  AffineMap resultMap =
      consumer.getMatchingIndexingMap(consumer.getDpsInitOperand(0));
  if (!consumer.getMatchingIndexingMap(&use).isIdentity() ||
      !resultMap.isIdentity())
    return {};
  return consumer;
}

/// Last elementwise consumer in the single-use chain that starts at the
/// contraction; the contraction itself when it has none.
static linalg::LinalgOp findRoot(linalg::MatmulOp matmul) {
  linalg::LinalgOp root = cast<linalg::LinalgOp>(matmul.getOperation());
  while (linalg::LinalgOp next = findElementwiseConsumer(root->getResult(0)))
    root = next;
  return root;
}

/// Whether `op` may be computed per tile of `root`: the root's chain down to
/// the contraction, its fill and decode, and elementwise or fill producers with
/// one use of the other operands. What feeds the left-hand side stays outside:
/// it would be computed once per tile of channels.
static bool isFusable(Operation *op) {
  if (isa<DecodeOp, linalg::FillOp, linalg::MatmulOp>(op))
    return true;
  auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
  return linalgOp && op->hasOneUse() &&
         linalgOp.getNumLoops() == linalgOp.getNumParallelLoops();
}

/// The producers that tiles of `root` take along.
static llvm::SmallPtrSet<Operation *, 8> collectChain(linalg::LinalgOp root) {
  llvm::SmallPtrSet<Operation *, 8> chain;
  SmallVector<Operation *> worklist{root};
  bool hasContraction = isa<linalg::MatmulOp>(root.getOperation());
  while (!worklist.empty()) {
    Operation *op = worklist.pop_back_val();
    for (OpOperand &operand : op->getOpOperands()) {
      bool isLeftHandSide =
          isa<linalg::MatmulOp>(op) && operand.getOperandNumber() == 0;
      Operation *producer = operand.get().getDefiningOp();
      if (isLeftHandSide || !producer || !isFusable(producer))
        continue;
      // One contraction per kernel; another one is a kernel of its own.
      if (isa<linalg::MatmulOp>(producer)) {
        if (hasContraction)
          continue;
        hasContraction = true;
      }
      if (chain.insert(producer).second)
        worklist.push_back(producer);
    }
  }
  return chain;
}

/// Replaces a slice of `producer` by `producer` computed on the slice only.
/// Returns the ops that do so; none when the producer cannot be tiled.
static SmallVector<Operation *> narrowProducer(RewriterBase &rewriter,
                                               tensor::ExtractSliceOp slice,
                                               OpResult producer) {
  rewriter.setInsertionPoint(slice);
  FailureOr<TilingResult> tiled =
      tensor::replaceExtractSliceWithTiledProducer(rewriter, slice, producer);
  if (failed(tiled))
    return {};
  rewriter.replaceOp(slice, tiled->tiledValues[0]);
  return tiled->tiledOps;
}

/// Computes what `piece` reads through slices of `chain` as ops on just these
/// slices, so that the piece becomes a problem of its own.
static void narrowProducers(RewriterBase &rewriter, Operation *piece,
                            const llvm::SmallPtrSet<Operation *, 8> &chain) {
  SmallVector<Operation *> worklist{piece};
  while (!worklist.empty()) {
    Operation *op = worklist.pop_back_val();
    for (OpOperand &operand : op->getOpOperands()) {
      auto slice = operand.get().getDefiningOp<tensor::ExtractSliceOp>();
      auto producer =
          slice ? dyn_cast<OpResult>(slice.getSource()) : OpResult();
      if (producer && chain.contains(producer.getOwner()))
        worklist.append(narrowProducer(rewriter, slice, producer));
    }
  }
}

/// Splits `root` along N at the last multiple of `tileN` when its tiles would
/// not all have one static size. Pieces of up to two tiles stay whole.
static SmallVector<linalg::LinalgOp> splitRaggedChannels(RewriterBase &rewriter,
                                                         linalg::LinalgOp root,
                                                         int64_t n,
                                                         int64_t tileN) {
  if (n <= 2 * tileN || n % tileN == 0)
    return {root};
  llvm::SmallPtrSet<Operation *, 8> chain = collectChain(root);
  rewriter.setInsertionPoint(root);
  auto [first, second] =
      linalg::splitOp(rewriter, cast<TilingInterface>(root.getOperation()),
                      kChannelLoop, rewriter.getIndexAttr(n / tileN * tileN));
  SmallVector<linalg::LinalgOp> pieces;
  for (TilingInterface piece : {first, second}) {
    narrowProducers(rewriter, piece, chain);
    pieces.push_back(cast<linalg::LinalgOp>(piece.getOperation()));
  }
  return pieces;
}

/// Tiles `piece` over M and N with scf.forall and fuses its chain. Returns the
/// tiled contraction, or null when the chain could not be fused.
static linalg::MatmulOp tileAndFuse(RewriterBase &rewriter,
                                    linalg::LinalgOp piece, int64_t tileM,
                                    int64_t tileN) {
  auto type = cast<RankedTensorType>(piece->getResult(0).getType());
  int64_t n = type.getDimSize(kChannelLoop);
  SmallVector<OpFoldResult> sizes{
      rewriter.getIndexAttr(tileM),
      rewriter.getIndexAttr(n % tileN == 0 ? tileN : n)};
  // The contraction has a third loop, which is tiled afterwards.
  sizes.resize(piece.getNumLoops(), rewriter.getIndexAttr(0));
  llvm::SmallPtrSet<Operation *, 8> chain = collectChain(piece);
  scf::SCFTileAndFuseOptions options;
  options.tilingOptions.setTileSizes(sizes).setLoopType(
      scf::SCFTilingOptions::LoopType::ForallOp);
  options.setFusionControlFn(
      [&](tensor::ExtractSliceOp, OpResult producer, bool) {
        return std::make_tuple(chain.contains(producer.getOwner()), false);
      });
  rewriter.setInsertionPoint(piece);
  FailureOr<scf::SCFTileAndFuseResult> result =
      scf::tileConsumerAndFuseProducersUsingSCF(
          rewriter, cast<TilingInterface>(piece.getOperation()), options);
  if (failed(result))
    return {};
  for (auto [original, replacement] : result->replacements)
    rewriter.replaceAllUsesWith(original, replacement);
  for (Operation *op : result->tiledAndFusedOps)
    if (auto matmul = dyn_cast<linalg::MatmulOp>(op))
      return matmul;
  return {};
}

/// `value` narrowed to `size` elements from `offset` along `dim`.
static Value createNarrowSlice(OpBuilder &builder, Location loc, Value value,
                               unsigned dim, OpFoldResult offset,
                               int64_t size) {
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, value);
  SmallVector<OpFoldResult> offsets(sizes.size(), builder.getIndexAttr(0));
  SmallVector<OpFoldResult> strides(sizes.size(), builder.getIndexAttr(1));
  offsets[dim] = offset;
  sizes[dim] = builder.getIndexAttr(size);
  return builder.create<tensor::ExtractSliceOp>(loc, value, offsets, sizes,
                                                strides);
}

/// The rotation of the activations that `value` is a part of, or null.
static RotateOp findRotation(Value value) {
  while (auto slice = value.getDefiningOp<tensor::ExtractSliceOp>())
    value = slice.getSource();
  return value.getDefiningOp<RotateOp>();
}

/// What `rotated`, a rotation or some rows of one, is the rotation of.
static Value createUnrotated(OpBuilder &builder, Value rotated) {
  if (auto rotation = rotated.getDefiningOp<RotateOp>())
    return rotation.getSource();
  auto slice = rotated.getDefiningOp<tensor::ExtractSliceOp>();
  Value source = createUnrotated(builder, slice.getSource());
  return builder.create<tensor::ExtractSliceOp>(
      slice.getLoc(), slice.getType(), source, slice.getMixedOffsets(),
      slice.getMixedSizes(), slice.getMixedStrides());
}

/// Lets `matmul`, which reads rows of a rotation, rotate these rows itself.
static void sinkRotation(RewriterBase &rewriter, linalg::MatmulOp matmul) {
  Value lhs = matmul.getInputs()[0];
  RotateOp rotation = findRotation(lhs);
  if (!rotation)
    return;
  rewriter.setInsertionPoint(matmul);
  Value source = createUnrotated(rewriter, lhs);
  Value rotated = rewriter.create<RotateOp>(
      rotation.getLoc(), source.getType(), source, rotation.getKOffset(),
      rotation.getBlockAttr(), rotation.getSeedAttr());
  rewriter.modifyOpInPlace(matmul, [&] { matmul.setOperand(0, rotated); });
}

/// Columns [offset, offset + size) of the activations; of a rotation, the
/// rotation of these columns.
static Value createActivationSlice(OpBuilder &builder, Location loc,
                                   Value activations, OpFoldResult offset,
                                   int64_t size) {
  auto rotation = activations.getDefiningOp<RotateOp>();
  if (!rotation)
    return createNarrowSlice(builder, loc, activations, 1, offset, size);
  Value slice =
      createNarrowSlice(builder, loc, rotation.getSource(), 1, offset, size);
  Value k = builder.createOrFold<arith::AddIOp>(
      loc, rotation.getKOffset(),
      getValueOrCreateConstantIndexOp(builder, loc, offset));
  return builder.create<RotateOp>(rotation.getLoc(), slice.getType(), slice, k,
                                  rotation.getBlockAttr(),
                                  rotation.getSeedAttr());
}

/// The contraction restricted to `size` rows of the weights from `offset`,
/// accumulating onto `accumulator`; the rows of coded weights are decoded here.
static Value createPartialMatmul(RewriterBase &rewriter,
                                 linalg::MatmulOp matmul, OpFoldResult offset,
                                 int64_t size, Value accumulator) {
  Location loc = matmul.getLoc();
  Value lhs =
      createActivationSlice(rewriter, loc, matmul.getInputs()[0], offset, size);
  Value rhs =
      createNarrowSlice(rewriter, loc, matmul.getInputs()[1], 0, offset, size);
  auto partial = rewriter.create<linalg::MatmulOp>(
      loc, accumulator.getType(), ValueRange{lhs, rhs}, accumulator);
  if (DecodeOp decode = getDecode(matmul)) {
    OpBuilder::InsertionGuard guard(rewriter);
    narrowProducer(rewriter, rhs.getDefiningOp<tensor::ExtractSliceOp>(),
                   cast<OpResult>(decode.getResult()));
  }
  return partial->getResult(0);
}

/// Tiles the reduction by `tileK`: a loop over whole tiles, then what is left
/// as a contraction of its own, so that both have static shapes.
static void tileReduction(RewriterBase &rewriter, linalg::MatmulOp matmul,
                          int64_t tileK) {
  Location loc = matmul.getLoc();
  auto weights = cast<RankedTensorType>(matmul.getInputs()[1].getType());
  int64_t k = weights.getDimSize(0);
  int64_t wholeK = k / tileK * tileK;
  if (k <= tileK)
    return;
  rewriter.setInsertionPoint(matmul);
  auto createIndex = [&](int64_t value) {
    return rewriter.create<arith::ConstantIndexOp>(loc, value);
  };
  auto loop =
      rewriter.create<scf::ForOp>(loc, createIndex(0), createIndex(wholeK),
                                  createIndex(tileK), matmul.getOutputs());
  Value accumulated = loop.getResult(0);
  if (wholeK != k)
    accumulated =
        createPartialMatmul(rewriter, matmul, rewriter.getIndexAttr(wholeK),
                            k - wholeK, accumulated);
  rewriter.setInsertionPointToEnd(loop.getBody());
  Value partial = createPartialMatmul(rewriter, matmul, loop.getInductionVar(),
                                      tileK, loop.getRegionIterArg(0));
  rewriter.create<scf::YieldOp>(loc, partial);
  rewriter.replaceOp(matmul, accumulated);
}

/// Merges the slices of slices that tiling leaves behind and shrinks the
/// tensor.empty that a tile is cut from.
static LogicalResult mergeSlices(Operation *root) {
  MLIRContext *context = root->getContext();
  RewritePatternSet patterns(context);
  ExtractSliceOp::getCanonicalizationPatterns(patterns, context);
  tensor::ExtractSliceOp::getCanonicalizationPatterns(patterns, context);
  tensor::DimOp::getCanonicalizationPatterns(patterns, context);
  tensor::EmptyOp::getCanonicalizationPatterns(patterns, context);
  scf::ForOp::getCanonicalizationPatterns(patterns, context);
  affine::AffineMinOp::getCanonicalizationPatterns(patterns, context);
  tensor::populateMergeConsecutiveInsertExtractSlicePatterns(patterns);
  tensor::populateFoldTensorEmptyPatterns(patterns);
  memref::populateResolveRankedShapedTypeResultDimsPatterns(patterns);
  return applyPatternsAndFoldGreedily(root, std::move(patterns));
}

namespace {

struct FuseDecode : public ::mlir::ccq::impl::FuseDecodeBase<FuseDecode> {
  using FuseDecodeBase::FuseDecodeBase;

  void runOnOperation() override {
    if (tileM < 0 || tileN < 1 || tileK < 1) {
      getOperation().emitError()
          << "expected tile-m of at least 0, tile-n and tile-k of at least 1, "
             "got tile-m="
          << int64_t(tileM) << " tile-n=" << int64_t(tileN)
          << " tile-k=" << int64_t(tileK);
      return signalPassFailure();
    }
    SmallVector<linalg::MatmulOp> contractions;
    getOperation().walk([&](linalg::MatmulOp op) {
      if (op.hasPureTensorSemantics() && hasStaticWeights(op) &&
          !op->getParentOfType<scf::ForallOp>())
        contractions.push_back(op);
    });
    for (linalg::MatmulOp op : contractions)
      if (failed(fuseContraction(op)))
        return signalPassFailure();
    if (failed(mergeSlices(getOperation())) || failed(checkNoneIsLeft()))
      return signalPassFailure();
  }

private:
  LogicalResult fuseContraction(linalg::MatmulOp matmul) {
    int64_t depth = tileK;
    if (DecodeOp decode = getDecode(matmul)) {
      SchemeAttrInterface scheme = decode.getSource().getType().getScheme();
      if (findStreamFrame(scheme) && tileN % codec::streamTileColumns != 0)
        return matmul.emitError() << "expected tile-n to be a multiple of "
                                  << codec::streamTileColumns
                                  << " for streams, got " << int64_t(tileN);
      int64_t group = scheme.getGroupSize();
      depth = std::max(depth, group);
      if (depth % group != 0)
        return matmul.emitError() << "expected tile-k to be a multiple of the "
                                     "scheme's group of "
                                  << group << ", got " << int64_t(tileK);
    }
    // Blocks of rotations and tiles of streams are powers of two.
    if (RotateOp rotation = findRotation(matmul.getInputs()[0]))
      depth = std::max(depth, int64_t(rotation.getBlock()));
    Location loc = matmul.getLoc();
    int64_t n = cast<RankedTensorType>(matmul->getResult(0).getType())
                    .getDimSize(kChannelLoop);
    IRRewriter rewriter(&getContext());
    for (linalg::LinalgOp piece :
         splitRaggedChannels(rewriter, findRoot(matmul), n, tileN)) {
      linalg::MatmulOp tiled = tileAndFuse(rewriter, piece, tileM, tileN);
      if (!tiled)
        return emitError(loc)
               << "cannot fuse the contraction into a tile of its consumer";
      sinkRotation(rewriter, tiled);
      tileReduction(rewriter, tiled, depth);
    }
    return success();
  }

  /// Every decode must sit in a tile by now.
  LogicalResult checkNoneIsLeft() {
    WalkResult result = getOperation().walk([&](DecodeOp decode) {
      if (decode->getParentOfType<scf::ForallOp>() || decode->use_empty())
        return WalkResult::advance();
      Operation *user = *decode->user_begin();
      InFlightDiagnostic diag =
          decode.emitError()
          << "expected every user of decoded weights to be a linalg.matmul "
             "that reads them as its second operand, got "
          << user->getName();
      diag.attachNote(user->getLoc()) << "used here";
      return WalkResult::interrupt();
    });
    return failure(result.wasInterrupted());
  }
};

} // namespace
