//===- LoopSplitting.cpp - loops of an op by reshapes of its tensors ------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LoopSplitting.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::ccq;

/// The sizes of the loops that replace one loop; none for a loop that stays.
using Parts = SmallVector<OpFoldResult>;

namespace {

/// Rewrites one op with more loops.
class LoopSplitter {
public:
  LoopSplitter(RewriterBase &rewriter, linalg::GenericOp op)
      : rewriter(rewriter), op(op), parts(op.getNumLoops()) {}

  /// Lets the loops that index a tensor by `map` be split as `groups` of
  /// dimensions of `sizes` split the tensor.
  LogicalResult read(AffineMap map, ArrayRef<ReassociationIndices> groups,
                     ArrayRef<OpFoldResult> sizes);

  /// Which dimensions come from one dimension of a tensor indexed by `map`.
  SmallVector<ReassociationIndices> getGroups(AffineMap map) const;

  /// The op with more loops, behind `op`; `op` itself when no loop is split.
  FailureOr<linalg::GenericOp> createSplit();

private:
  unsigned getFirst(unsigned loop) const;
  unsigned countLoops() const { return getFirst(parts.size()); }
  FailureOr<AffineMap> splitMap(AffineMap map) const;
  Value splitTensor(Value tensor, AffineMap map);
  Value splitDestination(Value tensor, AffineMap map);
  const Parts *findParts(AffineExpr result) const;
  SmallVector<OpFoldResult> splitShape(Value tensor, AffineMap map);

  RewriterBase &rewriter;
  linalg::GenericOp op;
  SmallVector<Parts> parts;
};

} // namespace

LogicalResult LoopSplitter::read(AffineMap map,
                                 ArrayRef<ReassociationIndices> groups,
                                 ArrayRef<OpFoldResult> sizes) {
  for (auto [result, group] : llvm::zip_equal(map.getResults(), groups)) {
    if (group.size() == 1)
      continue;
    auto loop = dyn_cast<AffineDimExpr>(result);
    if (!loop)
      return failure();
    for (int64_t dim : group)
      parts[loop.getPosition()].push_back(sizes[dim]);
  }
  return success();
}

/// The number of the loop that takes the place of `loop`, or of the first.
unsigned LoopSplitter::getFirst(unsigned loop) const {
  unsigned first = 0;
  for (const Parts &earlier : ArrayRef(parts).take_front(loop))
    first += std::max<size_t>(earlier.size(), 1);
  return first;
}

FailureOr<AffineMap> LoopSplitter::splitMap(AffineMap map) const {
  MLIRContext *context = map.getContext();
  SmallVector<AffineExpr> dims, results;
  for (unsigned loop = 0; loop < parts.size(); ++loop)
    dims.push_back(getAffineDimExpr(getFirst(loop), context));
  for (AffineExpr result : map.getResults()) {
    if (const Parts *own = findParts(result)) {
      unsigned first = getFirst(cast<AffineDimExpr>(result).getPosition());
      for (size_t i = 0; i < own->size(); ++i)
        results.push_back(getAffineDimExpr(first + i, context));
      continue;
    }
    for (unsigned loop = 0; loop < parts.size(); ++loop)
      if (result.isFunctionOfDim(loop) && !parts[loop].empty())
        return failure();
    results.push_back(result.replaceDims(dims));
  }
  return AffineMap::get(countLoops(), 0, results, context);
}

/// What the loop that is `result` becomes, or null when it stays.
const Parts *LoopSplitter::findParts(AffineExpr result) const {
  auto dim = dyn_cast<AffineDimExpr>(result);
  return dim && !parts[dim.getPosition()].empty() ? &parts[dim.getPosition()]
                                                  : nullptr;
}

SmallVector<ReassociationIndices> LoopSplitter::getGroups(AffineMap map) const {
  SmallVector<ReassociationIndices> groups;
  int64_t next = 0;
  for (AffineExpr result : map.getResults()) {
    const Parts *own = findParts(result);
    ReassociationIndices &group = groups.emplace_back();
    for (size_t i = 0; i < (own ? own->size() : 1); ++i)
      group.push_back(next++);
  }
  return groups;
}

/// The sizes of `tensor` with the loops of `map` split.
SmallVector<OpFoldResult> LoopSplitter::splitShape(Value tensor,
                                                   AffineMap map) {
  SmallVector<OpFoldResult> sizes;
  for (auto [position, result] : llvm::enumerate(map.getResults())) {
    if (const Parts *own = findParts(result))
      llvm::append_range(sizes, *own);
    else
      sizes.push_back(
          tensor::getMixedSize(rewriter, op.getLoc(), tensor, position));
  }
  return sizes;
}

/// The dimensions `group` of `type`, merged only so far that dimensions of
/// `shape` are left; nothing when that is not possible.
static std::optional<SmallVector<ReassociationIndices>>
regroup(RankedTensorType type, ArrayRef<int64_t> group,
        ArrayRef<int64_t> shape) {
  SmallVector<ReassociationIndices> groups(shape.size());
  if (group.size() == shape.size()) {
    for (auto [part, dim] : llvm::zip_equal(groups, group))
      part.push_back(dim);
    return groups;
  }
  // From the back: no dimension but the first may be dynamic then.
  for (int64_t part = shape.size() - 1; part > 0; --part) {
    int64_t size = 1;
    while (group.size() > 1 && (groups[part].empty() || size < shape[part])) {
      size *= type.getDimSize(group.back());
      if (type.isDynamicDim(group.back()))
        return std::nullopt;
      groups[part].insert(groups[part].begin(), group.back());
      group = group.drop_back();
    }
    if (size != shape[part])
      return std::nullopt;
  }
  groups[0].assign(group.begin(), group.end());
  return groups;
}

/// What `collapse` merged, merged no further than to `shape`, the parts of
/// which `groups` counts; null when its dimensions do not allow that.
static Value createPartialCollapse(OpBuilder &builder,
                                   tensor::CollapseShapeOp collapse,
                                   ArrayRef<ReassociationIndices> groups,
                                   ArrayRef<int64_t> shape) {
  SmallVector<ReassociationIndices> partial;
  for (auto [own, wanted] :
       llvm::zip_equal(collapse.getReassociationIndices(), groups)) {
    auto parts = regroup(collapse.getSrcType(), own,
                         shape.slice(wanted.front(), wanted.size()));
    if (!parts)
      return {};
    llvm::append_range(partial, *parts);
  }
  auto type =
      RankedTensorType::get(shape, collapse.getSrcType().getElementType());
  if (partial.size() == size_t(collapse.getSrcType().getRank()))
    return collapse.getSrcType() == type ? collapse.getSrc() : Value();
  if (tensor::CollapseShapeOp::inferCollapsedType(collapse.getSrcType(),
                                                  partial) != type)
    return {};
  return builder.create<tensor::CollapseShapeOp>(collapse.getLoc(), type,
                                                 collapse.getSrc(), partial);
}

Value LoopSplitter::splitTensor(Value tensor, AffineMap map) {
  SmallVector<ReassociationIndices> groups = getGroups(map);
  SmallVector<OpFoldResult> sizes = splitShape(tensor, map);
  if (sizes.size() == groups.size())
    return tensor;
  SmallVector<int64_t> shape;
  SmallVector<Value> dynamic;
  dispatchIndexOpFoldResults(sizes, dynamic, shape);
  if (auto collapse = tensor.getDefiningOp<tensor::CollapseShapeOp>())
    if (Value partial =
            createPartialCollapse(rewriter, collapse, groups, shape))
      return partial;
  return rewriter.create<tensor::ExpandShapeOp>(
      op.getLoc(),
      RankedTensorType::get(shape, getElementTypeOrSelf(tensor.getType())),
      tensor, groups, sizes);
}

/// A destination filled with what fills `tensor`, or null.
Value LoopSplitter::splitDestination(Value tensor, AffineMap map) {
  auto fill = tensor.getDefiningOp<linalg::FillOp>();
  if (!fill)
    return {};
  SmallVector<OpFoldResult> sizes = splitShape(tensor, map);
  Value empty = rewriter.create<tensor::EmptyOp>(
      op.getLoc(), sizes, getElementTypeOrSelf(tensor.getType()));
  return rewriter.create<linalg::FillOp>(fill.getLoc(), fill.value(), empty)
      .getResult(0);
}

FailureOr<linalg::GenericOp> LoopSplitter::createSplit() {
  if (countLoops() == op.getNumLoops())
    return op;
  if (op.hasIndexSemantics() || op->getNumResults() != 1)
    return failure();
  SmallVector<AffineMap> maps;
  for (AffineMap map : op.getIndexingMapsArray()) {
    FailureOr<AffineMap> split = splitMap(map);
    if (failed(split))
      return failure();
    maps.push_back(*split);
  }
  SmallVector<utils::IteratorType> iterators;
  for (auto [own, iterator] :
       llvm::zip_equal(parts, op.getIteratorTypesArray()))
    iterators.append(std::max<size_t>(own.size(), 1), iterator);
  OpOperand *init = op.getDpsInitOperand(0);
  Value destination =
      splitDestination(init->get(), op.getMatchingIndexingMap(init));
  if (!destination)
    return failure();
  SmallVector<Value> inputs;
  for (OpOperand *input : op.getDpsInputOperands())
    inputs.push_back(
        splitTensor(input->get(), op.getMatchingIndexingMap(input)));
  auto split = rewriter.create<linalg::GenericOp>(
      op.getLoc(), destination.getType(), inputs, destination, maps, iterators);
  split.getRegion().takeBody(op.getRegion());
  return split;
}

/// The expand_shape that alone reads `value`, or null.
static tensor::ExpandShapeOp findExpansion(Value value) {
  return value.hasOneUse()
             ? dyn_cast<tensor::ExpandShapeOp>(*value.getUsers().begin())
             : tensor::ExpandShapeOp();
}

FailureOr<linalg::GenericOp> mlir::ccq::splitByResult(RewriterBase &rewriter,
                                                      linalg::GenericOp op) {
  tensor::ExpandShapeOp expand = findExpansion(op->getResult(0));
  if (!expand)
    return op;
  LoopSplitter splitter(rewriter, op);
  AffineMap map = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  if (failed(splitter.read(map, expand.getReassociationIndices(),
                           getMixedValues(expand.getStaticOutputShape(),
                                          expand.getOutputShape(), rewriter))))
    return failure();
  // Where the sizes are known.
  rewriter.setInsertionPoint(expand);
  FailureOr<linalg::GenericOp> split = splitter.createSplit();
  if (failed(split) || *split == op)
    return split;
  rewriter.replaceOp(expand, split->getResults());
  rewriter.eraseOp(op);
  return split;
}

FailureOr<linalg::GenericOp> mlir::ccq::splitByInput(RewriterBase &rewriter,
                                                     linalg::GenericOp op,
                                                     unsigned input) {
  OpOperand *operand = op.getDpsInputOperand(input);
  auto collapse = operand->get().getDefiningOp<tensor::CollapseShapeOp>();
  if (!collapse)
    return op;
  rewriter.setInsertionPoint(op);
  LoopSplitter splitter(rewriter, op);
  if (failed(splitter.read(
          op.getMatchingIndexingMap(operand),
          collapse.getReassociationIndices(),
          tensor::getMixedSizes(rewriter, op.getLoc(), collapse.getSrc()))))
    return failure();
  AffineMap map = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  FailureOr<linalg::GenericOp> split = splitter.createSplit();
  if (failed(split) || *split == op)
    return split;
  Value result = split->getResult(0);
  SmallVector<ReassociationIndices> groups = splitter.getGroups(map);
  tensor::ExpandShapeOp expand = findExpansion(op->getResult(0));
  if (expand && expand.getReassociationIndices() == groups &&
      expand.getType() == result.getType()) {
    rewriter.replaceOp(expand, result);
    rewriter.eraseOp(op);
    return split;
  }
  auto collapsed = rewriter.create<tensor::CollapseShapeOp>(
      op.getLoc(), op->getResult(0).getType(), result, groups);
  rewriter.replaceOp(op, collapsed);
  return split;
}
