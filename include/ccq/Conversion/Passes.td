//===- Passes.td - umbrella of the conversions -*- tablegen -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_CONVERSION_PASSES_TD
#define CCQ_CONVERSION_PASSES_TD

include "ccq/Conversion/CpuPasses.td"
include "ccq/Conversion/CudaPasses.td"

#endif // CCQ_CONVERSION_PASSES_TD
