//===- CCQDialect.h - the CCQ dialect -*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_DIALECT_CCQ_IR_CCQDIALECT_H
#define CCQ_DIALECT_CCQ_IR_CCQDIALECT_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Dialect.h"

#include "ccq/Dialect/CCQ/IR/CCQDialect.h.inc"

#endif // CCQ_DIALECT_CCQ_IR_CCQDIALECT_H
