//===- Quantization.h - between floats and integers with a scale *- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_IMPORTER_ONNX_QUANTIZATION_H
#define CCQ_LIB_IMPORTER_ONNX_QUANTIZATION_H

#include "Emission.h"

namespace mlir::ccq::importer {

/// Integers round(x / scale) + zero point, saturated. The scale is one number,
/// one per index of an axis, or one per block along it.
LogicalResult importQuantize(NodeImporter &node);
/// (x - zero point) * scale.
LogicalResult importDequantize(NodeImporter &node);
/// Quantization to uint8 with scale and zero point of the values' range.
LogicalResult importDynamicQuantize(NodeImporter &node);

/// round(x) + zero, to nearest even, saturated to the integers of `type`; `x`
/// and `zero` (null for 0, else of that type) are elements in a body.
Value buildSaturated(ImplicitLocOpBuilder &b, Value x, Value zero,
                     ElementType type);
/// The integer `x` of `type` as a float.
Value buildFloat(ImplicitLocOpBuilder &b, Value x, ElementType type,
                 Type floatType);

} // namespace mlir::ccq::importer

#endif // CCQ_LIB_IMPORTER_ONNX_QUANTIZATION_H
