//===- CCQTypes.h - coded tensor types -*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_DIALECT_CCQ_IR_CCQTYPES_H
#define CCQ_DIALECT_CCQ_IR_CCQTYPES_H

#include "ccq/Dialect/CCQ/IR/CCQAttrs.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Types.h"

#include <string>

#define GET_TYPEDEF_CLASSES
#include "ccq/Dialect/CCQ/IR/CCQTypes.h.inc"

#endif // CCQ_DIALECT_CCQ_IR_CCQTYPES_H
