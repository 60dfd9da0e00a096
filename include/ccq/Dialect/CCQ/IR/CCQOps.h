//===- CCQOps.h - operations of the CCQ dialect -*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_DIALECT_CCQ_IR_CCQOPS_H
#define CCQ_DIALECT_CCQ_IR_CCQOPS_H

#include "ccq/Dialect/CCQ/IR/CCQAttrs.h"
#include "ccq/Dialect/CCQ/IR/CCQDialect.h"
#include "ccq/Dialect/CCQ/IR/CCQEnums.h"
#include "ccq/Dialect/CCQ/IR/CCQTypes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/RegionKindInterface.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Interfaces/TilingInterface.h"

#define GET_OP_CLASSES
#include "ccq/Dialect/CCQ/IR/CCQOps.h.inc"

#endif // CCQ_DIALECT_CCQ_IR_CCQOPS_H
