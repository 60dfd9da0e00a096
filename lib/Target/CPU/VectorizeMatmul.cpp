//===- VectorizeMatmul.cpp - register blocks for matmul tiles ---*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Target/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace mlir::ccq {
#define GEN_PASS_DEF_VECTORIZEMATMUL
#include "ccq/Target/Passes.h.inc"
} // namespace mlir::ccq

using namespace mlir;
using namespace mlir::ccq;

/// Rows of a block whose accumulators stay in registers.
static constexpr int64_t kBlockRows = 4;

/// Whether the last dimension of `value` is contiguous f32.
static bool hasUnitInnerStride(Value value) {
  auto type = dyn_cast<MemRefType>(value.getType());
  if (!type || type.getRank() != 2 || !type.getElementType().isF32())
    return false;
  SmallVector<int64_t> strides;
  int64_t offset;
  return succeeded(getStridesAndOffset(type, strides, offset)) &&
         strides.back() == 1;
}

namespace {

/// Emits the loops of one product C += A B.
class MatmulEmitter {
public:
  MatmulEmitter(OpBuilder &builder, linalg::MatmulOp op, int64_t registerLanes)
      : builder(builder), loc(op.getLoc()), a(op.getInputs()[0]),
        b(op.getInputs()[1]), c(op.getOutputs()[0]),
        registerLanes(registerLanes) {
    auto weights = cast<MemRefType>(b.getType());
    k = weights.getDimSize(0);
    n = weights.getDimSize(1);
  }

  /// Whole blocks of rows, then single rows.
  void emit() {
    Value zero = createIndex(0), rows = createIndex(kBlockRows);
    Value m = builder.createOrFold<memref::DimOp>(loc, c, 0);
    Value rest = builder.createOrFold<arith::RemUIOp>(loc, m, rows);
    Value whole = builder.createOrFold<arith::SubIOp>(loc, m, rest);
    // Four rows of two registers, or one row of eight: eight accumulators hide
    // the latency of fma, and with the operands they fit in sixteen registers.
    emitRows(zero, whole, kBlockRows, 2 * registerLanes);
    emitRows(whole, m, 1, 8 * registerLanes);
  }

private:
  Value createIndex(int64_t value) {
    return builder.create<arith::ConstantIndexOp>(loc, value);
  }

  /// Rows [begin, end) in steps of `rows`, channels in blocks of `lanes`.
  void emitRows(Value begin, Value end, int64_t rows, int64_t lanes) {
    auto loop = builder.create<scf::ForOp>(loc, begin, end, createIndex(rows));
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(loop.getBody());
    Value row = loop.getInductionVar();
    int64_t wholeN = n / lanes * lanes;
    if (wholeN == lanes) {
      emitBlock(row, createIndex(0), rows, lanes);
    } else if (wholeN > 0) {
      auto channels = builder.create<scf::ForOp>(
          loc, createIndex(0), createIndex(wholeN), createIndex(lanes));
      OpBuilder::InsertionGuard channelGuard(builder);
      builder.setInsertionPointToStart(channels.getBody());
      emitBlock(row, channels.getInductionVar(), rows, lanes);
    }
    emitNarrowBlocks(row, wholeN, rows);
  }

  /// The channels from `begin` on: whole registers, then what is left of one.
  void emitNarrowBlocks(Value row, int64_t begin, int64_t rows) {
    int64_t wholeRegisters = (n - begin) / registerLanes * registerLanes;
    if (wholeRegisters > 0)
      emitBlock(row, createIndex(begin), rows, wholeRegisters);
    begin += wholeRegisters;
    if (begin < n)
      emitBlock(row, createIndex(begin), rows, n - begin);
  }

  /// `rows` x `lanes` accumulators over all of K.
  void emitBlock(Value row, Value channel, int64_t rows, int64_t lanes) {
    auto type = VectorType::get(lanes, builder.getF32Type());
    SmallVector<Value> rowIndices, accumulators;
    for (int64_t i = 0; i < rows; ++i) {
      rowIndices.push_back(
          builder.createOrFold<arith::AddIOp>(loc, row, createIndex(i)));
      accumulators.push_back(builder.create<vector::LoadOp>(
          loc, type, c, ValueRange{rowIndices.back(), channel}));
    }
    auto loop = builder.create<scf::ForOp>(loc, createIndex(0), createIndex(k),
                                           createIndex(1), accumulators);
    {
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPointToStart(loop.getBody());
      Value depth = loop.getInductionVar();
      Value weights = builder.create<vector::LoadOp>(
          loc, type, b, ValueRange{depth, channel});
      SmallVector<Value> sums;
      for (auto [index, sum] :
           llvm::zip(rowIndices, loop.getRegionIterArgs())) {
        Value x =
            builder.create<memref::LoadOp>(loc, a, ValueRange{index, depth});
        Value spread = builder.create<vector::BroadcastOp>(loc, type, x);
        sums.push_back(
            builder.create<vector::FMAOp>(loc, spread, weights, sum));
      }
      builder.create<scf::YieldOp>(loc, sums);
    }
    for (auto [index, sum] : llvm::zip(rowIndices, loop.getResults()))
      builder.create<vector::StoreOp>(loc, sum, c, ValueRange{index, channel});
  }

  OpBuilder &builder;
  Location loc;
  Value a, b, c;
  int64_t registerLanes, k = 0, n = 0;
};

struct VectorizeMatmul
    : public ::mlir::ccq::impl::VectorizeMatmulBase<VectorizeMatmul> {
  using VectorizeMatmulBase::VectorizeMatmulBase;

  void runOnOperation() override {
    if (registerLanes < 1) {
      getOperation().emitError()
          << "expected register-lanes of at least 1, got "
          << int64_t(registerLanes);
      return signalPassFailure();
    }
    SmallVector<linalg::MatmulOp> products;
    getOperation().walk([&](linalg::MatmulOp op) {
      if (op.hasPureBufferSemantics() &&
          cast<MemRefType>(op.getInputs()[1].getType()).hasStaticShape() &&
          llvm::all_of(op->getOperands(), hasUnitInnerStride))
        products.push_back(op);
    });
    for (linalg::MatmulOp op : products) {
      OpBuilder builder(op);
      MatmulEmitter(builder, op, registerLanes).emit();
      op.erase();
    }
  }
};

} // namespace
