//===- FeedbackSearchAVX2.cpp - feedback search with AVX2 -----------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FeedbackSearchKernel.h"

const ccq::quantizer::FeedbackSearch ccq::quantizer::feedbackSearchAVX2 = {
    "avx2", advance};
