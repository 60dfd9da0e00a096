//===- Passes.td - umbrella of the passes that know a target -*- tablegen -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TARGET_PASSES_TD
#define CCQ_TARGET_PASSES_TD

include "ccq/Target/ArtifactPasses.td"
include "ccq/Target/CpuPasses.td"
include "ccq/Target/KernelPasses.td"

#endif // CCQ_TARGET_PASSES_TD
