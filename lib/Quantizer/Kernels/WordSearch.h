//===- WordSearch.h - exact search for the words of a group -----*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_QUANTIZER_KERNELS_WORDSEARCH_H
#define CCQ_LIB_QUANTIZER_KERNELS_WORDSEARCH_H

#include <cstdint>

namespace ccq::quantizer {

/// Output channels that a kernel call works on at once, the innermost
/// dimension of every array of WordSearch. A multiple of every vector width in
/// use.
inline constexpr int columnsPerBlock = 16;

/// The windows of a codec::WordScheme as plain numbers. Kernel files are
/// compiled for instruction sets that the machine may lack, so they must not
/// instantiate inline functions of the standard library: the linker keeps one
/// copy of those for the whole program.
struct WordLayout {
  unsigned wordsPerGroup = 0;
  unsigned weightsPerWord = 0;
  unsigned windowBits = 0;
  unsigned tailShift = 0;
  unsigned shifts[16] = {};
};

/// One group of weights of columnsPerBlock channels, and a scale per channel.
struct WordSearchInput {
  /// [groupSize][columnsPerBlock]
  const float *weights = nullptr;
  /// Weights at the start of the group that count; the rest are padding and
  /// may be coded as anything.
  unsigned countedWeights = 0;
  /// [columnsPerBlock]
  const float *scales = nullptr;
  /// What squared errors are multiplied by, [groupSize], zero for padding;
  /// null: one.
  const float *rowCosts = nullptr;
};

/// The search for one instruction set. All kernels give the same bits: they
/// work on channels side by side, never across them, and use only float32
/// additions, subtractions, multiplications and comparisons in the order that
/// WordSearchKernel.h gives.
struct WordSearch {
  const char *instructionSet;

  /// Least squared error of the group over all words, per channel.
  /// costs: [columnsPerBlock]
  void (*findCosts)(const WordLayout &layout, const WordSearchInput &input,
                    float *costs);

  /// As findCosts, and words that reach it, with zero scale bits.
  /// words: [wordsPerGroup][columnsPerBlock]
  void (*findWords)(const WordLayout &layout, const WordSearchInput &input,
                    float *costs, uint32_t *words);
};

/// The kernels; a machine needs the instruction set to run one.
extern const WordSearch wordSearchGeneric;
extern const WordSearch wordSearchAVX2;
extern const WordSearch wordSearchAVX512;

/// Kernels that this machine can run, the fastest first, null at the end.
const WordSearch *const *getUsableWordSearches();

} // namespace ccq::quantizer

#endif // CCQ_LIB_QUANTIZER_KERNELS_WORDSEARCH_H
