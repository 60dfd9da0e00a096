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

/// Changes a score that has been scaled. `position` is batch, head, row (query)
/// and column (key); `elements` are those of the mask operands.
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
};

/// softmax(change(queries x keys^T * scale)) x values, as batch x rows x
/// (heads * value size). Scores are f32 for 16-bit floats. The number of heads
/// and of key heads is constant.
ImportedTensor emitAttention(NodeImporter &node, AttentionOperands &operands,
                             ScoreFunction change);

/// batch x rows x (heads * size) as batch x heads x rows x size.
ImportedTensor emitSplitHeads(NodeImporter &node, ImportedTensor &tensor,
                              int64_t heads);

/// The lowest finite number of the type of `value` in place of `value` unless
/// `condition`.
Value buildKeepIf(ImplicitLocOpBuilder &b, Value condition, Value value);

} // namespace mlir::ccq::importer

#endif // CCQ_LIB_IMPORTER_ONNX_ATTENTION_H
