//===- StreamSearchAVX512.cpp - stream search with AVX-512 ----------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#define CCQ_VECTOR_BYTES 64
#include "StreamSearchKernel.h"

const ccq::quantizer::StreamSearch ccq::quantizer::streamSearchAVX512 = {
    "avx512", chains, fillCosts, advance};
