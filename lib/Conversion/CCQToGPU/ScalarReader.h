//===- ScalarReader.h - weights coded as integers ---------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_CONVERSION_CCQTOGPU_SCALARREADER_H
#define CCQ_LIB_CONVERSION_CCQTOGPU_SCALARREADER_H

#include "WeightReader.h"

namespace mlir::ccq {

/// What the readers of 8-bit and 4-bit integers have in common: column c owns
/// rows 16c .. 16c + 15 of the group, in one row of bytes each or two rows to a
/// byte. Bytes of two rows of them meet in one register, two channels of each,
/// by a byte permute.
class ScalarReader : public WeightReader {
public:
  ScalarReader(CodedTensorType type, ScalarAttr scheme);

  void createPointers(KernelBuilder &builder, const LanePosition &lane,
                      ValueRange components) override;
  void createLoads(KernelBuilder &builder, Value group) override;
  SmallVector<ChannelPair> createPairs(KernelBuilder &builder,
                                       unsigned index) override;

protected:
  /// Rows of k that a column owns.
  static constexpr int64_t kOwnRows = 16;

  /// Emits the decode of bytes 0 and 2 of a register to f16x2: one register per
  /// code of a byte.
  virtual void decodeBytes(KernelBuilder &builder, Value packed,
                           Value *weights) = 0;

private:
  int64_t codesPerByte, byteRows, ownByteRows;
  bool isRagged, hasGroupScales;
  int64_t pitchBytes;
  Value column, channels, ownRows, scales;
  SmallVector<SmallVector<Value>> rows;
  SmallVector<Value> scaleWords;
};

} // namespace mlir::ccq

#endif // CCQ_LIB_CONVERSION_CCQTOGPU_SCALARREADER_H
