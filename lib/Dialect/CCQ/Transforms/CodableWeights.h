//===- CodableWeights.h - weights that can be coded -------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_DIALECT_CCQ_TRANSFORMS_CODABLEWEIGHTS_H
#define CCQ_LIB_DIALECT_CCQ_TRANSFORMS_CODABLEWEIGHTS_H

#include "ccq/Support/MatrixView.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

#include <optional>
#include <string>

namespace mlir::ccq {

/// A matmul and the weight that is its right-hand side.
struct WeightUse {
  linalg::LinalgOp matmul;
  /// The weight's definition: ccq.source, ccq.dequantize or arith.constant.
  Operation *weight = nullptr;
  /// Whether the right-hand side is [N, K].
  bool isTransposed = false;

  /// Extents of the weight as the matmul uses it.
  ::ccq::MatrixShape getShape() const;
};

/// Name of a weight: that of its definition, ccq.name of a constant, or empty.
StringRef getWeightName(Operation *weight);

/// The weight on the right-hand side of `op`, if it has one.
std::optional<WeightUse> findWeightUse(Operation *op);

/// Why no scheme can code a weight; empty when one can.
std::string explainUncodable(const WeightUse &use);

} // namespace mlir::ccq

#endif // CCQ_LIB_DIALECT_CCQ_TRANSFORMS_CODABLEWEIGHTS_H
