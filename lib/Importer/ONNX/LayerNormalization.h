//===- LayerNormalization.h - normalization of rows -------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_IMPORTER_ONNX_LAYERNORMALIZATION_H
#define CCQ_LIB_IMPORTER_ONNX_LAYERNORMALIZATION_H

#include "NodeImporter.h"

namespace mlir::ccq::importer {

/// Whether the mean of a row is subtracted (LayerNormalization) or not
/// (RMSNormalization).
enum class Centering { Mean, None };

/// What is done to each row, the dimensions from `axis` on.
struct NormalizationParameters {
  int64_t axis = 0;
  double epsilon = 0;
  Centering centering = Centering::Mean;
  /// Broadcast to the row's dimensions; may be null.
  ImportedTensor *scale = nullptr;
  ImportedTensor *bias = nullptr;
};

/// Result and statistics; the latter are f32 for 16-bit floats and keep the
/// row's dimensions with size 1.
struct NormalizedTensor {
  ImportedTensor result;
  /// Not valid without centering.
  ImportedTensor mean;
  /// 1 / sqrt(variance + epsilon).
  ImportedTensor inverseDeviation;
};

/// (x - mean) / sqrt(mean of squares + epsilon) * scale + bias per row, in f32
/// for 16-bit floats. Reports and fails when an operand does not fit.
FailureOr<NormalizedTensor>
emitNormalization(NodeImporter &node, ImportedTensor &x,
                  const NormalizationParameters &parameters);

} // namespace mlir::ccq::importer

#endif // CCQ_LIB_IMPORTER_ONNX_LAYERNORMALIZATION_H
