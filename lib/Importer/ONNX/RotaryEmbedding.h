//===- RotaryEmbedding.h - rotation of pairs by position --------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_IMPORTER_ONNX_ROTARYEMBEDDING_H
#define CCQ_LIB_IMPORTER_ONNX_ROTARYEMBEDDING_H

#include "TensorMath.h"

namespace mlir::ccq::importer {

/// Which elements of a head are turned together: i and i + half, or neighbours.
enum class RotaryPairs { Halves, Neighbours };

/// Tables of cosines and sines, one column per pair: positions x pairs, or
/// batch x rows x pairs.
struct RotaryTables {
  ImportedTensor cosines;
  ImportedTensor sines;

  int64_t getRank() const { return cosines.getRank(); }
};

/// Where the row of tables of rank 2 comes from, given batch and row of the
/// element and the elements of the operands: an index, clamped to the table.
struct RotaryPositions {
  /// Addressed by batch, row, and two more, as the tensor's dimensions are.
  SmallVector<MappedOperand> operands;
  llvm::function_ref<Value(ImplicitLocOpBuilder &, Value row,
                           ValueRange elements)>
      getPosition;
};

/// `tensor`, batch x rows x heads x size (or batch x heads x rows x size, as
/// `rowAxis` says: 1 or 2), with the first pairs of each head turned by the
/// angles of their row: (x, y) becomes (x cos - y sin, y cos + x sin). The
/// other elements stay. Computed in f32 for 16-bit floats.
ImportedTensor emitRotated(NodeImporter &node, ImportedTensor &tensor,
                           int64_t rowAxis, RotaryTables &tables,
                           RotaryPairs pairs, const RotaryPositions &positions);

/// Checks that the tables are alike and have `getRank()` dimensions, and gives
/// the number of pairs. Reports when they do not fit heads of `size` elements
/// of which `rotated` (all for 0) are turned.
FailureOr<int64_t> checkRotaryTables(NodeImporter &node,
                                     const RotaryTables &tables,
                                     ElementType type, int64_t size,
                                     int64_t rotated);

} // namespace mlir::ccq::importer

#endif // CCQ_LIB_IMPORTER_ONNX_ROTARYEMBEDDING_H
