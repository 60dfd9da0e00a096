//===- CCQ.td - umbrella of the CCQ dialect -*- tablegen -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_DIALECT_CCQ_IR_CCQ_TD
#define CCQ_DIALECT_CCQ_IR_CCQ_TD

include "ccq/Dialect/CCQ/IR/CCQBase.td"
include "ccq/Dialect/CCQ/IR/CCQEnums.td"
include "ccq/Dialect/CCQ/IR/CCQInterfaces.td"
include "ccq/Dialect/CCQ/IR/CCQAttrs.td"
include "ccq/Dialect/CCQ/IR/CCQStrategies.td"
include "ccq/Dialect/CCQ/IR/CCQTypes.td"
include "ccq/Dialect/CCQ/IR/CCQOps.td"
include "ccq/Dialect/CCQ/IR/CCQTrellisOps.td"
include "ccq/Dialect/CCQ/IR/CCQRotationOps.td"
include "ccq/Dialect/CCQ/IR/CCQBlockOps.td"
include "ccq/Dialect/CCQ/IR/CCQDispatchOps.td"
include "ccq/Dialect/CCQ/IR/CCQPlanOps.td"

#endif // CCQ_DIALECT_CCQ_IR_CCQ_TD
