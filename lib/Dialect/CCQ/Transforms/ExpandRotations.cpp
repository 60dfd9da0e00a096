//===- ExpandRotations.cpp - rotations to loops of additions ----*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TensorLoops.h"
#include "ccq/Codec/Stream.h"
#include "ccq/Dialect/CCQ/IR/CCQOps.h"
#include "ccq/Dialect/CCQ/Transforms/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace mlir::ccq {
#define GEN_PASS_DEF_EXPANDROTATIONS
#include "ccq/Dialect/CCQ/Transforms/Passes.h.inc"
} // namespace mlir::ccq

using namespace mlir;
using namespace mlir::ccq;
namespace codec = ::ccq::codec;

/// Columns in a vector.
static constexpr int64_t kLanes = 8;
/// Columns that are read or written at a time; few wide accesses, because
/// bufferization takes time that grows with the square of their number.
static constexpr int64_t kAccessColumns = 64;
/// Columns that are transformed in registers.
static constexpr int64_t kRegisterColumns = 256;

namespace {

/// Emits the transform of all rows of one op.
class RotationEmitter : TensorLoopEmitter {
public:
  RotationEmitter(OpBuilder &builder, RotateOp op)
      : TensorLoopEmitter(builder, op.getLoc()), op(op), source(op.getSource()),
        columns(cast<RankedTensorType>(source.getType()).getDimSize(1)) {}

  Value emit() {
    Value empty = builder.create<tensor::EmptyOp>(
        loc, tensor::getMixedSizes(builder, loc, source), builder.getF32Type());
    Value rows = builder.createOrFold<tensor::DimOp>(loc, source, 0);
    return emitLoop(rows, 1, empty,
                    [&](Value row, Value out) { return emitRow(row, out); });
  }

private:
  /// The blocks of one row: whole ones, then falling powers of two.
  Value emitRow(Value row, Value out) {
    int64_t block = op.getBlock();
    int64_t whole = columns / block * block;
    if (whole > 0)
      out = emitLoop(createIndex(whole), block, out,
                     [&](Value column, Value inner) {
                       return emitBlock(row, column, block, inner);
                     });
    for (int64_t column = whole; column < columns;) {
      codec::RotationBlock rest =
          codec::getRotationBlock(unsigned(block), columns, column);
      out = emitBlock(row, createIndex(column), rest.rows, out);
      column += rest.rows;
    }
    return out;
  }

  /// `size` columns from `column`: pieces in registers, then steps in memory.
  Value emitBlock(Value row, Value column, int64_t size, Value out) {
    int64_t piece = std::min(size, kRegisterColumns);
    for (int64_t begin = 0; begin < size; begin += piece)
      out = emitPiece(row, add(column, begin), piece,
                      2 * codec::getRotationFactor(size), out);
    for (int64_t half = piece; half < size; half *= 2)
      for (int64_t pair = 0; pair < size; pair += 2 * half)
        out = emitLoop(createIndex(half), kLanes, out,
                       [&](Value index, Value inner) {
                         Value first = add(add(column, pair), index);
                         return emitPair(row, first, half, inner);
                       });
    return out;
  }

  /// Sum and difference of two vectors of the result, `half` columns apart.
  Value emitPair(Value row, Value first, int64_t half, Value out) {
    Value second = add(first, half);
    Value a = readColumns(out, row, first, kLanes);
    Value b = readColumns(out, row, second, kLanes);
    out = write(builder.create<arith::AddFOp>(loc, a, b), out, {row, first});
    return write(builder.create<arith::SubFOp>(loc, a, b), out, {row, second});
  }

  /// Up to 256 columns, a power of two, in registers.
  Value emitPiece(Value row, Value column, int64_t size, float factor,
                  Value out) {
    int64_t lanes = std::min(size, kLanes);
    int64_t access = std::min(size, kAccessColumns);
    SmallVector<Value> values;
    for (int64_t begin = 0; begin < size; begin += access) {
      Value loaded = readColumns(source, row, add(column, begin), access);
      for (int64_t part = 0; part < access; part += lanes)
        values.push_back(builder.create<arith::MulFOp>(
            loc, extractLanes(loaded, part, lanes),
            createSigns(add(column, begin + part), lanes, factor)));
    }
    for (int64_t half = 1; half < lanes; half *= 2)
      for (Value &value : values)
        value = transformLanes(value, half);
    for (size_t half = 1; half < values.size(); half *= 2)
      for (size_t i = 0; i < values.size(); ++i) {
        if (i & half)
          continue;
        Value a = values[i], b = values[i + half];
        values[i] = builder.create<arith::AddFOp>(loc, a, b);
        values[i + half] = builder.create<arith::SubFOp>(loc, a, b);
      }
    for (int64_t begin = 0; begin < size; begin += access) {
      ArrayRef<Value> parts(values);
      Value joined = joinLanes(parts.slice(begin / lanes, access / lanes));
      out = write(joined, out, {row, add(column, begin)});
    }
    return out;
  }

  Value extractLanes(Value vector, int64_t begin, int64_t count) {
    if (count == cast<VectorType>(vector.getType()).getNumElements())
      return vector;
    return builder.create<vector::ExtractStridedSliceOp>(
        loc, vector, ArrayRef<int64_t>{begin}, ArrayRef<int64_t>{count},
        ArrayRef<int64_t>{1});
  }

  /// One vector of vectors of equal length.
  Value joinLanes(ArrayRef<Value> parts) {
    if (parts.size() == 1)
      return parts.front();
    int64_t lanes = cast<VectorType>(parts.front().getType()).getNumElements();
    auto type =
        VectorType::get(lanes * int64_t(parts.size()), builder.getF32Type());
    Value joined =
        builder.create<arith::ConstantOp>(loc, builder.getZeroAttr(type));
    for (auto [index, part] : llvm::enumerate(parts))
      joined = builder.create<vector::InsertStridedSliceOp>(
          loc, part, joined, ArrayRef<int64_t>{int64_t(index) * lanes},
          ArrayRef<int64_t>{1});
    return joined;
  }

  /// One step inside a vector: a + b where bit `half` of the lane is clear,
  /// a - b where it is set, a and b the lanes with that bit clear and set.
  Value transformLanes(Value value, int64_t half) {
    auto type = cast<VectorType>(value.getType());
    SmallVector<int64_t> clear, set;
    SmallVector<float> signs;
    for (int64_t lane = 0; lane < type.getNumElements(); ++lane) {
      clear.push_back(lane & ~half);
      set.push_back(lane | half);
      signs.push_back(lane & half ? -1.0f : 1.0f);
    }
    Value a = builder.create<vector::ShuffleOp>(loc, value, value, clear);
    Value b = builder.create<vector::ShuffleOp>(loc, value, value, set);
    Value sign = builder.create<arith::ConstantOp>(
        loc, DenseElementsAttr::get(type, ArrayRef(signs)));
    return builder.create<arith::AddFOp>(
        loc, a, builder.create<arith::MulFOp>(loc, b, sign));
  }

  /// `factor` with the signs of `lanes` rows of k from column `k` of the
  /// operand, a multiple of `lanes`.
  Value createSigns(Value k, int64_t lanes, float factor) {
    Type wide = builder.getI64Type();
    Value row = builder.createOrFold<arith::AddIOp>(loc, op.getKOffset(), k);
    Value period = createIndex(codec::signRows);
    Value bits = createRandomBits(builder.createOrFold<arith::IndexCastOp>(
        loc, wide, builder.createOrFold<arith::DivUIOp>(loc, row, period)));
    Value shift = builder.createOrFold<arith::IndexCastOp>(
        loc, wide, builder.createOrFold<arith::RemUIOp>(loc, row, period));
    Value shifted = builder.createOrFold<arith::ShRUIOp>(loc, bits, shift);
    Value low =
        builder.create<arith::TruncIOp>(loc, builder.getI32Type(), shifted);
    auto ints = VectorType::get(lanes, builder.getI32Type());
    auto floats = VectorType::get(lanes, builder.getF32Type());
    SmallVector<int32_t> masks;
    for (int64_t lane = 0; lane < lanes; ++lane)
      masks.push_back(1 << lane);
    Value spread = builder.create<vector::BroadcastOp>(loc, ints, low);
    Value masked = builder.create<arith::AndIOp>(
        loc, spread,
        builder.create<arith::ConstantOp>(
            loc, DenseElementsAttr::get(ints, ArrayRef(masks))));
    Value isNegated = builder.create<arith::CmpIOp>(
        loc, arith::CmpIPredicate::ne, masked,
        builder.create<arith::ConstantOp>(loc, builder.getZeroAttr(ints)));
    auto createSplat = [&](float value) {
      return builder.create<arith::ConstantOp>(
          loc, DenseElementsAttr::get(floats, value));
    };
    return builder.create<arith::SelectOp>(loc, isNegated, createSplat(-factor),
                                           createSplat(factor));
  }

  /// Number `index` of the generator that codec::isRowNegated takes its bits
  /// from.
  Value createRandomBits(Value index) {
    auto constant = [&](uint64_t value) {
      return builder.create<arith::ConstantOp>(
          loc, builder.getI64IntegerAttr(int64_t(value)));
    };
    Value z = builder.createOrFold<arith::MulIOp>(loc, index,
                                                  constant(codec::signStep));
    z = builder.createOrFold<arith::AddIOp>(
        loc, z, constant(uint64_t(op.getSeed()) + codec::signStep));
    for (const codec::SignMix &mix : codec::signMixes) {
      Value shifted =
          builder.createOrFold<arith::ShRUIOp>(loc, z, constant(mix.shift));
      z = builder.createOrFold<arith::XOrIOp>(loc, z, shifted);
      z = builder.createOrFold<arith::MulIOp>(loc, z, constant(mix.factor));
    }
    return z;
  }

  Value readColumns(Value tensor, Value row, Value column, int64_t count) {
    return read(tensor, {row, column},
                VectorType::get(count, builder.getF32Type()));
  }

  Value add(Value index, int64_t offset) {
    return add(index, createIndex(offset));
  }

  Value add(Value a, Value b) {
    return builder.createOrFold<arith::AddIOp>(loc, a, b);
  }

  RotateOp op;
  Value source;
  int64_t columns;
};

struct ExpandRotations
    : public ::mlir::ccq::impl::ExpandRotationsBase<ExpandRotations> {
  using ExpandRotationsBase::ExpandRotationsBase;

  void runOnOperation() override {
    SmallVector<RotateOp> rotations;
    getOperation().walk([&](RotateOp op) { rotations.push_back(op); });
    for (RotateOp op : rotations) {
      OpBuilder builder(op);
      op.replaceAllUsesWith(RotationEmitter(builder, op).emit());
      op.erase();
    }
  }
};

} // namespace
