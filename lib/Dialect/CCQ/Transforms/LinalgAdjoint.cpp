//===- LinalgAdjoint.cpp - adjoints of linalg ops -------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LinalgAdjoint.h"

#include "ScalarAdjoint.h"
#include "TensorExtents.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace mlir::ccq;

namespace {

/// How the result of an op comes from the elements that it reads.
enum class Combination { None, Sum, Extremum };

/// A linalg op with one result, taken apart: result = combine(result, term).
struct LinalgParts {
  /// Handles of ops have no const methods.
  mutable linalg::LinalgOp op;
  Combination combination = Combination::None;
  /// The op of the body that combines, and what it takes in; without one the
  /// term is what the body yields.
  Operation *combiner = nullptr;
  Value term;

  Block &body() const { return *op.getBlock(); }
  OpOperand *init() const { return op.getDpsInitOperand(0); }
  AffineMap resultMap() const { return op.getMatchingIndexingMap(init()); }
};

/// What the op reads that wants an adjoint, and how it is indexed by the loops.
struct Target {
  /// The tensor.
  Value tensor;
  /// An element of it, in the body of the op.
  Value element;
  /// Per dimension of the tensor: the loop that runs along it; -1 for one of
  /// extent one that all loops read; -2 when `indices` says where.
  SmallVector<int64_t> loops;
  SmallVector<Value> indices;
};

constexpr int64_t kUnitDim = -1, kComputedDim = -2;

/// The op that makes contributions to the adjoint of a target.
class AdjointBuilder {
public:
  AdjointBuilder(OpBuilder &builder, const LinalgParts &parts,
                 const Target &target)
      : builder(builder), loc(parts.op.getLoc()), parts(parts), target(target) {
  }

  /// `extra` follows the inputs of the op and is indexed like its result: the
  /// cotangent, and for an extremum the result and the number of equal ones.
  FailureOr<Value> build(ValueRange extra);

private:
  LogicalResult arrangeLoops();
  FailureOr<Value> createResult(bool isSummed);
  LogicalResult emitBody(Block &block, bool isSummed);
  void cloneBody(Block &block, IRMapping &mapping);
  Value emitSeed(IRMapping &mapping, ValueRange extra);
  Value selectPlace(IRMapping &mapping, Value part);

  OpBuilder &builder;
  Location loc;
  const LinalgParts &parts;
  const Target &target;
  /// New position of each loop of the op.
  SmallVector<unsigned> position;
  /// Dimensions of the tensor that the new op has, and the loop of each.
  SmallVector<int64_t> keptDims;
  SmallVector<unsigned> keptLoops;
  unsigned loopCount = 0;
};

} // namespace

//===----------------------------------------------------------------------===//
// Reading the op
//===----------------------------------------------------------------------===//

static FailureOr<LinalgParts> takeApart(linalg::LinalgOp op) {
  auto refuse = [&](const char *what) -> FailureOr<LinalgParts> {
    return op.emitOpError("has no derivative rule, but lies between a "
                          "parameter and the output: expected ")
           << what;
  };
  if (!op.hasPureTensorSemantics() || op->getNumResults() != 1)
    return refuse("one result that is a tensor");
  LinalgParts parts{op, Combination::None, nullptr, {}};
  Block &body = parts.body();
  Value yielded = body.getTerminator()->getOperand(0);
  // The body of linalg.map does not see what it writes over.
  BlockArgument sum;
  if (body.getNumArguments() > op.getNumDpsInputs())
    sum = op.getMatchingBlockArgument(parts.init());
  if (!sum || sum.use_empty()) {
    parts.term = yielded;
    if (op.getNumReductionLoops() > 0)
      return refuse("a reduction that reads what it combines");
    return parts;
  }
  Operation *combiner = yielded.getDefiningOp();
  if (isa_and_present<arith::AddFOp>(combiner))
    parts.combination = Combination::Sum;
  else if (isa_and_present<arith::MaximumFOp, arith::MaxNumFOp,
                           arith::MinimumFOp, arith::MinNumFOp>(combiner))
    parts.combination = Combination::Extremum;
  bool isFirst = combiner && combiner->getOperand(0) == sum;
  if (parts.combination == Combination::None || !sum.hasOneUse() ||
      *sum.getUsers().begin() != combiner)
    return refuse("a body that adds to its result once, or takes the larger "
                  "or smaller");
  parts.combiner = combiner;
  parts.term = combiner->getOperand(isFirst ? 1 : 0);
  return parts;
}

static FailureOr<Target> describeInput(linalg::LinalgOp op,
                                       OpOperand *operand) {
  Target target{operand->get(), op.getMatchingBlockArgument(operand), {}, {}};
  llvm::SmallDenseSet<int64_t> seen;
  for (AffineExpr expr : op.getMatchingIndexingMap(operand).getResults()) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    auto constant = dyn_cast<AffineConstantExpr>(expr);
    if (constant && constant.getValue() == 0)
      target.loops.push_back(kUnitDim);
    else if (dim && seen.insert(dim.getPosition()).second)
      target.loops.push_back(dim.getPosition());
    else
      return op.emitOpError("has no derivative rule, but lies between a "
                            "parameter and the output: expected operand ")
             << operand->getOperandNumber()
             << " to be read at distinct loops, got "
             << AffineMapAttr::get(op.getMatchingIndexingMap(operand));
  }
  return target;
}

/// A dimension is walked by a loop when the body indexes it by just that loop
/// and both have one constant extent; otherwise it is searched.
static Target describeExtract(linalg::LinalgOp op, tensor::ExtractOp extract) {
  Target target{extract.getTensor(), extract.getResult(), {}, {}};
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  llvm::SmallDenseSet<int64_t> seen;
  for (auto [dim, index] : llvm::enumerate(extract.getIndices())) {
    auto loop = index.getDefiningOp<linalg::IndexOp>();
    int64_t extent = extract.getTensor().getType().getDimSize(dim);
    bool isWalked = loop && !ShapedType::isDynamic(extent) &&
                    ranges[loop.getDim()] == extent &&
                    seen.insert(int64_t(loop.getDim())).second;
    target.loops.push_back(isWalked ? int64_t(loop.getDim()) : kComputedDim);
    target.indices.push_back(index);
  }
  return target;
}

//===----------------------------------------------------------------------===//
// Building the adjoint
//===----------------------------------------------------------------------===//

FailureOr<Value> mlir::ccq::createZerosLike(OpBuilder &builder, Value like) {
  auto type = cast<RankedTensorType>(like.getType());
  FailureOr<SmallVector<Value>> extents = getDynamicExtents(builder, like);
  if (failed(extents))
    return failure();
  Location loc = like.getLoc();
  Value empty = builder.create<tensor::EmptyOp>(loc, type, *extents);
  Value zero = builder.create<arith::ConstantOp>(
      loc, builder.getZeroAttr(type.getElementType()));
  return builder.create<linalg::FillOp>(loc, zero, empty).getResult(0);
}

/// Parallel loops in the order of the tensor's dimensions, then the others in
/// the order that they had.
LogicalResult AdjointBuilder::arrangeLoops() {
  position.assign(parts.op.getNumLoops(), ~0u);
  for (auto [dim, loop] : llvm::enumerate(target.loops)) {
    if (loop == kUnitDim)
      continue;
    if (loop >= 0)
      position[loop] = loopCount;
    keptDims.push_back(int64_t(dim));
    keptLoops.push_back(loopCount++);
  }
  for (unsigned &place : position)
    if (place == ~0u)
      place = loopCount++;
  return success();
}

/// The destination, without the dimensions that no loop walks.
FailureOr<Value> AdjointBuilder::createResult(bool isSummed) {
  auto type = cast<RankedTensorType>(target.tensor.getType());
  SmallVector<OpFoldResult> sizes;
  for (int64_t dim : keptDims) {
    sizes.push_back(findExtent(builder, target.tensor, dim));
    if (!sizes.back())
      return emitError(target.tensor.getLoc())
             << "expected a size of dimension " << dim << " of " << type
             << " that is known before it is computed";
  }
  Value result =
      builder.create<tensor::EmptyOp>(loc, sizes, type.getElementType());
  if (!isSummed)
    return result;
  Value zero = builder.create<arith::ConstantOp>(
      loc, builder.getZeroAttr(type.getElementType()));
  return builder.create<linalg::FillOp>(loc, zero, result).getResult(0);
}

/// The body of the op up to the term, for the new loops.
void AdjointBuilder::cloneBody(Block &block, IRMapping &mapping) {
  for (unsigned i = 0; i < parts.op.getNumDpsInputs(); ++i)
    mapping.map(parts.body().getArgument(i), block.getArgument(i));
  for (Operation &op : parts.body().without_terminator()) {
    if (&op == parts.combiner)
      continue;
    if (auto index = dyn_cast<linalg::IndexOp>(op))
      mapping.map(index.getResult(),
                  builder.create<linalg::IndexOp>(loc, position[index.getDim()])
                      .getResult());
    else
      builder.clone(op, mapping);
  }
}

/// What the term's adjoint is, from the elements of the extra operands.
Value AdjointBuilder::emitSeed(IRMapping &mapping, ValueRange extra) {
  Value seed = extra[0];
  if (parts.combination != Combination::Extremum)
    return seed;
  Value isEqual = builder.create<arith::CmpFOp>(
      loc, arith::CmpFPredicate::OEQ, mapping.lookup(parts.term), extra[1]);
  Value share = builder.create<arith::DivFOp>(loc, seed, extra[2]);
  Value zero = builder.create<arith::ConstantOp>(
      loc, builder.getZeroAttr(seed.getType()));
  return builder.create<arith::SelectOp>(loc, isEqual, share, zero);
}

/// `part` where the loops stand at the element that was extracted, else zero.
Value AdjointBuilder::selectPlace(IRMapping &mapping, Value part) {
  for (auto [dim, loop] : llvm::zip(keptDims, keptLoops)) {
    if (target.loops[dim] != kComputedDim)
      continue;
    Value here = builder.create<linalg::IndexOp>(loc, loop);
    Value isHere = builder.create<arith::CmpIOp>(
        loc, arith::CmpIPredicate::eq,
        mapping.lookupOrDefault(target.indices[dim]), here);
    Value zero = builder.create<arith::ConstantOp>(
        loc, builder.getZeroAttr(part.getType()));
    part = builder.create<arith::SelectOp>(loc, isHere, part, zero);
  }
  return part;
}

LogicalResult AdjointBuilder::emitBody(Block &block, bool isSummed) {
  builder.setInsertionPointToStart(&block);
  IRMapping mapping;
  cloneBody(block, mapping);
  auto extra =
      block.getArguments().drop_front(parts.op.getNumDpsInputs()).drop_back();
  SmallVector<Value> extraElements(extra.begin(), extra.end());
  Value seed = emitSeed(mapping, extraElements);
  FailureOr<Value> part =
      emitScalarAdjoint(builder, mapping.lookupOrDefault(parts.term), seed,
                        mapping.lookupOrDefault(target.element));
  if (failed(part))
    return failure();
  Value sum = block.getArguments().back();
  if (!*part)
    *part = builder.create<arith::ConstantOp>(
        loc, builder.getZeroAttr(sum.getType()));
  *part = selectPlace(mapping, *part);
  if (isSummed)
    *part = builder.create<arith::AddFOp>(loc, sum, *part);
  builder.create<linalg::YieldOp>(loc, *part);
  return success();
}

FailureOr<Value> AdjointBuilder::build(ValueRange extra) {
  if (failed(arrangeLoops()))
    return failure();
  bool isSummed = keptLoops.size() < loopCount;
  FailureOr<Value> result = createResult(isSummed);
  if (failed(result))
    return failure();
  MLIRContext *context = builder.getContext();
  SmallVector<AffineExpr> loops;
  for (unsigned place : position)
    loops.push_back(getAffineDimExpr(place, context));
  auto rearrange = [&](AffineMap map) {
    return map.replaceDimsAndSymbols(loops, {}, loopCount, 0);
  };
  SmallVector<Value> inputs(parts.op.getDpsInputs());
  SmallVector<AffineMap> maps;
  for (OpOperand *operand : parts.op.getDpsInputOperands())
    maps.push_back(rearrange(parts.op.getMatchingIndexingMap(operand)));
  for (Value value : extra) {
    inputs.push_back(value);
    maps.push_back(rearrange(parts.resultMap()));
  }
  SmallVector<AffineExpr> kept;
  for (unsigned loop : keptLoops)
    kept.push_back(getAffineDimExpr(loop, context));
  maps.push_back(AffineMap::get(loopCount, 0, kept, context));
  SmallVector<utils::IteratorType> iterators(loopCount,
                                             utils::IteratorType::reduction);
  std::fill_n(iterators.begin(), keptLoops.size(),
              utils::IteratorType::parallel);
  auto generic = builder.create<linalg::GenericOp>(
      loc, result->getType(), inputs, *result, maps, iterators);
  OpBuilder::InsertionGuard guard(builder);
  SmallVector<Type> elements;
  for (Value operand : generic->getOperands())
    elements.push_back(getElementTypeOrSelf(operand.getType()));
  SmallVector<Location> locations(elements.size(), loc);
  Block *block =
      builder.createBlock(&generic.getRegion(), {}, elements, locations);
  if (failed(emitBody(*block, isSummed)))
    return failure();
  return generic.getResult(0);
}

/// Puts the dimensions of extent one back.
static FailureOr<Value> expandUnitDims(OpBuilder &builder, const Target &target,
                                       Value adjoint) {
  auto type = cast<RankedTensorType>(target.tensor.getType());
  if (adjoint.getType() == type)
    return adjoint;
  SmallVector<ReassociationIndices> groups;
  ReassociationIndices leading;
  SmallVector<OpFoldResult> sizes;
  for (auto [dim, loop] : llvm::enumerate(target.loops)) {
    sizes.push_back(loop == kUnitDim ? OpFoldResult(builder.getIndexAttr(1))
                                     : findExtent(builder, target.tensor, dim));
    ReassociationIndices &group = groups.empty() && loop == kUnitDim ? leading
                                  : loop == kUnitDim ? groups.back()
                                                     : groups.emplace_back();
    if (loop != kUnitDim && groups.size() == 1)
      group = leading;
    group.push_back(int64_t(dim));
  }
  return builder
      .create<tensor::ExpandShapeOp>(target.tensor.getLoc(), type, adjoint,
                                     groups, sizes)
      .getResult();
}

//===----------------------------------------------------------------------===//
// Rules
//===----------------------------------------------------------------------===//

/// How many terms are equal to the largest (smallest), per element of the
/// result.
static FailureOr<Value> countExtrema(OpBuilder &builder,
                                     const LinalgParts &parts) {
  linalg::LinalgOp op = parts.op;
  Location loc = op.getLoc();
  Value result = op->getResult(0);
  FailureOr<Value> zeros = createZerosLike(builder, parts.init()->get());
  if (failed(zeros))
    return failure();
  SmallVector<Value> inputs(op.getDpsInputs());
  inputs.push_back(result);
  SmallVector<AffineMap> maps;
  for (OpOperand *operand : op.getDpsInputOperands())
    maps.push_back(op.getMatchingIndexingMap(operand));
  maps.append(2, parts.resultMap());
  auto generic = builder.create<linalg::GenericOp>(
      loc, result.getType(), inputs, *zeros, maps, op.getIteratorTypesArray(),
      [&](OpBuilder &b, Location, ValueRange arguments) {
        IRMapping mapping;
        for (unsigned i = 0; i < op.getNumDpsInputs(); ++i)
          mapping.map(parts.body().getArgument(i), arguments[i]);
        for (Operation &inner : parts.body().without_terminator())
          if (&inner != parts.combiner)
            b.clone(inner, mapping);
        Value largest = arguments[arguments.size() - 2], sum = arguments.back();
        Value isEqual =
            b.create<arith::CmpFOp>(loc, arith::CmpFPredicate::OEQ,
                                    mapping.lookup(parts.term), largest);
        Value one = b.create<arith::ConstantOp>(
            loc, b.getFloatAttr(sum.getType(), 1.0));
        Value zero =
            b.create<arith::ConstantOp>(loc, b.getZeroAttr(sum.getType()));
        Value count = b.create<arith::SelectOp>(loc, isEqual, one, zero);
        b.create<linalg::YieldOp>(
            loc, b.create<arith::AddFOp>(loc, sum, count).getResult());
      });
  return generic.getResult(0);
}

/// Every tensor that the body reads by itself, as targets; an error for other
/// values that matter.
static LogicalResult collectExtracts(const LinalgParts &parts, AdjointSink sink,
                                     SmallVectorImpl<Target> &targets) {
  linalg::LinalgOp op = parts.op;
  llvm::SetVector<Value> captured;
  getUsedValuesDefinedAbove(op->getRegions(), captured);
  for (Value value : captured) {
    if (!sink.isActive(value))
      continue;
    for (OpOperand &use : value.getUses()) {
      Operation *user = use.getOwner();
      if (!op->isProperAncestor(user))
        continue;
      auto extract = dyn_cast<tensor::ExtractOp>(user);
      if (!extract || user->getParentOp() != op)
        return user->emitOpError("has no derivative rule, but lies between a "
                                 "parameter and the output");
      targets.push_back(describeExtract(op, extract));
    }
  }
  return success();
}

static LogicalResult collectTargets(const LinalgParts &parts, AdjointSink sink,
                                    SmallVectorImpl<Target> &targets) {
  linalg::LinalgOp op = parts.op;
  for (OpOperand *operand : op.getDpsInputOperands()) {
    if (!sink.isActive(operand->get()))
      continue;
    FailureOr<Target> target = describeInput(op, operand);
    if (failed(target))
      return failure();
    targets.push_back(*target);
  }
  return collectExtracts(parts, sink, targets);
}

LogicalResult mlir::ccq::emitLinalgAdjoint(OpBuilder &builder,
                                           linalg::LinalgOp op, Value cotangent,
                                           AdjointSink sink) {
  FailureOr<LinalgParts> parts = takeApart(op);
  SmallVector<Target> targets;
  if (failed(parts) || failed(collectTargets(*parts, sink, targets)))
    return failure();
  Value init = parts->init()->get();
  if (parts->combination == Combination::Sum && sink.isActive(init))
    sink.add(init, cotangent);
  if (parts->combination == Combination::Extremum && sink.isActive(init))
    return op.emitOpError("has no derivative rule, but lies between a "
                          "parameter and the output: expected a constant to "
                          "start from");
  SmallVector<Value> extra{cotangent};
  if (parts->combination == Combination::Extremum && !targets.empty()) {
    FailureOr<Value> count = countExtrema(builder, *parts);
    if (failed(count))
      return failure();
    extra.append({op->getResult(0), *count});
  }
  for (const Target &target : targets) {
    FailureOr<Value> adjoint =
        AdjointBuilder(builder, *parts, target).build(extra);
    if (succeeded(adjoint))
      adjoint = expandUnitDims(builder, target, *adjoint);
    if (failed(adjoint))
      return failure();
    sink.add(target.tensor, *adjoint);
  }
  return success();
}
