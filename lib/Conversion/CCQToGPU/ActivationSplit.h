//===- ActivationSplit.h - f32 as the sum of two f16 ------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_CONVERSION_CCQTOGPU_ACTIVATIONSPLIT_H
#define CCQ_LIB_CONVERSION_CCQTOGPU_ACTIVATIONSPLIT_H

#include "KernelBuilder.h"

namespace mlir::ccq {

/// A lane's part of a B operand: x * 2^e as the sum of two f16.
struct SplitActivations {
  /// f16x2 in the order of the values.
  SmallVector<Value> high, low;
  /// 2^-e of tokens 2 * column and 2 * column + 1, which are those of the
  /// lane's accumulators.
  std::array<Value, 2> unscale;
};

/// Emits the split of a lane's values, an even number of f32 of one token
/// (docs/Rationale/CudaKernels.md, "Activations"). The exponent is that of the
/// largest magnitude of the four lanes of a row, which share the token;
/// `column` is the lane's.
SplitActivations splitActivations(KernelBuilder &builder, ValueRange values,
                                  Value column);

} // namespace mlir::ccq

#endif // CCQ_LIB_CONVERSION_CCQTOGPU_ACTIVATIONSPLIT_H
