//===- ScalarExpression.h - sizes over the scalar arguments -----*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_CONVERSION_CCQTOGPU_SCALAREXPRESSION_H
#define CCQ_LIB_CONVERSION_CCQTOGPU_SCALAREXPRESSION_H

#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/ValueRange.h"

namespace mlir::ccq {

/// Expression of the index `value` over the scalar arguments of its kernel:
/// dimension i is the i-th argument of type index. Null when `value` is
/// computed in a way that is not affine in them.
AffineExpr findScalarExpression(Value value);

/// The same for the extent of `tensor` along `dim`: static, or found through
/// the op that made the tensor.
AffineExpr findExtentExpression(Value tensor, int64_t dim);

/// Number of scalar arguments, which is the number of dims of the expressions.
unsigned getScalarCount(ValueRange arguments);

} // namespace mlir::ccq

#endif // CCQ_LIB_CONVERSION_CCQTOGPU_SCALAREXPRESSION_H
