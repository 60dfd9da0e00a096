//===- HashSearchGeneric.cpp - hash search in 128-bit vectors -------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#define CCQ_VECTOR_BYTES 16
#include "HashSearchKernel.h"

const ccq::quantizer::HashSearch ccq::quantizer::hashSearchGeneric = {"generic",
                                                                      advance};
