//===- CCQObserveOps.h - values that a run shows ----------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_DIALECT_CCQ_IR_CCQOBSERVEOPS_H
#define CCQ_DIALECT_CCQ_IR_CCQOBSERVEOPS_H

#include "ccq/Dialect/CCQ/IR/CCQOps.h"

#define GET_OP_CLASSES
#include "ccq/Dialect/CCQ/IR/CCQObserveOps.h.inc"

#endif // CCQ_DIALECT_CCQ_IR_CCQOBSERVEOPS_H
