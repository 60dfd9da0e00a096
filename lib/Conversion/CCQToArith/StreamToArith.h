//===- StreamToArith.h - one step of a stream on vectors --------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_CONVERSION_CCQTOARITH_STREAMTOARITH_H
#define CCQ_LIB_CONVERSION_CCQTOARITH_STREAMTOARITH_H

#include "ccq/Dialect/CCQ/IR/CCQOps.h"

namespace mlir::ccq {

/// Emits what `op`, whose scheme is `#ccq.stream`, computes, before `op`, and
/// returns the result. With `hasByteShuffle` tables of 32 bytes are looked up
/// by the byte shuffle of AVX2, otherwise by selections; both are exact.
Value createStreamDecode(OpBuilder &builder, TrellisDecodeOp op,
                         bool hasByteShuffle);

} // namespace mlir::ccq

#endif // CCQ_LIB_CONVERSION_CCQTOARITH_STREAMTOARITH_H
