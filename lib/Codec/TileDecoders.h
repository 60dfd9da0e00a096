//===- TileDecoders.h - decoders per family of schemes ----------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_CODEC_TILEDECODERS_H
#define CCQ_LIB_CODEC_TILEDECODERS_H

#include "ccq/Codec/CodedMatrix.h"
#include "ccq/Support/MatrixView.h"

#include <cstring>
#include <span>

namespace ccq::codec {

/// Element `index` of a buffer that need not be aligned.
template <typename T>
T loadElement(std::span<const std::byte> bytes, int64_t index) {
  T value;
  std::memcpy(&value, bytes.data() + index * int64_t(sizeof(T)), sizeof(T));
  return value;
}

// decodeTile for one family of schemes each. The tile lies inside the matrix
// and `out` has its extents.
void decodeClusterTile(const CodedMatrixView &matrix, const MatrixTile &tile,
                       MatrixView<float> out);
void decodeStreamTile(const CodedMatrixView &matrix, const MatrixTile &tile,
                      MatrixView<float> out);
void decodeHashTile(const CodedMatrixView &matrix, const MatrixTile &tile,
                    MatrixView<float> out);

} // namespace ccq::codec

#endif // CCQ_LIB_CODEC_TILEDECODERS_H
