//===- Decode.h - the meaning of the bits -----------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_CODEC_DECODE_H
#define CCQ_CODEC_DECODE_H

#include "ccq/Codec/CodedMatrix.h"
#include "ccq/Codec/Scheme.h"
#include "ccq/Support/MatrixView.h"
#include "ccq/Support/Result.h"

#include <cstdint>
#include <vector>

namespace ccq::codec {

// This header is the one definition of what coded bits mean. Every other
// decoder, in a pass, a CPU kernel or PTX, is tested against it bit for bit.
// It is written to be read, not to be fast.

/// Where the window of a weight lies inside its group.
struct WindowPosition {
  /// Index of the word in its group, 0 .. wordsPerGroup - 1.
  unsigned word = 0;
  /// Right shift that brings the window to the low bits.
  unsigned shift = 0;
};

/// Position of the window of weight `weightInGroup`, 0 .. groupSize() - 1.
WindowPosition getWindowPosition(const WordScheme &scheme,
                                 unsigned weightInGroup);

/// Raw window, 0 .. windowMask(), at a right shift of a word.
inline unsigned extractWindow(const WordScheme &scheme, uint32_t word,
                              unsigned shift) {
  return (word >> shift) & scheme.windowMask();
}

/// Signed window, window - bias, of the `windowIndex`-th weight of a word that
/// is not the tail word; windowIndex < weightsPerWord().
inline int decodeWindow(const WordScheme &scheme, uint32_t word,
                        unsigned windowIndex) {
  return int(extractWindow(scheme, word, scheme.shifts[windowIndex])) -
         scheme.bias();
}

/// Signed window of the one weight in the tail word of a group.
inline int decodeTailWindow(const WordScheme &scheme, uint32_t tailWord) {
  return int(extractWindow(scheme, tailWord, scheme.tailShift)) - scheme.bias();
}

/// Local scale in the tail word of a group, 0 .. scaleMask().
inline unsigned decodeLocalScale(const WordScheme &scheme, uint32_t tailWord) {
  return tailWord & scheme.scaleMask();
}

/// The weight that a signed window stands for: window * (localScale *
/// superScale), both products rounded to float32, the one in parentheses
/// first.
inline float decodeWeight(int signedWindow, unsigned localScale,
                          float superScale) {
  return float(signedWindow) * (float(localScale) * superScale);
}

/// The integer that a byte of a cluster scheme expands to:
/// floor(byte * codeScale + codeZp + 0.5), each operation rounded to float32 by
/// itself. Values outside of int32 saturate, NaN gives 0.
int32_t expandCluster(unsigned byte, float codeScale, float codeZp);

/// Signed window, window - bias, of the weight `windowIndex` of a cluster.
inline int decodeClusterWindow(const ClusterScheme &scheme, int32_t code,
                               unsigned windowIndex) {
  return int(uint32_t(code) >> scheme.shifts[windowIndex] &
             scheme.windowMask()) -
         scheme.bias();
}

/// A four-bit code in two's complement: -8 to 7.
inline int decodeNibble(unsigned nibble) {
  return int(nibble & 15) - (nibble & 8 ? 16 : 0);
}

/// Decodes a rectangle of the matrix to float32. `out` has the extents of
/// `tile`. Fails with Internal when the tile leaves the matrix or `out` has
/// other extents. Bit-exact by definition, for every content of the component
/// buffers. Thread safe.
Result<void> decodeTile(const CodedMatrixView &matrix, const MatrixTile &tile,
                        MatrixView<float> out);

/// Decodes all of W[K, N] to float32, n fastest.
std::vector<float> decodeMatrix(const CodedMatrixView &matrix);

} // namespace ccq::codec

#endif // CCQ_CODEC_DECODE_H
