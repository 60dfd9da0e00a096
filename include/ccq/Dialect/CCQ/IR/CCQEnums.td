//===- CCQEnums.td - enumerations -*- tablegen -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_DIALECT_CCQ_IR_CCQENUMS_TD
#define CCQ_DIALECT_CCQ_IR_CCQENUMS_TD

include "ccq/Dialect/CCQ/IR/CCQBase.td"
include "mlir/IR/EnumAttr.td"

def CCQ_BufferKindEnum
    : I32EnumAttr<"BufferKind", "role of a buffer in a plan", [
        I32EnumAttrCase<"Input", 0, "input">,
        I32EnumAttrCase<"Output", 1, "output">,
        I32EnumAttrCase<"Scratch", 2, "scratch">]> {
  let cppNamespace = "::mlir::ccq";
  let genSpecializedAttr = 0;
}
def CCQ_BufferKindAttr
    : EnumAttr<CCQ_Dialect, CCQ_BufferKindEnum, "buffer_kind">;

def CCQ_ObjectFormatEnum
    : I32EnumAttr<"ObjectFormat", "container of compiled code", [
        I32EnumAttrCase<"SharedObject", 0, "so">,
        I32EnumAttrCase<"Object", 1, "object">,
        I32EnumAttrCase<"PTX", 2, "ptx">,
        I32EnumAttrCase<"Cubin", 3, "cubin">]> {
  let cppNamespace = "::mlir::ccq";
  let genSpecializedAttr = 0;
}
def CCQ_ObjectFormatAttr
    : EnumAttr<CCQ_Dialect, CCQ_ObjectFormatEnum, "object_format">;

#endif // CCQ_DIALECT_CCQ_IR_CCQENUMS_TD
