//===- StreamToNVVM.h - one step of a stream on registers -------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_CONVERSION_CCQTONVVM_STREAMTONVVM_H
#define CCQ_LIB_CONVERSION_CCQTONVVM_STREAMTONVVM_H

#include "ccq/Dialect/CCQ/IR/CCQOps.h"

namespace mlir::ccq {

/// Emits the decode of one word of a stream with `lop3` and `prmt`, and returns
/// the result of `op`. Reports an error when the op has more than one word per
/// step, or results other than f16.
FailureOr<Value> createStreamRegisters(OpBuilder &builder, TrellisDecodeOp op);

} // namespace mlir::ccq

#endif // CCQ_LIB_CONVERSION_CCQTONVVM_STREAMTONVVM_H
