//===- StreamScales.h - scales of a stream as vectors -----------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_DIALECT_CCQ_TRANSFORMS_STREAMSCALES_H
#define CCQ_LIB_DIALECT_CCQ_TRANSFORMS_STREAMSCALES_H

#include "ccq/Codec/StreamScheme.h"
#include "mlir/IR/Builders.h"

namespace mlir::ccq {

/// Emits the scales of `lanes` channels from `n` (an even number, of type
/// index): vector<lanes x f32>, as docs/Format.md defines scale[n].
/// `components` are those of a stream with scales of the form `scale`.
Value createStreamScales(OpBuilder &builder, Location loc,
                         ::ccq::codec::StreamScale scale, ValueRange components,
                         Value n, int64_t lanes);

} // namespace mlir::ccq

#endif // CCQ_LIB_DIALECT_CCQ_TRANSFORMS_STREAMSCALES_H
