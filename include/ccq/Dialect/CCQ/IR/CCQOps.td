//===- CCQOps.td - coded values and their decode -*- tablegen -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_DIALECT_CCQ_IR_CCQOPS_TD
#define CCQ_DIALECT_CCQ_IR_CCQOPS_TD

include "ccq/Dialect/CCQ/IR/CCQTypes.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/Interfaces/TilingInterface.td"

def CCQ_StoreOp : CCQ_Op<"store", [Symbol]> {
  let summary = "a file that holds weights";
  let description = [{
    Names a file whose bytes `ccq.source` refers to. `path` is relative to
    `root`, and `root` to the directory of the module's own file (`.` when
    absent); writing the module elsewhere rewrites `root` only.

    Constraints:
    - `store_c1`: `path` is relative and has no `..` component.
    - `store_c2`: `root` is relative.

    Example:
    ```mlir
    ccq.store @model "model.onnx"
    ccq.store @external "weights/layer0.bin" root "../export"
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, StrAttr:$path,
                       DefaultValuedAttr<StrAttr, "\".\"">:$root);
  let assemblyFormat =
      "$sym_name $path (`root` $root^)? attr-dict";
  let hasVerifier = 1;
}

def CCQ_SourceOp : CCQ_Op<"source",
    [Pure, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "handle to a weight inside a store";
  let description = [{
    The little-endian, row-major elements at `offset` of the store, `bytes`
    long. With `transposed` the file holds the matrix N x K and the result is
    its transpose K x N. The bytes are read when code is emitted, not before.

    Constraints:
    - `source_c1`: the result is statically shaped, of an integer or float type
      of 8, 16, 32 or 64 bits.
    - `source_c2`: `bytes` is the number of elements times their size.
    - `source_c3`: `offset` is not negative.
    - `source_c4`: `transposed` needs a result of rank 2.
    - `source_c5`: the symbol names a `ccq.store`.

    Example:
    ```mlir
    %w = ccq.source @model[1024, 1605632] {name = "fc1.weight"} transposed : tensor<784x512xf32>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$store, I64Attr:$offset, I64Attr:$bytes,
                       UnitAttr:$transposed, OptionalAttr<StrAttr>:$name);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    $store `[` $offset `,` $bytes `]` (`transposed` $transposed^)?
    attr-dict `:` type($result)
  }];
  let hasVerifier = 1;
}

def CCQ_EncodeOp : CCQ_Op<"encode", [Pure]> {
  let summary = "codes a weight matrix";
  let description = [{
    The weights `W[K, N]` coded with the scheme of the result type by the
    encoder of docs/Rationale/Encoder.md. `stats` is the name of a `ccq.store`
    with activation statistics (docs/Calibration.md); those of the weight `name`
    weigh the error. Without it the encoder minimises the squared error.
    A constant operand of at most 4096 weights folds through the codec when the
    user is a `ccq.decode`.

    Constraints:
    - `encode_c1`: operand and result have the same shape.
    - `encode_c2`: the operand's elements are f32, f16 or bf16.
    - `encode_c3`: the result has the canonical layout.
    - `encode_c4`: `stats` names a `ccq.store`, and the op has a `name`.

    Example:
    ```mlir
    %e = ccq.encode %w : tensor<128x32xf32> -> !ccq.tensor<128x32xf32, #ccq.scalar<bits = 8, group = 64>>
    ```
  }];
  let arguments = (ins 2DTensorOf<[F32, F16, BF16]>:$source,
                       OptionalAttr<StrAttr>:$stats,
                       OptionalAttr<StrAttr>:$name);
  let results = (outs CCQ_CodedTensorType:$result);
  let assemblyFormat =
      "$source attr-dict `:` type($source) `->` qualified(type($result))";
  let hasVerifier = 1;
}

def CCQ_DecodeOp : CCQ_Op<"decode",
    [Pure, DeclareOpInterfaceMethods<TilingInterface,
        ["getLoopIteratorTypes", "getIterationDomain",
         "getTiledImplementation", "getResultTilePosition",
         "generateResultTileValue"]>,
     DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface>]> {
  let summary = "the weights that the codes stand for";
  let description = [{
    The f32 matrix K x N defined by `codec::decodeMatrix` (docs/Format.md), bit
    for bit. Implements TilingInterface: a tile of the result is the decode of a
    coded slice. Tiles along K start at multiples of the scheme's group.

    With `materialized` the matrix is computed once, when code is emitted, and
    stored as f32 weights: such a decode stays outside of every kernel and is
    neither tiled nor fused. The oracle build consists of them.

    Constraints:
    - `decode_c1`: the result is the operand's decoded type.

    Example:
    ```mlir
    %d = ccq.decode %e : !ccq.tensor<128x32xf32, #ccq.scalar<bits = 8, group = 64>> -> tensor<128x32xf32>
    ```
  }];
  let arguments = (ins CCQ_CodedTensorType:$source, UnitAttr:$materialized);
  let results = (outs 2DTensorOf<[F32]>:$result);
  let assemblyFormat = [{
    $source (`materialized` $materialized^)? attr-dict
    `:` qualified(type($source)) `->` type($result)
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
}

def CCQ_ExtractSliceOp : CCQ_Op<"extract_slice", [Pure]> {
  let summary = "coded slice of a coded matrix";
  let description = [{
    Rows `k_offset ...` and columns `n_offset ...` of a coded matrix, of the
    result's shape. No bits change: a slice is described by slices of the
    component tensors, or, of a stream, whose words depend on those before them,
    by all of its components and the offsets.

    Constraints:
    - `extract_slice_c1`: scheme, element type and layout are the operand's.
    - `extract_slice_c2`: the result is not larger than the operand in either
      dimension.
    - `extract_slice_c3`: a constant `k_offset` is a multiple of the scheme's
      group, and constant offsets keep the slice inside the operand.
    - `extract_slice_c4`: the result's K is a multiple of the group, or the
      slice ends where the operand ends.
    - `extract_slice_c5`: slices of streams have constant `n_offset`s at
      multiples of 16.

    Example:
    ```mlir
    %s = ccq.extract_slice %e[%k, %n] : !ccq.tensor<128x32xf32, #ccq.scalar<bits = 8, group = 64>> to !ccq.tensor<64x16xf32, #ccq.scalar<bits = 8, group = 64>>
    ```
  }];
  let arguments = (ins CCQ_CodedTensorType:$source, Index:$k_offset,
                       Index:$n_offset);
  let results = (outs CCQ_CodedTensorType:$result);
  let assemblyFormat = [{
    $source `[` $k_offset `,` $n_offset `]` attr-dict
    `:` qualified(type($source)) `to` qualified(type($result))
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def CCQ_ComponentsOp : CCQ_Op<"components", [Pure]> {
  let summary = "component tensors of a coded matrix";
  let description = [{
    The builtin tensors that docs/Format.md names `codes`, `local_scales`,
    `super_scale`, in that order, as the scheme has them.

    Constraint `components_c1`: number and types of the results are those of
    the operand's format.

    Example:
    ```mlir
    %codes, %scales = ccq.components %e : !ccq.tensor<128x32xf32, #ccq.scalar<bits = 8, group = 64>> -> tensor<128x32xi8>, tensor<2x32xf16>
    ```
  }];
  let arguments = (ins CCQ_CodedTensorType:$source);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat =
      "$source attr-dict `:` qualified(type($source)) `->` type($results)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def CCQ_ComposeOp : CCQ_Op<"compose", [Pure]> {
  let summary = "coded matrix made of component tensors";
  let description = [{
    The inverse of `ccq.components`.

    Constraint `compose_c1`: number and types of the operands are those of the
    result's format.

    Example:
    ```mlir
    %e = ccq.compose %codes, %scales : tensor<128x32xi8>, tensor<2x32xf16> -> !ccq.tensor<128x32xf32, #ccq.scalar<bits = 8, group = 64>>
    ```
  }];
  let arguments = (ins Variadic<AnyRankedTensor>:$components);
  let results = (outs CCQ_CodedTensorType:$result);
  let assemblyFormat =
      "$components attr-dict `:` type($components) `->` qualified(type($result))";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def CCQ_PackOp : CCQ_Op<"pack", [Pure]> {
  let summary = "the same codes in another layout";
  let description = [{
    Reorders storage, never values: decode(pack(e)) = decode(e). It becomes a
    load-time step of the plan.

    Constraint `pack_c1`: operand and result differ in their layout only, and
    the operand has the canonical layout.

    Example:
    ```mlir
    %p = ccq.pack %e : !ccq.tensor<128x30xf32, #ccq.scalar<bits = 8, group = 64>> -> !ccq.tensor<128x30xf32, #ccq.scalar<bits = 8, group = 64>, #ccq.row_pitch<16>>
    ```
  }];
  let arguments = (ins CCQ_CodedTensorType:$source);
  let results = (outs CCQ_CodedTensorType:$result);
  let assemblyFormat =
      "$source attr-dict `:` qualified(type($source)) `->` qualified(type($result))";
  let hasVerifier = 1;
}

def CCQ_DimOp : CCQ_Op<"dim", [Pure]> {
  let summary = "size of a symbolic dimension";
  let description = [{
    The size that the symbolic dimension `name` of the model has in this run.
    All occurrences of one name are the same value.

    Constraint `dim_c1`: the name is not empty.

    Example:
    ```mlir
    %batch = ccq.dim "batch" : index
    ```
  }];
  let arguments = (ins StrAttr:$name);
  let results = (outs Index:$result);
  let assemblyFormat = "$name attr-dict `:` type($result)";
  let hasVerifier = 1;
}

#endif // CCQ_DIALECT_CCQ_IR_CCQOPS_TD
