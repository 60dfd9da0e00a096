//===- ElementType.h - ONNX element types as MLIR types ---------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_IMPORTER_ONNX_ELEMENTTYPE_H
#define CCQ_LIB_IMPORTER_ONNX_ELEMENTTYPE_H

#include "ccq/Support/TensorProto.h"
#include "mlir/IR/Types.h"

namespace mlir::ccq::importer {

using ElementType = ::ccq::TensorElementType;

/// The MLIR type, or null for types that CCQ does not compute with. Integers
/// are signless: the importer picks signed or unsigned operations itself.
Type findBuiltinType(ElementType type, MLIRContext *context);

bool isFloat(ElementType type);
bool isSignedInteger(ElementType type);
bool isUnsignedInteger(ElementType type);
/// Signed or unsigned, not Bool.
bool isInteger(ElementType type);

} // namespace mlir::ccq::importer

#endif // CCQ_LIB_IMPORTER_ONNX_ELEMENTTYPE_H
