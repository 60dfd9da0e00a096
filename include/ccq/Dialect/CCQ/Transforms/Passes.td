//===- Passes.td - umbrella of the dialect's passes -*- tablegen -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_DIALECT_CCQ_TRANSFORMS_PASSES_TD
#define CCQ_DIALECT_CCQ_TRANSFORMS_PASSES_TD

include "ccq/Dialect/CCQ/Transforms/DispatchPasses.td"
include "ccq/Dialect/CCQ/Transforms/ExpandPasses.td"
include "ccq/Dialect/CCQ/Transforms/FusePasses.td"
include "ccq/Dialect/CCQ/Transforms/GradientPasses.td"
include "ccq/Dialect/CCQ/Transforms/ObservePasses.td"
include "ccq/Dialect/CCQ/Transforms/OutlinePasses.td"
include "ccq/Dialect/CCQ/Transforms/PlanPasses.td"
include "ccq/Dialect/CCQ/Transforms/StorePasses.td"
include "ccq/Dialect/CCQ/Transforms/VerifyPasses.td"
include "ccq/Dialect/CCQ/Transforms/WeightPasses.td"

#endif // CCQ_DIALECT_CCQ_TRANSFORMS_PASSES_TD
