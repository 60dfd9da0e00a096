//===- ClusterDecoder.h - bytes of clusters on vectors ----------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_DIALECT_CCQ_TRANSFORMS_CLUSTERDECODER_H
#define CCQ_LIB_DIALECT_CCQ_TRANSFORMS_CLUSTERDECODER_H

#include "ccq/Dialect/CCQ/IR/CCQOps.h"

namespace mlir::ccq {

/// Emits the steps of docs/Format.md, "Cluster scheme", on vectors with one
/// element per channel, bit for bit what codec::expandCluster and
/// codec::decodeClusterWindow give.
class ClusterDecoder {
public:
  /// `codeScale` and `codeZp` are the parameters of the channels,
  /// vector<LxF32>.
  ClusterDecoder(OpBuilder &builder, Location loc, ClusterAttr scheme,
                 Value codeScale, Value codeZp)
      : builder(builder), loc(loc), scheme(scheme), codeScale(codeScale),
        codeZp(codeZp), type(cast<VectorType>(codeScale.getType())) {}

  /// The local scale of the even (0) or odd (1) group as f32, from the byte of
  /// both, vector<Lxi8>.
  Value decodeScale(Value pair, int64_t half);

  /// The codes of bytes, vector<Lxi8>, as vector<Lxi32>.
  Value expand(Value bytes);

  /// The centred window of weight `index` of the byte, as f32.
  Value decodeWindow(Value code, int64_t index);

private:
  Value createInt(int32_t value);
  Value createFloat(float value);
  /// floor of `value`, which is in [-2^31, 2^31), as i32.
  Value createFloor(Value value);

  OpBuilder &builder;
  Location loc;
  ClusterAttr scheme;
  Value codeScale, codeZp;
  VectorType type;
};

} // namespace mlir::ccq

#endif // CCQ_LIB_DIALECT_CCQ_TRANSFORMS_CLUSTERDECODER_H
