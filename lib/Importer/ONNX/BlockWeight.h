//===- BlockWeight.h - weights held as blocks of integers -------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_IMPORTER_ONNX_BLOCKWEIGHT_H
#define CCQ_LIB_IMPORTER_ONNX_BLOCKWEIGHT_H

#include "NodeImporter.h"

namespace mlir::ccq::importer {

/// Checks that integers have 2, 4 or 8 bits and that `block`, the number of
/// weights with one scale, is a power of 2 from 16 on.
LogicalResult checkBlocks(NodeImporter &node, int64_t bits, int64_t block);

/// A weight matrix in the layout of `ccq.dequantize`: N rows of K integers of
/// `bits` bits, the lowest bits of a byte first, in G blocks per row.
struct BlockWeight {
  int64_t k = 0;
  int64_t n = 0;
  int64_t bits = 4;
  int64_t block = 32;
  /// N x G x block * bits / 8 bytes; rows are padded to whole blocks.
  const ConstantTensor *codes = nullptr;
  /// N x G floats.
  const ConstantTensor *scales = nullptr;
  /// N x G floats, or N rows of G packed integers; null for 2^(bits - 1).
  const ConstantTensor *zeros = nullptr;
};

/// The matrix K x N of float32 with the name of the codes. What is emitted is a
/// handle of the codes, which stay in their file.
ImportedTensor emitBlockWeight(NodeImporter &node, const BlockWeight &weight);

} // namespace mlir::ccq::importer

#endif // CCQ_LIB_IMPORTER_ONNX_BLOCKWEIGHT_H
