//===- SizeExtrema.h - the smaller and larger of two sizes ------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_IMPORTER_ONNX_SIZEEXTREMA_H
#define CCQ_LIB_IMPORTER_ONNX_SIZEEXTREMA_H

#include "SizeContext.h"

#include <optional>

namespace mlir::ccq::importer {

/// The smaller or larger of `a` and `b`; one of them when that is certain for
/// all dimensions, and otherwise an expression that selects by a quotient:
/// with d = a - b, (d + 2^40) floordiv 2^40 is 1 if d >= 0 and else 0. Right
/// as long as sizes differ by less than 2^40. Null when not usable.
Size tryGetMinimum(const SizeContext &sizes, Size a, Size b);
Size tryGetMaximum(const SizeContext &sizes, Size a, Size b);

/// Whether `size` cannot be negative, extrema considered.
bool isCertainlyNonNegative(Size size);

/// A sum that tryGetMinimum or tryGetMaximum made, perhaps with more added.
struct SizeExtremum {
  bool isMaximum;
  Size a, b;
};

/// Finds the extremum that `sum` is; nothing when it is none.
std::optional<SizeExtremum> matchExtremum(Size sum);

} // namespace mlir::ccq::importer

#endif // CCQ_LIB_IMPORTER_ONNX_SIZEEXTREMA_H
