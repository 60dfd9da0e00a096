//===- MoveAbsorption.cpp - moved operands as indexing maps ---------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MoveAbsorption.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::ccq;

/// The op that defines `value` and only moves elements, each result element
/// from one loop iteration; or null.
static linalg::LinalgOp findMove(Value value) {
  auto op = value.getDefiningOp<linalg::LinalgOp>();
  if (!op || !op.hasPureTensorSemantics() || op.getNumDpsInputs() != 1 ||
      op.getNumDpsInits() != 1 || op.getNumLoops() != op.getNumParallelLoops())
    return {};
  Block *body = op.getBlock();
  bool yieldsInput =
      body->without_terminator().empty() &&
      body->getTerminator()->getOperand(0) == body->getArgument(0);
  bool readsTensor =
      isa<RankedTensorType>(op.getDpsInputOperand(0)->get().getType());
  AffineMap result = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  return yieldsInput && readsTensor && result.isPermutation()
             ? op
             : linalg::LinalgOp();
}

namespace {

/// Elements of a tensor, by the loops of their reader.
struct Reading {
  Value tensor;
  SmallVector<AffineExpr> position;

  /// Reads what `move` reads.
  void passMove(linalg::LinalgOp move);
  /// Reads what a reshape reads; false when that is no expression per dimension
  /// of the loops.
  bool passReshape(Operation *reshape);
  /// Whether every dimension is a loop, a constant or a quotient of the two.
  bool isSimple() const;
};

} // namespace

void Reading::passMove(linalg::LinalgOp move) {
  AffineMap result = move.getMatchingIndexingMap(move.getDpsInitOperand(0));
  OpOperand *input = move.getDpsInputOperand(0);
  SmallVector<AffineExpr> loops(move.getNumLoops());
  for (auto [dim, loop] : llvm::enumerate(result.getResults()))
    loops[cast<AffineDimExpr>(loop).getPosition()] = position[dim];
  SmallVector<AffineExpr> moved;
  for (AffineExpr expr : move.getMatchingIndexingMap(input).getResults())
    moved.push_back(expr.replaceDims(loops));
  tensor = input->get();
  position = std::move(moved);
}

/// Positions in the dimensions `group` of `type` for the position `expr` in all
/// of them together; false when sizes are needed that are not constant.
static bool delinearize(AffineExpr expr, RankedTensorType type,
                        ArrayRef<int64_t> group,
                        MutableArrayRef<AffineExpr> position) {
  SmallVector<int64_t> dims;
  for (int64_t dim : group) {
    position[dim] = getAffineConstantExpr(0, expr.getContext());
    if (type.getDimSize(dim) != 1)
      dims.push_back(dim);
  }
  for (int64_t dim : llvm::reverse(dims)) {
    if (dim == dims.front()) {
      position[dim] = expr;
      break;
    }
    if (type.isDynamicDim(dim))
      return false;
    position[dim] = expr % type.getDimSize(dim);
    expr = expr.floorDiv(type.getDimSize(dim));
  }
  return true;
}

bool Reading::passReshape(Operation *reshape) {
  if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(reshape)) {
    RankedTensorType type = collapse.getSrcType();
    SmallVector<AffineExpr> source(type.getRank());
    for (auto [expr, group] :
         llvm::zip_equal(position, collapse.getReassociationIndices()))
      if (!delinearize(expr, type, group, source))
        return false;
    tensor = collapse.getSrc();
    position = std::move(source);
    return true;
  }
  auto expand = cast<tensor::ExpandShapeOp>(reshape);
  SmallVector<AffineExpr> source;
  for (ArrayRef<int64_t> group : expand.getReassociationIndices()) {
    AffineExpr only = getAffineConstantExpr(0, reshape->getContext());
    bool isFound = false;
    for (int64_t dim : group) {
      if (expand.getResultType().getDimSize(dim) == 1)
        continue;
      if (isFound)
        return false;
      isFound = true;
      only = position[dim];
    }
    source.push_back(only);
  }
  tensor = expand.getSrc();
  position = std::move(source);
  return true;
}

bool Reading::isSimple() const {
  return llvm::all_of(position, [](AffineExpr expr) {
    if (expr.getKind() == AffineExprKind::FloorDiv)
      expr = cast<AffineBinaryOpExpr>(expr).getLHS();
    return isa<AffineDimExpr, AffineConstantExpr>(expr);
  });
}

/// Replaces one map and the operand it belongs to.
static void setOperand(linalg::GenericOp op, OpOperand &operand, Value value,
                       AffineMap map) {
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  maps[operand.getOperandNumber()] = map;
  operand.set(value);
  op.setIndexingMapsAttr(Builder(op.getContext()).getAffineMapArrayAttr(maps));
}

void mlir::ccq::absorbMovesOfInput(RewriterBase &rewriter, linalg::GenericOp op,
                                   unsigned input) {
  OpOperand *operand = op.getDpsInputOperand(input);
  AffineMap map = op.getMatchingIndexingMap(operand);
  Reading current{operand->get(), llvm::to_vector(map.getResults())};
  Reading found = current;
  while (Operation *producer = current.tensor.getDefiningOp()) {
    if (linalg::LinalgOp move = findMove(current.tensor)) {
      current.passMove(move);
      if (current.isSimple())
        found = current;
      continue;
    }
    if (!isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp>(producer) ||
        !current.passReshape(producer))
      break;
  }
  if (found.tensor == operand->get())
    return;
  rewriter.modifyOpInPlace(op, [&] {
    setOperand(
        op, *operand, found.tensor,
        AffineMap::get(op.getNumLoops(), 0, found.position, op.getContext()));
  });
}

linalg::GenericOp mlir::ccq::absorbTransposeOfResult(RewriterBase &rewriter,
                                                     linalg::GenericOp op) {
  Value result = op->getResult(0);
  OpOperand *init = op.getDpsInitOperand(0);
  auto fill = init->get().getDefiningOp<linalg::FillOp>();
  if (!fill || !result.hasOneUse())
    return op;
  auto move = dyn_cast<linalg::LinalgOp>(*result.getUsers().begin());
  if (!move || findMove(move->getResult(0)) != move ||
      move.getDpsInputOperand(0)->get() != result ||
      !move.getMatchingIndexingMap(move.getDpsInputOperand(0)).isPermutation())
    return op;
  // Where the sizes of the transposed tensor are known.
  rewriter.setInsertionPoint(move);
  AffineMap read = move.getMatchingIndexingMap(move.getDpsInputOperand(0));
  AffineMap written = move.getMatchingIndexingMap(move.getDpsInitOperand(0));
  AffineMap own = op.getMatchingIndexingMap(init);
  AffineMap map = written.compose(inversePermutation(read)).compose(own);
  auto type = cast<RankedTensorType>(move->getResult(0).getType());
  Value empty = rewriter.create<tensor::EmptyOp>(
      op.getLoc(),
      tensor::getMixedSizes(rewriter, op.getLoc(),
                            move.getDpsInitOperand(0)->get()),
      type.getElementType());
  Value filled =
      rewriter.create<linalg::FillOp>(fill.getLoc(), fill.value(), empty)
          .getResult(0);
  op->moveBefore(move);
  rewriter.modifyOpInPlace(op, [&] {
    setOperand(op, *init, filled, map);
    op->getResult(0).setType(type);
  });
  rewriter.replaceOp(move, op->getResults());
  return op;
}
