//===- CCQTypes.td - types -*- tablegen -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_DIALECT_CCQ_IR_CCQTYPES_TD
#define CCQ_DIALECT_CCQ_IR_CCQTYPES_TD

include "ccq/Dialect/CCQ/IR/CCQAttrs.td"
include "mlir/IR/AttrTypeBase.td"

def CCQ_CodedTensorType : TypeDef<CCQ_Dialect, "CodedTensor"> {
  let mnemonic = "tensor";
  let summary = "weight matrix W[K, N] coded with a scheme";
  let description = [{
    A matrix of K x N weights (K is the reduction dimension) coded with
    `scheme`; `elementType` is the type that a decode produces. Without a
    layout the components are in the canonical order of docs/Format.md.

    Constraints:
    - `tensor_c1`: two static dimensions, each at least 1.
    - `tensor_c2`: the element type is f32.
    - `tensor_c3`: a layout, if any, is `#ccq.row_pitch`.

    Example: `!ccq.tensor<784x512xf32, #ccq.scalar<bits = 8, group = 64>>`
  }];
  let parameters = (ins
    ArrayRefParameter<"int64_t">:$shape,
    "::mlir::Type":$elementType,
    "::mlir::ccq::SchemeAttrInterface":$scheme,
    OptionalParameter<"::mlir::Attribute">:$layout
  );
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Reduction extent K and output-channel extent N.
    int64_t getK() const { return getShape()[0]; }
    int64_t getN() const { return getShape()[1]; }
    /// The tensor type that a decode of this value has: tensor<KxNxf32>.
    ::mlir::RankedTensorType getDecodedType() const;
    /// Builtin tensor types of the components, in the order and with the names
    /// of the format (`codes`, `local_scales`, `super_scale`); element types
    /// are signless (i8, i16, f16, f32). Cost: one small allocation.
    ::llvm::SmallVector<::mlir::RankedTensorType> getComponentTypes() const;
    /// Suffixes of the components, parallel to getComponentTypes().
    ::llvm::SmallVector<::std::string> getComponentNames() const;
  }];
}

#endif // CCQ_DIALECT_CCQ_IR_CCQTYPES_TD
