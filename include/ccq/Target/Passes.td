//===- Passes.td - passes that make the parts of an artifact -*- tablegen -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TARGET_PASSES_TD
#define CCQ_TARGET_PASSES_TD

include "ccq/Target/ArtifactPasses.td"

#endif // CCQ_TARGET_PASSES_TD
