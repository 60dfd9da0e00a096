//===- ScalarMath.h - float formulas as operations --------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_IMPORTER_ONNX_SCALARMATH_H
#define CCQ_LIB_IMPORTER_ONNX_SCALARMATH_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::ccq::importer {

/// Writes formulas on values of one float type inside the body of an
/// element-wise operation. Numerics: one IEEE operation per call, in the type
/// of the values; no fast-math flags.
class ScalarMath {
public:
  ScalarMath(ImplicitLocOpBuilder &builder, Type type)
      : b(builder), type(type) {}

  Value constant(double value) {
    return b.create<arith::ConstantOp>(b.getFloatAttr(type, value));
  }
  Value add(Value x, Value y) { return b.create<arith::AddFOp>(x, y); }
  Value add(Value x, double y) { return add(x, constant(y)); }
  Value sub(Value x, Value y) { return b.create<arith::SubFOp>(x, y); }
  Value mul(Value x, Value y) { return b.create<arith::MulFOp>(x, y); }
  Value mul(Value x, double y) { return mul(x, constant(y)); }
  Value div(Value x, Value y) { return b.create<arith::DivFOp>(x, y); }
  Value div(Value x, double y) { return div(x, constant(y)); }
  Value neg(Value x) { return b.create<arith::NegFOp>(x); }
  Value abs(Value x) { return b.create<math::AbsFOp>(x); }
  Value exp(Value x) { return b.create<math::ExpOp>(x); }
  Value tanh(Value x) { return b.create<math::TanhOp>(x); }
  Value erf(Value x) { return b.create<math::ErfOp>(x); }
  Value less(Value x, Value y) {
    return b.create<arith::CmpFOp>(arith::CmpFPredicate::OLT, x, y);
  }
  Value less(Value x, double y) { return less(x, constant(y)); }
  Value select(Value condition, Value x, Value y) {
    return b.create<arith::SelectOp>(condition, x, y);
  }
  /// x, or `bound` where x is below it; NaN stays NaN.
  Value atLeast(Value x, Value bound) {
    return select(less(x, bound), bound, x);
  }
  Value atLeast(Value x, double bound) { return atLeast(x, constant(bound)); }
  /// x, or `bound` where x is above it; NaN stays NaN.
  Value atMost(Value x, Value bound) {
    return select(less(bound, x), bound, x);
  }
  Value atMost(Value x, double bound) { return atMost(x, constant(bound)); }
  Value log(Value x) { return b.create<math::LogOp>(x); }
  /// exp(x) - 1 as written: absolute error about one ULP of 1 near 0.
  Value expMinus1(Value x) { return sub(exp(x), constant(1)); }
  /// 1 / (1 + exp(-x)); 0 and 1 where exp overflows or underflows.
  Value sigmoid(Value x) { return div(constant(1), add(exp(neg(x)), 1)); }
  /// x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))): Hendrycks and
  /// Gimpel, arXiv 1606.08415.
  Value geluByTanh(Value x) {
    Value cube = mul(mul(x, x), mul(x, 0.044715));
    Value argument = mul(add(x, cube), 0.79788456080286535588);
    return mul(mul(x, 0.5), add(tanh(argument), 1));
  }
  /// log(1 + exp(x)) without overflow: max(x, 0) + log(1 + exp(-|x|)).
  Value softplus(Value x) {
    return add(atLeast(x, 0.0), log(add(exp(neg(abs(x))), 1)));
  }

  ImplicitLocOpBuilder &b;
  Type type;
};

} // namespace mlir::ccq::importer

#endif // CCQ_LIB_IMPORTER_ONNX_SCALARMATH_H
