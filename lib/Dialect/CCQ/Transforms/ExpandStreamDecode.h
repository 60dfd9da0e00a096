//===- ExpandStreamDecode.h - loops that decode a stream --------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_DIALECT_CCQ_TRANSFORMS_EXPANDSTREAMDECODE_H
#define CCQ_LIB_DIALECT_CCQ_TRANSFORMS_EXPANDSTREAMDECODE_H

#include "StreamLoops.h"

namespace mlir::ccq {

/// Emits, at the insertion point, the decode of a part of a matrix coded with
/// `#ccq.stream` without rotation, whose whole components are given in the
/// order of getComponentTypes(). `n0` is a multiple of 16, `k0` one of the rows
/// of a tile. Returns the f32 weights of the part, equal bit for bit to
/// codec::decodeMatrix. One step of a tile at a time: 32 rows of 16 channels,
/// through four ccq.trellis_decode of eight words each.
Value createStreamDecodeLoops(OpBuilder &builder, Location loc,
                              const CodedSlice &slice, ValueRange components);

/// The same for `#ccq.hash`. One weight of each chain at a time: 16 rows of 16
/// channels, whose levels are gathered from a constant tensor.
Value createHashDecodeLoops(OpBuilder &builder, Location loc,
                            const CodedSlice &slice, ValueRange components);

} // namespace mlir::ccq

#endif // CCQ_LIB_DIALECT_CCQ_TRANSFORMS_EXPANDSTREAMDECODE_H
