//===- WeightReader.cpp - readers by scheme ---------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "WeightReader.h"

using namespace mlir;
using namespace mlir::ccq;

int64_t mlir::ccq::getChannelsPerLane(CodedTensorType type) {
  return 128 / type.getComponentTypes().front().getElementTypeBitWidth();
}

unsigned mlir::ccq::getChannelScaleComponent(CodedTensorType type) {
  return isa<ClusterAttr>(type.getScheme()) ? 2 : 1;
}

std::unique_ptr<WeightReader>
mlir::ccq::createWeightReader(CodedTensorType type) {
  if (auto scalar = dyn_cast<ScalarAttr>(type.getScheme()))
    return scalar.getBits() == 8 ? createIntegerReader(type, scalar)
                                 : createNibbleReader(type, scalar);
  if (auto cluster = dyn_cast<ClusterAttr>(type.getScheme())) {
    // The windows lie in the 16 bits of a code that a register half holds.
    bool fits = cluster.getShifts().front() + cluster.getWindow() <= 16;
    return cluster.getGroup() == kGroupSize && fits
               ? createClusterReader(type, cluster)
               : nullptr;
  }
  auto words = dyn_cast<WordsAttr>(type.getScheme());
  if (!words)
    return nullptr;
  size_t perWord = words.getShifts().size();
  if (words.getWordBits() == 16 && perWord == 7)
    return createHalfWordReader(type, words);
  if (words.getWordBits() == 8 && perWord == 3)
    return createByteWordReader(type, words);
  return nullptr;
}
