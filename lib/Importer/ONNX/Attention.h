//===- Attention.h - scaled dot-product attention ---------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_IMPORTER_ONNX_ATTENTION_H
#define CCQ_LIB_IMPORTER_ONNX_ATTENTION_H

#include "TensorMath.h"

namespace mlir::ccq::importer {

/// Changes a score. `position` is batch, head, row (query) and column (key);
/// `elements` are those of the operands.
using ScoreFunction =
    llvm::function_ref<Value(ImplicitLocOpBuilder &, Value score,
                             ValueRange position, ValueRange elements)>;

/// What attention computes with. Queries are batch x heads x rows x size; keys
/// batch x key heads x columns x size; values the same with their own size.
/// The key heads divide the heads: each serves a run of consecutive ones.
struct AttentionOperands {
  ImportedTensor queries;
  ImportedTensor keys;
  ImportedTensor values;
  double scale = 1;
  /// Addressed by batch, head, row and column.
  SmallVector<MappedOperand> masks;
  /// A score that takes part in the softmax of a row and has no value; by
  /// batch, head and row.
  std::optional<MappedOperand> sink;
};

/// softmax(change(queries x keys^T * scale)) x values, as batch x rows x
/// (heads * value size). Scores are f32 for 16-bit floats. The number of heads
/// and of key heads is constant. Rows whose scores are all -inf become zeros.
ImportedTensor emitAttention(NodeImporter &node, AttentionOperands &operands,
                             ScoreFunction change);

// The steps of emitAttention, for operators that give out what is in between.

/// queries x keys^T: batch x heads x rows x columns, in the accumulator's type.
ImportedTensor emitScores(NodeImporter &node,
                          const AttentionOperands &operands);
/// change(scores * scale), element by element.
ImportedTensor emitChangedScores(NodeImporter &node, ImportedTensor &scores,
                                 const AttentionOperands &operands,
                                 ScoreFunction change);
/// The softmax over the columns; rows of -inf become zeros. With a sink the
/// weights of a row add up to less than 1.
ImportedTensor emitAttentionWeights(NodeImporter &node, ImportedTensor &scores,
                                    const std::optional<MappedOperand> &sink);
/// weights x values: batch x heads x rows x value size, in the values' type.
ImportedTensor emitMixedValues(NodeImporter &node, ImportedTensor &weights,
                               const AttentionOperands &operands);

/// batch x rows x (heads * size) as batch x heads x rows x size.
ImportedTensor emitSplitHeads(NodeImporter &node, ImportedTensor &tensor,
                              int64_t heads);
/// The inverse of emitSplitHeads.
ImportedTensor emitMergedHeads(NodeImporter &node, ImportedTensor &tensor);

/// cap * tanh(score / cap); the score itself for a cap of 0.
Value buildSoftCap(ImplicitLocOpBuilder &b, Value score, double cap);

/// `value`, or -inf unless `condition`.
Value buildVisibleIf(ImplicitLocOpBuilder &b, Value condition, Value value);

/// The lowest finite number of the type of `value` in place of `value` unless
/// `condition`.
Value buildKeepIf(ImplicitLocOpBuilder &b, Value condition, Value value);

} // namespace mlir::ccq::importer

#endif // CCQ_LIB_IMPORTER_ONNX_ATTENTION_H
