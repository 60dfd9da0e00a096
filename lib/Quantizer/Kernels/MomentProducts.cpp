//===- MomentProducts.cpp - choice of the kernels -------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MomentProducts.h"

const ccq::quantizer::MomentProducts &ccq::quantizer::getMomentProducts() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2"))
    return momentProductsAVX2;
#endif
  return momentProductsGeneric;
}
