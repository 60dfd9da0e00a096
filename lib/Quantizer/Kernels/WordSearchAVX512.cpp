//===- WordSearchAVX512.cpp - word search with AVX-512 --------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#define CCQ_VECTOR_BYTES 64
#include "WordSearchKernel.h"

const ccq::quantizer::WordSearch ccq::quantizer::wordSearchAVX512 = {
    "avx512", findCosts, findWords};
