//===- VectorizeRows.cpp - vectors for reductions and functions of rows ---===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BufferLoops.h"
#include "ccq/Target/Passes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"

namespace mlir::ccq {
#define GEN_PASS_DEF_VECTORIZEROWS
#include "ccq/Target/Passes.h.inc"
} // namespace mlir::ccq

using namespace mlir;
using namespace mlir::ccq;

/// Registers of partial results of a reduction.
static constexpr int64_t kPartialRegisters = 2;

/// Whether the op of a body can take vectors in place of scalars. Of the
/// functions only powers can (ccq-expand-vector-math), and what processors have
/// instructions for; the others are calls of the C library.
static bool isVectorizable(Operation &op) {
  if (isa_and_nonnull<math::MathDialect>(op.getDialect()) &&
      !isa<math::ExpOp, math::AbsFOp, math::CeilOp, math::FloorOp, math::FmaOp,
           math::RoundEvenOp, math::RsqrtOp, math::SqrtOp, math::TruncOp>(op))
    return false;
  return op.getNumResults() == 1 &&
         (isa<arith::ConstantOp>(op) ||
          OpTrait::hasElementwiseMappableTraits(&op)) &&
         (op.getResult(0).getType().isF32() ||
          op.getResult(0).getType().isInteger(1));
}

/// Whether the innermost loop of `op` runs over contiguous f32, or over nothing
/// at all, in every operand, and its body is arithmetic.
static bool hasVectorRows(linalg::LinalgOp op) {
  if (!isa<linalg::GenericOp>(op) || !op.hasPureBufferSemantics() ||
      op.getNumDpsInits() != 1 || op.getNumLoops() == 0)
    return false;
  unsigned inner = op.getNumLoops() - 1;
  for (OpOperand &operand : op->getOpOperands())
    if (!isa<MemRefType>(operand.get().getType()) ||
        !getElementTypeOrSelf(operand.get().getType()).isF32() ||
        (op.getMatchingIndexingMap(&operand).isFunctionOfDim(inner) &&
         !isInnermost(op, &operand, inner)))
      return false;
  return llvm::all_of(op.getBlock()->without_terminator(), isVectorizable);
}

/// Whether `op` calls a function, for which LLVM has no vectors.
static bool callsFunction(linalg::LinalgOp op) {
  return op.getNumLoops() == op.getNumParallelLoops() &&
         !op.payloadUsesValueFromOperand(op.getDpsInitOperand(0)) &&
         op.getMatchingIndexingMap(op.getDpsInitOperand(0))
             .isFunctionOfDim(op.getNumLoops() - 1) &&
         !op.getBlock()->getOps<math::ExpOp>().empty();
}

/// What combines elements with the result of a row reduction, or null.
static Operation *findCombiner(linalg::LinalgOp op) {
  SmallVector<unsigned> reductions;
  op.getReductionDims(reductions);
  if (reductions.size() != 1 || reductions[0] != op.getNumLoops() - 1)
    return nullptr;
  Block *body = op.getBlock();
  BlockArgument out = body->getArguments().back();
  Operation *combiner = body->getTerminator()->getOperand(0).getDefiningOp();
  if (!out.hasOneUse() || !combiner || *out.getUsers().begin() != combiner ||
      !isa<arith::AddFOp, arith::MaximumFOp, arith::MinimumFOp,
           arith::MaxNumFOp, arith::MinNumFOp>(combiner))
    return nullptr;
  return combiner;
}

namespace {

/// Emits the loops of one op.
class RowEmitter {
public:
  RowEmitter(OpBuilder &builder, linalg::LinalgOp op, int64_t lanes)
      : builder(builder), loc(op.getLoc()), op(op), lanes(lanes),
        inner(op.getNumLoops() - 1), loops(builder, op) {}

  void emitElementwise();
  void emitReduction(Operation *combiner);

private:
  void emitRowReduction(Operation *combiner);
  Value emitBody(int64_t width, Value out);
  Value emitPartial(Operation *combiner, Value whole, int64_t width);
  SmallVector<unsigned> getOuterLoops() const {
    return llvm::to_vector(llvm::seq<unsigned>(0, inner));
  }

  OpBuilder &builder;
  Location loc;
  linalg::LinalgOp op;
  int64_t lanes;
  unsigned inner;
  BufferLoops loops;
};

} // namespace

/// What the body yields for `width` elements, with `out` as the old result
/// where there is one.
Value RowEmitter::emitBody(int64_t width, Value out) {
  VectorType type;
  if (width > 1)
    type = VectorType::get(width, builder.getF32Type());
  IRMapping mapping;
  for (OpOperand *input : op.getDpsInputOperands()) {
    bool isAlong = op.getMatchingIndexingMap(input).isFunctionOfDim(inner);
    Value value = loops.load(input, isAlong ? type : VectorType());
    if (type && !isAlong)
      value = builder.create<vector::BroadcastOp>(loc, type, value);
    mapping.map(op.getMatchingBlockArgument(input), value);
  }
  if (out)
    mapping.map(op.getBlock()->getArguments().back(), out);
  for (Operation &old : op.getBlock()->without_terminator()) {
    Type resultType = old.getResult(0).getType();
    if (!type) {
      builder.clone(old, mapping);
      continue;
    }
    auto vectorType = VectorType::get(width, resultType);
    if (auto constant = dyn_cast<arith::ConstantOp>(old)) {
      mapping.map(
          constant.getResult(),
          builder.create<arith::ConstantOp>(
              loc, DenseElementsAttr::get(vectorType, constant.getValue())));
      continue;
    }
    SmallVector<Value> operands;
    for (Value operand : old.getOperands()) {
      // What is computed outside of the body is one number for all lanes.
      if (!mapping.contains(operand))
        mapping.map(operand, builder.create<vector::BroadcastOp>(
                                 loc, VectorType::get(width, operand.getType()),
                                 operand));
      operands.push_back(mapping.lookup(operand));
    }
    Operation *created = builder.create(loc, old.getName().getIdentifier(),
                                        operands, vectorType, old.getAttrs());
    mapping.map(old.getResult(0), created->getResult(0));
  }
  return mapping.lookupOrDefault(op.getBlock()->getTerminator()->getOperand(0));
}

void RowEmitter::emitElementwise() {
  loops.emitNest(getOuterLoops(), [&] {
    loops.emitBlocks(
        loops.getSize(inner), {lanes, 1}, [&](Value first, int64_t width) {
          loops.set(inner, first);
          loops.store(op.getDpsInitOperand(0), emitBody(width, {}));
        });
  });
}

static vector::CombiningKind getKind(Operation *combiner) {
  return *linalg::getCombinerOpKind(combiner);
}

/// The first `whole` elements of a row combined.
Value RowEmitter::emitPartial(Operation *combiner, Value whole, int64_t width) {
  auto type = VectorType::get(width, builder.getF32Type());
  Value start;
  if (isa<arith::AddFOp>(combiner))
    start = builder.create<arith::ConstantOp>(loc, builder.getZeroAttr(type));
  else
    start = builder.create<vector::BroadcastOp>(
        loc, type, loops.load(op.getDpsInitOperand(0), {}));
  auto loop = builder.create<scf::ForOp>(loc, loops.createIndex(0), whole,
                                         loops.createIndex(width), start);
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(loop.getBody());
    loops.set(inner, loop.getInductionVar());
    builder.create<scf::YieldOp>(loc,
                                 emitBody(width, loop.getRegionIterArg(0)));
  }
  return builder.create<vector::ReductionOp>(
      loc, getKind(combiner), loop.getResult(0), arith::FastMathFlags::reassoc);
}

void RowEmitter::emitReduction(Operation *combiner) {
  loops.emitNest(getOuterLoops(), [&] { emitRowReduction(combiner); });
}

void RowEmitter::emitRowReduction(Operation *combiner) {
  Value size = loops.getSize(inner);
  int64_t width = kPartialRegisters * lanes;
  Value whole = loops.createWhole(size, width);
  Value partial = emitPartial(combiner, whole, width);
  OpOperand *out = op.getDpsInitOperand(0);
  Value old = loops.load(out, {});
  Value combined = builder
                       .create(loc, combiner->getName().getIdentifier(),
                               {old, partial}, old.getType())
                       ->getResult(0);
  auto loop = builder.create<scf::ForOp>(loc, whole, size, loops.createIndex(1),
                                         combined);
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(loop.getBody());
    loops.set(inner, loop.getInductionVar());
    builder.create<scf::YieldOp>(loc, emitBody(1, loop.getRegionIterArg(0)));
  }
  loops.store(out, loop.getResult(0));
}

namespace {

struct VectorizeRows
    : public ::mlir::ccq::impl::VectorizeRowsBase<VectorizeRows> {
  using VectorizeRowsBase::VectorizeRowsBase;

  void runOnOperation() override {
    if (registerLanes < 1) {
      getOperation().emitError()
          << "expected register-lanes of at least 1, got "
          << int64_t(registerLanes);
      return signalPassFailure();
    }
    SmallVector<linalg::LinalgOp> ops;
    getOperation().walk([&](linalg::LinalgOp op) {
      if (hasVectorRows(op))
        ops.push_back(op);
    });
    for (linalg::LinalgOp op : ops) {
      OpBuilder builder(op);
      Operation *combiner = findCombiner(op);
      if (combiner)
        RowEmitter(builder, op, registerLanes).emitReduction(combiner);
      else if (callsFunction(op))
        RowEmitter(builder, op, registerLanes).emitElementwise();
      else
        continue;
      op->erase();
    }
  }
};

} // namespace
