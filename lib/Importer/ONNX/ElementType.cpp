//===- ElementType.cpp - ONNX element types as MLIR types -----------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ElementType.h"

#include "mlir/IR/BuiltinTypes.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

Type importer::findBuiltinType(ElementType type, MLIRContext *context) {
  switch (type) {
  case ElementType::Float32:
    return Float32Type::get(context);
  case ElementType::Float64:
    return Float64Type::get(context);
  case ElementType::Float16:
    return Float16Type::get(context);
  case ElementType::BFloat16:
    return BFloat16Type::get(context);
  case ElementType::Bool:
    return IntegerType::get(context, 1);
  default:
    if (isInteger(type))
      return IntegerType::get(context, 8 * ::ccq::getElementBytes(type));
    return {};
  }
}

bool importer::isFloat(ElementType type) {
  return type == ElementType::Float32 || type == ElementType::Float64 ||
         type == ElementType::Float16 || type == ElementType::BFloat16;
}

bool importer::isSignedInteger(ElementType type) {
  return type == ElementType::Int8 || type == ElementType::Int16 ||
         type == ElementType::Int32 || type == ElementType::Int64;
}

bool importer::isUnsignedInteger(ElementType type) {
  return type == ElementType::UInt8 || type == ElementType::UInt16 ||
         type == ElementType::UInt32 || type == ElementType::UInt64;
}

bool importer::isInteger(ElementType type) {
  return isSignedInteger(type) || isUnsignedInteger(type);
}
