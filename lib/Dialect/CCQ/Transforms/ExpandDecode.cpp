//===- ExpandDecode.cpp - loops that decode a tile --------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ExpandDecode.h"
#include "ClusterDecoder.h"
#include "TensorLoops.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::ccq;
namespace codec = ::ccq::codec;

namespace {

/// Emits the loops of one decode.
class DecodeEmitter : TensorLoopEmitter {
public:
  DecodeEmitter(OpBuilder &builder, Location loc, CodedTensorType type,
                ValueRange components, int64_t vectorLanes)
      : TensorLoopEmitter(builder, loc), type(type), components(components),
        vectorLanes(vectorLanes) {}

  Value emit() {
    Value weights = builder.create<tensor::EmptyOp>(loc, type.getShape(),
                                                    type.getElementType());
    int64_t wholeN = type.getN() / vectorLanes * vectorLanes;
    weights =
        emitLoop(wholeN / vectorLanes, weights, [&](Value block, Value out) {
          return emitChannels(multiply(block, vectorLanes), vectorLanes, out);
        });
    if (int64_t rest = type.getN() - wholeN)
      weights = emitChannels(createIndex(wholeN), rest, weights);
    return weights;
  }

private:
  /// `lanes` channels from `n`, all groups of K.
  Value emitChannels(Value n, int64_t lanes, Value weights) {
    int64_t group = type.getScheme().getGroupSize();
    auto scalar = dyn_cast<ScalarAttr>(type.getScheme());
    if (scalar && scalar.getGroup() == 0) // One scale: all of K is a group.
      return emitGroup(createIndex(0), n, type.getK(), lanes, weights);
    weights =
        emitLoop(type.getK() / group, weights, [&](Value index, Value out) {
          return emitGroup(index, n, group, lanes, out);
        });
    if (int64_t rest = type.getK() % group)
      weights =
          emitGroup(createIndex(type.getK() / group), n, rest, lanes, weights);
    return weights;
  }

  /// The first `rows` weights of group `index` in `lanes` channels from `n`.
  Value emitGroup(Value index, Value n, int64_t rows, int64_t lanes,
                  Value weights) {
    if (auto words = dyn_cast<WordsAttr>(type.getScheme()))
      return emitWords(words, index, n, rows, lanes, weights);
    if (auto cluster = dyn_cast<ClusterAttr>(type.getScheme()))
      return emitClusters(cluster, index, n, rows, lanes, weights);
    return emitScalars(index, n, rows, lanes, weights);
  }

  /// Word by word, so that the weights of a word are stored before those of
  /// the next are formed and stay in registers until then.
  Value emitWords(WordsAttr scheme, Value index, Value n, int64_t rows,
                  int64_t lanes, Value weights) {
    auto wordType = builder.getIntegerType(scheme.getWordBits());
    int64_t wordCount = scheme.getWords();
    int64_t perWord = scheme.getShifts().size();
    Value words = read(components[0], {multiply(index, wordCount), n},
                       VectorType::get({wordCount, lanes}, wordType));
    Value tail = builder.create<vector::ExtractOp>(loc, words, wordCount - 1);
    Value scale = emitWordScale(scheme, tail, n, lanes);
    Value firstRow = multiply(index, type.getScheme().getGroupSize());
    for (int64_t word = 0; word * perWord < rows; ++word) {
      Value values = emitWord(scheme, words, word, scale);
      int64_t stored = std::min(getRowCount(values), rows - word * perWord);
      Value row = builder.createOrFold<arith::AddIOp>(
          loc, firstRow, createIndex(word * perWord));
      weights = write(sliceRows(values, 0, stored), weights, {row, n});
    }
    return weights;
  }

  /// The weights of one word of every lane.
  Value emitWord(WordsAttr scheme, Value words, int64_t word, Value scale) {
    bool isTail = word + 1 == scheme.getWords();
    int64_t count = isTail ? 1 : scheme.getShifts().size();
    int64_t lanes = cast<VectorType>(scale.getType()).getDimSize(0);
    auto rowsType = VectorType::get({count, lanes}, builder.getF32Type());
    Value windows = builder.create<TrellisDecodeOp>(loc, rowsType, scheme,
                                                    sliceRows(words, word, 1),
                                                    /*extra=*/Value(), word);
    Value scales = builder.create<vector::BroadcastOp>(loc, rowsType, scale);
    return builder.create<arith::MulFOp>(loc, windows, scales);
  }

  static int64_t getRowCount(Value vector) {
    return cast<VectorType>(vector.getType()).getDimSize(0);
  }

  /// Rows `begin` .. `begin + count - 1` of a vector of rows.
  Value sliceRows(Value vector, int64_t begin, int64_t count) {
    auto vectorType = cast<VectorType>(vector.getType());
    if (count == vectorType.getDimSize(0))
      return vector;
    return builder.create<vector::ExtractStridedSliceOp>(
        loc, vector, ArrayRef<int64_t>{begin, 0},
        ArrayRef<int64_t>{count, vectorType.getDimSize(1)},
        ArrayRef<int64_t>{1, 1});
  }

  /// localScale * superScale, rounded to f32 before the window is multiplied.
  Value emitWordScale(WordsAttr scheme, Value tail, Value n, int64_t lanes) {
    auto tailType = cast<VectorType>(tail.getType());
    auto scaleType = VectorType::get(lanes, builder.getF32Type());
    APInt mask =
        APInt::getLowBitsSet(scheme.getWordBits(), scheme.getScaleBits());
    Value masks = builder.create<arith::ConstantOp>(
        loc, DenseElementsAttr::get(tailType, mask));
    Value bits = builder.create<arith::AndIOp>(loc, tail, masks);
    Value local = builder.create<arith::UIToFPOp>(loc, scaleType, bits);
    Value super = read(components[1], {n}, scaleType);
    return builder.create<arith::MulFOp>(loc, local, super);
  }

  Value emitScalars(Value index, Value n, int64_t rows, int64_t lanes,
                    Value weights) {
    auto scheme = cast<ScalarAttr>(type.getScheme());
    bool isChannel = scheme.getGroup() == 0;
    auto rowType = VectorType::get(lanes, builder.getF32Type());
    SmallVector<Value> position{n};
    if (!isChannel)
      position.insert(position.begin(), index);
    Value stored = read(components[1], position,
                        VectorType::get(lanes, builder.getF16Type()));
    Value scale = builder.create<arith::ExtFOp>(loc, rowType, stored);
    Value firstRow =
        isChannel ? createIndex(0) : multiply(index, scheme.getGroup());
    if (scheme.getBits() == 4)
      return emitNibbles(firstRow, n, rows, scale, weights);
    return emitLoop(rows, weights, [&](Value row, Value out) {
      Value k = builder.createOrFold<arith::AddIOp>(loc, firstRow, row);
      Value codes = read(components[0], {k, n},
                         VectorType::get(lanes, builder.getI8Type()));
      return write(scaleCodes(codes, scale), out, {k, n});
    });
  }

  /// Signed integers times the scale.
  Value scaleCodes(Value codes, Value scale) {
    Value values = builder.create<arith::SIToFPOp>(loc, scale.getType(), codes);
    return builder.create<arith::MulFOp>(loc, values, scale);
  }

  /// Two weights per byte, the even k in the low nibble. `firstRow` is even.
  Value emitNibbles(Value firstRow, Value n, int64_t rows, Value scale,
                    Value weights) {
    int64_t lanes = cast<VectorType>(scale.getType()).getDimSize(0);
    auto byteType = VectorType::get(lanes, builder.getI8Type());
    Value four = builder.create<arith::ConstantOp>(
        loc, DenseElementsAttr::get(byteType, int8_t(4)));
    Value firstPair =
        builder.createOrFold<arith::DivUIOp>(loc, firstRow, createIndex(2));
    auto emitPair = [&](Value pair, int64_t count, Value out) {
      Value row = builder.createOrFold<arith::AddIOp>(loc, firstPair, pair);
      Value bytes = read(components[0], {row, n}, byteType);
      Value k = multiply(row, 2);
      Value moved = builder.create<arith::ShLIOp>(loc, bytes, four);
      Value even = builder.create<arith::ShRSIOp>(loc, moved, four);
      out = write(scaleCodes(even, scale), out, {k, n});
      if (count == 1)
        return out;
      Value odd = builder.create<arith::ShRSIOp>(loc, bytes, four);
      k = builder.createOrFold<arith::AddIOp>(loc, k, createIndex(1));
      return write(scaleCodes(odd, scale), out, {k, n});
    };
    weights = emitLoop(rows / 2, weights, [&](Value pair, Value out) {
      return emitPair(pair, 2, out);
    });
    if (rows % 2 != 0)
      weights = emitPair(createIndex(rows / 2), 1, weights);
    return weights;
  }

  /// Two groups of a cluster scheme, whose local scales share a byte.
  Value emitClusters(ClusterAttr scheme, Value index, Value n, int64_t rows,
                     int64_t lanes, Value weights) {
    auto rowType = VectorType::get(lanes, builder.getF32Type());
    auto byteType = VectorType::get(lanes, builder.getI8Type());
    ClusterDecoder decoder(builder, loc, scheme,
                           read(components[3], {n}, rowType),
                           read(components[4], {n}, rowType));
    Value pair = read(components[1], {index, n}, byteType);
    Value super = read(components[2], {n}, rowType);
    int64_t group = scheme.getGroup(), perByte = scheme.getShifts().size();
    for (int64_t half = 0; half * group < rows; ++half) {
      Value scale = builder.create<arith::MulFOp>(
          loc, decoder.decodeScale(pair, half), super);
      int64_t wanted = std::min(group, rows - half * group);
      Value firstRow = builder.createOrFold<arith::AddIOp>(
          loc, multiply(index, 2 * group), createIndex(half * group));
      auto emitByte = [&](Value byte, int64_t count, Value out) {
        Value first = builder.createOrFold<arith::AddIOp>(
            loc, firstRow, multiply(byte, perByte));
        Value row = builder.createOrFold<arith::DivUIOp>(loc, first,
                                                         createIndex(perByte));
        Value code = decoder.expand(read(components[0], {row, n}, byteType));
        for (int64_t i = 0; i < count; ++i) {
          Value k =
              builder.createOrFold<arith::AddIOp>(loc, first, createIndex(i));
          Value value = builder.create<arith::MulFOp>(
              loc, decoder.decodeWindow(code, i), scale);
          out = write(value, out, {k, n});
        }
        return out;
      };
      weights = emitLoop(wanted / perByte, weights, [&](Value byte, Value out) {
        return emitByte(byte, perByte, out);
      });
      if (int64_t rest = wanted % perByte)
        weights = emitByte(createIndex(wanted / perByte), rest, weights);
    }
    return weights;
  }

  Value multiply(Value index, int64_t factor) {
    return builder.createOrFold<arith::MulIOp>(loc, index, createIndex(factor));
  }

  CodedTensorType type;
  ValueRange components;
  int64_t vectorLanes;
};

} // namespace

Value mlir::ccq::createDecodeLoops(OpBuilder &builder, Location loc,
                                   CodedTensorType type, ValueRange components,
                                   int64_t vectorLanes) {
  return DecodeEmitter(builder, loc, type, components, vectorLanes).emit();
}
