//===- ExpandDecode.h - loops that decode a tile ----------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_DIALECT_CCQ_TRANSFORMS_EXPANDDECODE_H
#define CCQ_LIB_DIALECT_CCQ_TRANSFORMS_EXPANDDECODE_H

#include "ccq/Dialect/CCQ/IR/CCQOps.h"

namespace mlir::ccq {

/// Emits, at the insertion point, the decode of a coded matrix of type `type`
/// given as `components` (in the order of getComponentTypes(); a component may
/// be wider along N than the matrix). Returns the f32 weights, tensor<KxNxf32>,
/// equal bit for bit to codec::decodeMatrix. Channels are decoded `vectorLanes`
/// at a time; word formats one word at a time through ccq.trellis_decode,
/// scalar formats one row at a time.
Value createDecodeLoops(OpBuilder &builder, Location loc, CodedTensorType type,
                        ValueRange components, int64_t vectorLanes);

} // namespace mlir::ccq

#endif // CCQ_LIB_DIALECT_CCQ_TRANSFORMS_EXPANDDECODE_H
