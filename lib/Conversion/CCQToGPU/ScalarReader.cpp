//===- ScalarReader.cpp - weights coded as integers -------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ScalarReader.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::ccq;

ScalarReader::ScalarReader(CodedTensorType type, ScalarAttr scheme)
    : codesPerByte(8 / scheme.getBits()),
      byteRows(llvm::divideCeil(type.getK(), codesPerByte)),
      ownByteRows(kOwnRows / codesPerByte),
      isRagged(type.getK() % kGroupSize != 0),
      hasGroupScales(scheme.getGroup() != 0),
      pitchBytes(type.getComponentTypes().front().getDimSize(1)) {}

void ScalarReader::createPointers(KernelBuilder &builder,
                                  const LanePosition &lane,
                                  ValueRange components) {
  column = lane.column;
  channels = builder.advance(components[0], lane.channel, 1);
  ownRows = builder.advance(channels, column, ownByteRows * pitchBytes);
  if (hasGroupScales)
    scales = builder.advance(components[1], lane.channel, 2);
}

void ScalarReader::createLoads(KernelBuilder &builder, Value group) {
  // Codes have no padding along K but for the rest of the last byte: rows past
  // the end repeat the last one, and x is zero there.
  int64_t groupRows = kGroupSize / codesPerByte;
  Value own = builder.advance(ownRows, group, groupRows * pitchBytes);
  Value first = builder.add(builder.mul(group, groupRows),
                            builder.mul(column, ownByteRows));
  rows.clear();
  for (int64_t i = 0; i < ownByteRows; ++i) {
    Value pointer = own;
    if (isRagged)
      pointer = builder.advance(
          channels,
          builder.apply<arith::MinUIOp>(builder.add(first, i), byteRows - 1),
          pitchBytes);
    rows.push_back(
        builder.loadFourWords(pointer, isRagged ? 0 : i * pitchBytes));
  }
  if (!hasGroupScales)
    return;
  Value row = builder.advance(scales, group, 2 * pitchBytes);
  scaleWords = builder.loadFourWords(row, 0);
  llvm::append_range(scaleWords, builder.loadFourWords(row, 16));
}

SmallVector<ChannelPair> ScalarReader::createPairs(KernelBuilder &builder,
                                                   unsigned index) {
  SmallVector<ChannelPair> pairs(2);
  for (unsigned half : {0, 1}) {
    auto halves =
        half ? BytePermutation::HighHalves : BytePermutation::LowHalves;
    for (int64_t i = 0; i < ownByteRows / 2; ++i) {
      Value packed =
          builder.permute(rows[2 * i][index], rows[2 * i + 1][index], halves);
      Value odd = builder.apply<arith::ShRUIOp>(packed, 8);
      decodeBytes(builder, packed, &pairs[half].weights[0][codesPerByte * i]);
      decodeBytes(builder, odd, &pairs[half].weights[1][codesPerByte * i]);
    }
    if (hasGroupScales)
      pairs[half].groupScales =
          builder.halvesToFloat(scaleWords[2 * index + half]);
  }
  return pairs;
}
