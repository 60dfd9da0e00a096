//===- StreamSearchAVX2.cpp - stream search with AVX2 ---------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#define CCQ_VECTOR_BYTES 32
#include "StreamSearchKernel.h"

const ccq::quantizer::StreamSearch ccq::quantizer::streamSearchAVX2 = {
    "avx2", chains, fillCosts, advance};
