//===- VectorizeProducts.cpp - register blocks for attention --------------===//
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
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace mlir::ccq {
#define GEN_PASS_DEF_VECTORIZEPRODUCTS
#include "ccq/Target/Passes.h.inc"
} // namespace mlir::ccq

using namespace mlir;
using namespace mlir::ccq;

/// Rows of a block whose accumulators stay in registers.
static constexpr int64_t kBlockRows = 4;

/// Columns of a block of dot products.
static constexpr int64_t kDotColumns = 2;

namespace {

/// C += A B over one reduction loop, by the loops of the op.
struct Product {
  linalg::LinalgOp op;
  OpOperand *a, *b, *c;
  /// The reduction, a loop of A and C, one of B and C.
  unsigned k = 0;
  std::optional<unsigned> row, column;
};

} // namespace

/// Whether the body is `sum + a * b`.
static bool addsProducts(linalg::LinalgOp op) {
  Block *body = op.getBlock();
  auto add =
      body->getTerminator()->getOperand(0).getDefiningOp<arith::AddFOp>();
  if (!add)
    return false;
  bool isFirst = add.getLhs() == body->getArgument(2);
  auto multiply =
      (isFirst ? add.getRhs() : add.getLhs()).getDefiningOp<arith::MulFOp>();
  return multiply && (isFirst || add.getRhs() == body->getArgument(2)) &&
         multiply.getLhs() == body->getArgument(0) &&
         multiply.getRhs() == body->getArgument(1);
}

/// The last parallel loop that `with` and the result have and `without` has
/// not.
static std::optional<unsigned> findLoop(linalg::LinalgOp op, OpOperand *with,
                                        OpOperand *without) {
  AffineMap result = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  SmallVector<unsigned> loops;
  op.getParallelDims(loops);
  for (unsigned loop : llvm::reverse(loops))
    if (result.isFunctionOfDim(loop) &&
        op.getMatchingIndexingMap(with).isFunctionOfDim(loop) &&
        !op.getMatchingIndexingMap(without).isFunctionOfDim(loop))
      return loop;
  return std::nullopt;
}

static std::optional<Product> findProduct(linalg::LinalgOp op) {
  if (!op.hasPureBufferSemantics() || op.getNumDpsInputs() != 2 ||
      op.getNumDpsInits() != 1 || op.getNumReductionLoops() != 1 ||
      !llvm::all_of(op->getOperandTypes(), isF32MemRef) || !addsProducts(op))
    return std::nullopt;
  Product product{op, op.getDpsInputOperand(0), op.getDpsInputOperand(1),
                  op.getDpsInitOperand(0)};
  SmallVector<unsigned> reductions;
  op.getReductionDims(reductions);
  product.k = reductions.front();
  product.row = findLoop(op, product.a, product.b);
  product.column = findLoop(op, product.b, product.a);
  return product;
}

namespace {

/// Emits the loops of one product.
class ProductEmitter {
public:
  ProductEmitter(OpBuilder &builder, Product product, int64_t lanes)
      : builder(builder), loc(product.op.getLoc()), product(product),
        lanes(lanes), loops(builder, product.op) {}

  /// Whether the summed loop is innermost in both operands.
  bool isDot() const {
    return isInnermost(product.op, product.a, product.k) &&
           isInnermost(product.op, product.b, product.k);
  }
  /// Whether one loop is innermost in B and C.
  bool isSumOfRows() const {
    return product.column &&
           isInnermost(product.op, product.b, *product.column) &&
           isInnermost(product.op, product.c, *product.column);
  }

  void emit();

private:
  using Rows = ArrayRef<Value>;

  SmallVector<Value> getSteps(std::optional<unsigned> loop, Value first,
                              int64_t count);
  void emitRows(bool dots);
  void emitColumns(Rows rows, bool dots);
  void emitDots(Rows rows, Rows columns);
  SmallVector<Value> emitDotLanes(Rows rows, Rows columns, Value whole);
  SmallVector<Value> emitDotRest(Rows rows, Rows columns, Value whole,
                                 ArrayRef<Value> sums);
  void emitSums(Rows rows, Value column, int64_t width);
  Value loadA(Value row, Value depth, VectorType type);
  Value loadB(Value column, Value depth, VectorType type);

  OpBuilder &builder;
  Location loc;
  Product product;
  int64_t lanes;
  BufferLoops loops;
};

} // namespace

/// `count` consecutive values of a loop from `first` on; for no loop, one value
/// that stands for nothing.
SmallVector<Value> ProductEmitter::getSteps(std::optional<unsigned> loop,
                                            Value first, int64_t count) {
  SmallVector<Value> steps;
  for (int64_t i = 0; i < (loop ? count : 1); ++i)
    steps.push_back(
        builder.createOrFold<arith::AddIOp>(loc, first, loops.createIndex(i)));
  return steps;
}

void ProductEmitter::emit() {
  bool dots = isDot();
  SmallVector<unsigned> outer;
  for (unsigned loop = 0; loop < product.op.getNumLoops(); ++loop)
    if (loop != product.k && loop != product.row && loop != product.column)
      outer.push_back(loop);
  loops.emitNest(outer, [&] { emitRows(dots); });
}

/// Blocks of rows, then single rows.
void ProductEmitter::emitRows(bool dots) {
  auto emitBlock = [&](Value first, int64_t count) {
    SmallVector<Value> rows = getSteps(product.row, first, count);
    emitColumns(rows, dots);
  };
  if (!product.row)
    return emitBlock(loops.createIndex(0), 1);
  loops.emitBlocks(loops.getSize(*product.row), {kBlockRows, 1}, emitBlock);
}

void ProductEmitter::emitColumns(Rows rows, bool dots) {
  if (!dots) {
    // Four rows of two registers, or one row of eight: eight accumulators hide
    // the latency of fma.
    int64_t wide = (rows.size() == 1 ? 8 : 2) * lanes;
    loops.emitBlocks(
        loops.getSize(*product.column), {wide, lanes, 1},
        [&](Value first, int64_t width) { emitSums(rows, first, width); });
    return;
  }
  auto emitBlock = [&](Value first, int64_t count) {
    SmallVector<Value> columns = getSteps(product.column, first, count);
    emitDots(rows, columns);
  };
  if (!product.column)
    return emitBlock(loops.createIndex(0), 1);
  // A single row has registers for more columns.
  int64_t columns = rows.size() == 1 ? kBlockRows * kDotColumns : kDotColumns;
  loops.emitBlocks(loops.getSize(*product.column), {columns, 1}, emitBlock);
}

Value ProductEmitter::loadA(Value row, Value depth, VectorType type) {
  if (product.row)
    loops.set(*product.row, row);
  loops.set(product.k, depth);
  return loops.load(product.a, type);
}

Value ProductEmitter::loadB(Value column, Value depth, VectorType type) {
  if (product.column)
    loops.set(*product.column, column);
  loops.set(product.k, depth);
  return loops.load(product.b, type);
}

/// Adds the dot products of `rows` and `columns` to C.
void ProductEmitter::emitDots(Rows rows, Rows columns) {
  Value depth = loops.getSize(product.k);
  Value whole = loops.createWhole(depth, lanes);
  SmallVector<Value> sums = emitDotLanes(rows, columns, whole);
  if (!isSame(whole, depth))
    sums = emitDotRest(rows, columns, whole, sums);
  size_t next = 0;
  for (Value row : rows)
    for (Value column : columns) {
      if (product.row)
        loops.set(*product.row, row);
      if (product.column)
        loops.set(*product.column, column);
      Value old = loops.load(product.c, {});
      loops.store(product.c,
                  builder.create<arith::AddFOp>(loc, old, sums[next++]));
    }
}

/// The dot products over the first `whole` elements.
SmallVector<Value> ProductEmitter::emitDotLanes(Rows rows, Rows columns,
                                                Value whole) {
  auto type = VectorType::get(lanes, builder.getF32Type());
  Value zeros =
      builder.create<arith::ConstantOp>(loc, builder.getZeroAttr(type));
  SmallVector<Value> start(rows.size() * columns.size(), zeros);
  auto loop = builder.create<scf::ForOp>(loc, loops.createIndex(0), whole,
                                         loops.createIndex(lanes), start);
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(loop.getBody());
    Value depth = loop.getInductionVar();
    SmallVector<Value> right, sums;
    for (Value column : columns)
      right.push_back(loadB(column, depth, type));
    for (Value row : rows) {
      Value left = loadA(row, depth, type);
      for (Value other : right)
        sums.push_back(builder.create<vector::FMAOp>(
            loc, left, other, loop.getRegionIterArg(sums.size())));
    }
    builder.create<scf::YieldOp>(loc, sums);
  }
  SmallVector<Value> totals;
  for (Value lanesSum : loop.getResults())
    totals.push_back(builder.create<vector::ReductionOp>(
        loc, vector::CombiningKind::ADD, lanesSum,
        arith::FastMathFlags::reassoc));
  return totals;
}

/// `sums` with the products of the elements from `whole` on.
SmallVector<Value> ProductEmitter::emitDotRest(Rows rows, Rows columns,
                                               Value whole,
                                               ArrayRef<Value> sums) {
  auto loop = builder.create<scf::ForOp>(loc, whole, loops.getSize(product.k),
                                         loops.createIndex(1), sums);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  Value depth = loop.getInductionVar();
  SmallVector<Value> next;
  for (Value row : rows)
    for (Value column : columns) {
      Value left = loadA(row, depth, {});
      Value right = loadB(column, depth, {});
      Value element = builder.create<arith::MulFOp>(loc, left, right);
      next.push_back(builder.create<arith::AddFOp>(
          loc, loop.getRegionIterArg(next.size()), element));
    }
  builder.create<scf::YieldOp>(loc, next);
  return llvm::to_vector_of<Value>(loop.getResults());
}

/// Adds `width` columns from `column` on of the sums for `rows` to C.
void ProductEmitter::emitSums(Rows rows, Value column, int64_t width) {
  auto type = VectorType::get(width, builder.getF32Type());
  auto place = [&](Value row) {
    if (product.row)
      loops.set(*product.row, row);
    loops.set(*product.column, column);
  };
  SmallVector<Value> start;
  for (Value row : rows) {
    place(row);
    start.push_back(loops.load(product.c, type));
  }
  auto loop = builder.create<scf::ForOp>(loc, loops.createIndex(0),
                                         loops.getSize(product.k),
                                         loops.createIndex(1), start);
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(loop.getBody());
    Value depth = loop.getInductionVar();
    Value right = loadB(column, depth, type);
    SmallVector<Value> sums;
    for (auto [row, sum] : llvm::zip(rows, loop.getRegionIterArgs())) {
      Value left =
          builder.create<vector::BroadcastOp>(loc, type, loadA(row, depth, {}));
      sums.push_back(builder.create<vector::FMAOp>(loc, left, right, sum));
    }
    builder.create<scf::YieldOp>(loc, sums);
  }
  for (auto [row, sum] : llvm::zip(rows, loop.getResults())) {
    place(row);
    loops.store(product.c, sum);
  }
}

namespace {

struct VectorizeProducts
    : public ::mlir::ccq::impl::VectorizeProductsBase<VectorizeProducts> {
  using VectorizeProductsBase::VectorizeProductsBase;

  void runOnOperation() override {
    if (registerLanes < 1) {
      getOperation().emitError()
          << "expected register-lanes of at least 1, got "
          << int64_t(registerLanes);
      return signalPassFailure();
    }
    SmallVector<linalg::LinalgOp> ops;
    getOperation().walk([&](linalg::LinalgOp op) { ops.push_back(op); });
    for (linalg::LinalgOp op : ops) {
      std::optional<Product> product = findProduct(op);
      if (!product)
        continue;
      OpBuilder builder(op);
      ProductEmitter emitter(builder, *product, registerLanes);
      if (!emitter.isDot() && !emitter.isSumOfRows())
        continue;
      emitter.emit();
      op->erase();
    }
  }
};

} // namespace
