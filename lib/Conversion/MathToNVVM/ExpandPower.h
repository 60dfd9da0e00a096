//===- ExpandPower.h - x^y as double arithmetic -----------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_CONVERSION_MATHTONVVM_EXPANDPOWER_H
#define CCQ_LIB_CONVERSION_MATHTONVVM_EXPANDPOWER_H

#include "mlir/IR/PatternMatch.h"

namespace mlir::ccq {

/// Rewrites `math.powf` on f32 scalars as 2^(y log2 |x|) in f64, rounded to f32
/// once, with the special values of C's `pow` (C17, F.10.4.4).
///
/// Numerics: the exponent has a relative error below 2^-38, so the result is
/// within 0.51 ULP of the exact power.
void populateExpandPowerPatterns(RewritePatternSet &patterns);

} // namespace mlir::ccq

#endif // CCQ_LIB_CONVERSION_MATHTONVVM_EXPANDPOWER_H
