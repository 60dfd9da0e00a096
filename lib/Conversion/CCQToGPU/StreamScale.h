//===- StreamScale.h - scale of a channel of a stream -----------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_CONVERSION_CCQTOGPU_STREAMSCALE_H
#define CCQ_LIB_CONVERSION_CCQTOGPU_STREAMSCALE_H

#include "KernelBuilder.h"
#include "ccq/Dialect/CCQ/IR/CCQTypes.h"

namespace mlir::ccq {

/// Emits the scale of channel `n` (a word) of a stream in one of its forms, as
/// f32 (docs/Format.md, "Scales and rotation").
Value createStreamScale(KernelBuilder &builder, CodedTensorType type,
                        ValueRange components, Value n);

} // namespace mlir::ccq

#endif // CCQ_LIB_CONVERSION_CCQTOGPU_STREAMSCALE_H
