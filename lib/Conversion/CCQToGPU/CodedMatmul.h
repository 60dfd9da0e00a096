//===- CodedMatmul.h - a kernel function around a coded matmul --*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_CONVERSION_CCQTOGPU_CODEDMATMUL_H
#define CCQ_LIB_CONVERSION_CCQTOGPU_CODEDMATMUL_H

#include "StridedView.h"
#include "ccq/Dialect/CCQ/IR/CCQTypes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace mlir::ccq {

/// The transform of the activations along K that `ccq.rotate` stands for.
struct Rotation {
  /// Rows of the largest block, a power of two.
  int64_t block = 1;
  uint64_t seed = 0;
};

/// What a kernel function computes: y[M, N] = f(x[M, K] * decode(w)[K, N]), f
/// an elementwise epilogue. With a rotation, x stands for rotate(x), and w for
/// w in the rotated basis.
struct CodedMatmul {
  func::FuncOp function;
  linalg::MatmulOp root;
  /// The coded argument: a stream, or with a row pitch of 16 bytes.
  BlockArgument weights;
  CodedTensorType weightsType;
  /// x as f32 rows inside an argument; its strides are static.
  StridedView activations;
  /// M over the kernel's scalar arguments.
  AffineExpr tokens;
  std::optional<Rotation> rotation;

  /// Largest M when it is static.
  std::optional<int64_t> findStaticTokens() const;
};

/// Finds the coded matmul of a kernel function. Reports an error at the op that
/// does not fit when the function is not of the form above.
FailureOr<CodedMatmul> analyzeCodedMatmul(func::FuncOp function);

/// Whether the function contains the decode of a coded argument.
bool hasCodedMatmul(func::FuncOp function);

} // namespace mlir::ccq

#endif // CCQ_LIB_CONVERSION_CCQTOGPU_CODEDMATMUL_H
