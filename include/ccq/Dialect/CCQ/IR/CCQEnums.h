//===- CCQEnums.h - enumerations of the CCQ dialect -*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_DIALECT_CCQ_IR_CCQENUMS_H
#define CCQ_DIALECT_CCQ_IR_CCQENUMS_H

#include "mlir/IR/BuiltinAttributes.h"

#include "ccq/Dialect/CCQ/IR/CCQEnums.h.inc"

#endif // CCQ_DIALECT_CCQ_IR_CCQENUMS_H
