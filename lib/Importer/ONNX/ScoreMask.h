//===- ScoreMask.h - masks of contributed attention operators ---*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_IMPORTER_ONNX_SCOREMASK_H
#define CCQ_LIB_IMPORTER_ONNX_SCOREMASK_H

#include "Attention.h"

namespace mlir::ccq::importer {

/// The sizes of the scores of one node.
struct ScoreShape {
  Size batch, heads, rows, columns;

  Shape getShape() const { return {batch, heads, rows, columns}; }
};

/// What com.microsoft.Attention and MultiHeadAttention do to scores: a mask of
/// keys, a bias, and no look ahead.
class ScoreMask {
public:
  ScoreMask(NodeImporter &node, const ScoreShape &scores)
      : node(node), scores(scores) {}

  /// The mask at `input`, if it is there: which keys count, as batch x columns
  /// or batch x rows x columns of integers (those above 0 do), or how many do,
  /// per batch. Reports and fails when it does not fit.
  LogicalResult addPadding(size_t input);
  /// The floats at `input`, if they are there, which are added to the scores:
  /// batch x heads x rows x columns, where the first two may be 1.
  LogicalResult addBias(size_t input);

  /// The operands that `change` reads, in order.
  SmallVector<MappedOperand> getOperands() const { return operands; }
  /// A score after mask and bias; with the attribute `unidirectional` keys
  /// after the query, which stands behind `pastRows` others, do not count.
  Value change(ImplicitLocOpBuilder &b, Value score, ValueRange position,
               ValueRange elements, Value pastRows) const;

private:
  NodeImporter &node;
  ScoreShape scores;
  SmallVector<MappedOperand> operands;
  bool hasMask = false, maskIsLength = false, hasBias = false;
};

/// Checks that `tensor` broadcasts to the scores, dimension by dimension from
/// the last one: equal, or 1 in the first `free` dimensions. Sizes that may be
/// equal are left to the run.
bool fitsScores(NodeImporter &node, const ImportedTensor &tensor,
                const ScoreShape &scores, size_t free);

} // namespace mlir::ccq::importer

#endif // CCQ_LIB_IMPORTER_ONNX_SCOREMASK_H
