//===- HashFeedbackSearchAVX2.cpp - paths with AVX2 ----------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HashFeedbackSearchKernel.h"

const ccq::quantizer::HashFeedbackSearch
    ccq::quantizer::hashFeedbackSearchAVX2 = {"avx2", advance};
