//===- DecodeFuzzer.cpp - any bits through the decoder --------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// A libFuzzer target, built with -DCCQ_ENABLE_FUZZERS=ON and clang. The input
// is a choice of scheme, the extents, and bits for the components.

#include "DecodeAnyBits.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  ccq::test::decodeAnyBits({data, size});
  return 0;
}
