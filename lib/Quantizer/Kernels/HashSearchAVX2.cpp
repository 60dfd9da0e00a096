//===- HashSearchAVX2.cpp - hash search with AVX2 -------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#define CCQ_VECTOR_BYTES 32
#include "HashSearchKernel.h"

const ccq::quantizer::HashSearch ccq::quantizer::hashSearchAVX2 = {"avx2",
                                                                   advance};
