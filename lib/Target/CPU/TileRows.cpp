//===- TileRows.cpp - work items for what is no contraction -----*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Target/Passes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Transforms/TileUsingInterface.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Tensor/Transforms/Transforms.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::ccq {
#define GEN_PASS_DEF_TILEROWS
#include "ccq/Target/Passes.h.inc"
} // namespace mlir::ccq

using namespace mlir;
using namespace mlir::ccq;

/// Rows of attention per work item: their scores stay in the level 1 cache up
/// to a thousand columns, and keys and values are read once for all of them.
static constexpr int64_t kMixtureRows = 8;

/// Whether `value` is computed by an op that is tiled, or will be.
static bool isComputed(Value value) {
  Operation *op = value.getDefiningOp();
  return op && isa<linalg::LinalgOp, scf::ForallOp, scf::ForOp>(op);
}

/// `value` copied by an op that can be tiled. `destination` is a tensor of its
/// type that the copy may overwrite.
static Value createCopy(OpBuilder &builder, Value value, Value destination) {
  return builder.create<linalg::CopyOp>(value.getLoc(), value, destination)
      ->getResult(0);
}

/// The elementwise op whose result only `insert` reads and that overwrites an
/// empty tensor: it can write where it is inserted. Null when there is none.
static linalg::LinalgOp findPartProducer(tensor::InsertSliceOp insert) {
  Value source = insert.getSource();
  auto op = source.getDefiningOp<linalg::LinalgOp>();
  if (!op || !source.hasOneUse() || op->getNumResults() != 1 ||
      op.getNumLoops() != op.getNumParallelLoops() ||
      !op.getDpsInitOperand(0)->get().getDefiningOp<tensor::EmptyOp>())
    return {};
  return op;
}

/// Lets insertions of expanded parts insert what was expanded.
static LogicalResult foldPartReshapes(func::FuncOp function) {
  RewritePatternSet patterns(function.getContext());
  tensor::populateReassociativeReshapeFoldingPatterns(patterns);
  return applyPatternsAndFoldGreedily(function, std::move(patterns));
}

/// Turns the movement of data that no op computes, into parts of a tensor or
/// out of the function, into copies.
static void materializeMoves(func::FuncOp function) {
  OpBuilder builder(function.getContext());
  SmallVector<tensor::InsertSliceOp> inserts;
  for (auto insert : function.getOps<tensor::InsertSliceOp>())
    inserts.push_back(insert);
  for (tensor::InsertSliceOp insert : inserts) {
    linalg::LinalgOp producer = findPartProducer(insert);
    if (!producer && isComputed(insert.getSource()))
      continue;
    builder.setInsertionPoint(insert);
    Value part = builder.create<tensor::ExtractSliceOp>(
        insert.getLoc(), insert.getSourceType(), insert.getDest(),
        insert.getMixedOffsets(), insert.getMixedSizes(),
        insert.getMixedStrides());
    if (!producer) {
      insert.getSourceMutable().assign(
          createCopy(builder, insert.getSource(), part));
      continue;
    }
    producer->moveBefore(insert);
    producer.getDpsInitOperand(0)->set(part);
  }
  Operation *terminator = function.getBody().front().getTerminator();
  builder.setInsertionPoint(terminator);
  for (OpOperand &operand : terminator->getOpOperands()) {
    auto type = dyn_cast<RankedTensorType>(operand.get().getType());
    Value source = operand.get();
    while (Operation *op = source.getDefiningOp()) {
      if (!isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(op))
        break;
      source = op->getOperand(0);
    }
    if (!type || isComputed(source) ||
        source.getDefiningOp<tensor::InsertSliceOp>())
      continue;
    Location loc = operand.get().getLoc();
    SmallVector<OpFoldResult> sizes =
        tensor::getMixedSizes(builder, loc, operand.get());
    Value empty =
        builder.create<tensor::EmptyOp>(loc, sizes, type.getElementType());
    operand.set(createCopy(builder, operand.get(), empty));
  }
}

/// Whether no other linalg op of the function reads the result.
static bool isRoot(linalg::LinalgOp op) {
  return llvm::none_of(op->getUsers(), [](Operation *user) {
    return isa<linalg::LinalgOp>(user);
  });
}

/// Number of leading loops of `op` that may be tiled: none that a reduction
/// among the ops that feed it runs over.
static int64_t countTileable(linalg::LinalgOp op) {
  int64_t count = op.getNumLoops();
  SmallVector<Operation *> worklist{op};
  llvm::SmallPtrSet<Operation *, 8> seen;
  while (!worklist.empty()) {
    Operation *producer = worklist.pop_back_val();
    auto linalgOp = dyn_cast<linalg::LinalgOp>(producer);
    if (!linalgOp || !seen.insert(producer).second)
      continue;
    auto iterators = linalgOp.getIteratorTypesArray();
    auto reduction = llvm::find(iterators, utils::IteratorType::reduction);
    if (reduction != iterators.end())
      count = std::min<int64_t>(count, reduction - iterators.begin());
    for (Value operand : producer->getOperands())
      if (Operation *definition = operand.getDefiningOp())
        worklist.push_back(definition);
  }
  return count;
}

/// Tile sizes that cut the parallel loops, the outermost first, so that a tile
/// has about `elements` elements; nothing when one tile is enough. Dynamic
/// loops count as long.
static SmallVector<OpFoldResult> computeTileSizes(linalg::LinalgOp op,
                                                  int64_t elements) {
  Builder builder(op->getContext());
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  auto iterators = op.getIteratorTypesArray();
  SmallVector<OpFoldResult> sizes(ranges.size(), builder.getIndexAttr(0));
  bool isTiled = false;
  for (int64_t loop = 0, end = countTileable(op); loop < end; ++loop) {
    if (iterators[loop] != utils::IteratorType::parallel || ranges[loop] == 1)
      continue;
    int64_t inner = 1;
    for (int64_t range : ArrayRef(ranges).drop_front(loop + 1)) {
      inner *=
          ShapedType::isDynamic(range) ? elements : std::max(range, int64_t(1));
      inner = std::min(inner, elements);
    }
    int64_t rows = std::max<int64_t>(1, elements / inner);
    if (!ShapedType::isDynamic(ranges[loop]) && ranges[loop] <= rows)
      break;
    sizes[loop] = builder.getIndexAttr(rows);
    isTiled = true;
    if (inner < elements)
      break;
  }
  return isTiled ? sizes : SmallVector<OpFoldResult>();
}

/// The operand of `op`, a product, that the kernel computes, with rows at the
/// leading loops of `op`; null when there is none.
static OpOperand *findComputedRows(linalg::LinalgOp op) {
  if (op.getNumReductionLoops() == 0)
    return nullptr;
  for (OpOperand *input : op.getDpsInputOperands()) {
    AffineMap map = op.getMatchingIndexingMap(input);
    int64_t rows = map.getNumResults() - 1;
    if (input->get().getDefiningOp<linalg::LinalgOp>() && rows > 0 &&
        rows < int64_t(op.getNumParallelLoops()) &&
        map.getMajorSubMap(rows) ==
            AffineMap::getMultiDimIdentityMap(op.getNumLoops(), op.getContext())
                .getMajorSubMap(rows))
      return input;
  }
  return nullptr;
}

/// Tile sizes for a product that mixes by rows which the kernel computes: some
/// rows of one batch and head.
static SmallVector<OpFoldResult> computeMixtureSizes(linalg::LinalgOp op,
                                                     OpOperand *computed) {
  Builder builder(op->getContext());
  SmallVector<OpFoldResult> sizes(op.getNumLoops(), builder.getIndexAttr(0));
  int64_t rows = op.getMatchingIndexingMap(computed).getNumResults() - 1;
  for (int64_t loop = 0; loop < rows; ++loop)
    sizes[loop] = builder.getIndexAttr(loop + 1 < rows ? 1 : kMixtureRows);
  return sizes;
}

namespace {

struct TileRows : public ::mlir::ccq::impl::TileRowsBase<TileRows> {
  using TileRowsBase::TileRowsBase;

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (function.isExternal())
      return;
    if (itemElements < 1) {
      function.emitError() << "expected item-elements of at least 1, got "
                           << int64_t(itemElements);
      return signalPassFailure();
    }
    if (failed(foldPartReshapes(function)))
      return signalPassFailure();
    materializeMoves(function);
    SmallVector<linalg::LinalgOp> roots;
    for (auto op : function.getOps<linalg::LinalgOp>())
      if (op->getNumResults() == 1 && isRoot(op))
        roots.push_back(op);
    for (linalg::LinalgOp root : roots)
      if (failed(tile(root)))
        return signalPassFailure();
    if (failed(cleanUp(function)))
      return signalPassFailure();
  }

private:
  /// Tiles `root`; every linalg op that feeds it is computed per tile.
  LogicalResult tile(linalg::LinalgOp root) {
    OpOperand *computed = findComputedRows(root);
    SmallVector<OpFoldResult> sizes =
        computed ? computeMixtureSizes(root, computed)
                 : computeTileSizes(root, itemElements);
    if (sizes.empty())
      return success();
    scf::SCFTileAndFuseOptions options;
    options.tilingOptions.setTileSizes(sizes).setLoopType(
        scf::SCFTilingOptions::LoopType::ForallOp);
    options.setFusionControlFn([](tensor::ExtractSliceOp, OpResult producer,
                                  bool) {
      return std::make_tuple(isa<linalg::LinalgOp>(producer.getOwner()), false);
    });
    IRRewriter rewriter(root);
    FailureOr<scf::SCFTileAndFuseResult> result =
        scf::tileConsumerAndFuseProducersUsingSCF(
            rewriter, cast<TilingInterface>(root.getOperation()), options);
    if (failed(result))
      return root.emitError() << "cannot tile " << root->getName();
    for (auto [original, replacement] : result->replacements)
      rewriter.replaceAllUsesWith(original, replacement);
    return success();
  }

  LogicalResult cleanUp(func::FuncOp function) {
    RewritePatternSet patterns(&getContext());
    tensor::ExtractSliceOp::getCanonicalizationPatterns(patterns,
                                                        &getContext());
    tensor::DimOp::getCanonicalizationPatterns(patterns, &getContext());
    tensor::EmptyOp::getCanonicalizationPatterns(patterns, &getContext());
    affine::AffineMinOp::getCanonicalizationPatterns(patterns, &getContext());
    tensor::populateMergeConsecutiveInsertExtractSlicePatterns(patterns);
    tensor::populateFoldTensorEmptyPatterns(patterns);
    return applyPatternsAndFoldGreedily(function, std::move(patterns));
  }
};

} // namespace
