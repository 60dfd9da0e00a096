//===- MomentProductsAVX2.cpp - sums of products with AVX2 ----------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MomentProductsKernel.h"

const ccq::quantizer::MomentProducts ccq::quantizer::momentProductsAVX2 = {
    multiplyPanels, weighColumns};
